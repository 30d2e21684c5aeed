-- Published courses and program editions, cohorts, who is enrolled, who
-- teaches and supervises.

CREATE TABLE courses (
  hash         TEXT PRIMARY KEY CHECK (length(hash) = 64),
  archive      BLOB NOT NULL,
  published_at BIGINT NOT NULL
);

CREATE TABLE program_editions (
  program      TEXT NOT NULL,
  version      INTEGER NOT NULL CHECK (version > 0),
  hash         TEXT NOT NULL CHECK (length(hash) = 64),
  published_at BIGINT NOT NULL,
  PRIMARY KEY (program, version)
);

CREATE TABLE cohorts (
  id         TEXT PRIMARY KEY,
  program    TEXT NOT NULL,
  name       TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  starts_on  TEXT NOT NULL CHECK (length(starts_on) = 10),
  ends_on    TEXT NOT NULL CHECK (length(ends_on) = 10),
  time_zone  TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  CHECK (starts_on <= ends_on)
);

CREATE TABLE cohort_instructors (
  cohort_id TEXT NOT NULL REFERENCES cohorts (id),
  person_id TEXT NOT NULL REFERENCES people (id),
  PRIMARY KEY (cohort_id, person_id)
);
CREATE INDEX cohort_instructors_by_person ON cohort_instructors (person_id, cohort_id);

CREATE TABLE enrollments (
  id                TEXT PRIMARY KEY,
  cohort_id         TEXT NOT NULL REFERENCES cohorts (id),
  person_id         TEXT NOT NULL REFERENCES people (id),
  program           TEXT NOT NULL,
  program_version   INTEGER NOT NULL,
  course_hash       TEXT NOT NULL REFERENCES courses (hash),
  enrolled_at       BIGINT NOT NULL,
  printed_name      TEXT NOT NULL DEFAULT '' CHECK (length(printed_name) <= 200),
  name_confirmed_at BIGINT,
  version           INTEGER NOT NULL DEFAULT 1 CHECK (version > 0),
  UNIQUE (cohort_id, person_id),
  FOREIGN KEY (program, program_version) REFERENCES program_editions (program, version),
  CHECK ((printed_name = '') = (name_confirmed_at IS NULL))
);
CREATE INDEX enrollments_by_person ON enrollments (person_id, id);
CREATE INDEX enrollments_by_cohort ON enrollments (cohort_id, id);

CREATE TABLE enrollment_supervisors (
  enrollment_id TEXT NOT NULL REFERENCES enrollments (id),
  person_id     TEXT NOT NULL REFERENCES people (id),
  PRIMARY KEY (enrollment_id, person_id)
);
CREATE INDEX enrollment_supervisors_by_person ON enrollment_supervisors (person_id, enrollment_id);
