-- Attendance: what cohorts meet for, and who was there for how long. Nothing
-- here is ever deleted: an event is canceled, a presence is refused or replaced.

CREATE TABLE events (
  id          TEXT PRIMARY KEY,
  cohort_id   TEXT NOT NULL REFERENCES cohorts (id),
  series      TEXT NOT NULL CHECK (length(series) BETWEEN 2 AND 60),
  title       TEXT NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
  category    TEXT NOT NULL CHECK (length(category) BETWEEN 2 AND 60),
  topic       TEXT NOT NULL CHECK (length(topic) <= 60),
  delivery    TEXT NOT NULL CHECK (delivery IN ('live_online', 'live_in_person', 'hybrid')),
  starts_at   BIGINT NOT NULL,
  minutes     INTEGER NOT NULL CHECK (minutes BETWEEN 1 AND 1440),
  makes_up    TEXT CHECK (makes_up <> id),
  canceled_at BIGINT,
  version     INTEGER NOT NULL CHECK (version > 0),
  UNIQUE (id, cohort_id, series),
  FOREIGN KEY (makes_up, cohort_id, series) REFERENCES events (id, cohort_id, series)
);
CREATE INDEX events_by_cohort ON events (cohort_id, starts_at, id);
CREATE INDEX events_by_made_up ON events (makes_up) WHERE makes_up IS NOT NULL;

CREATE TABLE presences (
  id            TEXT PRIMARY KEY,
  event_id      TEXT NOT NULL REFERENCES events (id),
  enrollment_id TEXT NOT NULL REFERENCES enrollments (id),
  delivery      TEXT NOT NULL CHECK (delivery IN ('live_online', 'live_in_person')),
  in_minute     INTEGER NOT NULL CHECK (in_minute >= 0),
  out_minute    INTEGER NOT NULL CHECK (out_minute > in_minute AND out_minute <= 1500),
  state         TEXT NOT NULL CHECK (state IN ('claimed', 'confirmed', 'refused', 'replaced')),
  entered_by    TEXT NOT NULL REFERENCES people (id),
  entered_at    BIGINT NOT NULL,
  decided_by    TEXT REFERENCES people (id),
  decided_at    BIGINT,
  decision_note TEXT NOT NULL CHECK (length(decision_note) <= 500),
  replaces      TEXT UNIQUE,
  version       INTEGER NOT NULL CHECK (version > 0),
  UNIQUE (id, event_id, enrollment_id),
  FOREIGN KEY (replaces, event_id, enrollment_id) REFERENCES presences (id, event_id, enrollment_id),
  CHECK ((state = 'claimed') = (decided_at IS NULL)),
  CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
  CHECK (state <> 'refused' OR decision_note <> '')
);
-- All that evidence asks, so that a cohort's is read from here alone.
CREATE INDEX presences_by_enrollment ON presences (enrollment_id, state, event_id, delivery, in_minute, out_minute);
CREATE INDEX presences_by_event ON presences (event_id, enrollment_id);
-- Nobody comes to the same event twice in the same minute.
CREATE UNIQUE INDEX presences_once ON presences (event_id, enrollment_id, in_minute) WHERE state = 'confirmed';

CREATE FUNCTION attendance_stays() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'attendance is corrected, never rewritten or deleted'; END $$;
CREATE TRIGGER events_stay BEFORE DELETE ON events
  FOR EACH ROW EXECUTE FUNCTION attendance_stays();
CREATE TRIGGER presences_stay BEFORE DELETE ON presences
  FOR EACH ROW EXECUTE FUNCTION attendance_stays();
CREATE TRIGGER presences_frozen BEFORE UPDATE ON presences
  FOR EACH ROW WHEN (NEW.id <> OLD.id OR NEW.event_id <> OLD.event_id OR NEW.enrollment_id <> OLD.enrollment_id OR NEW.delivery <> OLD.delivery
    OR NEW.in_minute <> OLD.in_minute OR NEW.out_minute <> OLD.out_minute OR NEW.entered_by <> OLD.entered_by
    OR NEW.entered_at <> OLD.entered_at OR OLD.state IN ('refused', 'replaced'))
  EXECUTE FUNCTION attendance_stays();
