package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// A scenario is one thing to measure.
type scenario struct {
	name string
	what string // in a few words, for the tables
	// once says that every trainee has one turn and the run is over when all
	// had it; otherwise it lasts as long as was asked for.
	once bool
	// each is how many requests make one of what is counted.
	each int
	// prepare brings the crowd to where the run begins; it is not measured.
	prepare func(ctx context.Context, h *home, crowd []*trainee) error
	// job returns what a connection does with its share of the crowd.
	job func(h *home, share []*trainee) job
	// few are the connections instead of those asked for, where nobody meets so
	// many; nil where they do.
	few []int
	// needs says that the home needs a cohort that has done everything.
	needs bool
}

// quizSaves is how many answers a whole quiz saves.
const quizSaves = 10

// scenarios are all of them, in the order in which "all" runs them.
var scenarios = []scenario{
	{name: "save", what: "save one answer", each: 1, prepare: opened, job: func(h *home, share []*trainee) job {
		return &saver{key: h.key, crowd: share}
	}},
	{name: "quiz", what: "whole quiz: start, 10 saves, submission", once: true, each: quizSaves + 2, prepare: closed, job: func(h *home, share []*trainee) job {
		return h.taker(share, true, quizSaves, true)
	}},
	{name: "start", what: "start burst", once: true, each: 1, prepare: closed, job: func(h *home, share []*trainee) job {
		return h.taker(share, true, 0, false)
	}},
	{name: "deadline", what: "deadline burst: everybody hands in", once: true, each: 1, prepare: answered, job: func(h *home, share []*trainee) job {
		return h.taker(share, false, 0, true)
	}},
	{name: "resume", what: "resume: the open attempt with its answers", each: 1, prepare: answered, job: func(_ *home, share []*trainee) job {
		g := &getter{text: `"answers":{"`}
		for _, t := range share {
			g.paths, g.tokens = append(g.paths, "/api/v1/attempts/"+t.sheet.id), append(g.tokens, t.access)
		}
		return g
	}},
	{name: "cohort", what: "cohort progress, a page of 200", each: 1, few: []int{1, 4}, needs: true, prepare: nobody, job: func(h *home, _ []*trainee) job {
		return &getter{text: `"enrollment_id"`, paths: []string{"/api/v1/cohorts/" + h.full + "/progress?limit=200"}, tokens: []string{h.admin.access}}
	}},
	{name: "verify", what: "public verification", each: 1, needs: true, prepare: nobody, job: func(h *home, _ []*trainee) job {
		g := &getter{text: `"status":"valid"`, tokens: make([]string, len(h.codes))}
		for _, code := range h.codes {
			g.paths = append(g.paths, "/api/v1/verifications/"+code)
		}
		return g
	}},
}

// All are the names of the scenarios, in their order.
func All() []string {
	names := make([]string, len(scenarios))
	for i, s := range scenarios {
		names[i] = s.name
	}
	return names
}

func (h *home) taker(share []*trainee, start bool, saves int, hand bool) *taker {
	t := &taker{key: h.key, crowd: share, start: start, saves: saves, hand: hand}
	for _, m := range h.course.Modules {
		t.modules = append(t.modules, string(m.Key))
	}
	return t
}

// preparers is how many connections prepare what is not measured.
const preparers = 32

// nobody prepares what needs no trainee: the admin's token only.
func nobody(ctx context.Context, h *home, _ []*trainee) error { return h.fresh(ctx, nil) }

// opened sees to it that everybody has an open attempt and knows its sheet.
func opened(ctx context.Context, h *home, crowd []*trainee) error {
	if err := h.fresh(ctx, crowd); err != nil {
		return err
	}
	return together(ctx, h.server.addr, crowd, func(c *conn, t *trainee) error {
		if t.sheet != nil && t.sheet.slots != nil {
			return nil
		}
		r, err := c.do(request(nil, "POST", "/api/v1/enrollments/"+t.enrollment+"/modules/"+string(h.course.Modules[t.module].Key)+"/attempts", t.access, nil))
		if err != nil {
			return err
		}
		if r.status != 200 && r.status != 201 {
			return fmt.Errorf("start: %d: %.200s", r.status, r.body)
		}
		t.sheet, err = readSheet(r.body)
		return err
	})
}

// answered is like opened, with three answers at least in each attempt.
func answered(ctx context.Context, h *home, crowd []*trainee) error {
	if err := opened(ctx, h, crowd); err != nil {
		return err
	}
	return together(ctx, h.server.addr, crowd, func(c *conn, t *trainee) error {
		s := &saver{key: h.key, crowd: []*trainee{t}}
		for i := range 3 {
			if t.sheet.slots[i].revision > 0 {
				continue
			}
			s.turn = i
			r, err := c.do(s.next(nil))
			if err == nil {
				err = s.done(r)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// closed sees to it that nobody has an open attempt.
func closed(ctx context.Context, h *home, crowd []*trainee) error {
	if err := h.fresh(ctx, crowd); err != nil {
		return err
	}
	return together(ctx, h.server.addr, crowd, func(c *conn, t *trainee) error {
		if t.sheet == nil {
			return nil
		}
		r, err := c.do(request(nil, "POST", "/api/v1/attempts/"+t.sheet.id+"/submission", t.access, nil))
		if err == nil {
			err = want(r, 200, `"submitted"`)
		}
		if err == nil {
			t.handedIn()
		}
		return err
	})
}

// fresh gives new tokens to the admin and to those of the crowd whose tokens
// would end soon.
func (h *home) fresh(ctx context.Context, crowd []*trainee) error {
	return together(ctx, h.server.addr, append([]*trainee{h.admin}, crowd...), func(c *conn, t *trainee) error {
		if time.Until(t.until) > 5*time.Minute {
			return nil
		}
		body, err := json.Marshal(map[string]string{"refresh_token": t.refresh})
		if err != nil {
			return err
		}
		r, err := c.do(request(nil, "POST", "/api/v1/auth/refresh", "", body))
		if err == nil {
			err = want(r, 200, `"access_token"`)
		}
		if err == nil {
			err = t.take(r.body)
		}
		return err
	})
}

// take reads a pair of tokens.
func (t *trainee) take(body []byte) error {
	var in struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
		Seconds int    `json:"expires_in"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return fmt.Errorf("read tokens: %w", err)
	}
	t.access, t.refresh, t.until = in.Access, in.Refresh, time.Now().Add(time.Duration(in.Seconds)*time.Second)
	return nil
}
