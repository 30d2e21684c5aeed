-- People, what they may do, how they sign in.

CREATE TABLE people (
  id             TEXT PRIMARY KEY,
  email          TEXT NOT NULL UNIQUE CHECK (length(email) BETWEEN 3 AND 254),
  name           TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  license_number TEXT NOT NULL DEFAULT '',
  password_hash  TEXT NOT NULL,
  status         TEXT NOT NULL CHECK (status IN ('active', 'suspended')),
  totp_secret    BYTEA,
  totp_confirmed BOOLEAN NOT NULL DEFAULT FALSE,
  totp_step      BIGINT NOT NULL DEFAULT 0,
  created_at     BIGINT NOT NULL,
  version        INTEGER NOT NULL DEFAULT 1 CHECK (version > 0)
);

CREATE TABLE grants (
  person_id TEXT NOT NULL REFERENCES people (id),
  role      TEXT NOT NULL CHECK (role IN ('trainee', 'instructor', 'supervisor', 'clearer', 'admin', 'director', 'operator')),
  program   TEXT NOT NULL,
  PRIMARY KEY (person_id, role, program)
);
CREATE INDEX grants_by_role ON grants (role, program);

CREATE TABLE sessions (
  id            TEXT PRIMARY KEY,
  person_id     TEXT NOT NULL REFERENCES people (id),
  created_at    BIGINT NOT NULL,
  proved_at     BIGINT NOT NULL,
  second_factor BOOLEAN NOT NULL,
  used_at       BIGINT NOT NULL,
  ends_at       BIGINT NOT NULL,
  idle_ms       BIGINT NOT NULL,
  ended_at      BIGINT
);
CREATE INDEX sessions_by_person ON sessions (person_id, ended_at);

CREATE TABLE refresh_tokens (
  hash       TEXT PRIMARY KEY CHECK (length(hash) = 64),
  session_id TEXT NOT NULL REFERENCES sessions (id),
  issued_at  BIGINT NOT NULL,
  used_at    BIGINT
);
CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id);

CREATE TABLE recovery_codes (
  person_id TEXT NOT NULL REFERENCES people (id),
  hash      TEXT NOT NULL,
  used_at   BIGINT,
  PRIMARY KEY (person_id, hash)
);

CREATE TABLE setup_tokens (
  id      INTEGER PRIMARY KEY CHECK (id = 1),
  hash    TEXT NOT NULL CHECK (length(hash) = 64),
  ends_at BIGINT NOT NULL
);

CREATE TABLE login_tries (
  person_id TEXT PRIMARY KEY REFERENCES people (id),
  quick     INTEGER NOT NULL,
  total     INTEGER NOT NULL,
  wait_till BIGINT
);

CREATE TABLE known_addresses (
  person_id TEXT NOT NULL REFERENCES people (id),
  hash      TEXT NOT NULL,
  seen_at   BIGINT NOT NULL,
  PRIMARY KEY (person_id, hash)
);
