-- Second ratings of graded logs, delegations of supervision, and the notices
-- that people do not want.

-- A log is rated a second time at most: because it was drawn, or because its
-- author disputes the grades. The first grades are kept as they were then.
CREATE TABLE practicum_seconds (
  id           TEXT PRIMARY KEY,
  log_id       TEXT NOT NULL UNIQUE REFERENCES practicum_logs (id),
  cause        TEXT NOT NULL CHECK (cause IN ('sample', 'dispute')),
  opened_at    BIGINT NOT NULL,
  said         BYTEA NOT NULL,
  first_id     TEXT NOT NULL REFERENCES people (id),
  first_grades TEXT NOT NULL,
  rater_id     TEXT REFERENCES people (id) CHECK (rater_id <> first_id),
  grades       TEXT NOT NULL,
  feedback     BYTEA NOT NULL,
  rated_at     BIGINT CHECK (rated_at IS NULL OR rater_id IS NOT NULL)
);
CREATE INDEX practicum_seconds_open ON practicum_seconds (id) WHERE rated_at IS NULL;

-- A delegate supervises what the delegator does, on the days from from_on to
-- until_on, both included, in UTC.
CREATE TABLE delegations (
  id       TEXT PRIMARY KEY,
  from_id  TEXT NOT NULL REFERENCES people (id),
  to_id    TEXT NOT NULL REFERENCES people (id) CHECK (to_id <> from_id),
  from_on  TEXT NOT NULL CHECK (length(from_on) = 10),
  until_on TEXT NOT NULL CHECK (length(until_on) = 10 AND until_on >= from_on),
  made_at  BIGINT NOT NULL,
  ended_at BIGINT
);
CREATE INDEX delegations_by_delegate ON delegations (to_id, until_on);
CREATE INDEX delegations_by_delegator ON delegations (from_id, until_on);

CREATE TABLE muted_notices (
  person_id TEXT NOT NULL REFERENCES people (id),
  kind      TEXT NOT NULL CHECK (kind <> ''),
  PRIMARY KEY (person_id, kind)
);
