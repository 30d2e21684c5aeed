-- Which lessons were opened and completed.

CREATE TABLE lesson_progress (
  enrollment_id TEXT NOT NULL REFERENCES enrollments (id),
  lesson        TEXT NOT NULL,
  opened_at     BIGINT,
  completed_at  BIGINT,
  PRIMARY KEY (enrollment_id, lesson)
);
