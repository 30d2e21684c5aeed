package mail_test

import (
	"errors"
	"io"
	stdmail "net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kapstone-lms/kapstone/internal/mail"
	"github.com/kapstone-lms/kapstone/internal/mail/mailtest"
)

var noon = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

func now() time.Time { return noon }

func letter() mail.Letter {
	return mail.Letter{To: "ada@example.org", Subject: "A log came back", Text: "Look at it — when you can.\n", Key: "log.returned/1"}
}

func open(t *testing.T, url, dir string) mail.Sender {
	t.Helper()
	s, err := mail.Open(url, dir, "Kapstone <training@kap.example.org>", now)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// looks reads a letter as a mail program does.
func looks(t *testing.T, raw string) map[string]string {
	t.Helper()
	m, err := stdmail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(m.Body)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{"from": m.Header.Get("From"), "to": m.Header.Get("To"), "subject": m.Header.Get("Subject"),
		"date": m.Header.Get("Date"), "auto": m.Header.Get("Auto-Submitted"), "body": string(body)}
}

var want = map[string]string{
	"from": `"Kapstone" <training@kap.example.org>`, "to": "<ada@example.org>", "subject": "A log came back",
	"date": "Mon, 30 Nov 2026 12:00:00 +0000", "auto": "auto-generated", "body": "Look at it =E2=80=94 when you can.\r\n",
}

func TestALetterArrivesBySMTP(t *testing.T) {
	sink := mailtest.Listen(t)
	if err := open(t, sink.URL(), "").Send(t.Context(), letter()); err != nil {
		t.Fatal(err)
	}
	got := sink.Letters()
	if len(got) != 1 || got[0].From != "training@kap.example.org" || cmp.Diff([]string{"ada@example.org"}, got[0].To) != "" {
		t.Fatalf("the server got %+v, want one letter to Ada", got)
	}
	if diff := cmp.Diff(want, looks(t, got[0].Data)); diff != "" {
		t.Errorf("the letter (-want +got):\n%s", diff)
	}
}

func TestADirectoryKeepsALetterOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "mail")
	s := open(t, "", dir)
	other := letter()
	other.Key = "log.returned/2"
	for _, l := range []mail.Letter{letter(), letter(), other} {
		if err := s.Send(t.Context(), l); err != nil {
			t.Fatal(err)
		}
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 2 {
		t.Fatalf("the directory holds %v, %v; want two letters", files, err)
	}
	for _, f := range files {
		raw, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, looks(t, string(raw))); diff != "" {
			t.Errorf("the letter (-want +got):\n%s", diff)
		}
		if info, err := f.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, %v; want it for its owner only", f.Name(), info.Mode(), err)
		}
	}
}

func TestWhatIsNoLetterIsNotSent(t *testing.T) {
	sink := mailtest.Listen(t)
	s := open(t, sink.URL(), "")
	for name, change := range map[string]func(*mail.Letter){
		"two addresses":     func(l *mail.Letter) { l.To = "ada@example.org, eve@example.org" },
		"no address":        func(l *mail.Letter) { l.To = "ada" },
		"an injected field": func(l *mail.Letter) { l.To = "ada@example.org>\r\nBcc: <eve@example.org" },
		"a second line":     func(l *mail.Letter) { l.Subject = "Hello\r\nBcc: eve@example.org" },
		"no subject":        func(l *mail.Letter) { l.Subject = "" },
	} {
		l := letter()
		change(&l)
		if err := s.Send(t.Context(), l); !errors.Is(err, mail.ErrAddress) {
			t.Errorf("%s: Send = %v, want ErrAddress", name, err)
		}
	}
	if got := sink.Letters(); len(got) != 0 {
		t.Errorf("the server got %+v, want nothing", got)
	}
	if err := open(t, "", "").Send(t.Context(), letter()); !errors.Is(err, mail.ErrNone) {
		t.Errorf("Send without mail = %v, want ErrNone", err)
	}
}

// What a server says may quote the address, and a job keeps its error.
func TestAnErrorHoldsNoAddress(t *testing.T) {
	sink := mailtest.Listen(t)
	sink.Refuse("550 5.1.1 <ada@example.org>: no such person")
	err := open(t, sink.URL(), "").Send(t.Context(), letter())
	if err == nil || strings.Contains(err.Error(), "ada") || !strings.Contains(err.Error(), "550") {
		t.Errorf("Send to a server that refuses = %v, want the code and no address", err)
	}
	sink.Close()
	if err := open(t, sink.URL(), "").Send(t.Context(), letter()); err == nil || strings.Contains(err.Error(), "ada") {
		t.Errorf("Send to a server that is away = %v, want an error without the address", err)
	}
}

// A password goes nowhere in the clear, and a letter to another host neither.
func TestNoPasswordIsSentInTheClear(t *testing.T) {
	sink := mailtest.Listen(t)
	s := open(t, strings.Replace(sink.URL(), "smtp://", "smtp://user:hunter2@", 1), "")
	if err := s.Send(t.Context(), letter()); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("Send with a password and no TLS = %v, want an error that does not say it", err)
	}
	if got := sink.Heard(); strings.Contains(got, "hunter2") || strings.Contains(got, "AHVzZXIAaHVudGVyMg") {
		t.Errorf("the server heard %q", got)
	}
}

func TestAddressesOfServersAreChecked(t *testing.T) {
	for _, url := range []string{"http://host", "smtp://", "smtp://user:pa ss@host", "smtp://host:99999", "smtp://h:secretport", "mail"} {
		if _, err := mail.Open(url, "", "a@example.org", now); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("Open(%q) = %v, want an error that quotes nothing", url, err)
		}
	}
	if _, err := mail.Open("smtps://user:secret@mail.example.org", "", "nobody", now); err == nil {
		t.Error("a sender without an address is taken")
	}
	if _, err := mail.Open("smtps://user:secret@mail.example.org", "", "a@example.org", now); err != nil {
		t.Error(err)
	}
}
