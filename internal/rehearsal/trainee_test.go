package rehearsal

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// A sheet is an attempt as its trainee sees it, open or handed in.
type sheet struct {
	ID       string             `json:"id"`
	State    string             `json:"state"`
	Deadline time.Time          `json:"deadline"`
	Items    []item             `json:"items"`
	Answers  map[string]written `json:"answers"`
	ClosedBy string             `json:"closed_by"`
	Correct  int                `json:"correct"`
}

type written struct {
	Response []string `json:"response"`
	Revision int      `json:"revision"`
}

// An item is a question as it is asked.
type item struct {
	ID      string   `json:"id"`
	Kind    string   `json:"kind"`
	Stem    string   `json:"stem"`
	Prompts []choice `json:"prompts"`
	Options []choice `json:"options"`
}

type choice struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

// option returns the id of the option with a text, or "".
func (i item) option(text string) string {
	if n := slices.IndexFunc(i.Options, func(c choice) bool { return c.Text == text }); n >= 0 {
		return i.Options[n].ID
	}
	return ""
}

// choose returns the n-th of the answers of one part that can be given; where
// it is written and not chosen, a number.
func (i item) choose(n int) []string {
	if len(i.Options) == 0 {
		return []string{strconv.Itoa(n + 1)}
	}
	id := i.Options[n%len(i.Options)].ID
	if len(i.Prompts) > 0 {
		id = i.Prompts[0].ID + ":" + id
	}
	return []string{id}
}

// A trainee takes a quiz and writes down what was acknowledged.
type trainee struct {
	client
	seat
	journal Journal
	tally   *tally
	url     func() string // of the process to ask next
	pace    time.Duration // between two saves
	rng     *rand.Rand

	revision map[string]int // by item, as far as is known
	pending  *save          // sent, and its fate not known
	lastAck  atomic.Int64   // when, in nanoseconds
}

// A save is one answer on its way.
type save struct {
	item     string
	response []string
	revision int // the one it replaces
}

func newTrainee(st seat, tl *tally, url func() string, seed uint64) *trainee {
	tr := &trainee{seat: st, tally: tl, url: url, rng: rand.New(rand.NewPCG(seed, seed)), revision: make(map[string]int)}
	tr.client = client{person: &tr.seat.person, http: newHTTP()}
	return tr
}

// A stubbornness says what a trainee does about a save whose fate is unknown.
type stubbornness int

const (
	givesUp stubbornness = iota // and saves nothing more, so that no later save hides a loss
	repeats                     // until it learns it
)

// work saves one answer after another until ctx ends. A trainee who repeats
// does not leave before the fate of the last save is known.
func (tr *trainee) work(ctx context.Context, how stubbornness) {
	for ctx.Err() == nil {
		it := tr.items[tr.rng.IntN(len(tr.items))]
		s := save{it.ID, it.choose(tr.revision[it.ID] + tr.rng.IntN(3)), tr.revision[it.ID]}
		if tr.pending != nil {
			s = *tr.pending
		}
		if !tr.put(s, how) {
			return
		}
		if tr.pace > 0 {
			select {
			case <-ctx.Done():
			case <-time.After(tr.pace):
			}
		}
	}
}

// put saves one answer and reports whether it was acknowledged.
func (tr *trainee) put(s save, how stubbornness) bool {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute+pick(0, time.Minute))
	defer cancel()
	tr.pending = &s
	tr.journal.Sent(tr.attempt, s.item, s.revision+1, s.response)
	for {
		r := tr.ask(ctx, tr.url(), "PUT", "/attempts/"+tr.attempt+"/answers/"+s.item, "", map[string]any{"response": s.response, "revision": s.revision})
		switch {
		case r.status == http.StatusOK && r.err == nil:
			tr.acknowledged(s, r)
			return true
		case !r.unknown():
			tr.tally.wrong("%s: save %+v answered %v", tr.seat, s, r)
			return false
		}
		tr.tally.refuse(r)
		if how == givesUp || ctx.Err() != nil {
			return false
		}
		<-time.After(again)
	}
}

// acknowledged notes what the server said, and sees that it said it to this
// request.
func (tr *trainee) acknowledged(s save, r reply) {
	var saved struct{ Revision int }
	if err := json.Unmarshal(r.body, &saved); err != nil || saved.Revision != s.revision+1 {
		tr.tally.wrong("%s: save %+v was told revision %d (%v): the answer to another request", tr.seat, s, saved.Revision, err)
		return
	}
	tr.journal.Acked(tr.attempt, s.item, saved.Revision, s.response)
	tr.revision[s.item], tr.pending = saved.Revision, nil
	tr.lastAck.Store(time.Now().UnixNano())
	tr.tally.acked(r.took)
}

// settle brings every item to its last answer: of a single choice the one that
// stands, and nothing on any other, so that the score can be foretold.
func (tr *trainee) settle() bool {
	if tr.pending != nil && !tr.put(*tr.pending, repeats) {
		return false
	}
	for _, it := range tr.items {
		s := save{it.ID, []string{}, tr.revision[it.ID]}
		if it.Kind != "single" && !tr.put(s, repeats) {
			return false
		}
	}
	return true
}

// A tally is what all trainees of an exam met.
type tally struct {
	mu       sync.Mutex
	saves    int
	latency  []time.Duration // of the saves acknowledged since the last mark
	refused  []reply
	faults   []string
	enough   chan struct{} // closed when saves reaches want
	want     int
	statuses map[int]int
}

func newTally() *tally { return &tally{statuses: make(map[int]int)} }

func (tl *tally) acked(took time.Duration) {
	tl.mu.Lock()
	defer tl.mu.Unlock()
	tl.saves++
	tl.latency = append(tl.latency, took)
	if tl.enough != nil && tl.saves >= tl.want {
		close(tl.enough)
		tl.enough = nil
	}
}

func (tl *tally) refuse(r reply) {
	tl.mu.Lock()
	defer tl.mu.Unlock()
	tl.refused = append(tl.refused, r)
	tl.statuses[r.status]++
}

// wrong notes an answer that nobody may get.
func (tl *tally) wrong(format string, args ...any) {
	tl.mu.Lock()
	defer tl.mu.Unlock()
	if len(tl.faults) < 20 {
		tl.faults = append(tl.faults, fmt.Sprintf(format, args...))
	}
}

// after returns a channel that is closed when n more saves are acknowledged.
func (tl *tally) after(n int) <-chan struct{} {
	tl.mu.Lock()
	defer tl.mu.Unlock()
	tl.want, tl.enough = tl.saves+n, make(chan struct{})
	return tl.enough
}

// mark forgets latencies and refusals, to look at the next part by itself.
func (tl *tally) mark() {
	tl.mu.Lock()
	defer tl.mu.Unlock()
	tl.latency, tl.refused, tl.statuses = nil, nil, make(map[int]int)
}

// A look is what a tally holds at one moment.
type look struct {
	saves   int
	latency []time.Duration // in order of length
	refused []reply
	status  map[int]int
}

func (tl *tally) look() look {
	tl.mu.Lock()
	defer tl.mu.Unlock()
	l := look{tl.saves, slices.Clone(tl.latency), slices.Clone(tl.refused), make(map[int]int)}
	for s, n := range tl.statuses {
		l.status[s] = n
	}
	slices.Sort(l.latency)
	return l
}

// at returns the latency that a share of the saves did not exceed.
func (l look) at(share float64) time.Duration {
	if len(l.latency) == 0 {
		return 0
	}
	return l.latency[min(len(l.latency)-1, int(share*float64(len(l.latency))))]
}
