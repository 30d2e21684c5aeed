-- The ledger is also read by what was done, and no index knew that.
CREATE INDEX audit_by_action ON audit_entries (action, seq);
