package outbox

// Backoff is for the tests.
var Backoff = backoff
