-- Courses that a person published, and modules that an admin accepted without
-- a clinical review. What was published stays as it is.

CREATE TABLE course_publications (
  seq          BIGINT PRIMARY KEY CHECK (seq > 0),
  course_hash  TEXT NOT NULL REFERENCES courses (hash),
  published_at BIGINT NOT NULL,
  published_by TEXT NOT NULL CHECK (published_by <> ''),
  note         TEXT NOT NULL CHECK (length(note) <= 2000)
);

-- content_hash names the module's files alone, so that an acceptance holds on
-- where only the rest of the course changed.
CREATE TABLE module_acceptances (
  course_hash  TEXT NOT NULL REFERENCES courses (hash),
  module       TEXT NOT NULL CHECK (module <> ''),
  content_hash TEXT NOT NULL CHECK (length(content_hash) = 64),
  statement    TEXT NOT NULL CHECK (length(statement) BETWEEN 1 AND 2000),
  accepted_by  TEXT NOT NULL REFERENCES people (id),
  accepted_at  BIGINT NOT NULL,
  UNIQUE (course_hash, module)
);
CREATE INDEX module_acceptances_by_content ON module_acceptances (content_hash);

-- Which course brought an edition. The two were written in one transaction, the
-- course first.
ALTER TABLE program_editions ADD COLUMN course_hash TEXT REFERENCES courses (hash);
UPDATE program_editions SET course_hash = (
  SELECT c.hash FROM courses c WHERE c.published_at <= program_editions.published_at ORDER BY c.published_at DESC, c.hash LIMIT 1);

CREATE FUNCTION published_stays() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'what was published or accepted is never edited or deleted'; END $$;
CREATE TRIGGER courses_stay BEFORE DELETE OR UPDATE ON courses
  FOR EACH ROW EXECUTE FUNCTION published_stays();
CREATE TRIGGER program_editions_stay BEFORE DELETE OR UPDATE ON program_editions
  FOR EACH ROW EXECUTE FUNCTION published_stays();
CREATE TRIGGER course_publications_stay BEFORE DELETE OR UPDATE ON course_publications
  FOR EACH ROW EXECUTE FUNCTION published_stays();
CREATE TRIGGER module_acceptances_stay BEFORE DELETE OR UPDATE ON module_acceptances
  FOR EACH ROW EXECUTE FUNCTION published_stays();
