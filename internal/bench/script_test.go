package bench

import (
	"testing"
	"time"
)

func TestAnExamAsksForWhatThePromisesReckonWith(t *testing.T) {
	const trainees = 400
	s := shapeOf(trainees, 60, 10*time.Minute)
	if s.speed != 6 || s.starting != 10*time.Second || s.handing != time.Second {
		t.Fatalf("shape = %+v", s)
	}
	counts, ends := make(map[deed]int), make(map[deed]int)
	var lates, tabbed int
	for n := range trainees {
		p := scriptOf(&s, 7, n)
		if p.late {
			lates++
		}
		if p.tab {
			tabbed++
		}
		last, began := time.Duration(0), false
		for {
			d, at := p.next()
			if at < last || at > s.length || d == begins && began || d != begins && !began {
				t.Fatalf("trainee %d: deed %d at %s after %s", n, d, at, last)
			}
			last, began = at, true
			if d == begins && !p.late && at > s.starting+1 {
				t.Fatalf("trainee %d starts at %s", n, at)
			}
			counts[d]++
			if d == hands || d == stays {
				ends[d]++
				if at < s.length-s.handing {
					t.Fatalf("trainee %d ends at %s", n, at)
				}
				break
			}
		}
	}
	// In exam time each has a little less than 60 minutes.
	within := func(what string, got int, low, high float64) {
		if per := float64(got) / trainees; per < low || per > high {
			t.Errorf("%s: %.2f for each trainee, want %.2f to %.2f", what, per, low, high)
		}
	}
	within("starts", counts[begins], 1, 1)
	within("answers", counts[answers], 55, 61)
	within("autosaves", counts[autosaves], 225, 241)
	within("reloads", counts[reloads], 5, 7)
	within("second tabs", counts[tabs], .6, 1.9)
	within("silent", ends[stays], .05, .15)
	within("late", lates, .02, .09)
	within("with a second tab", tabbed, .05, .15)
}

func TestTheSameSeedGivesTheSameExam(t *testing.T) {
	s := shapeOf(10, 60, time.Minute)
	one, two, other := scriptOf(&s, 7, 3), scriptOf(&s, 7, 3), scriptOf(&s, 8, 3)
	differs := false
	for range 50 {
		d1, at1 := one.next()
		d2, at2 := two.next()
		if d1 != d2 || at1 != at2 {
			t.Fatalf("%d at %s, and %d at %s", d1, at1, d2, at2)
		}
		if _, at := other.next(); at != at1 {
			differs = true
		}
		if d1 == hands || d1 == stays {
			break
		}
	}
	if !differs {
		t.Error("another seed gives the same exam")
	}
}

func TestBurstsGrowWithTheCrowd(t *testing.T) {
	for _, tt := range []struct {
		n                 int
		starting, handing time.Duration
	}{{500, 10 * time.Second, time.Second}, {2000, 10 * time.Second, 5 * time.Second}, {20_000, 100 * time.Second, 50 * time.Second}} {
		if s := shapeOf(tt.n, 60, time.Hour); s.starting != tt.starting || s.handing != tt.handing {
			t.Errorf("%d trainees start within %s and hand in within %s, want %s, %s", tt.n, s.starting, s.handing, tt.starting, tt.handing)
		}
	}
	if s := shapeOf(30, 10, 8*time.Second); s.starting != 2*time.Second || s.handing != time.Second {
		t.Errorf("a short exam: %+v", s)
	}
}
