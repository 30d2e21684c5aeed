package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// A process is a child of the bench: the program itself under another
// subcommand.
type process struct {
	cmd  *exec.Cmd
	addr string // host and port where it serves
	done chan struct{}
	err  error // how it ended, once done is closed
}

// serving is what a child prints when it can be asked.
const serving = "serving on http://"

// start runs the program with args and waits until it serves. It ends with
// ctx, by SIGTERM, and after ten seconds by force.
func (o *Options) start(ctx context.Context, env []string, args ...string) (*process, error) {
	cmd := exec.CommandContext(ctx, o.Executable, args...)
	cmd.Env = append(clean(os.Environ()), env...)
	cmd.Stderr = o.Log
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", args[0], err)
	}
	p := &process{cmd: cmd, done: make(chan struct{})}
	ready := make(chan string, 1)
	read := make(chan struct{})
	go func() {
		defer close(read)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if addr, ok := strings.CutPrefix(lines.Text(), serving); ok {
				ready <- addr
			}
		}
		_, _ = io.Copy(io.Discard, out)
	}()
	go func() {
		<-read // Wait closes the pipe
		p.err = cmd.Wait()
		close(p.done)
	}()
	select {
	case p.addr = <-ready:
		return p, nil
	case <-p.done:
		return nil, fmt.Errorf("%s ended before it served: %w", args[0], errors.Join(p.err, ctx.Err()))
	case <-time.After(time.Minute):
		return nil, errors.Join(fmt.Errorf("%s did not serve within a minute", args[0]), p.stop())
	}
}

// stop asks the process to end and waits until it has. A second time does
// nothing.
func (p *process) stop() error {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // an error means that it has ended
	select {
	case <-p.done:
	case <-time.After(25 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.done
		return errors.New("a child had to be killed: it did not end within 25 s")
	}
	return nil
}

// pid returns the process's number.
func (p *process) pid() int { return p.cmd.Process.Pid }

// clean leaves out of an environment what would set the children up in another
// way than the bench says.
func clean(env []string) (out []string) {
	for _, v := range env {
		name, _, _ := strings.Cut(v, "=")
		if name != "DATABASE_URL" && name != "REDIS_URL" && (!strings.HasPrefix(name, "KAPSTONE_") || strings.HasPrefix(name, "KAPSTONE_TEST_")) {
			out = append(out, v)
		}
	}
	return out
}
