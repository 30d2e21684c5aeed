-- What a failed try missed, whether a remediation opened another one, when a
-- lesson was last looked at, and what trainees say against a question.

ALTER TABLE quiz_attempts ADD COLUMN missed TEXT; -- objectives; NULL while open, and of attempts handed in before this step
ALTER TABLE quiz_remediations ADD COLUMN opens BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE lesson_progress ADD COLUMN seen_at BIGINT;

-- What follows made_at is NULL until it is answered, and then stays.
CREATE TABLE quiz_challenges (
  id            TEXT PRIMARY KEY,
  enrollment_id TEXT NOT NULL REFERENCES enrollments (id),
  attempt_id    TEXT NOT NULL REFERENCES quiz_attempts (id),
  item          TEXT NOT NULL,
  module        TEXT NOT NULL,
  bank_item     TEXT NOT NULL,
  course_hash   TEXT NOT NULL REFERENCES courses (hash),
  text          TEXT NOT NULL CHECK (length(text) BETWEEN 10 AND 500),
  made_at       BIGINT NOT NULL,
  decision      TEXT CHECK (decision IN ('upheld', 'declined')),
  answer        TEXT CHECK (length(answer) BETWEEN 10 AND 500),
  answered_by   TEXT REFERENCES people (id),
  answered_at   BIGINT,
  version       INTEGER NOT NULL DEFAULT 1 CHECK (version > 0),
  UNIQUE (attempt_id, item),
  CHECK (CASE WHEN decision IS NULL THEN answer IS NULL AND answered_by IS NULL AND answered_at IS NULL
    ELSE answer IS NOT NULL AND answered_by IS NOT NULL AND answered_at IS NOT NULL END)
);
CREATE INDEX quiz_challenges_by_enrollment ON quiz_challenges (enrollment_id, id);
CREATE INDEX quiz_challenges_waiting ON quiz_challenges (id) WHERE decision IS NULL;
