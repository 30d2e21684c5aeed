package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/migrations"
	"github.com/kapstone-lms/kapstone/modules"
)

// LoadCourse loads the course of a directory, or the embedded one when dir is
// empty. Its error lists every fault with its file and line.
func LoadCourse(dir string) (*curriculum.Course, error) {
	var files fs.FS = modules.FS
	if dir != "" {
		files = os.DirFS(dir)
	}
	course, err := curriculum.Load(files)
	if err != nil {
		return nil, fmt.Errorf("the course cannot be used:\n%w", err)
	}
	return course, nil
}

// Courses are the courses on record, for the commands about them: no key is
// read, and nothing is served.
type Courses struct {
	*enrollment.Service
	db *db.DB
}

// OpenCourses opens the record of an installation. Close it.
func OpenCourses(ctx context.Context, c Config) (*Courses, error) {
	d, err := db.Open(ctx, c.Database(), migrations.FS)
	if err != nil {
		return nil, fmt.Errorf("%w; check DATABASE_URL, or KAPSTONE_DATA for SQLite", err)
	}
	clock, err := db.NewClock(ctx, d)
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return &Courses{enrollment.New(d, nil, clock.Now), d}, nil
}

// Close closes the record.
func (c *Courses) Close() error { return c.db.Close() }

// opening says which modules open unreviewed: all of them where certificates
// are specimens, in the demo and in test mode, because nobody learns there.
func (c Config) opening() []enrollment.Option {
	if c.Issuer.Specimen {
		return []enrollment.Option{enrollment.Unreviewed}
	}
	return nil
}

// chooseCourse decides which course is served: the one of the setting; without
// it, the one that a person published last; and the embedded one only where
// nobody ever published any.
func (a *App) chooseCourse(ctx context.Context, loaded *curriculum.Course) (err error) {
	a.loaded = loaded
	if a.Config.Course != "" {
		return a.Enrollments.Publish(ctx, loaded)
	}
	a.served, err = a.Enrollments.Open(ctx, loaded)
	return err
}

// Announce says in the log which course is served, and why. Serve begins with
// it.
func (a *App) Announce(ctx context.Context) {
	log := a.Config.Log.With("course", a.Enrollments.Current().Hash())
	if a.Config.Course != "" {
		log.InfoContext(ctx, "serving the course of KAPSTONE_COURSE; what is published is not looked at", "directory", a.Config.Course)
		return
	}
	p := a.served.Publication
	switch {
	case p == nil:
		log.InfoContext(ctx, "serving the embedded course, because nobody has published another")
	case p.CourseHash == a.loaded.Hash():
		log.InfoContext(ctx, "serving the course that was published last; it is the embedded one too", "published_at", p.PublishedAt)
	default:
		log.InfoContext(ctx, "serving the course that was published last, and not the embedded one; to change that, "+
			"export the embedded one with `kapstone course export --embedded DIR` and publish it",
			"published_at", p.PublishedAt, "embedded", a.loaded.Hash())
	}
	if a.served.Before != "" {
		log.WarnContext(ctx, "another course came on record last, by KAPSTONE_COURSE or by another version of kapstone; "+
			"enrollments stay on theirs, new ones get the embedded one; publish a course to settle which", "before", a.served.Before)
	}
}

// followCourse looks for a course that another process published.
func (a *App) followCourse(ctx context.Context) error {
	before := a.Enrollments.Current()
	now, err := a.Enrollments.Newest(ctx)
	if err == nil && now != before {
		a.Config.Log.InfoContext(ctx, "serving a course that was published meanwhile", "course", now.Hash(), "before", before.Hash())
	}
	return err
}
