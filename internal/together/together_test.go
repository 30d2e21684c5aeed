package together

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"
)

func TestWhoComesMeanwhileSharesTheNextCall(t *testing.T) {
	begun, goOn := make(chan []int), make(chan bool)
	a := New(3, time.Minute, func(_ context.Context, all []int) ([]int, error) {
		begun <- slices.Clone(all)
		<-goOn
		twice := make([]int, len(all))
		for i, n := range all {
			twice[i] = 2 * n
		}
		return twice, nil
	})
	var wg sync.WaitGroup
	ask := func(n int) {
		wg.Go(func() {
			if got, err := a.Ask(t.Context(), n); got != 2*n || err != nil {
				t.Errorf("Ask(%d) = %d, %v", n, got, err)
			}
		})
	}
	ask(1)
	if first := <-begun; !slices.Equal(first, []int{1}) {
		t.Fatalf("the first call has %v", first)
	}
	for n := 2; n <= 6; n++ {
		ask(n)
	}
	for queued := 0; queued < 5; { // all five wait while the first is under way
		a.mu.Lock()
		queued = len(a.waiting)
		a.mu.Unlock()
	}
	var sizes []int
	for range 2 {
		goOn <- true
		sizes = append(sizes, len(<-begun))
	}
	goOn <- true
	if wg.Wait(); !slices.Equal(sizes, []int{3, 2}) {
		t.Errorf("calls of %v, want the five in two", sizes)
	}
}

func TestAnErrorIsEverybodys(t *testing.T) {
	broken := errors.New("broken")
	a := New(8, time.Minute, func(context.Context, []int) ([]int, error) { return nil, broken })
	for range 3 { // it is fit for the next
		if _, err := a.Ask(t.Context(), 1); !errors.Is(err, broken) {
			t.Errorf("Ask = %v", err)
		}
	}
}

func TestWhoHasNoTimeDoesNotWait(t *testing.T) {
	goOn := make(chan bool)
	a := New(8, time.Minute, func(_ context.Context, all []int) ([]int, error) { <-goOn; return all, nil })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := a.Ask(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("Ask = %v", err)
	}
	close(goOn)
	if got, err := a.Ask(t.Context(), 2); got != 2 || err != nil {
		t.Errorf("the next Ask = %d, %v", got, err)
	}
}

func TestACallHasItsTime(t *testing.T) {
	a := New(8, time.Millisecond, func(ctx context.Context, _ []int) ([]int, error) { <-ctx.Done(); return nil, ctx.Err() })
	if _, err := a.Ask(t.Context(), 1); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Ask = %v", err)
	}
}
