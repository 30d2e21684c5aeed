package practicum_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime/quotedprintable"
	netmail "net/mail"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/mail"
	"github.com/kapstone-lms/kapstone/internal/outbox"
	"github.com/kapstone-lms/kapstone/internal/practicum"
	"github.com/kapstone-lms/kapstone/internal/vetting"
)

const rosa = "rosa.delgado@clinic.test"

// outsideOf is who signs without an account.
func outsideOf(email, license string) practicum.Outside {
	return practicum.Outside{Name: "Rosa Delgado", Email: email, LicenseType: "physician", LicenseNumber: license}
}

func (s *school) named(t *testing.T) *practicum.Outside {
	t.Helper()
	o, err := s.logs.NameOutside(s.Instructor, s.enrollment, outsideOf(rosa, "MD 20418"))
	if err != nil {
		t.Fatalf("NameOutside = %v", err)
	}
	return o
}

// letters runs the jobs that wait, and returns what was written to whom.
func (s *school) letters(t *testing.T) (link, code string, to []string) {
	t.Helper()
	dir := t.TempDir()
	sender, err := mail.Open("", dir, "training@school.test", s.Clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	w := outbox.NewWorker(s.DB, s.Clock.Now)
	w.HandleOutside(practicum.SignOffLetter, s.logs.Letters(sender, "https://kap.school.test"))
	if _, failed, err := w.Run(t.Context(), 10); failed != nil || err != nil {
		t.Fatalf("Run = %v, %v", failed, err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		address, text := letter(t, name)
		to = append(to, address)
		if strings.Contains(text, words[:20]) || strings.Contains(text, "Noor") {
			t.Errorf("a letter says more than it may: %s", text)
		}
		if m := regexp.MustCompile(`/sign-off#([A-Z0-9]+)`).FindStringSubmatch(text); m != nil {
			link = m[1]
		}
		if m := regexp.MustCompile(`code is (\d{8})`).FindStringSubmatch(text); m != nil {
			code = m[1]
		}
	}
	return link, code, to
}

func letter(t *testing.T, name string) (to, text string) {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := netmail.ReadMessage(f)
	if err != nil {
		t.Fatal(err)
	}
	body := m.Body
	if m.Header.Get("Content-Transfer-Encoding") == "quoted-printable" {
		body = quotedprintable.NewReader(body)
	}
	all, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Trim(m.Header.Get("To"), "<>"), string(all)
}

// sent sends logs to Rosa and returns what her letters say.
func (s *school) sent(t *testing.T, logs ...*practicum.Log) (link, code string) {
	t.Helper()
	ids := make([]string, len(logs))
	for i, l := range logs {
		ids[i] = l.ID
	}
	if _, err := s.logs.SendSignOff(s.trainee, s.named(t).ID, ids); err != nil {
		t.Fatalf("SendSignOff = %v", err)
	}
	link, code, to := s.letters(t)
	if fmt.Sprint(to) != fmt.Sprint([]string{rosa, rosa}) || link == "" || code == "" {
		t.Fatalf("letters went to %v with the link %q and the code %q", to, link, code)
	}
	return link, code
}

func stranger(t *testing.T) context.Context {
	return access.With(t.Context(), access.Actor{Address: "203.0.113.7", RequestID: "r"})
}

// Two steps from the letters to a signed batch: open, settle.
func TestAnOutsideSupervisorSignsInTwoSteps(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		fine, back, unsent := s.at(t, practicum.Graded), s.at(t, practicum.Graded), s.at(t, practicum.Graded)
		link, code := s.sent(t, fine, back)
		seen, err := s.logs.OpenSignOff(stranger(t), link, code)
		if err != nil || len(seen.Logs) != 2 || seen.Logs[0].Reflection == "" {
			t.Fatalf("OpenSignOff = %+v, %v; want the two lines that were sent", seen, err)
		}
		again := lineOf(back)
		again.Sent = &practicum.SentBack{Reason: "unclear", Message: "Which part did you take?"}
		out, err := s.logs.SettleSignOff(stranger(t), link, seen.Session, "observed", []practicum.Line{lineOf(fine), again, lineOf(unsent)})
		if err != nil || fmt.Sprint(outcomes(out)) != "[countersigned returned not_found]" {
			t.Fatalf("SettleSignOff = %v, %v", outcomes(out), err)
		}
		l, err := s.logs.Read(s.trainee, fine.ID)
		if err != nil || l.Broken || l.SignerName != "Rosa Delgado" || l.SignerLicense != "MD 20418" || l.Method != practicum.ByLetter || l.Meaning != "observed" {
			t.Errorf("the signed log reads %+v, %v", l, err)
		}
		if broken, err := s.logs.VerifyAll(t.Context()); err != nil || len(broken) > 0 {
			t.Errorf("VerifyAll = %v, %v", broken, err)
		}
		if l, err := s.logs.Read(s.trainee, back.ID); err != nil || l.Status != practicum.Returned || l.ReturnReason != "unclear" {
			t.Errorf("the line sent back reads %+v, %v", l, err)
		}
		for name, err := range map[string]error{
			"open": third(s.logs.OpenSignOff(stranger(t), link, code)), "ask for a code": s.logs.SendCode(stranger(t), link),
			"settle": third(s.logs.SettleSignOff(stranger(t), link, seen.Session, "observed", []practicum.Line{lineOf(fine)})),
		} {
			if !errors.Is(err, practicum.ErrOver) {
				t.Errorf("%s once more = %v, want ErrOver", name, err)
			}
		}
	})
}

// Who signs by letter is nobody that the installation knows as a person, and
// takes a text away like anybody who signs.
func TestAnOutsideSupervisorTakesATextAway(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		l := s.at(t, practicum.Graded)
		link, code := s.sent(t, l)
		seen, err := s.logs.OpenSignOff(stranger(t), link, code)
		if err != nil {
			t.Fatal(err)
		}
		line := lineOf(l)
		line.Sent = &practicum.SentBack{Reason: "identifiers", Message: "I asked Henrietta what she meant; paragraph two names somebody."}
		ctx, err := vetting.With(stranger(t), "no_person")
		if err != nil {
			t.Fatal(err)
		}
		if out, err := s.logs.SettleSignOff(ctx, link, seen.Session, "observed", []practicum.Line{line}); err != nil || fmt.Sprint(outcomes(out)) != "[returned]" {
			t.Fatalf("SettleSignOff = %v, %v", outcomes(out), err)
		}
		if n := s.count(t, `SELECT count(*) FROM practicum_removals`); n != 1 {
			t.Errorf("%d texts lie sealed, want 1", n)
		}
		if n := s.count(t, `SELECT count(*) FROM identifier_confirmations`); n != 1 {
			t.Errorf("%d confirmations are kept, want 1", n)
		}
	})
}

func third[T any](_ T, err error) error { return err }

// A link that was forwarded is worth nothing without the code, and a code
// nothing twice, late, or without the link.
func TestALinkAloneOpensNothing(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		l := s.at(t, practicum.Graded)
		link, code := s.sent(t, l)
		open := func(code string) error { return third(s.logs.OpenSignOff(stranger(t), link, code)) }
		settle := func(session string) error {
			return third(s.logs.SettleSignOff(stranger(t), link, session, "observed", []practicum.Line{lineOf(l)}))
		}
		if err := third(s.logs.OpenSignOff(stranger(t), strings.Repeat("A", 52), code)); !errors.Is(err, db.ErrNone) {
			t.Errorf("a made-up link = %v, want ErrNone", err)
		}
		if err := settle(""); !errors.Is(err, practicum.ErrSession) {
			t.Errorf("settling what was not opened = %v, want ErrSession", err)
		}
		wrong := "00000000"
		if code == wrong {
			wrong = "00000001"
		}
		for range 5 {
			if err := open(wrong); !errors.Is(err, practicum.ErrCode) {
				t.Fatalf("a wrong code = %v, want ErrCode", err)
			}
		}
		if err := open(code); !errors.Is(err, practicum.ErrCode) {
			t.Errorf("the code after five wrong ones = %v, want ErrCode", err)
		}
		another := func() string {
			t.Helper()
			if err := s.logs.SendCode(stranger(t), link); err != nil {
				t.Fatalf("SendCode = %v", err)
			}
			_, fresh, to := s.letters(t)
			if len(to) != 1 || to[0] != rosa {
				t.Errorf("another code goes to %v", to)
			}
			return fresh
		}
		late := another()
		s.Clock.Advance(25 * time.Hour)
		if err := open(late); !errors.Is(err, practicum.ErrCode) {
			t.Errorf("a code of yesterday = %v, want ErrCode", err)
		}
		good := another()
		seen, err := s.logs.OpenSignOff(stranger(t), link, good)
		if err != nil {
			t.Fatalf("OpenSignOff = %v", err)
		}
		if err := open(good); !errors.Is(err, practicum.ErrCode) {
			t.Errorf("the code twice = %v, want ErrCode", err)
		}
		s.Clock.Advance(61 * time.Minute)
		if err := settle(seen.Session); !errors.Is(err, practicum.ErrSession) {
			t.Errorf("settling an hour later = %v, want ErrSession", err)
		}
		s.Clock.Advance(14 * 24 * time.Hour)
		if err := open("1"); !errors.Is(err, practicum.ErrOver) {
			t.Errorf("an expired link = %v, want ErrOver", err)
		}
		if got, err := s.logs.Read(s.trainee, l.ID); err != nil || got.Status != practicum.Graded {
			t.Errorf("the log is %s, %v; want it as it was", got.Status, err)
		}
	})
}

func TestWhoIsNamedAndWhatIsSent(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		trainee, err := s.People.Find(t.Context(), s.DB, access.From(s.trainee).ID)
		if err != nil {
			t.Fatal(err)
		}
		for name, tt := range map[string]struct {
			ctx  context.Context
			o    practicum.Outside
			want error
		}{
			"by the trainee":          {s.trainee, outsideOf(rosa, "MD 1"), access.ErrForbidden},
			"the trainee's address":   {s.Instructor, outsideOf(strings.ToUpper(trainee.Email), "MD 1"), practicum.ErrOutsideSelf},
			"no address":              {s.Instructor, outsideOf("rosa", "MD 1"), practicum.ErrOutsideMail},
			"an address with a name":  {s.Instructor, outsideOf("Rosa <rosa@clinic.test>", "MD 1"), practicum.ErrOutsideMail},
			"no license":              {s.Instructor, outsideOf(rosa, ""), practicum.ErrLicense},
			"a license of no kind":    {s.Instructor, practicum.Outside{Name: "R", Email: rosa, LicenseType: "wizard", LicenseNumber: "12"}, practicum.ErrLicenseType},
			"no name":                 {s.Instructor, practicum.Outside{Email: rosa, LicenseType: "other", LicenseNumber: "12"}, practicum.ErrOutsideName},
			"by an admin, in order":   {s.Admin, outsideOf("else@clinic.test", "MD 7"), nil},
			"by a teacher, in order":  {s.Instructor, outsideOf(" ROSA.Delgado@clinic.test ", "MD 1"), nil},
			"again, with the license": {s.Instructor, outsideOf(rosa, "MD 20418"), nil},
		} {
			if _, err := s.logs.NameOutside(tt.ctx, s.enrollment, tt.o); !errors.Is(err, tt.want) {
				t.Errorf("naming %s = %v, want %v", name, err, tt.want)
			}
		}
		if all, err := s.logs.Outsides(s.trainee, s.enrollment); err != nil || len(all) != 2 {
			t.Errorf("Outsides = %v, %v; want the two addresses, each once", all, err)
		}
		o, graded, waits := s.named(t), s.at(t, practicum.Graded), s.at(t, practicum.Submitted)
		other, _ := s.Trainee("Otto Other", s.Cohort)
		for name, tt := range map[string]struct {
			ctx  context.Context
			ids  []string
			want error
		}{
			"by another trainee": {other, []string{graded.ID}, db.ErrNone},
			"nothing":            {s.trainee, nil, practicum.ErrToSend},
			"one twice":          {s.trainee, []string{graded.ID, graded.ID}, practicum.ErrToSend},
			"no log":             {s.trainee, []string{db.NewID()}, db.ErrNone},
			"an ungraded log":    {s.trainee, []string{graded.ID, waits.ID}, practicum.ErrNotGraded},
		} {
			if _, err := s.logs.SendSignOff(tt.ctx, o.ID, tt.ids); !errors.Is(err, tt.want) {
				t.Errorf("sending %s = %v, want %v", name, err, tt.want)
			}
		}
		link, code := s.sent(t, graded)
		if err := s.logs.WithdrawOutside(s.Instructor, o.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := s.logs.OpenSignOff(stranger(t), link, code); !errors.Is(err, practicum.ErrOver) {
			t.Errorf("opening for somebody taken back = %v, want ErrOver", err)
		}
		if _, err := s.logs.SendSignOff(s.trainee, o.ID, []string{graded.ID}); !errors.Is(err, practicum.ErrNoLonger) {
			t.Errorf("sending to somebody taken back = %v, want ErrNoLonger", err)
		}
	})
}
