-- What writers confirmed when they were asked whether a text names somebody, and
-- the words that are no identifiers in a program. Neither holds what was
-- written: found lists classes and places.

CREATE TABLE identifier_confirmations (
  id        TEXT PRIMARY KEY,
  object    TEXT NOT NULL CHECK (object <> ''),
  field     TEXT NOT NULL CHECK (field <> ''),
  found     TEXT NOT NULL,
  reason    TEXT NOT NULL CHECK (reason IN ('no_person', 'field_term', 'about_myself', 'staff', 'fiction')),
  person_id TEXT NOT NULL CHECK (person_id <> ''), -- or an outside supervisor
  at        BIGINT NOT NULL
);
CREATE INDEX identifier_confirmations_by_object ON identifier_confirmations (object, id);

CREATE TABLE identifier_words (
  program  TEXT NOT NULL CHECK (program <> ''),
  word     TEXT NOT NULL CHECK (length(word) BETWEEN 2 AND 40),
  added_by TEXT NOT NULL REFERENCES people (id),
  added_at BIGINT NOT NULL,
  PRIMARY KEY (program, word)
);
