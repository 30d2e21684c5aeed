package notify_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
	kmail "github.com/kapstone-lms/kapstone/internal/mail"
	"github.com/kapstone-lms/kapstone/internal/mail/mailtest"
	"github.com/kapstone-lms/kapstone/internal/notify"
	"github.com/kapstone-lms/kapstone/internal/outbox"
	"github.com/kapstone-lms/kapstone/internal/practicum"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
	"github.com/kapstone-lms/kapstone/internal/standing"
)

type school struct {
	*schooltest.School
	*notify.Service
	t          *testing.T
	sink       *mailtest.Sink
	worker     *outbox.Worker
	logs       *practicum.Service
	standing   *standing.Service
	trainee    context.Context
	enrollment string
	read       int // letters that were looked at
}

func each(t *testing.T, rules string, f func(t *testing.T, s *school)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := &school{School: schooltest.New(t, d), t: t, sink: mailtest.Listen(t)}
		if rules != "" {
			edit := schooltest.Edit{File: "programs/kap_foundation.yaml", Old: "safety_floor: 2\n", New: "safety_floor: 2\n" + rules}
			if err := s.Enrollments.Publish(t.Context(), schooltest.Course(t, schooltest.NextVersion, edit)); err != nil {
				t.Fatal(err)
			}
		}
		s.logs = practicum.New(d, s.Enrollments, s.People, s.Ring, s.Clock.Now)
		s.standing = standing.New(d, s.Enrollments, s.People, s.Clock.Now)
		sender, err := kmail.Open(s.sink.URL(), "", "training@kap.example.org", s.Clock.Now)
		if err != nil {
			t.Fatal(err)
		}
		s.Service = notify.New(d, s.People, s.Enrollments, s.logs, sender, "https://kap.example.org", s.Clock.Now)
		s.worker = outbox.NewWorker(d, s.Clock.Now)
		s.Register(s.worker)
		trainee, e := s.Trainee("Noor Vance", s.Cohort)
		s.trainee, s.enrollment = trainee, e.ID
		f(t, s)
	})
}

const canary = "CANARY-REFLECTION"

// submit hands in a log whose text must stand in no letter.
func (s *school) submit() string {
	s.t.Helper()
	text := func(v string) *string { return &v }
	kind, phase, minutes, attest := practicum.RolePlay, practicum.Preparation, 60, true
	l, err := s.logs.Create(s.trainee, s.enrollment, practicum.Form{
		Kind: &kind, Phase: &phase, Format: text("individual"), Week: text("2026-W48"), Minutes: &minutes, Role: text("lead_supervised"),
		Frameworks: &[]string{"mindfulness"}, Reflection: text(strings.Repeat(canary+" I waited. ", 10)), Attest: &attest,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.logs.Submit(s.trainee, l.ID); err != nil {
		s.t.Fatal(err)
	}
	return l.ID
}

func (s *school) grade(id string) {
	s.t.Helper()
	_, err := s.logs.Grade(s.Instructor, id, practicum.Verdict{
		Grades:     practicum.Grades{"c1": 3, "c2": 3, "c3": 3, "c4": 3, "c5": 3, "c6": 3, "c7": 3},
		Feedback:   "CANARY-FEEDBACK",
		ObservedBy: "role_play",
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// letters runs what is due and returns the new letters as "to: subject", in
// order. None of them may hold a name or a text of a log.
func (s *school) letters() []string {
	s.t.Helper()
	for {
		n, failed, err := s.worker.Run(s.t.Context(), 50)
		if failed != nil || err != nil {
			s.t.Fatalf("Run = %v, %v", failed, err)
		}
		if n == 0 {
			break
		}
	}
	all := s.sink.Letters()
	var got []string
	for _, l := range all[s.read:] {
		m, err := mail.ReadMessage(strings.NewReader(l.Data))
		if err != nil {
			s.t.Fatal(err)
		}
		body, err := io.ReadAll(quotedprintable.NewReader(m.Body))
		if err != nil {
			s.t.Fatal(err)
		}
		for _, no := range []string{"CANARY", "Noor", "Vance", "Ines", "C-"} {
			if strings.Contains(string(body)+m.Header.Get("Subject"), no) {
				s.t.Errorf("a letter holds %q:\n%s", no, body)
			}
		}
		got = append(got, l.To[0]+": "+m.Header.Get("Subject"))
	}
	s.read = len(all)
	slices.Sort(got)
	return got
}

func (s *school) want(when string, want ...string) {
	s.t.Helper()
	if got := s.letters(); cmp.Diff(want, got) != "" {
		s.t.Errorf("%s the letters are %q, want %q", when, got, want)
	}
}

// email is somebody's address.
func (s *school) email(who context.Context) string {
	s.t.Helper()
	p, err := s.People.Find(s.t.Context(), s.DB, access.From(who).ID)
	if err != nil {
		s.t.Fatal(err)
	}
	return p.Email
}

func TestAnAuthorIsToldOncePerTurn(t *testing.T) {
	each(t, "", func(t *testing.T, s *school) {
		to := s.email(s.trainee)
		id := s.submit()
		s.want("after handing in")
		if _, err := s.logs.Return(s.Instructor, id, "unclear", "CANARY-MESSAGE", 0); err != nil {
			t.Fatal(err)
		}
		s.want("after the return", to+": A practicum log came back to you")
		l, err := s.logs.Read(s.trainee, id)
		if err != nil {
			t.Fatal(err)
		}
		minutes := 50
		if _, err := s.logs.Edit(s.trainee, id, practicum.Form{Minutes: &minutes}, l.Version); err != nil {
			t.Fatal(err)
		}
		s.want("after an edit")
		s.Clock.Advance(time.Minute)
		if _, err := s.logs.Submit(s.trainee, id); err != nil {
			t.Fatal(err)
		}
		s.grade(id)
		s.want("after the grade", to+": A practicum log of yours was graded")
	})
}

func TestNoticesAreMutedButThoseOfHolds(t *testing.T) {
	each(t, "", func(t *testing.T, s *school) {
		director := s.Person("Dora Director", access.Grant{Role: access.Director, Program: s.Program})
		if _, err := s.Mute(s.trainee, []notify.Kind{notify.HoldOpened}); !errors.Is(err, notify.ErrKind) {
			t.Errorf("Mute of holds = %v, want ErrKind", err)
		}
		if got, err := s.Mute(s.trainee, []notify.Kind{notify.LogReturned, notify.LogGraded, notify.LogGraded}); err != nil || len(got) != 2 {
			t.Errorf("Mute = %v, %v", got, err)
		}
		s.grade(s.submit())
		s.want("to one who muted it")
		opening := standing.Opening{Kind: standing.Safety, Facts: "CANARY-FACTS", Told: "CANARY-TOLD"}
		if _, err := s.standing.OpenHold(s.Instructor, s.enrollment, opening); err != nil {
			t.Fatal(err)
		}
		s.want("of a hold", slices.Sorted(slices.Values([]string{
			s.email(s.trainee) + ": There is a hold on your enrollment", s.email(s.Admin) + ": A hold was opened", s.email(director) + ": A hold was opened",
		}))...)
		if got, err := s.Mute(s.trainee, nil); err != nil || len(got) != 0 {
			t.Errorf("Mute of nothing = %v, %v", got, err)
		}
		s.grade(s.submit())
		s.want("to one who wants it again", s.email(s.trainee)+": A practicum log of yours was graded")
	})
}

func TestGradersAreRemindedBeforeTheDay(t *testing.T) {
	each(t, "  grade_days: 14\n", func(t *testing.T, s *school) {
		graded, waits := s.submit(), s.submit()
		s.grade(graded)
		s.letters()
		s.Clock.Advance(11 * 24 * time.Hour)
		s.want("three days before")
		s.Clock.Advance(24 * time.Hour)
		s.want("two days before", s.email(s.Instructor)+": A practicum log should be graded soon")
		overdue := func(want int) {
			t.Helper()
			rows, err := s.logs.Queue(s.Instructor, practicum.Filter{Overdue: true}, "", 10)
			if err != nil || len(rows) != want || want == 1 && (rows[0].ID != waits || !rows[0].Overdue()) {
				t.Errorf("overdue are %v, %v; want %d", rows, err, want)
			}
		}
		overdue(0)
		s.Clock.Advance(48 * time.Hour)
		overdue(1)
	})
}

func TestTheQueueIsToldOnceADay(t *testing.T) {
	each(t, "", func(t *testing.T, s *school) {
		s.submit()
		daily := func() {
			t.Helper()
			if err := s.Daily(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		daily()
		daily()
		s.want("in the morning", s.email(s.Instructor)+": 1 practicum log waits for you")
		s.submit()
		daily()
		s.want("later that day")
		s.Clock.Advance(16 * time.Hour) // one o'clock
		daily()
		s.want("in the night")
		s.Clock.Advance(6 * time.Hour)
		daily()
		s.want("the next morning", s.email(s.Instructor)+": 2 practicum logs wait for you")
	})
}

// A server that takes no letter is asked again later; the address stands in no
// error that is kept.
func TestALetterWaitsForItsServer(t *testing.T) {
	each(t, "", func(t *testing.T, s *school) {
		s.sink.Refuse("451 4.7.1 <" + s.email(s.trainee) + "> later")
		s.grade(s.submit())
		for range 3 {
			if _, _, err := s.worker.Run(t.Context(), 50); err != nil {
				t.Fatal(err)
			}
		}
		var why string
		err := s.DB.NewRaw(`SELECT error FROM jobs WHERE kind = 'letter' AND state = 'waiting'`).Scan(t.Context(), &why)
		if err != nil || !strings.Contains(why, "451") || strings.Contains(why, "@") {
			t.Errorf("the letter waits with %q, %v; want the code and no address", why, err)
		}
		s.sink.Refuse("")
		s.Clock.Advance(time.Hour)
		s.want("an hour later", s.email(s.trainee)+": A practicum log of yours was graded")
	})
}

// Where no mail is set up, nothing is tried again and again.
func TestWithoutMailNoLetterWaits(t *testing.T) {
	each(t, "", func(t *testing.T, s *school) {
		none, err := kmail.Open("", "", "", s.Clock.Now)
		if err != nil {
			t.Fatal(err)
		}
		s.worker = outbox.NewWorker(s.DB, s.Clock.Now)
		notify.New(s.DB, s.People, s.Enrollments, s.logs, none, "", s.Clock.Now).Register(s.worker)
		s.grade(s.submit())
		s.want("without mail")
		if c, err := outbox.Count(t.Context(), s.DB); err != nil || c.Waiting+c.Dead != 0 {
			t.Errorf("jobs left: %+v, %v", c, err)
		}
	})
}

// The letters word by word.
func TestTheLettersAreTheseWords(t *testing.T) {
	const golden = "testdata/letters.txt"
	var b strings.Builder
	for _, l := range notify.Samples("https://kap.example.org") {
		fmt.Fprintf(&b, "== %s\n%s\n", l[0], l[1])
	}
	want, err := os.ReadFile(golden)
	if err != nil || string(want) != b.String() {
		t.Errorf("the letters are not those of %s (%v):\n%s", golden, err, b.String())
	}
}
