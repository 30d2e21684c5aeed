package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
)

const password = "seven quiet harbors at dusk"

// CHECKS DU-01: kill -9 while clients save, three times; after each restart
// every acknowledged answer is there, in both homes. The clients' own journals
// say what was acknowledged.
func TestAKilledServerKeepsEveryAcknowledgedAnswer(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		var env []string
		if db.IsPostgres(url) {
			env = []string{"DATABASE_URL=" + url, "REDIS_URL=" + dbtest.RedisURL(t)}
		}
		listen, data := freeAddress(t), t.TempDir()
		clients := enrolled(t, env, data, serveOn(t, env, listen, data))
		for round := range 3 {
			p := serveOn(t, env, listen, data)
			var acked atomic.Int32
			enough := make(chan struct{})
			var once sync.Once
			ctx, stop := context.WithCancel(t.Context())
			var wg sync.WaitGroup
			for _, c := range clients {
				wg.Go(func() {
					c.saveUntil(ctx, p.url, func() {
						if acked.Add(1) == 400 {
							once.Do(func() { close(enough) })
						}
					})
				})
			}
			<-enough
			p.kill()
			stop()
			wg.Wait()
			after := serveOn(t, env, listen, data)
			lost := 0
			for _, c := range clients {
				lost += c.compare(t, after.url)
			}
			if lost > 0 {
				t.Errorf("round %d: %d of %d acknowledged answers are lost", round, lost, acked.Load())
			}
			after.kill()
		}
		var out bytes.Buffer
		cmd := command(t, env, "audit", "verify", "--data", data)
		cmd.Stdout = &out
		if err := cmd.Run(); err != nil || !strings.Contains(out.String(), "entries hold") {
			t.Errorf("audit verify after the kills: %v, %s", err, &out)
		}
	})
}

// A client takes a quiz and keeps a journal of what was acknowledged.
type client struct {
	token   string
	attempt string
	items   []item
	journal map[string]acknowledged // by item
}

type item struct {
	ID      string `json:"id"`
	Prompts []struct {
		ID string `json:"id"`
	} `json:"prompts"`
	Options []struct {
		ID string `json:"id"`
	} `json:"options"`
}

// choose returns the n-th answer of one part that can be given, or the first
// again after the last; where it is written, a number.
func (i item) choose(n int) string {
	if len(i.Options) == 0 {
		return strconv.Itoa(n)
	}
	id := i.Options[n%len(i.Options)].ID
	if len(i.Prompts) > 0 {
		id = i.Prompts[0].ID + ":" + id
	}
	return id
}

type acknowledged struct {
	response string
	revision int
}

// enrolled makes an admin, a cohort and four trainees with an open quiz each.
func enrolled(t *testing.T, env []string, data string, p *process) []*client {
	t.Helper()
	defer p.kill()
	token := make(map[string]string)
	id := make(map[string]string)
	for _, who := range []string{"admin", "t1", "t2", "t3", "t4"} {
		role := map[bool]string{true: "admin", false: "trainee"}[who == "admin"]
		cmd := command(t, env, "user", "create", "--email", who+"@b.test", "--name", who, "--role", role, "--password-stdin", "--data", data)
		cmd.Stdin = strings.NewReader(password + "\n")
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("user create: %v, %s", err, out)
		}
		id[who] = strings.TrimSpace(string(out[bytes.LastIndex(out, []byte("id "))+3:]))
		var in struct {
			AccessToken string `json:"access_token"`
		}
		call(t, p.url, "", "POST", "/auth/login", map[string]string{"email": who + "@b.test", "password": password}, &in)
		token[who] = in.AccessToken
	}
	var cohort, enrollment struct{ ID string }
	call(t, p.url, token["admin"], "POST", "/cohorts", map[string]any{
		"program": "kap_foundation", "name": "K", "starts_on": "2026-01-01", "ends_on": "2027-01-01", "time_zone": "UTC", "instructor_ids": []string{},
	}, &cohort)
	var clients []*client
	for _, who := range []string{"t1", "t2", "t3", "t4"} {
		call(t, p.url, token["admin"], "POST", "/cohorts/"+cohort.ID+"/enrollments", map[string]string{"user_id": id[who]}, &enrollment)
		var a struct {
			ID    string `json:"id"`
			Items []item `json:"items"`
		}
		call(t, p.url, token[who], "POST", "/enrollments/"+enrollment.ID+"/modules/science/attempts", nil, &a)
		clients = append(clients, &client{token[who], a.ID, a.Items, make(map[string]acknowledged)})
	}
	return clients
}

// saveUntil saves one answer after another, each in place of the last one
// acknowledged, until the server is gone or ctx ends.
func (c *client) saveUntil(ctx context.Context, url string, acked func()) {
	for n := 0; ctx.Err() == nil; n++ {
		it := c.items[n%len(c.items)]
		have := c.journal[it.ID]
		response := it.choose(have.revision + 1)
		status, body, err := send(ctx, url, c.token, "PUT", "/attempts/"+c.attempt+"/answers/"+it.ID,
			map[string]any{"response": []string{response}, "revision": have.revision})
		if err != nil || status != http.StatusOK {
			return
		}
		var saved struct {
			Revision int `json:"revision"`
		}
		if json.Unmarshal(body, &saved) != nil {
			return
		}
		c.journal[it.ID] = acknowledged{response, saved.Revision}
		acked()
	}
}

// compare counts acknowledged answers that the server does not have. A save
// that was committed and whose reply the kill cut off may be one ahead; the
// journal then goes on from it.
func (c *client) compare(t *testing.T, url string) (lost int) {
	t.Helper()
	var a struct {
		Answers map[string]struct {
			Response []string `json:"response"`
			Revision int      `json:"revision"`
		} `json:"answers"`
	}
	call(t, url, c.token, "GET", "/attempts/"+c.attempt, nil, &a)
	for id, have := range c.journal {
		got := a.Answers[id]
		switch {
		case got.Revision == have.revision && fmt.Sprint(got.Response) == "["+have.response+"]":
		case got.Revision == have.revision+1:
			c.journal[id] = acknowledged{got.Response[0], got.Revision}
		default:
			t.Errorf("item %s: acknowledged %+v, the server has %+v", id, have, got)
			lost++
		}
	}
	return lost
}

func call(t *testing.T, url, token, method, path string, in, out any) {
	t.Helper()
	status, body, err := send(t.Context(), url, token, method, path, in)
	if err != nil || status >= 300 {
		t.Fatalf("%s %s: %d %s, %v", method, path, status, body, err)
	}
	if err := json.Unmarshal(body, out); err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
}

func send(ctx context.Context, url, token, method, path string, in any) (int, []byte, error) {
	var body io.Reader
	if in != nil {
		data, err := json.Marshal(in)
		if err != nil {
			return 0, nil, err
		}
		body = bytes.NewReader(data)
	}
	r, err := http.NewRequestWithContext(ctx, method, url+"/api/v1"+path, body)
	if err != nil {
		return 0, nil, err
	}
	if in != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	return res.StatusCode, data, err
}
