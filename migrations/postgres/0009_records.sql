-- Evidence that people enter by hand. A record's content never changes and no
-- record goes: a mistake is corrected by another one that names it in replaces.

CREATE TABLE records (
  id            TEXT PRIMARY KEY,
  enrollment_id TEXT NOT NULL REFERENCES enrollments (id),
  kind          TEXT NOT NULL CHECK (kind IN ('hours', 'consultation', 'document', 'attestation', 'agreement', 'assignment', 'letter',
    'evaluation', 'fee', 'license', 'clearance', 'credential', 'exam', 'prior_training', 'prior_practice', 'profession', 'admission',
    'sign_off', 'alternative', 'session', 'module')),
  subject       TEXT NOT NULL CHECK (length(subject) <= 60),
  value         TEXT NOT NULL CHECK (length(value) <= 40),
  edition       TEXT NOT NULL CHECK (length(edition) <= 20),
  category      TEXT NOT NULL CHECK (length(category) <= 60),
  topic         TEXT NOT NULL CHECK (length(topic) <= 60),
  delivery      TEXT NOT NULL CHECK (delivery IN ('', 'live_online', 'live_in_person', 'async')),
  jurisdiction  TEXT NOT NULL CHECK (length(jurisdiction) <= 40),
  minutes       INTEGER NOT NULL CHECK (minutes BETWEEN 0 AND 1800000),
  quantity      INTEGER NOT NULL CHECK (quantity BETWEEN 0 AND 1000),
  sources       INTEGER NOT NULL CHECK (sources BETWEEN 0 AND 500),
  group_size    INTEGER NOT NULL CHECK (group_size BETWEEN 0 AND 100),
  person_id     TEXT NOT NULL CHECK (length(person_id) IN (0, 36)),
  person_name   TEXT NOT NULL CHECK (length(person_name) <= 120 AND (person_id = '' OR person_name = '')),
  on_day        TEXT NOT NULL CHECK (length(on_day) = 10),
  expires_on    TEXT NOT NULL CHECK (expires_on = '' OR (length(expires_on) = 10 AND (kind = 'license' OR expires_on >= on_day))),
  note          TEXT NOT NULL CHECK (length(note) <= 500),
  carried       TEXT NOT NULL CHECK (length(carried) <= 80),
  state         TEXT NOT NULL CHECK (state IN ('submitted', 'confirmed', 'refused', 'replaced')),
  entered_by    TEXT NOT NULL REFERENCES people (id),
  entered_at    BIGINT NOT NULL,
  decided_by    TEXT NOT NULL,
  decided_at    BIGINT,
  decision_note TEXT NOT NULL CHECK (length(decision_note) <= 500),
  replaces      TEXT UNIQUE REFERENCES records (id),
  version       INTEGER NOT NULL CHECK (version > 0),
  CHECK ((state = 'submitted') = (decided_at IS NULL)),
  CHECK ((decided_by = '') = (decided_at IS NULL)),
  CHECK (state <> 'refused' OR decision_note <> ''),
  CHECK (carried <> '' OR kind NOT IN ('session', 'module')),
  CHECK (carried = '' OR kind IN ('hours', 'consultation', 'session', 'module')),
  CHECK (carried <> '' OR kind NOT IN ('hours', 'consultation') OR minutes BETWEEN 1 AND 1440),
  CHECK (kind NOT IN ('hours', 'consultation') OR minutes > 0),
  CHECK (kind <> 'clearance' OR (note = '' AND value IN ('cleared', 'not_cleared')))
);
CREATE INDEX records_by_enrollment ON records (enrollment_id, on_day, id);
CREATE INDEX records_list ON records (enrollment_id, id);
CREATE INDEX records_queue ON records (entered_at, id) WHERE state = 'submitted';

-- One thing on one day is one record, as long as it counts or waits to. What a
-- value says is part of that where it says which kind of thing it was, and not
-- where it says how it ended.
CREATE UNIQUE INDEX records_once ON records (enrollment_id, kind, on_day, subject, edition, category, topic, delivery, jurisdiction,
  person_id, person_name, (CASE WHEN kind IN ('consultation', 'letter', 'sign_off', 'session') THEN value ELSE '' END))
  WHERE state IN ('submitted', 'confirmed');

CREATE FUNCTION records_stay() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'a record is never edited or deleted'; END $$;
CREATE TRIGGER records_stay BEFORE DELETE ON records
  FOR EACH ROW EXECUTE FUNCTION records_stay();
-- The day of a license moves once: from that of the claim to that of the check.
CREATE TRIGGER records_frozen BEFORE UPDATE ON records
  FOR EACH ROW WHEN (OLD.state = 'replaced' OR NEW.state = 'submitted' OR (OLD.state = 'refused' AND NEW.state = 'confirmed')
    OR NEW.id <> OLD.id OR NEW.enrollment_id <> OLD.enrollment_id OR NEW.kind <> OLD.kind OR NEW.subject <> OLD.subject
    OR NEW.value <> OLD.value OR NEW.edition <> OLD.edition OR NEW.category <> OLD.category OR NEW.topic <> OLD.topic
    OR NEW.delivery <> OLD.delivery OR NEW.jurisdiction <> OLD.jurisdiction OR NEW.minutes <> OLD.minutes OR NEW.quantity <> OLD.quantity
    OR NEW.sources <> OLD.sources OR NEW.group_size <> OLD.group_size OR NEW.person_id <> OLD.person_id OR NEW.person_name <> OLD.person_name
    OR NEW.expires_on <> OLD.expires_on OR NEW.note <> OLD.note OR NEW.carried <> OLD.carried OR NEW.entered_by <> OLD.entered_by
    OR NEW.entered_at <> OLD.entered_at OR coalesce(NEW.replaces, '') <> coalesce(OLD.replaces, '')
    OR (NEW.on_day <> OLD.on_day AND NOT (OLD.kind = 'license' AND OLD.state = 'submitted' AND NEW.state = 'confirmed')))
  EXECUTE FUNCTION records_stay();

-- Files of an earlier system that were accepted as an opening balance.
CREATE TABLE opening_balances (
  id            TEXT PRIMARY KEY,
  enrollment_id TEXT NOT NULL REFERENCES enrollments (id),
  source        TEXT NOT NULL CHECK (length(source) BETWEEN 1 AND 80),
  hash          TEXT NOT NULL CHECK (length(hash) = 64),
  lines         INTEGER NOT NULL CHECK (lines > 0),
  accepted_by   TEXT NOT NULL REFERENCES people (id),
  accepted_at   BIGINT NOT NULL,
  UNIQUE (enrollment_id, source, hash)
);
