package rehearsal

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// examFigures are what this test reads of the report of kapstone bench exam.
type examFigures struct {
	Answers    Report `json:"answers"`
	Graded     int    `json:"attempts_graded"`
	Wrong      int    `json:"scores_wrong"`
	Unresolved int    `json:"attempts_unresolved"`
	Extra      int    `json:"attempts_extra"`
	Unexpected int    `json:"unexpected_replies"`
	Outage     int    `json:"outage_seconds"`
	Stages     map[string]struct {
		P99 int64 `json:"p99_us"`
	} `json:"stages"`
	Samples []string `json:"unexpected"`
}

// FT-09: in the middle of an exam with think times, reloads, second tabs, late
// joiners and a rush at the end, Redis is killed and started empty, and
// PostgreSQL is restarted. make exam-faults holds it with 500 trainees.
func TestAnExamSurvivesBothStores(t *testing.T) {
	scenario(t)
	file, err := build()
	if err != nil {
		t.Fatal(err)
	}
	pg, redis := ownPostgres(t), startRedis(t)
	length := pick(4*time.Second, 3*time.Minute)
	cmd := exec.Command(file, "bench", "exam", "--json", "--trainees", strconv.Itoa(examSize()), "--duration", length.String(),
		"--database-url", pg.url(pg.address()), "--redis-url", "redis://"+redis.address(), "--dir", workplace(t))
	var out bytes.Buffer
	cmd.Env, cmd.Stdout = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}, &out
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	progress, err := cmd.StderrPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(progress)
	for lines.Scan() && !strings.HasPrefix(lines.Text(), "serving after") {
		t.Log(lines.Text())
	}
	go func() {
		for lines.Scan() { // or the exam waits for somebody to read
		}
	}()
	<-time.After(length / 3)
	redis.kill9()
	<-time.After(length / 12)
	redis.start(t)
	<-time.After(length / 12)
	pg.stop(t)
	<-time.After(length / 12)
	pg.start(t)
	ended := cmd.Wait()
	var r examFigures
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatalf("bench exam: %v, %v", ended, err)
	}
	r.hold(t, ended)
}

// examSize is how many take the exam.
func examSize() int {
	if n, err := strconv.Atoi(os.Getenv("TRAINEES")); err == nil && n > 0 {
		return n
	}
	return pick(30, 500)
}

// hold sees that the exam kept what CHECKS.md says of it.
func (r examFigures) hold(t *testing.T, ended error) {
	t.Helper()
	t.Logf("%v; %d attempts graded, %d s with an outage in them, save p99 %d µs outside", r.Answers, r.Graded, r.Outage, r.Stages["saves"].P99)
	if !r.Answers.OK() || r.Answers.Acked == 0 || r.Wrong+r.Unresolved+r.Extra+r.Unexpected > 0 {
		t.Errorf("%+v", r)
	}
	if r.Outage == 0 {
		t.Error("nobody noticed the outages: they hit nothing")
	}
	if r.Graded != examSize() {
		t.Errorf("%d attempts were graded, want %d", r.Graded, examSize())
	}
	if full() { // the short form squeezes an hour into seconds, beside other tests: its times say nothing
		within(t, "99 of 100 saves outside the outages", time.Duration(r.Stages["saves"].P99)*time.Microsecond, time.Second)
		if ended != nil {
			t.Errorf("bench exam: %v", ended)
		}
	}
	if !t.Failed() {
		found(finding{event: "an exam of " + strconv.Itoa(examSize()) + ": Redis killed, PostgreSQL restarted", home: "PostgreSQL, Redis", acked: r.Answers.Acked})
	}
}
