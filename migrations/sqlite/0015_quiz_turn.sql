-- Where a quiz that goes one way stands, and its pauses. All three are as for a
-- free attempt that never stood still unless set.
ALTER TABLE quiz_attempts ADD COLUMN at_item   TEXT;
ALTER TABLE quiz_attempts ADD COLUMN paused_at INTEGER CHECK (paused_at >= started_at);
ALTER TABLE quiz_attempts ADD COLUMN paused_ms INTEGER NOT NULL DEFAULT 0 CHECK (paused_ms >= 0);
