package progress

// Licensed is licensed, for tests.
var Licensed = licensed
