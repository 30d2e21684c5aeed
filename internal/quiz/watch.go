package quiz

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/fault"
)

// A Presence says how a trainee stands in a quiz that is being watched.
type Presence string

// The presences.
const (
	NotStarted Presence = "not_started"
	In         Presence = "in"
	Paused     Presence = "paused"
	HandedIn   Presence = "handed_in"
)

// A Watched is one enrollment in the live view of a quiz: how far its latest
// attempt is, and nothing of what was answered or how well. What follows Items
// is zero while nothing was started.
type Watched struct {
	EnrollmentID string
	PersonID     string
	Presence     Presence
	Items        int // how many the quiz asks
	AttemptID    string
	Number       int // 1 for the first try
	Answered     int // items that have an answer now; one that was cleared has none
	Saves        int // how many were accepted
	SavedAt      time.Time
	Deadline     time.Time
	PausedAt     time.Time // zero while the clock runs

	since int // the version of the view in which it became so
}

// Left is how much time an attempt has at an instant: none when it is not
// under way.
func (w *Watched) Left(at time.Time) time.Duration {
	switch w.Presence {
	case Paused:
		at = w.PausedAt
	case NotStarted, HandedIn:
		return 0
	}
	return max(0, w.Deadline.Sub(at))
}

// same reports whether nothing has happened between two looks at a row.
func (w Watched) same(o Watched) bool {
	w.since, o.since = 0, 0
	return w == o
}

// A View is what a watcher is shown: every row when Whole is set, else those
// that changed since the view they had. ID names it; AsOf is when it was read.
type View struct {
	ID    string
	Whole bool
	AsOf  time.Time
	Rows  []Watched
}

// How many may watch.
const (
	maxStreams    = 256 // in one process
	maxOwnStreams = 6   // one person
	watchAgain    = 5 * time.Second
)

// The faults of watching.
var (
	ErrWatchFull = fault.New(fault.Unavailable, "watch_full",
		"As many people watch as this server can serve. Try again in a moment, or read the view without staying.").After(watchAgain)
	ErrWatchOwn = fault.New(fault.TooMany, "too_many_streams",
		"You watch in as many windows as one person may. Close one, then try again.").After(watchAgain)
	ErrWatchOver = fault.New(fault.Unavailable, "watch_over", "The server stops. Connect again in a moment.").After(time.Second)
)

// Look returns the live view of a module's quiz in a cohort that the actor
// teaches or administers, read now. A module that nobody in the cohort takes
// answers like one that does not exist.
func (s *Service) Look(ctx context.Context, cohortID string, module curriculum.ModuleKey) (View, error) {
	c, err := s.enrollments.Cohort(ctx, access.WatchQuiz, cohortID)
	if err != nil {
		return View{}, err
	}
	r := newWatchReader(s, c, module, new(marks))
	rows, err := r.read(ctx, true, nil)
	if err != nil {
		return View{}, fmt.Errorf("look at quiz: %w", err)
	}
	return board{epoch: "look"}.with(rows, s.now()).after(0), nil
}

// Watch begins to follow the live view that Look returns. last is the ID of
// the last View that the watcher has, from an earlier Watch; where the view
// still knows it, it goes on from there. It returns ErrWatchFull and
// ErrWatchOwn. Whoever watches must Leave.
func (s *Service) Watch(ctx context.Context, cohortID string, module curriculum.ModuleKey, last string) (*Watcher, error) {
	c, err := s.enrollments.Cohort(ctx, access.WatchQuiz, cohortID)
	if err != nil {
		return nil, err
	}
	w, err := s.gallery.enter(ctx, seat{access.From(ctx).ID, c, module})
	if err != nil {
		return nil, fmt.Errorf("watch quiz: %w", err)
	}
	b, _ := w.hall.look()
	w.seen = b.resume(last)
	return w, nil
}

// MayWatch returns nil while the actor may watch a cohort's quizzes: what a
// stream asks again and again, since its watcher's role may end before it.
func (s *Service) MayWatch(ctx context.Context, cohortID string) error {
	_, err := s.enrollments.Cohort(ctx, access.WatchQuiz, cohortID)
	return err
}

// StopWatching ends every Watch, and lets nobody begin another: a server that
// stops does not wait for those who look on.
func (s *Service) StopWatching() { s.gallery.close() }

// A board is a live view with its past: the version in which each row became
// what it is, so that a watcher who comes back is told what they missed.
type board struct {
	epoch   string // of the hall that made it
	version int    // of the newest change
	base    int    // the version since which the rows are of the same enrollments
	asOf    time.Time
	rows    []Watched
}

// with returns the board after another reading.
func (b board) with(rows []Watched, asOf time.Time) board {
	next := board{epoch: b.epoch, version: b.version, base: b.base, asOf: asOf, rows: rows}
	others := b.version == 0 || len(rows) != len(b.rows)
	for i := 0; !others && i < len(rows); i++ {
		others = rows[i].EnrollmentID != b.rows[i].EnrollmentID
	}
	if others {
		next.version++
		next.base = next.version
	}
	for i := range rows {
		switch {
		case others:
			rows[i].since = next.version
		case rows[i].same(b.rows[i]):
			rows[i].since = b.rows[i].since
		default:
			next.version = b.version + 1
			rows[i].since = next.version
		}
	}
	return next
}

// after returns what changed after a version.
func (b board) after(version int) View {
	v := View{ID: b.epoch + "-" + strconv.Itoa(b.version), Whole: version < b.base, AsOf: b.asOf}
	for _, r := range b.rows {
		if v.Whole || r.since > version {
			v.Rows = append(v.Rows, r)
		}
	}
	return v
}

// resume returns the version that a View's ID stands for, or 0 when the board
// does not know it.
func (b board) resume(id string) int {
	number, ours := strings.CutPrefix(id, b.epoch+"-")
	version, err := strconv.Atoi(number)
	if !ours || err != nil || version < b.base || version > b.version {
		return 0
	}
	return version
}
