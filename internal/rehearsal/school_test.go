package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/kapstone-lms/kapstone/internal/app"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/demo"
)

// module is the one whose quiz is taken.
const module = "science"

// cast is how many people of the demo stand somewhere on the way already; who
// comes after them has begun nothing.
const cast = 12

// A school is a made-up program with people who are signed in and trainees who
// have begun a quiz. Making one takes seconds of password hashing, so it is
// made once for each home, and every scenario plays on a copy.
type school struct {
	data     string   // the data directory
	postgres *cluster // stopped; nil in the embedded home
	key      map[string][]*curriculum.Item

	made       time.Time
	seats      []seat
	ready      person // a trainee who has met everything
	instructor person
	admin      person
}

// A person has an account and is signed in.
type person struct {
	demo.Account
	access, refresh string
	enrollment      string
}

// A seat is a trainee with a quiz under way.
type seat struct {
	person
	attempt string
	items   []item
}

var schools [2]struct {
	sync.Once
	school *school
}

// theSchool returns the school of a home, made at the first call.
func theSchool(t testing.TB, postgres bool) *school {
	t.Helper()
	one := &schools[map[bool]int{false: 0, true: 1}[postgres]]
	one.Do(func() {
		s := &school{data: filepath.Join(base, map[bool]string{false: "embedded", true: "production"}[postgres])}
		if postgres {
			s.postgres = newCluster(t, filepath.Join(base, "cluster"))
			s.postgres.start(t)
			defer s.postgres.stop(t)
		}
		if err := s.make(t.Context(), pick(20, 50)); err != nil {
			t.Fatal(err)
		}
		s.made, one.school = time.Now(), s
	})
	if one.school == nil {
		t.Fatal("the school could not be made")
	}
	return one.school
}

// make makes the people up, signs them in and has the trainees begin.
func (s *school) make(ctx context.Context, seats int) (err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	cfg := app.Config{Data: s.data, Listen: l.Addr().String(), BaseURL: issuedBy, TestMode: true}
	if s.postgres != nil {
		cfg.DatabaseURL = s.postgres.url(s.postgres.address())
	}
	d, err := demo.Open(ctx, demo.Options{Config: cfg, Trainees: cast + seats})
	if err != nil {
		return errors.Join(err, l.Close())
	}
	s.key = make(map[string][]*curriculum.Item)
	for _, it := range d.App.Enrollments.Current().Module(module).Items {
		s.key[it.Stem] = append(s.key[it.Stem], it)
	}
	serving, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- d.App.Serve(serving, l) }()
	err = s.begin(ctx, "http://"+l.Addr().String(), d.Sheet.Accounts)
	stop()
	return errors.Join(err, <-done, d.App.Close(context.WithoutCancel(ctx)))
}

func (s *school) begin(ctx context.Context, url string, accounts []demo.Account) error {
	var mu sync.Mutex
	var errs []error
	each(accounts, 2, func(a demo.Account) {
		st := seat{person: person{Account: a}}
		fresh := a.Role == "trainee" && a.Stage == "nothing begun" && a.Email != "trainee1@example.org" && a.Email != "trainee2@example.org"
		if a.Role == "trainee" && !fresh && a.Stage != "all met and ready" {
			return
		}
		c := &client{http: newHTTP(), person: &st.person}
		err := c.login(ctx, url)
		if err == nil && a.Role == "trainee" {
			err = st.enter(ctx, c, url, fresh)
		}
		mu.Lock()
		defer mu.Unlock()
		switch {
		case err != nil:
			errs = append(errs, err)
		case fresh:
			s.seats = append(s.seats, st)
		case a.Role == "trainee":
			s.ready = st.person
		case a.Role == "admin":
			s.admin = st.person
		default:
			s.instructor = st.person
		}
	})
	return errors.Join(errs...)
}

// enter finds the trainee's enrollment and, with begin, begins the quiz.
func (st *seat) enter(ctx context.Context, c *client, url string, begin bool) error {
	var mine struct{ Items []struct{ ID string } }
	if err := c.want(ctx, url, "GET", "/enrollments", nil, &mine); err != nil {
		return err
	}
	st.enrollment = mine.Items[0].ID
	if !begin {
		return nil
	}
	var a sheet
	if err := c.want(ctx, url, "POST", "/enrollments/"+st.enrollment+"/modules/"+module+"/attempts", nil, &a); err != nil {
		return err
	}
	st.attempt, st.items = a.ID, a.Items
	return nil
}

// copyTo copies the school's data directory, and its cluster, to directories
// that exist.
func (s *school) copyTo(t testing.TB, data, clusters string) *cluster {
	t.Helper()
	if out, err := exec.Command("cp", "-a", s.data+"/.", data).CombinedOutput(); err != nil {
		t.Fatalf("copy the school: %v, %s", err, out)
	}
	if s.postgres == nil {
		return nil
	}
	return s.postgres.clone(t, clusters)
}

// stale reports that the tokens of the school may end in the middle of an exam.
func (s *school) stale() bool { return time.Since(s.made) > 4*time.Minute }

// right returns the one option that is right for an item of a single choice,
// found by its words, and "" for any other item.
func (s *school) right(it item) string {
	for _, known := range s.key[it.Stem] {
		if known.Kind != curriculum.Single {
			continue
		}
		for _, o := range known.Options {
			if known.InKey(o.ID) {
				if id := it.option(o.Text); id != "" {
					return id
				}
			}
		}
	}
	return ""
}

// each calls f for all, so many at once.
func each[T any](all []T, atOnce int, f func(T)) {
	queue := make(chan T)
	var wg sync.WaitGroup
	for range atOnce {
		wg.Go(func() {
			for one := range queue {
				f(one)
			}
		})
	}
	for _, one := range all {
		queue <- one
	}
	close(queue)
	wg.Wait()
}

// ownPostgres returns a running PostgreSQL of the test's own with nothing in
// it.
func ownPostgres(t testing.TB) *cluster {
	t.Helper()
	c := newCluster(t, filepath.Join(workplace(t), "cluster"))
	c.start(t)
	return c
}

// A killed server comes back with what it had said was committed, and the next
// start is not in the way of a lock file.
func TestAKilledPostgresComesBack(t *testing.T) {
	c := ownPostgres(t)
	c.exec(t, "CREATE TABLE kept (n integer)", "INSERT INTO kept VALUES (1)")
	c.kill9(t)
	if _, err := os.Stat(filepath.Join(c.dir, "postmaster.pid")); err != nil {
		t.Errorf("a killed server's lock file: %v, want it left behind", err)
	}
	if !c.ended() {
		t.Error("a killed server still answers")
	}
	c.start(t)
	pool := c.open(t)
	defer pool.Close()
	var n int
	if err := pool.QueryRow("SELECT count(*) FROM kept").Scan(&n); err != nil || n != 1 {
		t.Errorf("%d rows, %v; want the one that was committed", n, err)
	}
	for _, name := range []string{"fsync", "synchronous_commit", "full_page_writes"} {
		if v := c.show(t, name); v != "on" {
			t.Errorf("%s = %s, want on", name, v)
		}
	}
}

func (s seat) String() string { return fmt.Sprintf("%s (attempt %s)", s.Email, s.attempt) }

// slow is more patience than any answer may need: a client that waited longer
// has met a server without a deadline.
const slow = 8 * time.Second
