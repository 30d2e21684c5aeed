// Package mailtest is an SMTP server for tests: it speaks what a mail server
// speaks to one that hands letters in, and keeps what it is given.
package mailtest

import (
	"net"
	"net/textproto"
	"strings"
	"sync"
	"testing"
)

// A Letter is what was handed in.
type Letter struct {
	From string
	To   []string
	Data string
}

// A Sink takes letters on a loopback address until the test ends.
type Sink struct {
	listener net.Listener

	mu      sync.Mutex
	letters []Letter
	heard   strings.Builder
	refusal string
}

// Listen opens a sink on a free port.
func Listen(t testing.TB) *Sink {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Sink{listener: l}
	t.Cleanup(s.Close)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go s.talk(textproto.NewConn(c))
		}
	}()
	return s
}

// URL is the address to set.
func (s *Sink) URL() string { return "smtp://" + s.listener.Addr().String() }

// Close takes no more connections.
func (s *Sink) Close() { _ = s.listener.Close() }

// Letters returns what was handed in so far.
func (s *Sink) Letters() []Letter {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Letter(nil), s.letters...)
}

// Heard returns every command that came so far.
func (s *Sink) Heard() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.heard.String()
}

// Refuse answers every recipient with a line of this kind; "" takes them again.
func (s *Sink) Refuse(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refusal = line
}

// talk serves one connection to its end.
func (s *Sink) talk(c *textproto.Conn) {
	defer c.Close()
	if c.PrintfLine("220 sink ready") != nil {
		return
	}
	var l Letter
	for {
		line, err := c.ReadLine()
		if err != nil {
			return
		}
		verb, rest, _ := strings.Cut(line, " ")
		reply := s.answer(strings.ToUpper(verb), rest, &l)
		if err := c.PrintfLine("%s", reply); err != nil || strings.HasPrefix(reply, "221") {
			return
		}
		if strings.HasPrefix(reply, "354") {
			data, err := c.ReadDotBytes()
			if err != nil {
				return
			}
			l.Data = strings.ReplaceAll(string(data), "\n", "\r\n") // as it went over the wire
			s.keep(l)
			l = Letter{}
			if c.PrintfLine("250 kept") != nil {
				return
			}
		}
	}
}

// answer is the reply to a command.
func (s *Sink) answer(verb, rest string, l *Letter) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard.WriteString(verb + " " + rest + "\n")
	switch verb {
	case "EHLO":
		return "250-sink\r\n250 AUTH PLAIN LOGIN"
	case "MAIL":
		l.From = address(rest)
	case "RCPT":
		if s.refusal != "" {
			return s.refusal
		}
		l.To = append(l.To, address(rest))
	case "DATA":
		return "354 go on"
	case "QUIT":
		return "221 bye"
	case "AUTH":
		return "535 no"
	}
	return "250 ok"
}

func (s *Sink) keep(l Letter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.letters = append(s.letters, l)
}

// address is what stands between the angle brackets.
func address(s string) string {
	_, s, _ = strings.Cut(s, "<")
	s, _, _ = strings.Cut(s, ">")
	return s
}
