package quiz

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
)

// A saver saves an item as fast as it can until it is refused, and remembers
// what was acknowledged.
type saver struct {
	item string
	last Saved
	said []string // the response acknowledged last
	err  error    // why it stopped
}

func (s *saver) run(ctx context.Context, service *Service, attemptID string, begun func()) {
	started := sync.OnceFunc(begun)
	defer started()
	for n := range 5_000 { // more than there is time for
		response := []string{string(rune('a' + n%4))}
		got, err := service.Save(ctx, attemptID, s.item, response, n)
		if err != nil {
			s.err = err
			return
		}
		s.last, s.said = got, response
		if n == 2 {
			started()
		}
	}
}

// CHECKS QZ-06: saves at full speed while the attempt is handed in, in two
// processes. Every acknowledged save is graded, every later one refused.
func TestNothingFallsBetweenSavingAndHandingIn(t *testing.T) {
	eachHome(t, func(t *testing.T, w *world) {
		second := w.another(inProcess)
		for range 8 {
			trainee, e := w.Trainee("Noor Vance", w.cohort)
			o, _, err := w.Start(trainee, e.ID, module)
			if err != nil {
				t.Fatal(err)
			}
			savers := make([]*saver, len(o.Items))
			var running, begun sync.WaitGroup
			for i, item := range o.Items {
				savers[i] = &saver{item: item.ID}
				begun.Add(1)
				running.Go(func() {
					savers[i].run(trainee, []*Service{w.Service, second}[i%2], o.ID, begun.Done)
				})
			}
			begun.Wait()
			r, err := second.Submit(trainee, o.ID)
			if err != nil {
				t.Fatalf("Submit = %v", err)
			}
			running.Wait()
			w.holds(t, o.ID, r, savers)
		}
	})
}

// holds checks a result against what was acknowledged.
func (w *world) holds(t *testing.T, attemptID string, r *Result, savers []*saver) {
	t.Helper()
	stored, key := w.stored(attemptID), w.key(attemptID)
	saves, correct := 0, 0
	for _, s := range savers {
		if !errors.Is(s.err, ErrClosed) {
			t.Errorf("%s: the last save = %v, want ErrClosed", s.item, s.err)
		}
		want, _ := chosen(stored[s.item].response)
		if s.last.Revision != stored[s.item].revision || !slices.Equal(s.said, want) {
			t.Errorf("%s: revision %d with %v was acknowledged last, and %d with %v is stored", s.item, s.last.Revision, s.said, stored[s.item].revision, want)
		}
		saves += s.last.Revision
		if slices.Equal(s.said, key[s.item]) {
			correct++
		}
	}
	if r.Revision != saves || r.Correct != correct {
		t.Errorf("the result counts %d saves and %d right; %d and %d were acknowledged", r.Revision, r.Correct, saves, correct)
	}
}

// Many devices save the same answer at the same revision: one wins.
func TestOfManySavesAtOneRevisionOneWins(t *testing.T) {
	eachHome(t, func(t *testing.T, w *world) {
		services := []*Service{w.Service, w.another(inProcess)}
		o := w.begin()
		item := single(o)
		for revision := range 10 {
			var wg sync.WaitGroup
			var mu sync.Mutex
			won := make(map[string]int)
			for i := range 16 {
				wg.Go(func() {
					response := string(rune('a' + i%4))
					got, err := services[i/8].Save(w.trainee, o.ID, item, []string{response}, revision)
					switch {
					case err == nil && got.Revision == revision+1:
						mu.Lock()
						won[response]++
						mu.Unlock()
					case !errors.Is(err, ErrStale):
						t.Errorf("Save = %+v, %v; want revision %d or ErrStale", got, err, revision+1)
					}
				})
			}
			wg.Wait()
			stored, _ := chosen(w.stored(o.ID)[item].response)
			if len(won) != 1 || won[stored[0]] != 4 {
				t.Fatalf("revision %d: acknowledged %v, stored %v; want one response, for the four who sent it", revision+1, won, stored)
			}
		}
		if n := w.count("quiz_answers", "TRUE"); n != 10 {
			t.Errorf("%d answers are stored, want 10", n)
		}
	})
}

// A second process that has never seen the attempt goes on where the first is.
func TestAnotherProcessGoesOn(t *testing.T) {
	eachHome(t, func(t *testing.T, w *world) {
		services := []*Service{w.Service, w.another(inProcess), w.another(inProcess)}
		o := w.begin()
		item := single(o)
		for n := range 30 {
			if got, err := services[n%3].Save(w.trainee, o.ID, item, []string{"a"}, n); err != nil || got.Revision != n+1 {
				t.Fatalf("save %d = %+v, %v", n+1, got, err)
			}
		}
	})
}

// Somebody's hand-in that takes long holds up nobody else's answers, and a
// save into that attempt waits for how it ends.
func TestAHandInHoldsUpNobodyElse(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		if !db.IsPostgres(url) {
			t.Skip("SQLite has one writer at a time")
		}
		w := newWorld(t, url, inProcess, curriculum.ReviewNever)
		one := w.begin()
		other, e := w.Trainee("Otto Other", w.cohort)
		two, _, err := w.Start(other, e.ID, module)
		if err != nil {
			t.Fatal(err)
		}
		held, release, ended := make(chan bool), make(chan bool), make(chan error, 1)
		go func() {
			ended <- w.DB.Tx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
				_, err := hold(ctx, tx, one.ID)
				close(held)
				<-release
				return errors.Join(err, errRollback)
			})
		}()
		<-held
		waiting := make(chan error, 1)
		go func() {
			_, err := w.Save(w.trainee, one.ID, one.Items[0].ID, nil, 0)
			waiting <- err
		}()
		for n := range 20 {
			if _, err := w.Save(other, two.ID, two.Items[0].ID, nil, n); err != nil {
				t.Fatalf("a save into another attempt = %v", err)
			}
		}
		select {
		case err := <-waiting:
			t.Errorf("a save into the attempt that is held = %v, before it was known how that ends", err)
		default:
		}
		close(release)
		if err := <-ended; !errors.Is(err, errRollback) {
			t.Fatal(err)
		}
		if err := <-waiting; err != nil {
			t.Errorf("a save after the hand-in came to nothing = %v, want it accepted", err)
		}
	})
}

var errRollback = errors.New("rolled back")
