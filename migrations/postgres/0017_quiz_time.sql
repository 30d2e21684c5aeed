-- What an attempt's end is worked out from, and who was given more time.

-- The time limit as it was when the attempt began, and how long its clock may
-- stand still in all. Until now nobody had more than the limit. A pause ends by
-- itself at paused_until; deadline counts it whole until somebody goes on
-- before that.
ALTER TABLE quiz_attempts ADD COLUMN limit_ms       BIGINT NOT NULL DEFAULT 0 CHECK (limit_ms >= 0);
ALTER TABLE quiz_attempts ADD COLUMN pause_limit_ms BIGINT NOT NULL DEFAULT 0 CHECK (pause_limit_ms >= 0);
ALTER TABLE quiz_attempts ADD COLUMN paused_until   BIGINT CHECK (paused_until >= paused_at);
UPDATE quiz_attempts SET limit_ms = deadline - started_at;
CREATE INDEX quiz_attempts_paused ON quiz_attempts (paused_until, id) WHERE state = 'open' AND paused_at IS NOT NULL;

-- Set once for a person in a program. Every change is a row and stays one; the
-- one with the highest version holds. The ledger names a version by its seal,
-- a digest salted so that nobody who reads the ledger can guess the values.
CREATE TABLE quiz_accommodations (
  person_id      TEXT NOT NULL REFERENCES people (id),
  program        TEXT NOT NULL,
  version        BIGINT NOT NULL CHECK (version > 0),
  time_percent   INTEGER NOT NULL CHECK (time_percent BETWEEN 100 AND 400),
  extra_attempts INTEGER NOT NULL CHECK (extra_attempts BETWEEN 0 AND 10),
  pause_minutes  INTEGER NOT NULL CHECK (pause_minutes BETWEEN 0 AND 120),
  reason         TEXT NOT NULL CHECK (reason IN ('documented_need', 'language', 'technical', 'other')),
  salt           TEXT NOT NULL CHECK (length(salt) >= 26),
  set_by         TEXT NOT NULL REFERENCES people (id),
  set_at         BIGINT NOT NULL,
  PRIMARY KEY (person_id, program, version),
  CHECK (set_by <> person_id)
);

-- More time on the spot, for one attempt or for all that a cohort had open in a
-- module. Taking it back is noted and nothing is deleted.
CREATE TABLE quiz_extensions (
  id          TEXT PRIMARY KEY,
  attempt_id  TEXT REFERENCES quiz_attempts (id),
  cohort_id   TEXT REFERENCES cohorts (id),
  module      TEXT NOT NULL,
  minutes     INTEGER NOT NULL CHECK (minutes BETWEEN 1 AND 480),
  reason      TEXT NOT NULL CHECK (reason IN ('disturbance', 'technical', 'documented_need', 'other')),
  given_by    TEXT NOT NULL REFERENCES people (id),
  given_at    BIGINT NOT NULL,
  reversed_by TEXT REFERENCES people (id),
  reversed_at BIGINT,
  CHECK ((attempt_id IS NULL) <> (cohort_id IS NULL)),
  CHECK ((reversed_by IS NULL) = (reversed_at IS NULL))
);
CREATE INDEX quiz_extensions_by_cohort ON quiz_extensions (cohort_id, module, id) WHERE cohort_id IS NOT NULL;

-- The attempts that an extension reached.
CREATE TABLE quiz_extended (
  attempt_id   TEXT NOT NULL REFERENCES quiz_attempts (id),
  extension_id TEXT NOT NULL REFERENCES quiz_extensions (id),
  PRIMARY KEY (attempt_id, extension_id)
);
CREATE INDEX quiz_extended_by_extension ON quiz_extended (extension_id);

-- When a cohort may begin a module's quiz. It has nothing to do with how long
-- an attempt takes.
CREATE TABLE quiz_windows (
  cohort_id TEXT NOT NULL REFERENCES cohorts (id),
  module    TEXT NOT NULL,
  opens_at  BIGINT,
  closes_at BIGINT CHECK (closes_at > opens_at),
  version   BIGINT NOT NULL CHECK (version > 0),
  PRIMARY KEY (cohort_id, module)
);
