-- Drafts that a phone collects while it is out of reach: the id that it made, the
-- log that came of it, and the revision of each field.

CREATE TABLE practicum_drafts (
  enrollment_id TEXT NOT NULL REFERENCES enrollments (id),
  client_id     TEXT NOT NULL CHECK (length(client_id) BETWEEN 16 AND 64),
  log_id        TEXT NOT NULL UNIQUE REFERENCES practicum_logs (id),
  revisions     TEXT NOT NULL,
  PRIMARY KEY (enrollment_id, client_id)
);
