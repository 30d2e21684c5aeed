package bench

import (
	"bytes"
	"fmt"
	"strconv"
)

// A job is what one connection does, request by request. It is used by one
// goroutine at a time.
type job interface {
	// next writes the next request into buf; nil says that nothing is left.
	next(buf []byte) []byte
	// done looks at the reply to it. An error says what is wrong with it.
	done(r reply) error
}

// want checks a reply's status and that its body holds a text.
func want(r reply, status int, text string) error {
	if r.status != status {
		return fmt.Errorf("status %d instead of %d: %.200s", r.status, status, r.body)
	}
	if !bytes.Contains(r.body, []byte(text)) {
		return fmt.Errorf("the reply lacks %s: %.200s", text, r.body)
	}
	return nil
}

// A saver saves answers, for one trainee after the other, item by item.
type saver struct {
	key   answerKey
	crowd []*trainee
	turn  int
	now   *slot
	body  []byte
}

func (j *saver) next(buf []byte) []byte {
	for range 10 * len(j.crowd) {
		t := j.crowd[j.turn%len(j.crowd)]
		s := &t.sheet.slots[j.turn/len(j.crowd)%len(t.sheet.slots)]
		j.turn++
		if s.dead {
			continue
		}
		if s.response == nil {
			s.response = j.key.wrong(s.question)[0]
		}
		j.now, j.body = s, saveBody(j.body, s.response, s.revision)
		return request(buf, "PUT", s.path, t.access, j.body)
	}
	return nil
}

func (j *saver) done(r reply) error {
	s := j.now
	s.dead = true
	if err := want(r, 200, `"saved_at"`); err != nil {
		return err
	}
	if got := saved(r.body); got != s.revision+1 {
		return fmt.Errorf("revision %d after %d", got, s.revision)
	}
	s.dead = false
	s.revision++
	return nil
}

// A yard asks a yardstick for saves of the same size.
type yard struct {
	token string
	conn  int
	turn  int
	path  []byte
}

var yardBody = []byte(`{"response":["a"],"revision":1}`)

// yardPaths is how many attempts and items a connection saves into, as savers do.
const yardAttempts, yardItems = 2, 12

func (j *yard) next(buf []byte) []byte {
	j.turn++
	j.path = append(j.path[:0], "/api/v1/attempts/0199c4e2-5b1c-7d3a-9f00-"...)
	j.path = append(j.path, strconv.Itoa(100_000_000_000+j.conn*yardAttempts+j.turn%yardAttempts)...)
	j.path = append(j.path, "/answers/i"...)
	j.path = strconv.AppendInt(j.path, int64(j.turn%yardItems), 10)
	return request(buf, "PUT", string(j.path), j.token, yardBody)
}

func (j *yard) done(r reply) error { return want(r, 200, string(savedBody)) }

// A taker begins quizzes, saves some answers into each and hands them in, or
// does a part of that, once for each trainee.
type taker struct {
	key         answerKey
	modules     []string
	crowd       []*trainee
	start, hand bool
	saves       int

	t    *trainee
	step int // of the present trainee: 0 is the start
	saver
}

// The steps of a quiz: a start, then saves, then the hand-in.
func (j *taker) next(buf []byte) []byte {
	for {
		if j.t == nil {
			if len(j.crowd) == 0 {
				return nil
			}
			j.t, j.crowd, j.step = j.crowd[0], j.crowd[1:], 0
		}
		switch {
		case j.step == 0 && j.start:
			return request(buf, "POST", "/api/v1/enrollments/"+j.t.enrollment+"/modules/"+j.modules[j.t.module]+"/attempts", j.t.access, nil)
		case j.step == 0:
			j.step++
		case j.step <= j.saves:
			if j.step == 1 {
				j.saver = saver{key: j.key, crowd: []*trainee{j.t}}
			}
			return j.saver.next(buf)
		case j.step == j.saves+1 && j.hand:
			return request(buf, "POST", "/api/v1/attempts/"+j.t.sheet.id+"/submission", j.t.access, nil)
		default:
			j.t = nil
		}
	}
}

func (j *taker) done(r reply) (err error) {
	switch {
	case j.step == 0:
		if err = want(r, 201, `"open"`); err == nil {
			j.t.sheet, err = j.begun(r.body)
		}
	case j.step <= j.saves:
		err = j.saver.done(r)
	default:
		if err = want(r, 200, `"submitted"`); err == nil {
			j.t.handedIn()
		}
	}
	j.step++
	if err != nil {
		j.t = nil // whatever comes next would fail too
	}
	return err
}

// begun reads a started attempt. A start that nothing follows costs the
// generator no more than finding the id.
func (j *taker) begun(body []byte) (*sheet, error) {
	if j.saves > 0 {
		return readSheet(body)
	}
	_, rest, _ := bytes.Cut(body, []byte(`"id":"`))
	id, _, ok := bytes.Cut(rest, []byte(`"`))
	if !ok {
		return nil, fmt.Errorf("a started attempt without an id: %.200s", body)
	}
	return &sheet{id: string(id)}, nil
}

// handedIn notes that the trainee's attempt is closed.
func (t *trainee) handedIn() {
	t.sheet = nil
	if t.tries++; t.tries == maxTries {
		t.tries = 0
		t.module++
	}
}

// A getter reads addresses, round and round.
type getter struct {
	paths  []string
	tokens []string // "" asks as a stranger
	text   string   // in every reply
	turn   int
}

func (j *getter) next(buf []byte) []byte {
	i := j.turn % len(j.paths)
	j.turn++
	return request(buf, "GET", j.paths[i], j.tokens[i], nil)
}

func (j *getter) done(r reply) error { return want(r, 200, j.text) }
