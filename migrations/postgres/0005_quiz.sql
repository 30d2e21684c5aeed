-- Quiz attempts, the journal of their answers, and the remediations that open
-- one more try.

-- What follows deadline is NULL while an attempt is open.
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
  CHECK (CASE state
    WHEN 'open' THEN submitted_at IS NULL AND closed_by IS NULL AND correct IS NULL AND asked IS NULL
      AND score_percent IS NULL AND passed IS NULL AND critical_missed IS NULL
    ELSE submitted_at IS NOT NULL AND closed_by IS NOT NULL AND correct IS NOT NULL AND asked IS NOT NULL
      AND score_percent IS NOT NULL AND passed IS NOT NULL AND critical_missed IS NOT NULL END)
);
CREATE UNIQUE INDEX quiz_attempts_one_open ON quiz_attempts (enrollment_id, module) WHERE state = 'open';
CREATE INDEX quiz_attempts_open_by_deadline ON quiz_attempts (deadline, id) WHERE state = 'open';

-- Every accepted save is a row and stays one; the current answer to an item is
-- the one with its highest revision.
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
