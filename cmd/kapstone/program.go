package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/kapstone-lms/kapstone/internal/app"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/modules"
)

type programCmd struct {
	Check programCheckCmd `cmd:"" help:"Check a program's file, or the programs of a course: every fault with its file and line."`
	Diff  programDiffCmd  `cmd:"" help:"Say what changed in the programs between two courses."`
}

type programCheckCmd struct {
	Path string `arg:"" help:"A program's file, or the directory of a course." type:"existingpath"`
}

// Run checks, and lists the programs that were checked.
func (c *programCheckCmd) Run(out io.Writer) error {
	info, err := os.Stat(c.Path)
	if err != nil {
		return err
	}
	if info.IsDir() {
		course, err := curriculum.Load(os.DirFS(c.Path))
		if err != nil {
			return fmt.Errorf("the course has faults:\n%w", err)
		}
		list(out, course.Programs)
		return nil
	}
	programs, err := checkFile(c.Path)
	if err != nil {
		return err
	}
	list(out, programs)
	return nil
}

func list(out io.Writer, programs []*curriculum.Program) {
	for _, p := range programs {
		n := 0
		for range p.Leaves() {
			n++
		}
		fmt.Fprintf(out, "%-34s version %d, %2d requirements, hash %.12s  %s\n", p.Key, p.Version, n, p.Hash(), p.Title)
	}
	fmt.Fprintln(out, "no faults")
}

// checkFile checks one file in the course it lies in or, when it lies in none,
// as an addition to the embedded course.
func checkFile(file string) ([]*curriculum.Program, error) {
	course, name, err := courseOf(file)
	if err != nil {
		return nil, err
	}
	if course == "" {
		if course, err = os.MkdirTemp("", "kapstone-program-"); err != nil {
			return nil, err
		}
		defer os.RemoveAll(course)
		if err := lay(course, name, file); err != nil {
			return nil, err
		}
	}
	whole, err := curriculum.Load(os.DirFS(course))
	if err != nil {
		return nil, faultsOf(err, name, file)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if key := keyLine.FindSubmatch(data); key != nil {
		return []*curriculum.Program{whole.Program(string(key[1]))}, nil
	}
	return nil, nil
}

// keyLine is where a file without faults says which program it is.
var keyLine = regexp.MustCompile(`(?m)^key: *["']?([a-z0-9_]+)`)

// courseOf finds the course that a file lies in, by its folder programs, and
// the file's name there.
func courseOf(file string) (course, name string, err error) {
	abs, err := filepath.Abs(file)
	if err != nil {
		return "", "", err
	}
	name = filepath.Base(abs)
	for dir := filepath.Dir(abs); dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if filepath.Base(dir) == "programs" {
			return filepath.Dir(dir), path.Join("programs", name), nil
		}
		name = path.Join(filepath.Base(dir), name)
	}
	return "", path.Join("programs", filepath.Base(abs)), nil
}

// lay copies the embedded course and puts a file into it.
func lay(dir, name, file string) error {
	if err := os.CopyFS(dir, modules.FS); err != nil {
		return err
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, filepath.FromSlash(name)), data, 0o600)
}

// faultsOf keeps the faults of one file, under the name that was asked for.
func faultsOf(err error, name, file string) error {
	var all, own curriculum.Faults
	if !errors.As(err, &all) {
		return err
	}
	for _, f := range all {
		if f.File == name {
			f.File = file
			own = append(own, f)
		}
	}
	if len(own) == 0 {
		return fmt.Errorf("the course around this program has faults:\n%w", err)
	}
	return fmt.Errorf("the program has faults:\n%w", own)
}

type programDiffCmd struct {
	database
	Old string `arg:"" help:"A course's directory, the word embedded, or the first digits of a hash on record."`
	New string `arg:"" help:"The same, for the newer course."`
}

// Run prints the changes of each program.
func (c *programDiffCmd) Run(ctx context.Context, out io.Writer) error {
	before, err := c.course(ctx, c.Old)
	if err != nil {
		return plain(err)
	}
	after, err := c.course(ctx, c.New)
	if err != nil {
		return plain(err)
	}
	changes := curriculum.DiffCourses(&curriculum.Course{Programs: before.Programs}, &curriculum.Course{Programs: after.Programs})
	for _, ch := range changes {
		fmt.Fprintln(out, ch)
	}
	for _, p := range after.Programs {
		if was := before.Program(p.Key); was != nil && was.Hash() != p.Hash() && was.Version == p.Version {
			fmt.Fprintf(out, "program %s: the rules changed and the version is still %d; raise it before you publish\n", p.Key, p.Version)
		}
	}
	fmt.Fprintf(out, "%d differences\n", len(changes))
	return nil
}

func (c *programDiffCmd) course(ctx context.Context, name string) (course *curriculum.Course, err error) {
	if name == "embedded" {
		return app.LoadCourse("")
	}
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		return app.LoadCourse(name)
	}
	if strings.Trim(name, "0123456789abcdef") != "" || !c.there() {
		return nil, fmt.Errorf("%s is neither a directory nor the hash of a course on record", name)
	}
	record, err := app.OpenCourses(ctx, c.config())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, record.Close()) }()
	return record.CourseLike(ctx, name)
}
