-- The grading queue: one row for each submitted log. A log comes in with its
-- submission and goes when it is graded or sent back. turn is 0 for a log with
-- a safety flag, which comes before all others, and 1 for the rest. A claim
-- keeps a log with one grader until it ends.

CREATE TABLE practicum_waiting (
  log_id        TEXT PRIMARY KEY REFERENCES practicum_logs (id),
  enrollment_id TEXT NOT NULL REFERENCES enrollments (id),
  turn          INTEGER NOT NULL CHECK (turn IN (0, 1)),
  submitted_at  BIGINT NOT NULL,
  due_at        BIGINT,
  claimed_by    TEXT REFERENCES people (id),
  claimed_until BIGINT,
  CHECK ((claimed_by IS NULL) = (claimed_until IS NULL))
);
CREATE INDEX practicum_waiting_by_enrollment ON practicum_waiting (enrollment_id, turn, submitted_at, log_id);
CREATE INDEX practicum_waiting_by_grader ON practicum_waiting (claimed_by) WHERE claimed_by IS NOT NULL;

INSERT INTO practicum_waiting (log_id, enrollment_id, turn, submitted_at)
  SELECT id, enrollment_id, CASE WHEN knew_whom = 'no' THEN 0 ELSE 1 END, submitted_at FROM practicum_logs WHERE status = 'submitted';
DROP INDEX practicum_logs_queue;
