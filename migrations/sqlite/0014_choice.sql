-- Which path of personal experience a trainee chose, for the trainee alone. A
-- row is found only by who knows whose it is: the subject is a hash and matches
-- no id, the path is sealed and always of the same length, and there is no time.

CREATE TABLE experience_choices (
  subject TEXT PRIMARY KEY CHECK (length(subject) = 64),
  sealed  BLOB NOT NULL
) WITHOUT ROWID;
