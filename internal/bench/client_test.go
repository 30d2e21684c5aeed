package bench

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestTheClientSpeaksWithAnyServer(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.URL.Path == "/busy" {
			w.Header().Set("Retry-After", "2")
			w.Header().Set("Connection", "close")
			w.WriteHeader(503)
			return
		}
		_, _ = io.WriteString(w, r.Method+" "+r.Header.Get("Authorization")+" "+r.Header.Get("Content-Type")+" "+string(body))
	}))
	defer s.Close()
	c := conn{addr: s.Listener.Addr().String()}
	defer c.close()
	for _, tt := range []struct {
		method, path, token, body string
		status                    int
		after                     time.Duration
		want                      string
	}{
		{"GET", "/a", "", "", 200, 0, "GET   "},
		{"PUT", "/a", "tok", `{"a":1}`, 200, 0, `PUT Bearer tok application/json {"a":1}`},
		{"POST", "/busy", "", "", 503, 2 * time.Second, ""},
		{"POST", "/a", "", "{}", 200, 0, "POST  application/json {}"}, // on another connection
	} {
		var body []byte
		if tt.body != "" {
			body = []byte(tt.body)
		}
		r, err := c.do(request(nil, tt.method, tt.path, tt.token, body))
		if err != nil || r.status != tt.status || r.after != tt.after || string(r.body) != tt.want {
			t.Errorf("%s %s = %d, %s, %q, %v; want %d, %s, %q", tt.method, tt.path, r.status, r.after, r.body, err, tt.status, tt.after, tt.want)
		}
	}
}

func TestWhatIsNoReplyIsAnError(t *testing.T) {
	for _, text := range []string{"", "SSH-2.0-x\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 200 OK\r\n"} {
		c := conn{r: bufio.NewReader(strings.NewReader(text))}
		if r, err := c.read(); err == nil {
			t.Errorf("read(%q) = %d, %q; want an error", text, r.status, r.body)
		}
	}
}

func TestAClosedConnectionIsOpenedAgain(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			n, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = bufio.NewReader(n).ReadString('\n')
			_, _ = io.WriteString(n, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
			n.Close()
		}
	}()
	c := conn{addr: l.Addr().String()}
	good, bad := 0, 0
	for range 6 {
		if r, err := c.do(request(nil, "GET", "/", "", nil)); err == nil && string(r.body) == "ok" {
			good++
		} else {
			bad++
		}
	}
	if good < 3 || good+bad != 6 {
		t.Errorf("%d of 6 requests were answered; every second one at least has a fresh connection", good)
	}
}
