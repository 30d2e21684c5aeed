package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kapstone-lms/kapstone/internal/dbtest"
)

// shell runs a command and returns what it says; a fault is in the same text.
func shell(t *testing.T, args ...string) (says string, code int) {
	t.Helper()
	var out bytes.Buffer
	code = run(soon(t), args, &out, &out)
	return out.String(), code
}

// wantShell runs a command that must end well or not, and say some things.
func wantShell(t *testing.T, ok bool, says []string, args ...string) string {
	t.Helper()
	text, code := shell(t, args...)
	if (code == 0) != ok {
		t.Fatalf("%v: exit %d, %s", args, code, text)
	}
	for _, s := range says {
		if !strings.Contains(text, s) {
			t.Errorf("%v does not say %q:\n%s", args, s, text)
		}
	}
	return text
}

// change replaces the first such text of a file below a directory; the file is
// named by the beginning of its name. Without a text, new goes at the end.
func change(t *testing.T, dir, file, old, new string) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, file+"*"))
	if err != nil || len(names) == 0 {
		t.Fatalf("there is no file %s in %s, %v", file, dir, err)
	}
	data, err := os.ReadFile(names[0])
	if err != nil || !bytes.Contains(data, []byte(old)) {
		t.Fatalf("%s does not have %q, %v", names[0], old, err)
	}
	if old == "" {
		data = append(data, new...)
	} else {
		data = bytes.Replace(data, []byte(old), []byte(new), 1)
	}
	if err := os.WriteFile(names[0], data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func hashIn(t *testing.T, says string) string {
	t.Helper()
	_, rest, ok := strings.Cut(says, "content hash ")
	if !ok || len(rest) < 64 {
		t.Fatalf("no hash in %s", says)
	}
	return rest[:64]
}

// From the course on record to a correction of it, by the shell alone, on both
// databases.
func TestACourseIsExportedCorrectedAndPublished(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		place := []string{"--data", t.TempDir()}
		if strings.HasPrefix(url, "postgres") {
			place = append(place, "--database-url", url)
		}
		on := func(args ...string) []string { return append(args, place...) }
		dir := filepath.Join(t.TempDir(), "course")
		embedded := hashIn(t, wantShell(t, true, nil, "course", "check"))
		wantShell(t, true, []string{"(embedded)", embedded}, on("course", "export", dir)...)
		wantShell(t, false, []string{"is not empty"}, on("course", "export", dir)...)
		if got := hashIn(t, wantShell(t, true, nil, "course", "check", dir)); got != embedded {
			t.Fatalf("what was exported has the hash %s, want %s", got, embedded)
		}

		change(t, dir, "01-science/sci-1-", "", "\n\nOne more sentence.\n")
		change(t, dir, "programs/kap_foundation", "pass_percent: 80", "pass_percent: 85")
		wantShell(t, false, []string{"raise `version`"}, on("course", "publish", dir)...)
		change(t, dir, "programs/kap_foundation", "\nversion: 1\n", "\nversion: 2\n")
		dry := wantShell(t, true, []string{
			"module science, lesson sci-1: text was reworded", "quiz.pass_percent was 80, is 85", "3 differences",
			"those who have read them: sci-1", "say with --note", "Nothing was written", "--yes",
		}, on("course", "publish", dir)...)
		wantShell(t, false, []string{"say with --note"}, on("course", "publish", dir, "--yes")...)
		wantShell(t, true, []string{"(embedded)"}, on("course", "export", filepath.Join(t.TempDir(), "still"))...)
		done := wantShell(t, true, []string{"published; content hash"}, on("course", "publish", dir, "--yes", "--note", "A sentence was left out.")...)
		if hashIn(t, done) != hashIn(t, dry) {
			t.Error("another hash was published than was shown")
		}
		wantShell(t, false, []string{"nothing to publish"}, on("course", "publish", dir, "--yes")...)
		wantShell(t, true, []string{hashIn(t, done), "(published "}, on("course", "export", filepath.Join(t.TempDir(), "new"))...)
		wantShell(t, true, []string{embedded}, on("course", "export", "--embedded", filepath.Join(t.TempDir(), "old"))...)

		both := []string{"program kap_foundation: version was 1, is 2", "program kap_foundation: quiz.pass_percent was 80, is 85", "2 differences"}
		wantShell(t, true, both, on("program", "diff", "embedded", dir)...)
		wantShell(t, true, both, on("program", "diff", embedded, hashIn(t, done)[:12])...)
		wantShell(t, true, []string{"0 differences"}, on("program", "diff", dir, hashIn(t, done)[:8])...)
		wantShell(t, false, []string{"No course on record"}, on("program", "diff", dir, strings.Repeat("0", 64))...)
		wantShell(t, false, []string{"neither a directory nor the hash"}, on("program", "diff", dir, "my-course")...)
		wantShell(t, true, []string{"entries hold"}, on("audit", "verify")...)
	})
}

func TestAPlaceWithoutARecordIsNotMadeIntoOne(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	wantShell(t, true, []string{"(embedded)"}, "course", "export", filepath.Join(t.TempDir(), "c"), "--data", data)
	wantShell(t, false, nil, "program", "diff", "embedded", strings.Repeat("0", 64), "--data", data)
	if _, err := os.Stat(data); err == nil {
		t.Error("asking made a data directory")
	}
}

func TestACourseWithFaultsIsNotPublished(t *testing.T) {
	dir, data := filepath.Join(t.TempDir(), "course"), t.TempDir()
	wantShell(t, true, nil, "course", "export", dir, "--data", data)
	change(t, dir, "01-science/module.yaml", "draw: ", "draw: many # ")
	change(t, dir, "02-ethics-safety/module.yaml", "key: ethics_safety", "key: Ethics")
	wantShell(t, false, []string{"01-science/module.yaml:", "02-ethics-safety/module.yaml:"}, "course", "publish", dir, "--yes", "--data", data)
	wantShell(t, false, []string{"01-science/module.yaml:", "02-ethics-safety/module.yaml:"}, "program", "check", dir)
	program := filepath.Join(dir, "programs", "kap_foundation.yaml")
	wantShell(t, false, []string{"the program has faults", program + ":", "ethics_safety, which this course does not have"}, "program", "check", program)
	change(t, dir, "02-ethics-safety/module.yaml", "key: Ethics", "key: ethics_safety")
	wantShell(t, false, []string{"course around this program has faults", "01-science/module.yaml:"}, "program", "check", program)
}

func TestProgramsAreChecked(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "course")
	wantShell(t, true, nil, "course", "export", dir, "--data", t.TempDir())
	inside := filepath.Join(dir, "programs", "kap_foundation.yaml")
	wantShell(t, true, []string{"kap_foundation", "version 1", "no faults"}, "program", "check", inside)
	wantShell(t, true, []string{"kap_foundation", "no faults"}, "program", "check", dir)

	text, err := os.ReadFile(inside)
	if err != nil {
		t.Fatal(err)
	}
	alone := filepath.Join(t.TempDir(), "ours.yaml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(alone, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ours := strings.NewReplacer("key: kap_foundation", "key: ours", "default: true", "default: false").Replace(string(text))
	write(ours)
	if says := wantShell(t, true, []string{"ours"}, "program", "check", alone); strings.Contains(says, "kap_foundation ") {
		t.Errorf("another program than the one asked for is listed:\n%s", says)
	}
	write(strings.Replace(ours, "count: 1", "count: many", 1))
	line := 1 + strings.Count(ours[:strings.Index(ours, "count: 1")], "\n")
	wantShell(t, false, []string{fmt.Sprintf("%s:%d: `count` must be", alone, line)}, "program", "check", alone)
	write(strings.Replace(ours, "module: science,", "module: alchemy,", 1))
	wantShell(t, false, []string{"alchemy, which this course does not have"}, "program", "check", alone)
	if says, code := shell(t, "program", "check", filepath.Join(t.TempDir(), "none.yaml")); code == 0 {
		t.Errorf("a file that is not there is checked: %s", says)
	}
}

func TestPublishingWarnsOfAServerWithACourseOfItsOwn(t *testing.T) {
	dir, data := filepath.Join(t.TempDir(), "course"), t.TempDir()
	wantShell(t, true, nil, "course", "export", dir, "--data", data)
	t.Setenv("KAPSTONE_COURSE", dir)
	wantShell(t, true, []string{"KAPSTONE_COURSE is set", dir}, "course", "publish", dir, "--data", data)
}
