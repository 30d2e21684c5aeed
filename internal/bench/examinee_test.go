package bench

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kapstone-lms/kapstone/internal/rehearsal"
)

// exercise lets an examinee do a little of everything.
func exercise(ctx context.Context, e *examinee) {
	now := time.Now
	if !e.begin(ctx, now()) {
		return
	}
	for i := range e.slots {
		e.current = i
		e.save(ctx, now(), e.choose(i))
		if i%2 == 0 {
			e.save(ctx, now(), e.slots[i].right) // a last save may undo one of them
		} else {
			e.save(ctx, now(), e.choose(i))
		}
	}
	e.reload(ctx, now())
	for range 4 {
		e.otherTab(ctx, now())
	}
	e.hand(ctx, now())
}

func TestAnExamineeHasNothingAgainstAGoodProduct(t *testing.T) {
	p, e := newProduct(t)
	e.x.shape.lostReply = 1 // of every save
	e.script.tab = true
	exercise(t.Context(), e)
	if e.x.wrongs > 0 || e.unsure || e.result.State != "submitted" {
		t.Errorf("wrongs %q, unsure %t, result %+v", e.x.samples, e.unsure, e.result)
	}
	if int(e.x.dropped.Load()) != 2*len(e.slots) || e.x.refused.Load() < 4 || e.x.saves.calm.Count() < 2*len(e.slots) || e.x.hands.calm.Count() != 1 {
		t.Errorf("%d replies dropped, %d saves refused, %d measured", e.x.dropped.Load(), e.x.refused.Load(), e.x.saves.calm.Count())
	}
	right := 0
	for i, q := range p.items {
		if k := p.standing[q.ID]; k.revision > 0 && slices.Equal(k.response, e.slots[i].right) {
			right++
		}
	}
	if got := e.expected(); got != right || right == 0 {
		t.Errorf("expected = %d right answers, the product holds %d", got, right)
	}
	for item, response := range rehearsal.Standing("a1", &e.journal, &e.second) {
		if k := p.standing[item]; !slices.Equal(k.response, response) {
			t.Errorf("the journals say that %s stands at %v, the product has %v", item, response, k.response)
		}
	}
}

func TestAnExamineeNoticesWhatMustNotBe(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spoil func(p *product, e *examinee)
		says  string
	}{
		{"a stale save that is saved", func(p *product, _ *examinee) { p.takesStale = true }, "a stale save"},
		{"an older answer on reload", func(p *product, _ *examinee) { p.staleAnswer = true }, "reload: item"},
		{"another reply to the same save", func(p *product, e *examinee) { p.freshReplay = true; e.x.shape.lostReply = 1 }, "sent again"},
		{"a hand-in that fails", func(p *product, _ *examinee) { p.breaksHandIn = true }, "hand in: 500"},
		{"a closed attempt", func(p *product, _ *examinee) { p.closed = true }, "attempt_closed"},
	} {
		p, e := newProduct(t)
		tt.spoil(p, e)
		exercise(t.Context(), e)
		if e.x.wrongs == 0 || !strings.Contains(strings.Join(e.x.samples, "\n"), tt.says) {
			t.Errorf("%s: noticed only %q", tt.name, e.x.samples)
		}
	}
}

func TestAClientThatIsTurnedAwayAsksAgainForTheSame(t *testing.T) {
	p, e := newProduct(t)
	if !e.begin(t.Context(), time.Now()) {
		t.Fatal(e.x.samples)
	}
	p.busy = 3
	e.save(t.Context(), time.Now(), e.choose(0))
	if e.slots[0].revision != 1 || p.standing["i0"].revision != 1 || e.x.wrongs > 0 {
		t.Errorf("after 503 the answer stands at %d, here at %d: %q", p.standing["i0"].revision, e.slots[0].revision, e.x.samples)
	}
	if e.x.outage.retries.Load() != 3 || e.x.outage.span() == 0 || e.x.saves.stormy.Count() != 1 || e.x.saves.calm.Count() != 0 {
		t.Errorf("%d retries, %d s of outage, %d saves in it and %d outside", e.x.outage.retries.Load(), e.x.outage.span(), e.x.saves.stormy.Count(), e.x.saves.calm.Count())
	}
}

func TestATokenThatEndedIsRenewed(t *testing.T) {
	for _, ended := range []bool{false, true} {
		p, e := newProduct(t)
		p.expired, p.endedSession = true, ended
		if !e.begin(t.Context(), time.Now()) || e.x.wrongs > 0 {
			t.Fatalf("session ended %t: %q", ended, e.x.samples)
		}
		if want := map[bool]string{false: "second", true: "third"}[ended]; e.access != want || p.refresh != 1 || e.x.renewed.Load() != 1 {
			t.Errorf("session ended %t: token %q after %d refreshes, want %q", ended, e.access, p.refresh, want)
		}
	}
}

func TestAnExamineeFollowsTheScript(t *testing.T) {
	p, e := newProduct(t)
	shape := shapeOf(1, 10, 2*time.Second)
	e.x.shape, e.x.began = shape, time.Now()
	e.script = scriptOf(&e.x.shape, 3, 2)
	e.run(t.Context())
	if e.x.wrongs > 0 || p.seen < 20 || e.attempt != "a1" {
		t.Errorf("%d requests in 2 s, wrongs %q", p.seen, e.x.samples)
	}
	if _, silent := e.script.at[stays], e.script.at[stays] > 0; silent == (e.result.State == "submitted") {
		t.Errorf("silent %t, handed in as %+v", silent, e.result)
	}
	if took := time.Since(e.x.began); took < time.Second || took > 5*time.Second {
		t.Errorf("an exam of 2 s took %s", took)
	}
}

func TestConnectionsAreShared(t *testing.T) {
	_, e := newProduct(t)
	e.x.pool = make(chan *conn, 1)
	shared := &conn{addr: e.page.addr}
	e.x.pool <- shared
	defer shared.close()
	exercise(t.Context(), e)
	if e.page.c != nil || shared.c == nil || len(e.x.pool) != 1 || e.x.wrongs > 0 {
		t.Errorf("own connection %v, shared one %v, %d in the pool: %q", e.page.c, shared.c, len(e.x.pool), e.x.samples)
	}
}

func TestAGradeIsHeldAgainstTheJournal(t *testing.T) {
	_, e := newProduct(t)
	exercise(t.Context(), e)
	right := e.expected()
	good := graded{"submitted", "trainee", right, len(e.slots)}
	e.result = result{"submitted", "trainee", right, len(e.slots)}
	for _, tt := range []struct {
		name              string
		g                 graded
		unsure            bool
		wrong, unresolved int
	}{
		{"as it should be", good, false, 0, 0},
		{"one point too few", graded{"submitted", "trainee", right - 1, len(e.slots)}, false, 1, 0},
		{"still open", graded{state: "open", correct: -1, asked: -1}, false, 1, 0},
		{"closed by the clock", graded{"submitted", "deadline", right, len(e.slots)}, false, 1, 0},
		{"in doubt", graded{"submitted", "trainee", right - 1, len(e.slots)}, true, 0, 1},
		{"not there", graded{}, false, 1, 0},
	} {
		var r ExamReport
		e.unsure = tt.unsure
		if r.grade(e, tt.g); r.Wrong != tt.wrong || r.Unresolved != tt.unresolved {
			t.Errorf("%s: %d wrong, %d in doubt; want %d, %d", tt.name, r.Wrong, r.Unresolved, tt.wrong, tt.unresolved)
		}
	}
	e.unsure, e.result.Correct = false, right+1
	var r ExamReport
	if r.grade(e, good); r.Wrong != 1 {
		t.Error("a trainee who was told another score was not noticed")
	}
}
