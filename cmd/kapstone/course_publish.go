package main

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/kapstone-lms/kapstone/internal/app"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/fault"
)

type courseExportCmd struct {
	database
	Dir      string `arg:"" help:"An empty or new directory."`
	Embedded bool   `help:"The embedded course, whatever is on record."`
}

// Run writes the files and says which course they are.
func (c *courseExportCmd) Run(ctx context.Context, out io.Writer) error {
	if entries, err := os.ReadDir(c.Dir); err == nil && len(entries) > 0 {
		return fmt.Errorf("%s is not empty; name an empty or new directory", c.Dir)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	served, err := c.course(ctx)
	if err != nil {
		return plain(err)
	}
	n, err := export(served.Course, c.Dir)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "wrote %d files of the course %s (%s) to %s\n", n, served.Course.Hash(), origin(served), c.Dir)
	return nil
}

// course returns the course on record. A place that holds no record is not
// turned into one.
func (c *courseExportCmd) course(ctx context.Context) (served *enrollment.Served, err error) {
	embedded, err := app.LoadCourse("")
	if err != nil || c.Embedded || !c.there() {
		return &enrollment.Served{Course: embedded}, err
	}
	record, err := app.OpenCourses(ctx, c.config())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, record.Close()) }()
	return record.OnRecord(ctx, embedded)
}

// export writes a course's files below a directory and returns how many.
func export(course *curriculum.Course, dir string) (int, error) {
	archive, err := course.Archive()
	if err != nil {
		return 0, err
	}
	files, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return 0, err
	}
	return len(files.File), os.CopyFS(dir, files)
}

func origin(s *enrollment.Served) string {
	if s.Publication == nil {
		return "embedded"
	}
	return "published " + s.Publication.PublishedAt.Format("2006-01-02 15:04 UTC")
}

// plain turns a fault into its sentence.
func plain(err error) error {
	if f := fault.Of(err); f != nil {
		return errors.New(f.Text)
	}
	return err
}

type coursePublishCmd struct {
	database
	Dir   string `arg:"" help:"The course's directory." type:"existingdir"`
	Note  string `help:"What was corrected, in plain words, for those who have read it. Needed when a lesson changed."`
	Yes   bool   `help:"Write it. Otherwise the differences are shown and nothing is changed."`
	Other string `name:"course" hidden:"" env:"KAPSTONE_COURSE"`
}

// Run shows what is otherwise than on record, and publishes when told to.
func (c *coursePublishCmd) Run(ctx context.Context, out io.Writer) (err error) {
	course, err := app.LoadCourse(c.Dir)
	if err != nil {
		return err
	}
	embedded, err := app.LoadCourse("")
	if err != nil {
		return err
	}
	record, err := app.OpenCourses(ctx, c.config())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, record.Close()) }()
	served, err := record.OnRecord(ctx, embedded)
	if err != nil {
		return plain(err)
	}
	compare(out, served, course)
	if c.Other != "" {
		fmt.Fprintf(out, "KAPSTONE_COURSE is set: servers that start with it serve %s, and not what is published\n", c.Other)
	}
	if !c.Yes {
		return c.try(ctx, out, record, served.Course, course)
	}
	if _, err := record.PublishFromShell(ctx, served.Course, course, c.Note); err != nil {
		return plain(err)
	}
	fmt.Fprintf(out, "published; content hash %s\nNew enrollments get it from now on; those made before stay on theirs.\n", course.Hash())
	return nil
}

// try says whether it could be published. A note that is missing is told and
// is no fault yet.
func (c *coursePublishCmd) try(ctx context.Context, out io.Writer, record *app.Courses, before, course *curriculum.Course) error {
	err := record.TryPublishFromShell(ctx, before, course, c.Note)
	if errors.Is(err, enrollment.ErrNote) {
		fmt.Fprintln(out, plain(err))
		err = nil
	}
	if err != nil {
		return plain(err)
	}
	fmt.Fprintf(out, "content hash %s\nNothing was written. Repeat the command with --yes to publish.\n", course.Hash())
	return nil
}

// compare prints the differences, and which lessons people have read that are
// otherwise now.
func compare(out io.Writer, served *enrollment.Served, course *curriculum.Course) {
	fmt.Fprintf(out, "on record: %s (%s)\n", served.Course.Hash(), origin(served))
	changes := curriculum.DiffCourses(served.Course, course)
	for _, ch := range changes {
		fmt.Fprintln(out, " ", ch)
	}
	fmt.Fprintf(out, "%d differences\n", len(changes))
	lessons, _ := curriculum.Corrected(served.Course, course)
	var ids []string
	for id := range lessons {
		ids = append(ids, string(id))
	}
	slices.Sort(ids)
	if len(ids) > 0 {
		fmt.Fprintf(out, "lessons that are otherwise for those who have read them: %s\n", strings.Join(ids, ", "))
	}
}
