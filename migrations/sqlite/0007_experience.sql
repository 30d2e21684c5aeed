-- The attestation that ends the personal experience requirement. It says that
-- a path was completed and never which; no other table names this one.

CREATE TABLE experience_attestations (
  enrollment_id     TEXT PRIMARY KEY REFERENCES enrollments (id),
  statement_version TEXT NOT NULL,
  minutes           INTEGER NOT NULL CHECK (minutes > 0)
);
