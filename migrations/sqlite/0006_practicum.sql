-- Practicum logs: the work line, on which hours are judged, and the case line
-- in a table of its own. Texts are sealed before they come here.

CREATE TABLE practicum_logs (
  id             TEXT PRIMARY KEY,
  enrollment_id  TEXT NOT NULL REFERENCES enrollments (id),
  kind           TEXT NOT NULL CHECK (kind IN ('', 'client', 'peer', 'role_play')),
  phase          TEXT NOT NULL CHECK (phase IN ('', 'preparation', 'medicine', 'integration')),
  format         TEXT NOT NULL CHECK (format IN ('', 'individual', 'group', 'couple')),
  participants   INTEGER NOT NULL CHECK (participants BETWEEN 0 AND 20),
  week           TEXT NOT NULL CHECK (length(week) IN (0, 8)),
  minutes        INTEGER NOT NULL CHECK (minutes BETWEEN 0 AND 480),
  contact        INTEGER NOT NULL CHECK (contact BETWEEN 0 AND 480 AND (minutes = 0 OR contact <= minutes)),
  role           TEXT NOT NULL CHECK (role IN ('', 'observer', 'co_facilitator', 'lead_supervised', 'lead', 'sitter')),
  frameworks     TEXT NOT NULL,
  supervisor_id  TEXT NOT NULL,
  route          TEXT NOT NULL CHECK (route IN ('', 'iv', 'im', 'sl', 'in_esketamine', 'in_compounded', 'po')),
  dose_band      TEXT NOT NULL CHECK (dose_band IN ('', 'none', 'low_psycholytic', 'moderate', 'high_psychedelic', 'label_esketamine')),
  monitored_by   TEXT NOT NULL CHECK (monitored_by IN ('', 'prescriber', 'nurse', 'medical_provider')),
  knew_whom      TEXT NOT NULL CHECK (knew_whom IN ('', 'yes', 'no')),
  reflection     BLOB NOT NULL,
  self_rating    TEXT NOT NULL,
  attested       TEXT NOT NULL,
  status         TEXT NOT NULL CHECK (status IN ('draft', 'submitted', 'returned', 'graded', 'countersigned')),
  version        INTEGER NOT NULL CHECK (version > 0),
  created_at     BIGINT NOT NULL,
  updated_at     BIGINT NOT NULL,
  submitted_at   BIGINT,
  return_reason  TEXT NOT NULL CHECK (return_reason IN ('', 'incomplete', 'identifiers', 'unclear', 'wrong_phase', 'other')),
  return_message BLOB NOT NULL,
  grades         TEXT NOT NULL,
  feedback       BLOB NOT NULL,
  observed_by    TEXT NOT NULL CHECK (observed_by IN ('', 'direct', 'video', 'audio', 'discussion', 'role_play', 'case_presentation', 'file_review')),
  grader_id      TEXT NOT NULL,
  graded_at      BIGINT,
  signer_id      TEXT NOT NULL,
  signer_name    TEXT NOT NULL,
  signer_license TEXT NOT NULL,
  signed_at      BIGINT,
  meaning        TEXT NOT NULL CHECK (meaning IN ('', 'observed', 'reviewed', 'attest')),
  method         TEXT NOT NULL,
  content_hash   TEXT NOT NULL,
  signature      BLOB NOT NULL,
  signature_kid  TEXT NOT NULL,
  CHECK ((status = 'countersigned') = (signed_at IS NOT NULL)),
  CHECK (status NOT IN ('graded', 'countersigned') OR graded_at IS NOT NULL),
  CHECK (status = 'draft' OR submitted_at IS NOT NULL),
  CHECK (status IN ('draft', 'returned') OR (kind <> '' AND phase <> '' AND format <> '' AND participants > 0 AND week <> ''
    AND minutes > 0 AND role <> '' AND attested <> '')),
  CHECK (status <> 'returned' OR return_reason <> ''),
  CHECK (status NOT IN ('graded', 'countersigned') OR (grader_id <> '' AND observed_by <> '')),
  CHECK (status <> 'countersigned' OR (signer_id <> '' AND meaning <> '' AND method <> '' AND length(content_hash) = 64
    AND length(signature) = 64)),
  CHECK ((kind = 'client' AND phase = 'medicine') OR (route = '' AND dose_band = '' AND monitored_by = '' AND knew_whom = ''))
);
CREATE INDEX practicum_logs_by_enrollment ON practicum_logs (enrollment_id, id);
CREATE INDEX practicum_logs_queue ON practicum_logs (submitted_at, id) WHERE status = 'submitted';

CREATE TABLE practicum_cases (
  id       TEXT PRIMARY KEY,
  log_id   TEXT NOT NULL UNIQUE REFERENCES practicum_logs (id),
  case_ref TEXT NOT NULL CHECK (length(case_ref) = 8),
  seq      INTEGER NOT NULL CHECK (seq BETWEEN 1 AND 60),
  days     INTEGER CHECK (days BETWEEN 0 AND 365),
  year     INTEGER NOT NULL
);
CREATE INDEX practicum_cases_by_ref ON practicum_cases (case_ref);
