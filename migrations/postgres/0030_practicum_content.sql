-- The form of a signed content. In form 2 texts and the case line are under the
-- signature by salted commitments: one that is erased takes its salt along, and
-- the signature still holds. 0: not signed.

ALTER TABLE practicum_logs ADD COLUMN form INTEGER NOT NULL DEFAULT 0 CHECK (form BETWEEN 0 AND 2);
ALTER TABLE practicum_logs ADD COLUMN commitments TEXT NOT NULL DEFAULT '{}';
ALTER TABLE practicum_logs ADD COLUMN salts BYTEA NOT NULL DEFAULT '';
UPDATE practicum_logs SET form = 1 WHERE status = 'countersigned';
