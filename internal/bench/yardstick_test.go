package bench

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/kapstone-lms/kapstone/internal/dbtest"
)

func TestEachYardstickDoesWhatItIsNamedFor(t *testing.T) {
	url := dbtest.RedisURL(t)
	secret, token, err := yardToken()
	if err != nil {
		t.Fatal(err)
	}
	o, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	r := redis.NewClient(o)
	defer r.Close()
	t.Setenv(secretVariable, secret)
	for _, kind := range Kinds {
		ctx, stop := context.WithCancel(t.Context())
		out, in := io.Pipe()
		ended := make(chan error, 1)
		go func() { ended <- Yardstick(ctx, in, kind, url) }()
		line := make([]byte, 200)
		n, err := out.Read(line)
		if err != nil {
			t.Fatal(err)
		}
		c := conn{addr: strings.TrimSpace(strings.TrimPrefix(string(line[:n]), serving))}
		attempt := "attempt-of-" + token[len(token)-12:] + "-" + string(kind)
		save := func(token string) int {
			got, err := c.do(request(nil, "PUT", "/api/v1/attempts/"+attempt+"/answers/i", token, []byte(`{"response":["a"],"revision":0}`)))
			if err != nil {
				t.Fatal(err)
			}
			if got.status == 200 && string(got.body) != string(savedBody) {
				t.Errorf("%s answers %s", kind, got.body)
			}
			return got.status
		}
		if got := save(token); got != 200 {
			t.Errorf("%s answers %d", kind, got)
		}
		if got, want := save(token+"x"), map[bool]int{true: 401, false: 200}[kind == JWT]; got != want {
			t.Errorf("%s answers %d to a forged token, want %d", kind, got, want)
		}
		kept := func() int {
			all, err := r.Keys(t.Context(), "kapstone-bench:*:"+attempt).Result()
			if err != nil {
				t.Fatal(err)
			}
			return len(all)
		}
		if got, want := kept(), map[bool]int{true: 0, false: 1}[kind == Bare]; got != want {
			t.Errorf("%s left %d keys in Redis, want %d", kind, got, want)
		}
		c.close()
		stop()
		if err := <-ended; err != nil {
			t.Errorf("%s ended with %v", kind, err)
		}
		if got := kept(); got != 0 {
			t.Errorf("%s leaves %d keys behind", kind, got)
		}
	}
}
