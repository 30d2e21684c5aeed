-- Standing: what is decided about an enrollment by name. Waivers of single
-- requirements, and holds with their due process. Nothing here is ever deleted.

CREATE TABLE waivers (
  id              TEXT PRIMARY KEY,
  enrollment_id   TEXT NOT NULL REFERENCES enrollments (id),
  requirement     TEXT NOT NULL CHECK (length(requirement) BETWEEN 2 AND 60),
  reason          TEXT NOT NULL CHECK (length(reason) BETWEEN 1 AND 1000),
  evidence        TEXT NOT NULL CHECK (length(evidence) BETWEEN 1 AND 1000),
  state           TEXT NOT NULL CHECK (state IN ('proposed', 'approved', 'declined', 'withdrawn')),
  proposed_by     TEXT NOT NULL REFERENCES people (id),
  proposed_at     BIGINT NOT NULL,
  decided_by      TEXT REFERENCES people (id),
  decided_at      BIGINT,
  decision_note   TEXT NOT NULL CHECK (length(decision_note) <= 1000),
  withdrawn_by    TEXT REFERENCES people (id),
  withdrawn_at    BIGINT,
  withdrawal_note TEXT NOT NULL CHECK (length(withdrawal_note) <= 1000),
  version         INTEGER NOT NULL CHECK (version > 0),
  CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
  CHECK ((withdrawn_by IS NULL) = (withdrawn_at IS NULL)),
  CHECK (state <> 'proposed' OR decided_at IS NULL),
  CHECK (state NOT IN ('approved', 'declined') OR decided_at IS NOT NULL),
  CHECK (state <> 'declined' OR decision_note <> ''),
  CHECK ((state = 'withdrawn') = (withdrawn_at IS NOT NULL)),
  CHECK ((state = 'withdrawn') = (withdrawal_note <> ''))
);
-- One that is open or holds, for each requirement; another may follow one that
-- was declined or withdrawn.
CREATE UNIQUE INDEX waivers_one ON waivers (enrollment_id, requirement) WHERE state IN ('proposed', 'approved');
CREATE INDEX waivers_by_enrollment ON waivers (enrollment_id, id);

-- A hold may be about a practicum log, of the same enrollment only.
CREATE UNIQUE INDEX practicum_logs_of_enrollment ON practicum_logs (id, enrollment_id);

CREATE TABLE holds (
  id                TEXT PRIMARY KEY,
  enrollment_id     TEXT NOT NULL REFERENCES enrollments (id),
  kind              TEXT NOT NULL CHECK (kind IN ('safety', 'conduct', 'phi', 'payment', 'license')),
  log_id            TEXT,
  facts             TEXT NOT NULL CHECK (length(facts) BETWEEN 1 AND 4000),
  told              TEXT NOT NULL CHECK (length(told) BETWEEN 1 AND 2000),
  state             TEXT NOT NULL CHECK (state IN ('open', 'cleared', 'upheld')),
  reply_by          TEXT NOT NULL CHECK (length(reply_by) = 10),
  reply             TEXT NOT NULL CHECK (length(reply) <= 4000),
  replied_at        BIGINT,
  remediation       TEXT NOT NULL CHECK (length(remediation) <= 4000),
  opened_by         TEXT NOT NULL REFERENCES people (id),
  opened_at         BIGINT NOT NULL,
  decided_by        TEXT REFERENCES people (id),
  decided_at        BIGINT,
  decision          TEXT NOT NULL CHECK (length(decision) <= 2000),
  appeal_by         TEXT NOT NULL CHECK (length(appeal_by) IN (0, 10)),
  appeal            TEXT NOT NULL CHECK (length(appeal) <= 4000),
  appealed_at       BIGINT,
  appeal_decided_by TEXT REFERENCES people (id),
  appeal_decided_at BIGINT,
  appeal_decision   TEXT NOT NULL CHECK (length(appeal_decision) <= 2000),
  version           INTEGER NOT NULL CHECK (version > 0),
  FOREIGN KEY (log_id, enrollment_id) REFERENCES practicum_logs (id, enrollment_id),
  CHECK ((reply = '') = (replied_at IS NULL)),
  CHECK ((state = 'open') = (decided_at IS NULL)),
  CHECK ((decided_by IS NULL) = (decided_at IS NULL) AND (decision = '') = (decided_at IS NULL)),
  CHECK (decided_by <> opened_by),
  CHECK ((appeal = '') = (appealed_at IS NULL)),
  CHECK (appealed_at IS NULL OR (decided_at IS NOT NULL AND appeal_by <> '')),
  CHECK ((appeal_decided_by IS NULL) = (appeal_decided_at IS NULL) AND (appeal_decision = '') = (appeal_decided_at IS NULL)),
  CHECK (appeal_decided_at IS NULL OR appealed_at IS NOT NULL),
  CHECK (appeal_decided_by NOT IN (opened_by, decided_by))
);
CREATE INDEX holds_by_enrollment ON holds (enrollment_id, id);

CREATE TRIGGER waivers_stay BEFORE DELETE ON waivers
BEGIN SELECT RAISE(ABORT, 'what was decided stays on record'); END;
CREATE TRIGGER holds_stay BEFORE DELETE ON holds
BEGIN SELECT RAISE(ABORT, 'what was decided stays on record'); END;
CREATE TRIGGER waivers_frozen BEFORE UPDATE ON waivers
WHEN NEW.id <> OLD.id OR NEW.enrollment_id <> OLD.enrollment_id OR NEW.requirement <> OLD.requirement
  OR NEW.reason <> OLD.reason OR NEW.evidence <> OLD.evidence OR NEW.proposed_by <> OLD.proposed_by
  OR NEW.proposed_at <> OLD.proposed_at OR OLD.state IN ('declined', 'withdrawn')
  OR (OLD.decided_by IS NOT NULL AND NEW.decided_by IS DISTINCT FROM OLD.decided_by)
BEGIN SELECT RAISE(ABORT, 'what was decided stays on record'); END;
CREATE TRIGGER holds_frozen BEFORE UPDATE ON holds
WHEN NEW.id <> OLD.id OR NEW.enrollment_id <> OLD.enrollment_id OR NEW.kind <> OLD.kind OR NEW.facts <> OLD.facts
  OR NEW.told <> OLD.told OR NEW.opened_by <> OLD.opened_by OR NEW.opened_at <> OLD.opened_at OR OLD.state = 'cleared'
  OR NEW.log_id IS DISTINCT FROM OLD.log_id OR (OLD.decided_by IS NOT NULL AND NEW.decided_by IS DISTINCT FROM OLD.decided_by)
  OR (OLD.reply <> '' AND NEW.reply <> OLD.reply) OR (OLD.appeal <> '' AND NEW.appeal <> OLD.appeal)
  OR (OLD.decision <> '' AND NEW.decision <> OLD.decision)
BEGIN SELECT RAISE(ABORT, 'what was decided stays on record'); END;
