-- Quiz attempts, the journal of every saved answer, and remediations.

-- What follows submitted_at is NULL while an attempt is open.
CREATE TABLE quiz_attempts (
  id              TEXT PRIMARY KEY,
  enrollment_id   TEXT NOT NULL REFERENCES enrollments (id),
  module          TEXT NOT NULL,
  number          INTEGER NOT NULL CHECK (number > 0),
  state           TEXT NOT NULL CHECK (state IN ('open', 'submitted')),
  draw            TEXT NOT NULL,
  started_at      BIGINT NOT NULL,
  deadline        BIGINT NOT NULL CHECK (deadline > started_at),
  submitted_at    BIGINT CHECK (submitted_at >= started_at),
  closed_by       TEXT CHECK (closed_by IN ('trainee', 'deadline')),
  correct         INTEGER CHECK (correct BETWEEN 0 AND asked),
  asked           INTEGER CHECK (asked > 0),
  score_percent   INTEGER CHECK (score_percent BETWEEN 0 AND 100),
  passed          BOOLEAN,
  critical_missed TEXT,
  UNIQUE (enrollment_id, module, number),
  CHECK ((state = 'open') = (submitted_at IS NULL)),
  CHECK ((state = 'open') = (closed_by IS NULL)),
  CHECK ((state = 'open') = (score_percent IS NULL)),
  CHECK ((state = 'open') = (passed IS NULL))
);
CREATE UNIQUE INDEX quiz_attempts_one_open ON quiz_attempts (enrollment_id, module) WHERE state = 'open';
CREATE INDEX quiz_attempts_overdue ON quiz_attempts (deadline) WHERE state = 'open';

-- Each accepted save is a row; the answer is the one with the highest
-- revision. Rows are only ever added.
CREATE TABLE quiz_answers (
  attempt_id TEXT NOT NULL REFERENCES quiz_attempts (id),
  item       TEXT NOT NULL,
  revision   INTEGER NOT NULL CHECK (revision > 0),
  response   TEXT NOT NULL,
  saved_at   BIGINT NOT NULL,
  PRIMARY KEY (attempt_id, item, revision)
);

CREATE TABLE quiz_remediations (
  id            TEXT PRIMARY KEY,
  enrollment_id TEXT NOT NULL REFERENCES enrollments (id),
  module        TEXT NOT NULL,
  given_by      TEXT NOT NULL REFERENCES people (id),
  note          TEXT NOT NULL CHECK (length(note) BETWEEN 1 AND 500),
  given_at      BIGINT NOT NULL
);
CREATE INDEX quiz_remediations_by_enrollment ON quiz_remediations (enrollment_id, module);
