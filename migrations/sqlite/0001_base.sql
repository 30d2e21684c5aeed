-- The ledger, idempotency keys, the installation's wrapped keys, the test clock.

CREATE TABLE audit_entries (
  seq        INTEGER PRIMARY KEY CHECK (seq > 0),
  at         BIGINT NOT NULL,
  actor_id   TEXT NOT NULL,
  session    TEXT NOT NULL,
  address    TEXT NOT NULL,
  request_id TEXT NOT NULL,
  action     TEXT NOT NULL CHECK (action <> ''),
  object     TEXT NOT NULL,
  details    TEXT NOT NULL,
  prev       TEXT NOT NULL CHECK (length(prev) = 64),
  hash       TEXT NOT NULL UNIQUE CHECK (length(hash) = 64)
);
CREATE INDEX audit_by_object ON audit_entries (object, seq);
CREATE INDEX audit_by_actor ON audit_entries (actor_id, seq);

-- The ledger is append-only. Verification finds what a determined hand does
-- below this line; these stop the careless one.
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit_entries
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit_entries
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;

CREATE TABLE once_keys (
  person_id TEXT NOT NULL,
  key       TEXT NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
  digest    TEXT NOT NULL CHECK (length(digest) = 64),
  object_id TEXT NOT NULL,
  at        BIGINT NOT NULL,
  PRIMARY KEY (person_id, key)
);

CREATE TABLE installation_keys (
  seq     INTEGER PRIMARY KEY,
  kid     TEXT NOT NULL UNIQUE,
  use     TEXT NOT NULL CHECK (use IN ('tokens', 'records', 'fields')),
  wrapped BLOB NOT NULL,
  made_at BIGINT NOT NULL
);

CREATE TABLE test_clock (
  id        INTEGER PRIMARY KEY CHECK (id = 1),
  offset_ms BIGINT NOT NULL
);
