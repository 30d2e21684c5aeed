-- Who read a log without having written or supervised it, and the texts that
-- were taken out of logs because they identify somebody. Reasons and texts are
-- sealed; a text is empty once it is destroyed.

CREATE TABLE practicum_readings (
  id        TEXT PRIMARY KEY,
  log_id    TEXT NOT NULL REFERENCES practicum_logs (id),
  reader_id TEXT NOT NULL REFERENCES people (id),
  role      TEXT NOT NULL CHECK (role IN ('admin', 'director')),
  reason    BYTEA NOT NULL CHECK (length(reason) > 0),
  at        BIGINT NOT NULL
);
CREATE INDEX practicum_readings_by_log ON practicum_readings (log_id, at);

CREATE TABLE practicum_removals (
  id           TEXT PRIMARY KEY,
  log_id       TEXT NOT NULL REFERENCES practicum_logs (id),
  text         BYTEA NOT NULL,
  reported_by  TEXT NOT NULL CHECK (reported_by <> ''), -- a person or an outside supervisor
  reported_at  BIGINT NOT NULL,
  destroy_at   BIGINT NOT NULL CHECK (destroy_at > reported_at),
  destroyed_at BIGINT CHECK (destroyed_at >= destroy_at),
  asked_by     TEXT REFERENCES people (id),
  asked_for    BYTEA NOT NULL,
  opened_by    TEXT REFERENCES people (id) CHECK (opened_by <> asked_by),
  opened_for   BYTEA NOT NULL,
  CHECK ((destroyed_at IS NULL) = (length(text) > 0)),
  CHECK (opened_by IS NULL OR asked_by IS NOT NULL)
);
CREATE INDEX practicum_removals_by_log ON practicum_removals (log_id, reported_at);
CREATE INDEX practicum_removals_due ON practicum_removals (destroy_at, id) WHERE destroyed_at IS NULL;
