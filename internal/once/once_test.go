package once_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
	"github.com/kapstone-lms/kapstone/internal/once"
)

var digest = strings.Repeat("a", 64)

func request(t *testing.T, person, key, digest string) context.Context {
	ctx := access.With(t.Context(), access.Actor{ID: person})
	return once.With(ctx, once.Key{Key: key, Digest: digest})
}

func claim(ctx context.Context, d *db.DB, id string) (object string, again bool, err error) {
	err = d.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		object, again, err = once.Claim(ctx, tx, time.Unix(1, 0), id)
		return err
	})
	return object, again, err
}

// CHECKS QZ-08.
func TestTheSameKeyFindsTheFirstObject(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for _, tt := range []struct {
			name   string
			ctx    context.Context
			id     string
			object string
			again  bool
			err    error
		}{
			{"the first time", request(t, "p", "k", digest), "1", "1", false, nil},
			{"again", request(t, "p", "k", digest), "2", "1", true, nil},
			{"with another body", request(t, "p", "k", strings.Repeat("b", 64)), "3", "", false, once.ErrReused},
			{"by somebody else", request(t, "q", "k", digest), "4", "4", false, nil},
			{"without a key", request(t, "p", "", digest), "5", "5", false, nil},
			{"outside a request", t.Context(), "6", "6", false, nil},
		} {
			object, again, err := claim(tt.ctx, d, tt.id)
			if object != tt.object || again != tt.again || !errors.Is(err, tt.err) {
				t.Errorf("%s: Claim = %q, %v, %v; want %q, %v, %v", tt.name, object, again, err, tt.object, tt.again, tt.err)
			}
		}
	})
}

func TestTwentyAtOnceHaveOneEffect(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var firsts atomic.Int32
		var objects sync.Map
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				object, again, err := claim(request(t, "p", "k", digest), d, db.NewID())
				if err != nil {
					t.Error(err)
				}
				if !again {
					firsts.Add(1)
				}
				objects.Store(object, true)
			})
		}
		wg.Wait()
		n := 0
		objects.Range(func(any, any) bool { n++; return true })
		if firsts.Load() != 1 || n != 1 {
			t.Errorf("%d first times and %d objects, want one each", firsts.Load(), n)
		}
	})
}

func TestADeedRolledBackFreesItsKey(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		no := errors.New("no")
		ctx := request(t, "p", "k", digest)
		err := d.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
			_, _, err := once.Claim(ctx, tx, time.Unix(1, 0), "1")
			return errors.Join(err, no)
		})
		if !errors.Is(err, no) {
			t.Fatal(err)
		}
		if object, again, err := claim(ctx, d, "2"); object != "2" || again || err != nil {
			t.Errorf("Claim = %q, %v, %v; want a first time", object, again, err)
		}
	})
}
