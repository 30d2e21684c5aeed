package identity

import (
	"context"
	"errors"
	"math"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestAHashIsAPHCStringAtTodaysCost(t *testing.T) {
	h := newHasher(today)
	got, err := h.hash(t.Context(), good)
	if err != nil || !regexp.MustCompile(`^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$`).MatchString(got) {
		t.Fatalf("hash = %q, %v", got, err)
	}
	for password, want := range map[string]bool{good: true, another: false, "": false, good + " ": false} {
		if ok, weak, err := h.matches(t.Context(), password, got); ok != want || weak || err != nil {
			t.Errorf("matches(%q) = %v, weak %v, %v; want %v", password, ok, weak, err, want)
		}
	}
	if again, _ := h.hash(t.Context(), good); again == got {
		t.Error("two hashes of one password are the same")
	}
}

func TestEveryByteOfAPasswordCounts(t *testing.T) {
	h := newHasher(quick)
	long := strings.Repeat("a", 79)
	stored, err := h.hash(t.Context(), long+"b")
	if err != nil {
		t.Fatal(err)
	}
	if ok, _, _ := h.matches(t.Context(), long+"c", stored); ok {
		t.Error("a password that differs at byte 80 matches")
	}
	decomposed, composed := "cafe\u0301 on the quiet corner", "caf\u00e9 on the quiet corner"
	if stored, err = h.hash(t.Context(), decomposed); err != nil {
		t.Fatal(err)
	}
	if ok, _, _ := h.matches(t.Context(), composed, stored); !ok {
		t.Error("the composed form of a decomposed password does not match")
	}
}

func TestNobodysHashMatchesNothing(t *testing.T) {
	h := newHasher(quick)
	for _, password := range []string{"", "\x00", good, strings.Repeat("x", maxBytes+1)} {
		if ok, _, err := h.matches(t.Context(), password, ""); ok || err != nil {
			t.Errorf("matches(%.20q, nobody) = %v, %v", password, ok, err)
		}
	}
	h.nobodys.key = h.nobodys.of("") // even if somebody found its password
	if ok, _, _ := h.matches(t.Context(), "", ""); ok {
		t.Error("the password of nobody's hash signs nobody in")
	}
}

func TestAnEndlessPasswordIsNotHashed(t *testing.T) {
	h := newHasher(quick)
	huge := strings.Repeat("x", maxBytes+1)
	stored, err := h.hash(t.Context(), huge)
	if err != nil {
		t.Fatal(err)
	}
	if ok, _, err := h.matches(t.Context(), huge, stored); ok || err != nil {
		t.Errorf("matches(%d bytes) = %v, %v; want a plain no", len(huge), ok, err)
	}
}

func TestAWeakerHashIsSeen(t *testing.T) {
	old, err := newHasher(cost{memory: 64, passes: 1, lanes: 1}).hash(t.Context(), good)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		now  cost
		weak bool
	}{
		{cost{64, 1, 1}, false}, {cost{32, 1, 1}, false}, {cost{65, 1, 1}, true}, {cost{64, 2, 1}, true}, {cost{64, 1, 2}, true},
	} {
		ok, weak, err := newHasher(tt.now).matches(t.Context(), good, old)
		if !ok || weak != tt.weak || err != nil {
			t.Errorf("with %+v: matches = %v, weak %v, %v; want weak %v", tt.now, ok, weak, err, tt.weak)
		}
	}
}

func FuzzOnlyOurOwnHashesAreRead(f *testing.F) {
	p := phc{quick, make([]byte, saltSize), make([]byte, keySize)}
	for _, seed := range []string{
		p.String(), "", "$", "$argon2id$v=19$m=64,t=1,p=1$$", "$argon2i" + p.String()[9:], strings.Replace(p.String(), "v=19", "v=16", 1),
		strings.Replace(p.String(), "m=64", "m=+64", 1), strings.Replace(p.String(), "m=64", "m=4294967295", 1),
		strings.Replace(p.String(), "t=1", "t=0", 1), strings.Replace(p.String(), "p=1", "p=0", 1), p.String() + "$", p.String() + "=",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := parsePHC(s)
		if err != nil {
			if !errors.Is(err, errHash) {
				t.Errorf("parsePHC(%q) = %v", s, err)
			}
			return
		}
		if p.String() != s || p.memory > 1<<20 || p.passes < 1 || p.passes > 16 || p.lanes < 1 || p.lanes > 16 {
			t.Errorf("parsePHC(%q) = %+v", s, p)
		}
	})
}

func TestABadHashInTheDatabaseIsOurFailure(t *testing.T) {
	if _, _, err := newHasher(quick).matches(t.Context(), good, "$2a$10$abc"); !errors.Is(err, errHash) {
		t.Errorf("matches = %v, want errHash", err)
	}
}

func TestNoMoreHashesAtOnceThanCores(t *testing.T) {
	h := newHasher(quick)
	h.wait = time.Minute
	var now, most atomic.Int32
	var wg sync.WaitGroup
	for range queueLength {
		wg.Go(func() {
			if err := h.seated(t.Context(), func() {
				n := now.Add(1)
				for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
				}
				runtime.Gosched()
				now.Add(-1)
			}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := most.Load(); n > int32(runtime.NumCPU()) {
		t.Errorf("%d at once on %d cores", n, runtime.NumCPU())
	}
}

func TestAFullQueueRefusesAtOnce(t *testing.T) {
	h := newHasher(quick)
	h.wait = time.Minute
	release := h.occupy(t, runtime.NumCPU())
	done := make(chan error, queueLength)
	for range queueLength {
		go func() { done <- h.seated(context.Background(), func() {}) }()
	}
	for len(h.places) < cap(h.places) {
		runtime.Gosched()
	}
	if err := h.seated(t.Context(), func() {}); !errors.Is(err, ErrBusy) {
		t.Errorf("the one too many: %v, want ErrBusy", err)
	}
	release()
	for range queueLength {
		if err := <-done; err != nil {
			t.Errorf("one who waited: %v", err)
		}
	}
}

func TestWhoWaitsTooLongIsRefused(t *testing.T) {
	h := newHasher(quick)
	defer h.occupy(t, runtime.NumCPU())()
	h.wait = time.Millisecond
	if err := h.seated(t.Context(), func() {}); !errors.Is(err, ErrBusy) {
		t.Errorf("after the wait: %v, want ErrBusy", err)
	}
	h.wait = time.Minute
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := h.seated(ctx, func() {}); !errors.Is(err, ErrBusy) || !errors.Is(err, context.Canceled) {
		t.Errorf("a caller who has gone: %v, want ErrBusy because of it", err)
	}
}

// occupy takes n seats until the function it returns is called.
func (h *hasher) occupy(t *testing.T, n int) (release func()) {
	t.Helper()
	begun, stop := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			if err := h.seated(context.Background(), func() { begun <- struct{}{}; <-stop }); err != nil {
				t.Error(err)
			}
		})
		<-begun
	}
	return func() { close(stop); wg.Wait() }
}

// readable is five words in which consonants and vowels alternate.
var readable = regexp.MustCompile(`^(-?\b[^aiou-][aiou][^aiou-][aiou][^aiou-]\b){5}$`)

func TestAMadeUpPasswordHas80BitsAndPassesOurOwnRules(t *testing.T) {
	if bits := 5 * (3*math.Log2(float64(len(consonants))) + 2*math.Log2(float64(len(vowels)))); bits < 80 {
		t.Errorf("a made-up password has %.1f bits, want 80", bits)
	}
	s := new(Service)
	seen := make(map[string]bool)
	letters := make(map[rune]bool)
	for range 200 {
		p := makePassword()
		if !readable.MatchString(p) {
			t.Fatalf("makePassword = %q", p)
		}
		if err := s.checkPassword(p, "ada@example.org", "Ada Quist"); err != nil {
			t.Errorf("checkPassword(%q) = %v", p, err)
		}
		seen[p] = true
		for _, r := range p {
			letters[r] = true
		}
	}
	if len(seen) != 200 || len(letters) != len(consonants)+len(vowels)+1 {
		t.Errorf("%d different passwords of %d letters, want 200 of %d", len(seen), len(letters), len(consonants)+len(vowels)+1)
	}
}
