package identity

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/db"
)

func (h *house) refresh(tokens Tokens) Tokens {
	h.t.Helper()
	next, err := h.Refresh(h.from(home), tokens.Refresh)
	if err != nil {
		h.t.Fatalf("Refresh: %v", err)
	}
	return next
}

func TestARefreshGivesTheNextPair(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		first := h.signIn(h.person("Noor Vance"))
		before := access.From(h.with(first))
		h.clock.advance(9 * time.Minute)
		next := h.refresh(first)
		if next.Access == first.Access || next.Refresh == first.Refresh || next.ExpiresIn != accessLife {
			t.Errorf("the next pair is %+v", next)
		}
		after := access.From(h.with(next))
		if after.Session != before.Session || after.SinceSignIn != 9*time.Minute {
			t.Errorf("the actor is %+v, want the same session and no fresher a proof", after)
		}
		h.with(first) // the old access token lives out its ten minutes
	})
}

// CHECKS AU-06: a token that comes again was stolen, now or before.
func TestAReplayEndsTheSession(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		p := h.person("Noor Vance")
		other, first := h.signIn(p), h.signIn(p)
		next := h.refresh(first)
		session := access.From(h.with(next)).Session
		_, err := h.Refresh(h.from(abroad), first.Refresh)
		wants(t, "the replay", err, ErrRefresh)
		h.dead("after the replay", next, first)
		h.with(other) // the person's other device goes on
		e := h.entries("session.replayed")
		if len(e) != 1 || e[0].Object != session || details(t, e[0])["person"] != p.ID || e[0].Address != abroad {
			t.Errorf("the ledger says %+v", e)
		}
	})
}

func TestAReplayIsSeenLateAndByAnotherProcess(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		first := h.signIn(h.person("Noor Vance"))
		last := first
		for range 3 {
			h.clock.advance(24 * time.Hour)
			last = h.refresh(last)
		}
		other := h.restarted()
		_, err := other.Refresh(other.from(abroad), first.Refresh)
		wants(t, "the replay of the first", err, ErrRefresh)
		h.clock.advance(time.Second)
		h.dead("after the replay", last)
	})
}

// Two tabs of one page that ask at once are no theft: one gets the pair, and
// it is good.
func TestOfTwentyAtOnceOneGetsThePair(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		p := h.person("Noor Vance")
		for range 3 {
			first := h.signIn(p)
			var mu sync.Mutex
			var got []Tokens
			var wg sync.WaitGroup
			ready := make(chan struct{})
			for range 20 {
				wg.Go(func() {
					<-ready
					tokens, err := h.Refresh(h.from(home), first.Refresh)
					mu.Lock()
					defer mu.Unlock()
					if err == nil {
						got = append(got, tokens)
					} else if !errors.Is(err, ErrRefresh) {
						t.Errorf("Refresh = %v, want ErrRefresh", err)
					}
				})
			}
			close(ready)
			wg.Wait()
			if len(got) != 1 {
				t.Fatalf("%d pairs, want 1", len(got))
			}
			if len(h.entries("session.replayed")) == 0 {
				h.refresh(got[0])
			}
		}
	})
}

// The rule by which calls that overlap are told from a replay, without luck:
// a second call is under way when the first one wins.
func TestACallThatWasUnderWayIsNoReplay(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		first := h.signIn(h.person("Noor Vance"))
		hash := refreshDigest(first.Refresh)
		fl := h.flights.board(hash) // the other call
		next := h.refresh(first)
		_, err := h.Refresh(h.from(home), first.Refresh)
		wants(t, "a third that overlaps the other", err, ErrRefresh)
		h.with(next)
		h.flights.leave(hash, fl)
		if len(h.flights.all) != 0 {
			t.Errorf("%d flights are kept when all have landed", len(h.flights.all))
		}
		_, err = h.Refresh(h.from(home), first.Refresh)
		wants(t, "the replay", err, ErrRefresh)
		h.dead("after the replay", next)
	})
}

func TestARefreshTokenThatIsNoneIsRefused(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		tokens := h.signIn(h.person("Noor Vance"))
		for _, token := range []string{"", "x", "\x00", "\xff", tokens.Access, tokens.Refresh + "x", tokens.Refresh[:42], refreshDigest(tokens.Refresh), strings.Repeat("a", 1<<20)} {
			_, err := h.Refresh(h.from(home), token)
			wants(t, fmt.Sprintf("Refresh(%.50q)", token), err, ErrRefresh)
		}
		h.with(h.refresh(tokens))
	})
}

func TestOnlyDigestsOfTokensAreStored(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		tokens := h.signIn(h.person("Noor Vance"))
		var hashes []string
		if err := h.db.NewRaw(`SELECT hash FROM refresh_tokens`).Scan(t.Context(), &hashes); err != nil {
			t.Fatal(err)
		}
		if len(hashes) != 1 || hashes[0] != refreshDigest(tokens.Refresh) || strings.Contains(hashes[0], tokens.Refresh) {
			t.Errorf("stored: %q", hashes)
		}
	})
}

func TestHowLongSessionsLive(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		for name, tt := range map[string]struct {
			grants     []access.Grant
			idle, most time.Duration
		}{
			"nobody in particular": {nil, 14 * 24 * time.Hour, 30 * 24 * time.Hour},
			"a trainee":            {[]access.Grant{role(access.Trainee, "kap")}, 14 * 24 * time.Hour, 30 * 24 * time.Hour},
			"an instructor":        {[]access.Grant{role(access.Instructor, "kap")}, time.Hour, 12 * time.Hour},
			"both":                 {[]access.Grant{role(access.Trainee, "kap"), role(access.Clearer, "")}, time.Hour, 12 * time.Hour},
		} {
			p := h.person(name, tt.grants...)
			idle := h.signIn(p)
			h.clock.advance(tt.idle)
			_, err := h.Refresh(h.from(home), idle.Refresh)
			wants(t, name+", idle for too long: Refresh", err, ErrRefresh)

			busy := h.signIn(p)
			began := h.clock.Now()
			step := tt.idle - time.Minute
			for h.clock.Now().Add(step).Sub(began) < tt.most {
				h.clock.advance(step)
				busy = h.refresh(busy)
			}
			h.clock.advance(began.Add(tt.most - time.Minute).Sub(h.clock.Now()))
			busy = h.refresh(busy)
			if busy.ExpiresIn != time.Minute {
				t.Errorf("%s: the last access token lives %v, want what is left of the session", name, busy.ExpiresIn)
			}
			h.clock.advance(time.Minute)
			h.dead(name+", at the end", busy)
		}
	})
}

// CHECKS AU-07.
func TestSigningOutEndsThisSessionOnly(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		p := h.person("Noor Vance")
		first, other := h.signIn(p), h.signIn(p)
		next := h.refresh(first)
		ctx := h.with(next)
		elsewhere := h.restarted()
		elsewhere.with(next) // another process remembers it
		for range 2 {
			wants(t, "Logout", h.Logout(ctx), nil)
		}
		h.dead("after signing out", first, next)
		h.clock.advance(time.Second)
		if _, err := elsewhere.Authenticate(t.Context(), next.Access); !errors.Is(err, access.ErrSignIn) {
			t.Errorf("another process, a second later: %v, want ErrSignIn", err)
		}
		h.with(other)
		wants(t, "a stranger: Logout", h.Logout(h.from(home)), access.ErrSignIn)
		if e := h.entries("session.closed"); len(e) != 1 || e[0].Object != access.From(ctx).Session || e[0].ActorID != p.ID {
			t.Errorf("the ledger says %+v", e)
		}
	})
}

func TestNobodySignsAnotherOut(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		tokens := h.signIn(h.person("Noor Vance"))
		wants(t, "Logout of no session", h.Logout(h.acting(h.boss)), nil)
		h.with(tokens)
	})
}

func TestASessionIsReadAgainAfterASecond(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		p := h.person("Noor Vance")
		tokens := h.signIn(p)
		h.with(tokens)
		other := h.restarted()
		if _, err := other.Update(h.admin, p.ID, Change{Name: ptr("Noor New"), Version: 1}); err != nil {
			t.Fatal(err)
		}
		if got := access.From(h.with(tokens)).Name; got != "Noor Vance" {
			t.Errorf("within the second the name is %q: nothing is remembered", got)
		}
		h.clock.advance(time.Second)
		if got := access.From(h.with(tokens)).Name; got != "Noor New" {
			t.Errorf("a second later the name is %q", got)
		}
		h.clock.advance(-time.Hour) // a clock that is set back must not keep it for an hour
		if _, ok := h.standing.find(access.From(h.with(tokens)).Session); !ok {
			t.Fatal("nothing is remembered")
		}
		if st, _ := h.standing.find(access.From(h.with(tokens)).Session); !st.read.Equal(h.clock.Now()) {
			t.Errorf("it was read at %v, the clock says %v", st.read, h.clock.Now())
		}
	})
}

func TestASessionOfNobodyIsRefused(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		p := h.person("Noor Vance")
		tokens := h.signIn(p)
		end := db.At(start.Add(time.Hour))
		for name, se := range map[string]*session{
			"a session that is not there":  {ID: db.NewID(), PersonID: p.ID, ExpiresAt: end},
			"a session of somebody else's": {ID: access.From(h.with(tokens)).Session, PersonID: h.boss.ID, ExpiresAt: end},
		} {
			token, err := h.mint(se, start)
			if err != nil {
				t.Fatal(err)
			}
			_, err = h.Authenticate(t.Context(), token)
			wants(t, name+": Authenticate", err, access.ErrSignIn)
		}
	})
}

func TestExpiredSessionsAreRemovedAtTheNextSignIn(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		p := h.person("Noor Vance")
		h.refresh(h.signIn(p))
		h.signIn(h.boss)
		h.clock.advance(31 * 24 * time.Hour)
		h.signIn(p)
		for table, want := range map[string]int{"sessions": 2, "refresh_tokens": 2} {
			var n int
			if err := h.db.NewRaw(`SELECT count(*) FROM `+table).Scan(t.Context(), &n); err != nil || n != want {
				t.Errorf("%s has %d rows (%v), want %d: the new one and another person's", table, n, err, want)
			}
		}
	})
}
