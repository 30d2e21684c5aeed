-- Amendments of signed logs, signed heads of the ledger, and sign-off without an
-- account.

-- A signed log is never changed: what has to be put right is a log of its own,
-- which names the one it stands for, and why. Once it is signed, it counts in
-- the other's place. No two stand for the same one.

ALTER TABLE practicum_logs ADD COLUMN amends TEXT NOT NULL DEFAULT '';
ALTER TABLE practicum_logs ADD COLUMN amend_reason BYTEA NOT NULL DEFAULT '';
CREATE UNIQUE INDEX practicum_logs_amends ON practicum_logs (amends) WHERE amends <> '';

-- Heads of the ledger, signed: who has one sees whether the ledger was cut off
-- behind it.
CREATE TABLE audit_heads (
  seq       BIGINT PRIMARY KEY CHECK (seq > 0),
  hash      TEXT NOT NULL CHECK (length(hash) = 64),
  at        BIGINT NOT NULL,
  kid       TEXT NOT NULL CHECK (kid <> ''),
  signature TEXT NOT NULL CHECK (signature <> '')
);

-- Supervisors without an account, named for one enrollment.
CREATE TABLE outside_supervisors (
  id             TEXT PRIMARY KEY,
  enrollment_id  TEXT NOT NULL REFERENCES enrollments (id),
  name           TEXT NOT NULL CHECK (name <> ''),
  email          TEXT NOT NULL CHECK (email <> ''),
  license_type   TEXT NOT NULL CHECK (license_type <> ''),
  license_number TEXT NOT NULL CHECK (license_number <> ''),
  named_by       TEXT NOT NULL,
  named_at       BIGINT NOT NULL,
  withdrawn_at   BIGINT,
  UNIQUE (enrollment_id, email)
);

-- What was sent to one of them. Of link, code and session only hashes lie here.
CREATE TABLE sign_offs (
  id            TEXT PRIMARY KEY,
  outside_id    TEXT NOT NULL REFERENCES outside_supervisors (id),
  enrollment_id TEXT NOT NULL REFERENCES enrollments (id),
  sent_by       TEXT NOT NULL,
  sent_at       BIGINT NOT NULL,
  expires_at    BIGINT NOT NULL,
  link_hash     TEXT NOT NULL UNIQUE CHECK (length(link_hash) = 64),
  code_hash     TEXT NOT NULL,
  code_until    BIGINT NOT NULL,
  tries         INTEGER NOT NULL CHECK (tries >= 0),
  codes         INTEGER NOT NULL CHECK (codes > 0),
  session_hash  TEXT NOT NULL,
  session_until BIGINT,
  closed_at     BIGINT
);
CREATE INDEX sign_offs_by_enrollment ON sign_offs (enrollment_id, id);

CREATE TABLE sign_off_lines (
  sign_off_id TEXT NOT NULL REFERENCES sign_offs (id),
  log_id      TEXT NOT NULL REFERENCES practicum_logs (id),
  outcome     TEXT NOT NULL CHECK (outcome IN ('', 'signed', 'returned', 'refused')),
  PRIMARY KEY (sign_off_id, log_id)
);
CREATE INDEX sign_off_lines_by_log ON sign_off_lines (log_id);

CREATE INDEX practicum_logs_to_sign ON practicum_logs (id) WHERE status = 'graded';
