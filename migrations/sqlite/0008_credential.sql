-- Certificates as issued: bytes on record with the evidence that earned them.
-- What was issued stays: only the status moves, and only once.

CREATE TABLE certificates (
  id              TEXT PRIMARY KEY,
  enrollment_id   TEXT NOT NULL REFERENCES enrollments (id),
  kind            TEXT NOT NULL CHECK (kind = 'completion'),
  cycle           INTEGER NOT NULL CHECK (cycle > 0),
  program         TEXT NOT NULL,
  program_version INTEGER NOT NULL CHECK (program_version > 0),
  serial          TEXT NOT NULL UNIQUE,
  code            TEXT NOT NULL UNIQUE CHECK (length(code) = 26),
  sha256          TEXT NOT NULL CHECK (length(sha256) = 64),
  printed         TEXT NOT NULL,
  evidence        TEXT NOT NULL,
  specimen        BOOLEAN NOT NULL,
  issued_at       BIGINT NOT NULL,
  issued_by       TEXT NOT NULL,
  supersedes      TEXT UNIQUE REFERENCES certificates (id),
  status          TEXT NOT NULL CHECK (status IN ('valid', 'superseded', 'revoked')),
  status_at       BIGINT NOT NULL,
  status_by       TEXT NOT NULL,
  status_reason   TEXT NOT NULL,
  status_note     TEXT NOT NULL CHECK (length(status_note) <= 2000),
  CHECK ((status = 'valid') = (status_reason = ''))
);
-- One certificate for each enrollment, kind, cycle and edition; a replaced one
-- makes room for its successor, a revoked one does not.
CREATE UNIQUE INDEX certificates_one ON certificates (enrollment_id, kind, cycle, program_version)
  WHERE status <> 'superseded';
CREATE INDEX certificates_by_enrollment ON certificates (enrollment_id, id);
CREATE INDEX certificates_by_program ON certificates (program, id);

CREATE TABLE certificate_documents (
  certificate_id TEXT PRIMARY KEY REFERENCES certificates (id),
  pdf            BLOB NOT NULL
);

CREATE TRIGGER certificates_stay BEFORE DELETE ON certificates
BEGIN SELECT RAISE(ABORT, 'a certificate is never deleted'); END;
CREATE TRIGGER certificates_frozen BEFORE UPDATE ON certificates
WHEN OLD.status <> 'valid' OR NEW.id <> OLD.id OR NEW.enrollment_id <> OLD.enrollment_id OR NEW.serial <> OLD.serial
  OR NEW.code <> OLD.code OR NEW.sha256 <> OLD.sha256 OR NEW.printed <> OLD.printed OR NEW.evidence <> OLD.evidence
  OR NEW.issued_at <> OLD.issued_at OR NEW.issued_by <> OLD.issued_by OR NEW.specimen <> OLD.specimen
BEGIN SELECT RAISE(ABORT, 'a certificate is never edited'); END;
CREATE TRIGGER certificate_documents_stay BEFORE DELETE ON certificate_documents
BEGIN SELECT RAISE(ABORT, 'a certificate is never deleted'); END;
CREATE TRIGGER certificate_documents_frozen BEFORE UPDATE ON certificate_documents
BEGIN SELECT RAISE(ABORT, 'a certificate is never edited'); END;
