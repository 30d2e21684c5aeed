package audit_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
	"github.com/kapstone-lms/kapstone/internal/keys"
)

func newRing(t *testing.T) *keys.Ring {
	t.Helper()
	m, err := keys.NewMaster(bytes.Repeat([]byte("m"), keys.MinMaster))
	if err != nil {
		t.Fatal(err)
	}
	var stored []keys.Stored
	for _, use := range keys.Uses {
		stored = append(stored, keys.Generate(m, use))
	}
	ring, err := keys.Open(m, stored)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

func headOf(t *testing.T, d *db.DB, ring *keys.Ring) audit.Head {
	t.Helper()
	h, err := audit.SignHead(t.Context(), d, ring, noon)
	if err != nil {
		t.Fatal(err)
	}
	return *h
}

// CHECKS PH-08: what is cut off or replaced behind a signed head is seen, in
// the database and in an export, and the first bad row is named.
func TestASignedHeadShowsWhatIsGone(t *testing.T) {
	for _, tt := range []struct {
		name string
		stmt []string
		bad  int64
	}{
		{"nothing", nil, 0},
		{"the tail cut off", []string{`DELETE FROM audit_entries WHERE seq > 3`}, 4},
		{"everything cut off", []string{`DELETE FROM audit_entries`}, 1},
		{"the tail replaced", []string{`DELETE FROM audit_entries WHERE seq > 4`, "deed", "deed"}, 6},
		{"the tail replaced by a longer one", []string{`DELETE FROM audit_entries WHERE seq > 4`, "deed", "deed", "deed"}, 6},
		{"entries after the head", []string{"deed"}, 0},
		{"a changed row before it", []string{`UPDATE audit_entries SET address = 'x' WHERE seq = 2`}, 2},
	} {
		dbtest.Each(t, func(t *testing.T, d *db.DB) {
			ring := newRing(t)
			ledger(t, d, 3)
			early := headOf(t, d, ring)
			ledger(t, d, 3)
			late := headOf(t, d, ring)
			if !early.Holds(ring) || !late.Holds(ring) || late.Seq != 6 {
				t.Fatalf("the heads are %+v and %+v", early, late)
			}
			for _, s := range tt.stmt {
				if s != "deed" {
					tamper(t, d, s)
				} else if err := appendTo(by(t, "b"), d, s); err != nil {
					t.Fatal(err)
				}
			}
			f, err := audit.Verify(t.Context(), d, late, early)
			if err != nil || f.Bad != tt.bad || (f.Bad > 0) != (f.Why != "") {
				t.Errorf("%s: Verify = %+v, %v; want row %d named", tt.name, f, err, tt.bad)
			}
		})
	}
}

func TestAHeadIsSignedOnceADay(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ring := newRing(t)
		if _, err := audit.SignHead(t.Context(), d, ring, noon); !errors.Is(err, db.ErrNone) {
			t.Errorf("SignHead of an empty ledger = %v, want ErrNone", err)
		}
		count := func(at time.Time, want int) {
			t.Helper()
			if err := audit.SignHeadAfter(t.Context(), d, ring, at, 24*time.Hour); err != nil {
				t.Fatal(err)
			}
			if all, err := audit.Heads(t.Context(), d); err != nil || len(all) != want {
				t.Errorf("at %v there are %d heads, %v; want %d", at, len(all), err, want)
			}
		}
		count(noon, 0)
		ledger(t, d, 2)
		count(noon, 1)
		ledger(t, d, 2)
		count(noon.Add(23*time.Hour), 1)
		count(noon.Add(24*time.Hour), 2)
		count(noon.Add(48*time.Hour), 2) // nothing was added
		if _, err := audit.ListHeads(by(t, "t", access.Grant{Role: access.Trainee}), d, 0, 9); !errors.Is(err, access.ErrForbidden) {
			t.Errorf("ListHeads by a trainee = %v, want ErrForbidden", err)
		}
		admin := by(t, "a", access.Grant{Role: access.Admin})
		if rows, err := audit.ListHeads(admin, d, 4, 9); err != nil || len(rows) != 1 || rows[0].Seq != 2 {
			t.Errorf("ListHeads before 4 = %v, %v", rows, err)
		}
		all, _ := audit.Heads(t.Context(), d)
		for i, change := range []func(*audit.Head){
			func(h *audit.Head) { h.Seq++ }, func(h *audit.Head) { h.Hash = strings.Repeat("0", 64) },
			func(h *audit.Head) { h.At = db.At(h.At.Add(time.Second)) }, func(h *audit.Head) { h.KID = "x" }, func(h *audit.Head) { h.Signature = "x" },
		} {
			h := all[0]
			if change(&h); h.Holds(ring) {
				t.Errorf("change %d: the head still holds", i)
			}
		}
	})
}

func export(t *testing.T, d *db.DB, h audit.Head) string {
	t.Helper()
	var out strings.Builder
	if err := audit.Export(t.Context(), d, &h, &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// What an export can be done to, and what its reader sees.
var spoilt = []struct {
	name string
	do   func(lines []string) []string
	bad  int64
}{
	{"nothing", func(l []string) []string { return l }, 0},
	{"a line changed", func(l []string) []string { l[2] = strings.Replace(l[2], "deed.2", "deed.9", 1); return l }, 3},
	{"a line removed", func(l []string) []string { return append(l[:1], l[2:]...) }, 3},
	{"two lines swapped", func(l []string) []string { l[1], l[2] = l[2], l[1]; return l }, 3},
	{"the tail cut off", func(l []string) []string { return append(l[:3], l[5:]...) }, 4},
	{"its head cut off", func(l []string) []string { return l[:5] }, 6},
}

func TestAnExportIsVerifiedWithoutADatabase(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ring := newRing(t)
		ledger(t, d, 5)
		h := headOf(t, d, ring)
		text := export(t, d, h)
		for _, tt := range spoilt {
			lines := tt.do(strings.Split(strings.TrimSpace(text), "\n"))
			f, own, err := audit.VerifyExport(strings.NewReader(strings.Join(lines, "\n")), h)
			if err != nil || f.Bad != tt.bad {
				t.Errorf("%s: VerifyExport = %+v, %v; want row %d named", tt.name, f, err, tt.bad)
			}
			if tt.bad == 0 && (own == nil || !own.Holds(ring)) {
				t.Errorf("%s: the head is %+v", tt.name, own)
			}
		}
		for _, no := range []string{"{}", "x", `{"seq":-1}`, `{"head":null}`, ""} {
			if f, own, err := audit.VerifyExport(strings.NewReader(no)); err == nil && f.Bad == 0 || own != nil {
				t.Errorf("VerifyExport took %q", no)
			}
		}
		one, _ := json.Marshal(h.Line())
		if got, err := audit.ReadHead(bytes.NewReader(one)); err != nil || !got.Holds(ring) {
			t.Errorf("ReadHead = %+v, %v", got, err)
		}
		if _, err := audit.ReadHead(strings.NewReader(`{"seq":1}`)); err == nil {
			t.Error("ReadHead took what is no head")
		}
	})
}

// The stand-alone checker of docs/audit.md says the same, where there is what
// it needs.
func TestTheStandAloneCheckerAgrees(t *testing.T) {
	for _, tool := range []string{"python3", "openssl"} {
		if _, err := osexec.LookPath(tool); err != nil {
			t.Skip("there is no " + tool)
		}
	}
	d, ring, dir := dbtest.Open(t), newRing(t), t.TempDir()
	ledger(t, d, 5)
	h := headOf(t, d, ring)
	text := export(t, d, h)
	write := func(name string, data []byte) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	set, err := json.Marshal(map[string]any{"keys": ring.JWKs(keys.Records)})
	if err != nil {
		t.Fatal(err)
	}
	published := write("keys.json", set)
	others, err := json.Marshal(map[string]any{"keys": newRing(t).JWKs(keys.Records)})
	if err != nil {
		t.Fatal(err)
	}
	check := func(lines []string, keyFile string) (string, error) {
		out, err := osexec.Command("python3", "../../docs/audit-check.py", write("ledger.ndjson", []byte(strings.Join(lines, "\n"))), keyFile).CombinedOutput()
		return string(out), err
	}
	for _, tt := range spoilt {
		out, err := check(tt.do(strings.Split(strings.TrimSpace(text), "\n")), published)
		if (err == nil) != (tt.bad == 0) {
			t.Errorf("%s: the checker says %s, %v", tt.name, out, err)
		}
	}
	if out, err := check(strings.Split(strings.TrimSpace(text), "\n"), write("others.json", others)); err == nil {
		t.Errorf("with keys of another installation the checker says %s", out)
	}
}
