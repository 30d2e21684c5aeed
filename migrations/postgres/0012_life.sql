-- What happens to an enrollment between its start and its end. The clock is
-- worked out from the deeds; none is ever changed or deleted.

ALTER TABLE enrollments ADD COLUMN track TEXT NOT NULL DEFAULT '' CHECK (length(track) <= 60);
-- The effective date. Those enrolled before there was one began on the day (UTC)
-- of enrolling.
ALTER TABLE enrollments ADD COLUMN starts_on TEXT NOT NULL DEFAULT '' CHECK (starts_on = '' OR length(starts_on) = 10);
UPDATE enrollments SET starts_on = to_char(to_timestamp(enrolled_at / 1000) AT TIME ZONE 'UTC', 'YYYY-MM-DD');

CREATE TABLE enrollment_deeds (
  id            TEXT PRIMARY KEY,
  enrollment_id TEXT NOT NULL REFERENCES enrollments (id),
  number        INTEGER NOT NULL CHECK (number > 0),
  kind          TEXT NOT NULL CHECK (kind IN
    ('leave', 'return', 'extension', 'transfer', 'withdrawal', 'dismissal', 'readmission', 'track', 'edition')),
  effective_on  TEXT NOT NULL CHECK (length(effective_on) = 10),
  until_on      TEXT NOT NULL DEFAULT '',
  days          INTEGER NOT NULL DEFAULT 0,
  reason        TEXT NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
  from_cohort   TEXT REFERENCES cohorts (id),
  to_cohort     TEXT REFERENCES cohorts (id),
  from_track    TEXT NOT NULL DEFAULT '',
  to_track      TEXT NOT NULL DEFAULT '',
  from_version  INTEGER NOT NULL DEFAULT 0,
  to_version    INTEGER NOT NULL DEFAULT 0,
  from_course   TEXT REFERENCES courses (hash),
  to_course     TEXT REFERENCES courses (hash),
  done_by       TEXT NOT NULL REFERENCES people (id),
  done_at       BIGINT NOT NULL,
  letter        TEXT NOT NULL CHECK (letter <> ''),
  UNIQUE (enrollment_id, number),
  CHECK (until_on = '' OR kind = 'leave' AND length(until_on) = 10 AND until_on > effective_on),
  CHECK ((days <> 0) = (kind = 'extension')),
  CHECK ((from_cohort IS NOT NULL AND to_cohort IS NOT NULL AND from_cohort <> to_cohort) = (kind = 'transfer')),
  CHECK (from_track = to_track OR kind IN ('track', 'edition')),
  CHECK ((from_version > 0 AND to_version > 0) = (kind = 'edition')),
  CHECK ((from_course IS NOT NULL AND to_course IS NOT NULL) = (kind = 'edition'))
);

CREATE FUNCTION enrollment_deeds_stay() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'a deed is never changed or deleted'; END $$;
CREATE TRIGGER enrollment_deeds_stay BEFORE DELETE OR UPDATE ON enrollment_deeds
  FOR EACH ROW EXECUTE FUNCTION enrollment_deeds_stay();
