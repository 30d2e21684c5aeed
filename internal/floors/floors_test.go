package floors

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

const module = "github.com/kapstone-lms/kapstone/"

// floors lists the house from the ground up. A package may import packages of
// lower floors only, never one of its own floor. Tests are free.
var floors = [][]string{
	{"modules", "migrations", "assets", "internal/fault", "internal/guard", "internal/jcs", "internal/text", "internal/together", "internal/agreement", "internal/mail", "internal/floors"},
	{"internal/mail/mailtest", "internal/access", "internal/db", "internal/keys", "internal/kv", "internal/curriculum", "internal/certpdf", "internal/itemstats"},
	{"internal/audit", "internal/once", "internal/dbtest", "internal/outbox", "internal/lease"},
	{"internal/identity", "internal/vetting"},
	{"internal/enrollment"},
	{"internal/study", "internal/quiz", "internal/practicum", "internal/experience", "internal/records", "internal/attendance", "internal/standing", // evidence; none knows another
		"internal/schooltest"},
	{"internal/progress"},
	{"internal/credential"},
	{"internal/edge", "internal/notify"},
	{"internal/api", "internal/web"},
	{"internal/app"},
	{"internal/demo", "internal/rehearsal"},
	{"internal/bench"},
	{"cmd/kapstone"},
}

// doors names, for each library of weight, the packages that may import it.
var doors = map[string][]string{
	"github.com/gofiber/fiber":           {"internal/edge", "internal/api", "internal/web", "internal/app", "internal/bench"}, // bench: the yardsticks
	"github.com/danielgtaylor/huma":      {"internal/api"},
	"github.com/redis/go-redis":          {"internal/kv", "internal/quiz", "internal/bench"},
	"github.com/jung-kurt/gofpdf":        {"internal/certpdf"},
	"github.com/go-text/typesetting":     {"internal/certpdf"},
	"github.com/skip2/go-qrcode":         {"internal/certpdf"},
	"github.com/golang-jwt/jwt":          {"internal/identity", "internal/bench"},
	"github.com/pquerna/otp":             {"internal/identity", "internal/demo"}, // the demo is its own authenticator app
	"github.com/goccy/go-yaml":           {"internal/curriculum"},
	"github.com/yuin/goldmark":           {"internal/curriculum"},
	"github.com/microcosm-cc/bluemonday": {"internal/curriculum"},
	"github.com/alecthomas/kong":         {"cmd/kapstone"},
	"github.com/wneessen/go-mail":        {"internal/mail"},
	"github.com/prometheus":              {"internal/app"},
	"modernc.org/sqlite":                 {"internal/db"},
	"github.com/jackc/pgx":               {"internal/db", "internal/dbtest"},
	"github.com/uptrace/bun": {
		"internal/db", "internal/dbtest", "internal/audit", "internal/once", "internal/identity", "internal/enrollment",
		"internal/study", "internal/quiz", "internal/practicum", "internal/experience", "internal/records", "internal/attendance", "internal/standing", "internal/credential", "internal/app",
		"internal/outbox", "internal/lease", "internal/notify", "internal/vetting",
		"internal/bench",    // copies a cohort's evidence
		"internal/progress", // reads evidence inside the transaction that issues on it
	},
}

func TestTheHouseStands(t *testing.T) {
	for _, fault := range faults(t, os.DirFS("../..")) {
		t.Error(fault)
	}
}

func TestEveryKindOfFaultIsSeen(t *testing.T) {
	house := fstest.MapFS{
		"internal/db/a.go":        {Data: []byte(`package db; import "` + module + `internal/audit"`)},       // upwards
		"internal/quiz/a.go":      {Data: []byte(`package quiz; import "` + module + `internal/practicum"`)}, // sideways
		"internal/study/a.go":     {Data: []byte(`package study; import "github.com/gofiber/fiber/v2"`)},     // past the doors
		"internal/attic/a.go":     {Data: []byte(`package attic`)},                                           // no floor
		"internal/web/a.go":       {Data: []byte(`package web; import "` + module + `internal/nowhere"`)},
		"internal/quiz/b_test.go": {Data: []byte(`package quiz; import "` + module + `internal/app"`)}, // tests are free
	}
	if got := faults(t, house); len(got) != 5 {
		t.Errorf("faults found: %q, want five", got)
	}
}

func faults(t *testing.T, root fs.FS) (found []string) {
	level := make(map[string]int)
	for i, f := range floors {
		for _, p := range f {
			level[p] = i
		}
	}
	for pkg, imports := range importsOf(t, root) {
		at, ok := level[pkg]
		if !ok {
			found = append(found, pkg+" has no floor; give it one in this file")
			continue
		}
		for _, imp := range imports {
			if below, ours := strings.CutPrefix(imp, module); ours {
				if floor, ok := level[below]; !ok || floor >= at {
					found = append(found, pkg+" imports "+below+", which is not below it")
				}
			}
			for lib, may := range doors {
				if (imp == lib || strings.HasPrefix(imp, lib+"/")) && !slices.Contains(may, pkg) {
					found = append(found, pkg+" imports "+lib+", which has other doors")
				}
			}
		}
	}
	return found
}

// importsOf reads the files itself. Asking the go command instead would let
// the test cache hold on to an old answer.
func importsOf(t *testing.T, root fs.FS) map[string][]string {
	all := make(map[string][]string)
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return err
		}
		src, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ImportsOnly)
		if err != nil {
			return err
		}
		pkg := path.Dir(name)
		all[pkg] = append(all[pkg], "") // a package without imports counts too
		for _, spec := range f.Imports {
			imp, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			all[pkg] = append(all[pkg], imp)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
