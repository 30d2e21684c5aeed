package rehearsal

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A proxy stands between the product and a store, and hurts what passes: it
// refuses, it is slow, it cuts a connection when the store has done what it
// was asked and before its word gets back.
type proxy struct {
	target  string
	address string
	copy    func(p *proxy, client, server net.Conn) // of the store's answers
	delay   atomic.Int64                            // nanoseconds that a request takes on its way
	armed   atomic.Int64                            // how many answers are still to be cut
	half    atomic.Bool                             // let half of such an answer through

	mu       sync.Mutex
	listener net.Listener
	conns    map[net.Conn]bool
	running  sync.WaitGroup
}

// startProxy starts a proxy in front of a Redis server at target.
func startProxy(t testing.TB, target string) *proxy { return start(t, target, (*proxy).replies) }

// startPostgresProxy starts a proxy that understands when a PostgreSQL server
// has committed.
func startPostgresProxy(t testing.TB, target string) *proxy {
	return start(t, target, (*proxy).commits)
}

func start(t testing.TB, target string, answers func(*proxy, net.Conn, net.Conn)) *proxy {
	t.Helper()
	p := &proxy{target: target, address: "127.0.0.1:" + freePort(t), copy: answers, conns: make(map[net.Conn]bool)}
	p.accept(t)
	t.Cleanup(func() { p.refuse(); p.running.Wait() })
	return p
}

// accept takes connections, after refuse again.
func (p *proxy) accept(t testing.TB) {
	t.Helper()
	l, err := net.Listen("tcp", p.address)
	if err != nil {
		t.Fatal(err)
	}
	p.mu.Lock()
	p.listener = l
	p.mu.Unlock()
	p.running.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			p.running.Go(func() { p.serve(client) })
		}
	})
}

// refuse cuts every connection and refuses new ones.
func (p *proxy) refuse() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener != nil {
		p.listener.Close()
		p.listener = nil
	}
	for c := range p.conns {
		c.Close()
	}
}

// cut has the next n answers that matter cut off: whole, or with half of their
// bytes let through.
func (p *proxy) cut(n int, half bool) {
	p.half.Store(half)
	p.armed.Store(int64(n))
}

// left returns how many answers are still to be cut.
func (p *proxy) left() int64 { return p.armed.Load() }

// take reports whether this answer is to be cut.
func (p *proxy) take() bool {
	for {
		n := p.armed.Load()
		if n <= 0 {
			return false
		}
		if p.armed.CompareAndSwap(n, n-1) {
			return true
		}
	}
}

// keep notes a connection, so that refuse can cut it. It reports false after
// refuse.
func (p *proxy) keep(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener == nil {
		c.Close()
		return false
	}
	p.conns[c] = true
	return true
}

func (p *proxy) drop(c net.Conn) {
	c.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c)
}

func (p *proxy) serve(client net.Conn) {
	defer p.drop(client)
	server, err := net.DialTimeout("tcp", p.target, time.Second)
	if err != nil {
		return
	}
	defer p.drop(server)
	if !p.keep(client) || !p.keep(server) {
		return
	}
	p.running.Go(func() {
		p.requests(server, client)
		client.Close()
		server.Close()
	})
	p.copy(p, client, server)
}

// A parcel is on its way until it is due.
type parcel struct {
	due  time.Time
	data []byte
}

// requests copies what a client asks, each piece delayed by itself, as a long
// way does it.
func (p *proxy) requests(server, client net.Conn) {
	way := make(chan parcel, 1024)
	p.running.Go(func() {
		for one := range way {
			if wait := time.Until(one.due); wait > 0 {
				<-time.After(wait)
			}
			if _, err := server.Write(one.data); err != nil {
				client.Close() // and read no more of it
			}
		}
	})
	defer close(way)
	for buf := make([]byte, 64<<10); ; {
		n, err := client.Read(buf)
		if err != nil {
			return
		}
		way <- parcel{time.Now().Add(time.Duration(p.delay.Load())), bytes.Clone(buf[:n])}
	}
}

// replies copies a store's answers as they come. One that is to be cut ends
// the connection.
func (p *proxy) replies(client, server net.Conn) {
	for buf := make([]byte, 64<<10); ; {
		n, err := server.Read(buf)
		if err != nil {
			return
		}
		if p.take() {
			if p.half.Load() {
				_, _ = client.Write(buf[:n/2])
			}
			return
		}
		if _, err := client.Write(buf[:n]); err != nil {
			return
		}
	}
}

// commits copies PostgreSQL's answers, message by message. What is to be cut
// is the answer that tells of a commit: the server has said that the
// transaction is over, so it is durable, and nobody learns of it.
func (p *proxy) commits(client, server net.Conn) {
	in := bufio.NewReaderSize(server, 64<<10)
	var held []byte
	wrote := false
	for {
		m, err := message(in)
		if err != nil {
			return
		}
		held = append(held, m...)
		ready := m[0] == 'Z' // "ready for query", with the state of the transaction
		wrote = wrote || m[0] == 'C' && writes(m[5:])
		if ready && wrote && m[5] == 'I' {
			wrote = false
			if p.take() {
				if p.half.Load() {
					_, _ = client.Write(held[:len(held)/2])
				}
				return
			}
		}
		if ready || p.armed.Load() == 0 && in.Buffered() == 0 {
			if _, err := client.Write(held); err != nil {
				return
			}
			held = held[:0]
		}
	}
}

// writes reports whether a completed command left something behind.
func writes(tag []byte) bool {
	return bytes.HasPrefix(tag, []byte("COMMIT")) || bytes.HasPrefix(tag, []byte("INSERT 0 ")) && !bytes.HasPrefix(tag, []byte("INSERT 0 0"))
}

var errMessage = errors.New("no message of PostgreSQL")

// message reads one message of a server: a letter, its length, its body.
func message(in *bufio.Reader) ([]byte, error) {
	head := make([]byte, 5)
	if _, err := io.ReadFull(in, head); err != nil {
		return nil, err
	}
	size := binary.BigEndian.Uint32(head[1:])
	if size < 4 || size > 16<<20 {
		return nil, errMessage
	}
	m := append(head, make([]byte, size-4)...)
	_, err := io.ReadFull(in, m[5:])
	return m, err
}

// What is cut after the commit is committed, and its client does not know.
func TestAConnectionCutAfterItsCommitHasCommitted(t *testing.T) {
	pg := ownPostgres(t)
	p := startPostgresProxy(t, pg.address())
	pool := openAt(t, pg.url(p.address))
	defer pool.Close()
	for _, s := range []string{"CREATE TABLE kept (n integer)", "INSERT INTO kept VALUES (1)"} {
		if _, err := pool.Exec(s); err != nil {
			t.Fatal(err)
		}
	}
	for i, half := range []bool{false, true} {
		p.cut(1, half)
		// In a transaction: database/sql sends a statement of its own again
		// when its answer does not come, and it would be there twice.
		tx, err := pool.Begin()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec("INSERT INTO kept VALUES (2)"); err != nil {
			t.Fatal(err)
		}
		if err := tx.Commit(); err == nil {
			t.Error("a cut answer arrived")
		}
		var n int
		if err := pool.QueryRow("SELECT count(*) FROM kept").Scan(&n); err != nil || n != 2+i {
			t.Errorf("%d rows, %v; want what was committed before the cut", n, err)
		}
	}
	p.delay.Store(int64(100 * time.Millisecond))
	if begin := time.Now(); pool.Ping() != nil || time.Since(begin) < 100*time.Millisecond {
		t.Errorf("a slow way took %v", time.Since(begin))
	}
	p.refuse()
	if err := pool.Ping(); err == nil {
		t.Error("a refused connection answered")
	}
	p.delay.Store(0)
	p.accept(t)
	until(t, 5*time.Second, "the way is open again", func() bool { return pool.Ping() == nil })
}
