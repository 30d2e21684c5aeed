package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/kapstone-lms/kapstone/internal/rehearsal"
)

// An examinee is a simulated trainee. All of their requests go out one after
// the other, but for a last save that races the hand-in.
type examinee struct {
	*trainee
	x        *rehearse
	script   *script
	rng      *rand.Rand // of choices; the script has its own, so that it does not depend on them
	page     conn
	journal  rehearsal.Journal
	second   rehearsal.Journal // of the second tab
	attempt  string
	deadline time.Time
	slots    []examSlot
	current  int    // the question that the page shows
	result   result // by the reply to the hand-in; zero without one
	unsure   bool   // whether something sent was kept could not be found out
}

// An examSlot is a question as the examinee keeps it: no words, only what can
// be answered.
type examSlot struct {
	item     string
	right    []string
	wrong    [][]string
	revision int
	response []string // what stands, by the last reply
}

// A result is what a hand-in answers.
type result struct {
	State    string `json:"state"`
	ClosedBy string `json:"closed_by"`
	Correct  int    `json:"correct"`
	Asked    int    `json:"asked"`
}

// run follows the script to its end.
func (e *examinee) run(ctx context.Context) {
	defer e.page.close()
	for {
		d, due := e.script.next()
		at := e.x.began.Add(due)
		if !sleepUntil(ctx, at) {
			return
		}
		switch d {
		case begins:
			if !e.begin(ctx, at) {
				return
			}
		case answers:
			e.current = e.rng.IntN(len(e.slots))
			e.save(ctx, at, e.choose(e.current))
		case autosaves:
			response := e.slots[e.current].response
			if response == nil || e.rng.Float64() < .3 {
				response = e.choose(e.current)
			}
			e.save(ctx, at, response)
		case reloads:
			e.reload(ctx, at)
		case tabs:
			e.otherTab(ctx, at)
		case hands:
			e.hand(ctx, at)
			return
		case stays:
			return
		}
	}
}

func sleepUntil(ctx context.Context, at time.Time) bool {
	t := time.NewTimer(time.Until(at))
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// begin starts the quiz.
func (e *examinee) begin(ctx context.Context, at time.Time) bool {
	r, ok := e.ask(ctx, &e.page, &e.x.starts, at, "POST", "/api/v1/enrollments/"+e.enrollment+"/modules/"+e.x.module+"/attempts", nil)
	if !ok || r.status != 201 && r.status != 200 { // 200: the reply to the first try was lost
		e.x.wrong("start: %d: %.200s", r.status, r.body)
		return false
	}
	s, err := readSheet(r.body)
	var in struct {
		Deadline time.Time `json:"deadline"`
	}
	if err == nil {
		err = json.Unmarshal(r.body, &in)
	}
	if err != nil {
		e.x.wrong("start: %v", err)
		return false
	}
	e.attempt, e.deadline = s.id, in.Deadline
	for _, slot := range s.slots {
		e.slots = append(e.slots, examSlot{item: slot.ID, right: e.x.home.key.Right(slot.question), wrong: e.x.home.key.wrong(slot.question)})
	}
	return true
}

// choose answers a question: right in seven of ten, never the same twice.
func (e *examinee) choose(i int) []string {
	s := &e.slots[i]
	options := append(slices.Clone(s.wrong), s.right)
	if e.rng.Float64() < .7 && s.right != nil && !slices.Equal(s.right, s.response) {
		return s.right
	}
	response := options[e.rng.IntN(len(options))]
	if slices.Equal(response, s.response) {
		response = options[(slices.IndexFunc(options, func(o []string) bool { return slices.Equal(o, response) })+1)%len(options)]
	}
	return slices.Clone(response) // never nil: the empty answer is one too
}

// save saves a response to the question that the page shows. Some replies
// never arrive: the page asks again and must get what it would have got.
func (e *examinee) save(ctx context.Context, at time.Time, response []string) {
	s := &e.slots[e.current]
	body := saveBody(nil, response, s.revision)
	path := savePath(e.attempt, s.item)
	e.journal.Sent(e.attempt, s.item, s.revision+1, response)
	var first []byte
	if e.rng.Float64() < e.script.lostReply {
		first = e.lose(request(nil, "PUT", path, e.access, body))
	}
	r, ok := e.ask(ctx, &e.page, &e.x.saves, at, "PUT", path, body)
	switch {
	case !ok:
		e.unsure = true
	case r.status == 200 && saved(r.body) == s.revision+1:
		s.revision++
		s.response = response
		e.journal.Acked(e.attempt, s.item, s.revision, response)
		if first != nil && !bytes.Equal(first, r.body) {
			e.x.wrong("the same save got %s first and %s when it was sent again", first, r.body)
		}
	default:
		e.x.wrong("save at revision %d: %d: %.200s", s.revision, r.status, r.body)
		e.reload(ctx, time.Now())
	}
}

// lose sends a save and does as if the reply had not come: in one half of the
// cases the connection is cut, in the other the reply is kept, to be compared
// with that to the second try.
func (e *examinee) lose(request []byte) (first []byte) {
	e.x.dropped.Add(1)
	c := conn{addr: e.page.addr}
	defer c.close()
	if e.rng.IntN(2) == 0 {
		if r, err := c.do(request); err == nil && r.status == 200 {
			return bytes.Clone(r.body)
		}
		return nil
	}
	if c.send(request) == nil {
		time.Sleep(time.Duration(e.rng.IntN(3)) * time.Millisecond) // sometimes it is on its way, sometimes written
	}
	return nil
}

// reload asks for the sheet, as a page does that is opened again, and holds it
// against what was acknowledged.
func (e *examinee) reload(ctx context.Context, at time.Time) {
	var c conn
	c.addr = e.page.addr
	defer c.close()
	r, ok := e.ask(ctx, &c, &e.x.resumes, at, "GET", "/api/v1/attempts/"+e.attempt, nil)
	if !ok {
		return
	}
	got, err := readSheet(r.body)
	if r.status != 200 || err != nil {
		e.x.wrong("reload: %d: %v: %.200s", r.status, err, r.body)
		return
	}
	for _, slot := range got.slots {
		i := slices.IndexFunc(e.slots, func(s examSlot) bool { return s.item == slot.ID })
		if i < 0 {
			e.x.wrong("reload: item %s was never asked", slot.ID)
			continue
		}
		s := &e.slots[i]
		if slot.revision != s.revision || s.revision > 0 && !slices.Equal(slot.response, s.response) {
			e.x.stale.Add(1)
			e.x.wrong("reload: item %s stands at revision %d, %v; acknowledged was %d, %v", slot.ID, slot.revision, slot.response, s.revision, s.response)
			s.revision, s.response = slot.revision, slot.response
		}
	}
}

// otherTab saves from a second tab that shows the same question. It saw it
// before its last save, so the first try must be refused with what stands; then
// it saves on top of that. Where nothing was saved yet, both tabs see the same.
func (e *examinee) otherTab(ctx context.Context, at time.Time) {
	c := conn{addr: e.page.addr}
	defer c.close()
	s := &e.slots[e.current]
	response := e.choose(e.current)
	path := savePath(e.attempt, s.item)
	if s.revision > 0 {
		e.second.Sent(e.attempt, s.item, s.revision, response)
		r, ok := e.ask(ctx, &c, &e.x.saves, at, "PUT", path, saveBody(nil, response, s.revision-1))
		if ok && (r.status != 409 || !strings.Contains(string(r.body), "stale_revision") || saved(r.body) != s.revision) {
			e.x.wrong("a stale save on top of %d while %d stands: %d: %.300s", s.revision-1, s.revision, r.status, r.body)
			return
		}
		if !ok {
			return
		}
		e.x.refused.Add(1)
		at = time.Now()
	}
	e.second.Sent(e.attempt, s.item, s.revision+1, response)
	r, ok := e.ask(ctx, &c, &e.x.saves, at, "PUT", path, saveBody(nil, response, s.revision))
	switch {
	case !ok:
		e.unsure = true
	case r.status == 200 && saved(r.body) == s.revision+1:
		s.revision++
		s.response = response
		e.second.Acked(e.attempt, s.item, s.revision, response)
	default:
		e.x.wrong("second tab at revision %d: %d: %.200s", s.revision, r.status, r.body)
	}
}

// hand hands in. With a second tab a last save races it: either it is
// acknowledged and graded, or it is refused.
func (e *examinee) hand(ctx context.Context, at time.Time) {
	var race sync.WaitGroup
	if e.script.tab {
		i := e.rng.IntN(len(e.slots))
		response := e.choose(i)
		race.Go(func() { e.lastSave(ctx, at, &e.slots[i], response) })
	}
	r, ok := e.ask(ctx, &e.page, &e.x.hands, at, "POST", "/api/v1/attempts/"+e.attempt+"/submission", nil)
	race.Wait()
	if !ok {
		e.unsure = true
		return
	}
	e.x.answered(time.Now())
	if err := json.Unmarshal(r.body, &e.result); err != nil || r.status != 200 || e.result.State != "submitted" {
		e.x.wrong("hand in: %d: %.200s", r.status, r.body)
	}
}

func (e *examinee) lastSave(ctx context.Context, at time.Time, s *examSlot, response []string) {
	c := conn{addr: e.page.addr}
	defer c.close()
	e.second.Sent(e.attempt, s.item, s.revision+1, response)
	r, ok := e.ask(ctx, &c, &e.x.saves, at, "PUT", savePath(e.attempt, s.item), saveBody(nil, response, s.revision))
	switch {
	case !ok:
		e.unsure = true
	case r.status == 200 && saved(r.body) == s.revision+1:
		e.second.Acked(e.attempt, s.item, s.revision+1, response)
	case r.status == 409 && strings.Contains(string(r.body), "attempt_closed"):
		e.x.refused.Add(1)
	default:
		e.x.wrong("the last save, at revision %d: %d: %.200s", s.revision, r.status, r.body)
	}
}

// expected is how many questions are right by what was acknowledged.
func (e *examinee) expected() (right int) {
	standing := rehearsal.Standing(e.attempt, &e.journal, &e.second)
	for _, s := range e.slots {
		if response, ok := standing[s.item]; ok && s.right != nil && slices.Equal(response, s.right) {
			right++
		}
	}
	return right
}

// lie is the negative control: it claims an answer that was never sent.
func (e *examinee) lie() {
	s := &e.slots[0]
	e.journal.Acked(e.attempt, s.item, s.revision+1, []string{fmt.Sprintf("never sent at %d", s.revision)})
}
