-- What a log says beyond the plain one: the attested consent of a session with a
-- client, and what the full log asks. A plain log has no row here. What was
-- observed of a client is sealed as a whole before it comes here.

CREATE TABLE practicum_details (
  log_id           TEXT PRIMARY KEY REFERENCES practicum_logs (id),
  consent          TEXT NOT NULL,
  consent_at       BIGINT,
  setting          TEXT NOT NULL CHECK (setting IN ('', 'clinic', 'office', 'retreat', 'telehealth')),
  presence         TEXT NOT NULL CHECK (presence IN ('', 'in_room', 'live_video', 'recording', 'after')),
  co_team          TEXT NOT NULL,
  interventions    TEXT NOT NULL,
  homework         INTEGER CHECK (homework BETWEEN 0 AND 3),
  escalated        TEXT NOT NULL CHECK (escalated IN ('', 'no', 'medical', 'psychiatric', 'emergency')),
  supervision_min  INTEGER CHECK (supervision_min BETWEEN 0 AND 480),
  supervision_kind TEXT NOT NULL CHECK (supervision_kind IN ('', 'individual', 'group', 'none')),
  off_label        TEXT NOT NULL CHECK (off_label IN ('', 'yes')),
  touch            TEXT NOT NULL CHECK (touch IN ('', 'none', 'limited', 'full_plan')),
  touch_used       TEXT NOT NULL CHECK (touch_used IN ('', 'no', 'as_agreed', 'deviation')),
  day              TEXT NOT NULL CHECK (length(day) IN (0, 10)),
  start_min        INTEGER CHECK (start_min BETWEEN 0 AND 1439),
  safety           TEXT NOT NULL,
  question         BLOB NOT NULL,
  observation      BLOB NOT NULL,
  confirmed        BLOB NOT NULL,
  CHECK ((consent IN ('', 'no')) = (consent_at IS NULL)),
  CHECK (touch <> 'none' OR touch_used <> 'as_agreed')
);
