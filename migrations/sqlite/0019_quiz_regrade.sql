-- Regrades: attempts marked again after they were handed in, because the key of
-- an item was wrong. An attempt keeps its first score for ever; what it came to
-- be stands beside it, one row for each time. Nothing here is ever changed.

CREATE TABLE quiz_regrades (
  id          TEXT PRIMARY KEY,
  program     TEXT NOT NULL CHECK (program <> ''),
  module      TEXT NOT NULL CHECK (module <> ''),
  number      INTEGER NOT NULL CHECK (number > 0),
  items       TEXT NOT NULL,
  from_course TEXT REFERENCES courses (hash),
  to_course   TEXT REFERENCES courses (hash),
  policy      TEXT NOT NULL CHECK (policy IN ('best_of_both', 'as_corrected')),
  reason      TEXT NOT NULL CHECK (length(reason) BETWEEN 1 AND 1000),
  regraded_by TEXT NOT NULL REFERENCES people (id),
  regraded_at BIGINT NOT NULL,
  UNIQUE (program, module, number)
);

CREATE TABLE quiz_regraded (
  attempt_id          TEXT NOT NULL REFERENCES quiz_attempts (id),
  round               INTEGER NOT NULL CHECK (round > 0),
  regrade_id          TEXT NOT NULL REFERENCES quiz_regrades (id),
  regraded_at         BIGINT NOT NULL,
  old_correct         INTEGER NOT NULL CHECK (old_correct BETWEEN 0 AND old_asked),
  old_asked           INTEGER NOT NULL CHECK (old_asked > 0),
  old_percent         INTEGER NOT NULL CHECK (old_percent BETWEEN 0 AND 100),
  old_passed          BOOLEAN NOT NULL,
  old_critical_missed TEXT NOT NULL,
  new_correct         INTEGER NOT NULL CHECK (new_correct BETWEEN 0 AND new_asked),
  new_asked           INTEGER NOT NULL CHECK (new_asked > 0),
  new_percent         INTEGER NOT NULL CHECK (new_percent BETWEEN 0 AND 100),
  new_passed          BOOLEAN NOT NULL,
  new_critical_missed TEXT NOT NULL,
  PRIMARY KEY (attempt_id, round),
  UNIQUE (regrade_id, attempt_id)
) WITHOUT ROWID;

CREATE TRIGGER quiz_regrades_stay BEFORE DELETE ON quiz_regrades
BEGIN SELECT RAISE(ABORT, 'a regrade stays on record'); END;
CREATE TRIGGER quiz_regrades_frozen BEFORE UPDATE ON quiz_regrades
BEGIN SELECT RAISE(ABORT, 'a regrade stays on record'); END;
CREATE TRIGGER quiz_regraded_stay BEFORE DELETE ON quiz_regraded
BEGIN SELECT RAISE(ABORT, 'a regrade stays on record'); END;
CREATE TRIGGER quiz_regraded_frozen BEFORE UPDATE ON quiz_regraded
BEGIN SELECT RAISE(ABORT, 'a regrade stays on record'); END;
CREATE TRIGGER quiz_attempts_keep_their_score BEFORE UPDATE OF score_percent, passed ON quiz_attempts
WHEN OLD.state = 'submitted' AND (NEW.score_percent IS NOT OLD.score_percent OR NEW.passed IS NOT OLD.passed)
BEGIN SELECT RAISE(ABORT, 'an attempt keeps its first score'); END;
