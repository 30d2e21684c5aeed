-- Leases, for what one of several processes does, and jobs, enqueued by the
-- transaction of a deed and run once in effect.

CREATE TABLE leases (
  name       TEXT PRIMARY KEY CHECK (name <> ''),
  holder     TEXT NOT NULL CHECK (holder <> ''),
  number     INTEGER NOT NULL CHECK (number > 0),
  expires_at INTEGER NOT NULL
);

-- A waiting job may be taken from run_at on; taking it moves run_at on, so that
-- one whose worker died comes back by itself. tries also counts the takers: who
-- finishes a job names the try that it was.
CREATE TABLE jobs (
  id       TEXT PRIMARY KEY,
  kind     TEXT NOT NULL CHECK (kind <> ''),
  key      TEXT NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
  payload  TEXT NOT NULL,
  state    TEXT NOT NULL CHECK (state IN ('waiting', 'done', 'dead')),
  run_at   INTEGER NOT NULL,
  tries    INTEGER NOT NULL CHECK (tries >= 0),
  error    TEXT NOT NULL,
  ended_at INTEGER CHECK ((ended_at IS NULL) = (state = 'waiting')),
  UNIQUE (kind, key)
);
CREATE INDEX jobs_waiting ON jobs (run_at, id) WHERE state = 'waiting';
CREATE INDEX jobs_dead ON jobs (id) WHERE state = 'dead';
