package bench

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

// A conn is one keep-alive connection of a client. It is written by hand,
// because what the generator burns is missing on the machine that it measures:
// a request is one write of bytes made before, a reply is read into the same
// buffer each time. It speaks the part of HTTP/1.1 that our servers answer.
type conn struct {
	addr string
	c    net.Conn
	r    *bufio.Reader
	body []byte
}

// A reply is what came back. Its body is good until the next request.
type reply struct {
	status int
	after  time.Duration // of Retry-After
	body   []byte
}

// patience bounds one request.
const patience = 30 * time.Second

// do sends a request and reads the reply. After an error the connection is
// closed, and the next request opens another.
func (c *conn) do(request []byte) (reply, error) {
	r, err := c.exchange(request)
	if err != nil {
		c.close()
	}
	return r, err
}

func (c *conn) exchange(request []byte) (reply, error) {
	if err := c.send(request); err != nil {
		return reply{}, err
	}
	return c.read()
}

// send writes a request and does not wait for the reply.
func (c *conn) send(request []byte) error {
	if c.c == nil {
		n, err := net.DialTimeout("tcp", c.addr, patience)
		if err != nil {
			return err
		}
		c.c = n
		if c.r == nil {
			c.r = bufio.NewReaderSize(n, 4<<10)
		} else {
			c.r.Reset(n)
		}
	}
	if err := c.c.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	_, err := c.c.Write(request)
	return err
}

func (c *conn) close() {
	if c.c != nil {
		_ = c.c.Close()
		c.c = nil
	}
}

var errReply = errors.New("not a reply")

func (c *conn) read() (reply, error) {
	line, err := c.r.ReadSlice('\n')
	if err != nil {
		return reply{}, err
	}
	if len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/1.1 ")) {
		return reply{}, fmt.Errorf("%w: %.40q", errReply, line)
	}
	r := reply{status: int(line[9]-'0')*100 + int(line[10]-'0')*10 + int(line[11]-'0')}
	length, last := 0, false
	for {
		if line, err = c.r.ReadSlice('\n'); err != nil {
			return r, err
		}
		if len(line) <= 2 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimSpace(value)
		switch {
		case bytes.EqualFold(name, []byte("content-length")):
			if length, err = strconv.Atoi(string(value)); err != nil {
				return r, fmt.Errorf("%w: a length of %.20q", errReply, value)
			}
		case bytes.EqualFold(name, []byte("retry-after")):
			n, _ := strconv.Atoi(string(value))
			r.after = time.Duration(n) * time.Second
		case bytes.EqualFold(name, []byte("connection")):
			last = bytes.EqualFold(value, []byte("close"))
		case bytes.EqualFold(name, []byte("transfer-encoding")):
			return r, fmt.Errorf("%w: a reply in chunks", errReply)
		}
	}
	if cap(c.body) < length {
		c.body = make([]byte, length)
	}
	r.body = c.body[:length]
	if _, err := io.ReadFull(c.r, r.body); err != nil {
		return r, err
	}
	if last {
		c.close()
	}
	return r, nil
}

// request writes a request into buf and returns it. A token or a body may be
// left out.
func request(buf []byte, method, path, token string, body []byte) []byte {
	buf = append(buf[:0], method...)
	buf = append(buf, ' ')
	buf = append(buf, path...)
	buf = append(buf, " HTTP/1.1\r\nHost: bench\r\n"...)
	if token != "" {
		buf = append(buf, "Authorization: Bearer "...)
		buf = append(buf, token...)
		buf = append(buf, "\r\n"...)
	}
	if body != nil {
		buf = append(buf, "Content-Type: application/json\r\n"...)
	}
	if body != nil || method != "GET" {
		buf = append(buf, "Content-Length: "...)
		buf = strconv.AppendInt(buf, int64(len(body)), 10)
		buf = append(buf, "\r\n"...)
	}
	buf = append(buf, "\r\n"...)
	return append(buf, body...)
}
