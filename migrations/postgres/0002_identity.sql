-- People and what they may do; how they prove who they are; their sessions.
-- Tokens, codes and addresses lie here as SHA-256 in hex, never as such.

CREATE TABLE people (
  id             TEXT PRIMARY KEY,
  email          TEXT NOT NULL UNIQUE CHECK (length(email) BETWEEN 3 AND 254),
  name           TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  license_number TEXT NOT NULL DEFAULT '' CHECK (length(license_number) <= 100),
  status         TEXT NOT NULL CHECK (status IN ('active', 'suspended')),
  password_hash  TEXT NOT NULL CHECK (password_hash LIKE '$argon2id$%'),
  made_by        TEXT NOT NULL,
  created_at     BIGINT NOT NULL,
  version        INTEGER NOT NULL DEFAULT 1 CHECK (version > 0)
);

-- An empty program means all programs.
CREATE TABLE grants (
  person_id TEXT NOT NULL REFERENCES people (id),
  role      TEXT NOT NULL CHECK (role IN ('trainee', 'instructor', 'supervisor', 'clearer', 'admin', 'director', 'operator')),
  program   TEXT NOT NULL CHECK (length(program) <= 60),
  PRIMARY KEY (person_id, role, program)
);
CREATE INDEX grants_by_program ON grants (program, person_id);
CREATE INDEX grants_by_role ON grants (role, program);

-- A factor is pending until one of its codes was accepted. A code's time step
-- is spent once.
CREATE TABLE totp_factors (
  person_id    TEXT PRIMARY KEY REFERENCES people (id),
  secret       BYTEA NOT NULL,
  started_at   BIGINT NOT NULL,
  confirmed_at BIGINT,
  last_step    BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE recovery_codes (
  person_id TEXT NOT NULL REFERENCES people (id),
  hash      TEXT NOT NULL CHECK (length(hash) = 64),
  used_at   BIGINT,
  PRIMARY KEY (person_id, hash)
);

CREATE TABLE sessions (
  id            TEXT PRIMARY KEY,
  person_id     TEXT NOT NULL REFERENCES people (id),
  staff         BOOLEAN NOT NULL,
  second_factor BOOLEAN NOT NULL,
  started_at    BIGINT NOT NULL,
  proved_at     BIGINT NOT NULL,
  expires_at    BIGINT NOT NULL CHECK (expires_at > started_at),
  ended_at      BIGINT,
  end_reason    TEXT NOT NULL DEFAULT '',
  CHECK ((ended_at IS NULL) = (end_reason = ''))
);
CREATE INDEX sessions_by_person ON sessions (person_id, expires_at);

-- A used token stays as long as its session, so that its replay is seen.
CREATE TABLE refresh_tokens (
  hash       TEXT PRIMARY KEY CHECK (length(hash) = 64),
  session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  issued_at  BIGINT NOT NULL,
  expires_at BIGINT NOT NULL CHECK (expires_at > issued_at),
  used_at    BIGINT
);
CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id);

-- Where a person has signed in before, and the failures from there since.
CREATE TABLE known_addresses (
  person_id TEXT NOT NULL REFERENCES people (id),
  hash      TEXT NOT NULL CHECK (length(hash) = 64),
  seen_at   BIGINT NOT NULL,
  failures  INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0),
  PRIMARY KEY (person_id, hash)
);

-- Failures in a row, for each address that somebody tried to sign in with,
-- whether it is anybody's or not: person_id is NULL where it is nobody's.
CREATE TABLE login_failures (
  account   TEXT PRIMARY KEY CHECK (length(account) = 64),
  person_id TEXT REFERENCES people (id),
  failures  INTEGER NOT NULL CHECK (failures >= 0),
  last_at   BIGINT NOT NULL
);
CREATE INDEX login_failures_of_nobody ON login_failures (last_at) WHERE person_id IS NULL;

CREATE TABLE setup_tokens (
  id         INTEGER PRIMARY KEY CHECK (id = 1),
  hash       TEXT NOT NULL CHECK (length(hash) = 64),
  expires_at BIGINT NOT NULL
);
