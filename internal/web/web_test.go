package web

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/kapstone-lms/kapstone/internal/certpdf"
	"github.com/kapstone-lms/kapstone/internal/credential"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/edge"
)

const code = "abcdefghijklmnopqrstuvwx23"

func notice(s credential.Status, words string) *credential.Notice {
	day := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	n := &credential.Notice{
		Status: s, Words: words, Serial: "KAP-2026-AAAA-BBBB", Holder: `Noor <b>"Vance"</b>`, Program: "KAP Foundation Program",
		ProgramVersion: "1", Issuer: "Example School", IssuedOn: day, Practice: "role play",
		Modules: []certpdf.Module{{Title: "Ethics and safety", CompletedOn: day}, {Title: "Personal experience"}},
		Hours:   []certpdf.Hours{{Kind: "Online study", Minutes: 420}},
	}
	if s != credential.Valid {
		n.Since = day.AddDate(0, 0, 7)
	}
	return n
}

// open serves the pages with one certificate, or one fault, and opens a path.
func open(t *testing.T, path string, n *credential.Notice, fails error) (status int, page, log string, header http.Header) {
	t.Helper()
	var b bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&b, nil))
	app := edge.New(edge.Options{Log: logger})
	t.Cleanup(func() { _ = app.Shutdown() })
	check := func(_ context.Context, asked string) (*credential.Notice, error) {
		if asked != code {
			return nil, db.ErrNone
		}
		return n, fails
	}
	if _, err := New(app, check, logger); err != nil {
		t.Fatal(err)
	}
	res, err := app.Test(httptest.NewRequest("GET", path, nil), -1)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body), b.String(), res.Header
}

func TestWhatTheVerificationPageSaysAndHides(t *testing.T) {
	replaced := notice(credential.Superseded, "Replaced on December 1, 2026")
	replaced.Holder = ""
	specimen := notice(credential.Valid, "Genuine: completion recorded")
	specimen.Specimen = true
	for name, c := range map[string]struct {
		notice     *credential.Notice
		says, hide []string
	}{
		"genuine": {notice(credential.Valid, "Genuine: completion recorded"),
			[]string{`class="status valid"`, "Genuine: completion recorded", "Noor &lt;b&gt;", "KAP Foundation Program, version 1", "KAP-2026-AAAA-BBBB",
				"Example School", "November 24, 2026", "Ethics and safety, completed November 24, 2026", "<li>Personal experience, completed</li>",
				"Online study: 7 hours", "role play", "It is not a license", "noindex"},
			[]string{"<b>", "SPECIMEN", "withdrawn", "newer certificate", "<script"}},
		"withdrawn": {notice(credential.Revoked, "Withdrawn on December 1, 2026"),
			[]string{`class="status revoked"`, "Withdrawn on December 1, 2026", "Do not rely on it"}, []string{"Genuine", "newer certificate"}},
		"replaced": {replaced,
			[]string{`class="status superseded"`, "A newer certificate replaced this one on December 1, 2026"}, []string{"Noor", "<dt>Name", "Genuine"}},
		"specimen": {specimen, []string{"It proves nothing about anybody"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			status, page, _, _ := open(t, "/verify/"+code, c.notice, nil)
			if status != 200 {
				t.Fatalf("status %d", status)
			}
			for _, s := range c.says {
				if !strings.Contains(page, s) {
					t.Errorf("the page does not say %q:\n%s", s, page)
				}
			}
			for _, s := range c.hide {
				if strings.Contains(page, s) {
					t.Errorf("the page says %q", s)
				}
			}
		})
	}
}

func TestAnUnknownCodeIsNoCertificate(t *testing.T) {
	for _, path := range []string{"/verify/" + strings.Repeat("a", 26), "/verify/x", "/verify?code=nonsense", "/verify"} {
		status, page, _, _ := open(t, path, notice(credential.Valid, "Genuine"), nil)
		if status != 404 || !strings.Contains(page, "issued no certificate with that code") || strings.Contains(page, "Genuine") {
			t.Errorf("%s: %d\n%s", path, status, page)
		}
	}
}

func TestATypedCodeLeadsToItsPage(t *testing.T) {
	status, _, _, header := open(t, "/verify?code="+code, nil, nil)
	if status != 303 || header.Get("Location") != "/verify/"+code {
		t.Errorf("%d to %q", status, header.Get("Location"))
	}
}

// What went wrong inside is in the log, and on no page.
func TestAFaultIsAPageWithOneSentence(t *testing.T) {
	status, page, log, _ := open(t, "/verify/"+code, nil, errors.New("dial postgres: secret-host refused"))
	if status != 500 || !strings.Contains(page, "That did not work") || strings.Contains(page, "secret-host") {
		t.Errorf("%d\n%s", status, page)
	}
	if !strings.Contains(log, "secret-host") {
		t.Errorf("the log does not say why: %q", log)
	}
}

func TestThePagesNeedNothingFromElsewhere(t *testing.T) {
	for path, kind := range map[string]string{"/": "text/html", "/style.css": "text/css"} {
		status, page, _, header := open(t, path, nil, nil)
		if status != 200 || !strings.HasPrefix(header.Get("Content-Type"), kind) || strings.Contains(page, "://") {
			t.Errorf("%s: %d %s\n%s", path, status, header.Get("Content-Type"), page)
		}
	}
}
