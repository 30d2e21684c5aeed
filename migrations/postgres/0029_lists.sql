-- The ledger is also read by what was done, and no index knew that.
CREATE INDEX audit_by_action ON audit_entries (action, seq);

-- What names an attempt is compared as its id is since 0028: an index under
-- another collation serves no join.
ALTER TABLE quiz_extended ALTER COLUMN attempt_id TYPE TEXT COLLATE "C";
ALTER TABLE quiz_extensions ALTER COLUMN attempt_id TYPE TEXT COLLATE "C";
ALTER TABLE quiz_challenges ALTER COLUMN attempt_id TYPE TEXT COLLATE "C";
ALTER TABLE quiz_regraded ALTER COLUMN attempt_id TYPE TEXT COLLATE "C";
