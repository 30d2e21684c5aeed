package bench

import (
	"os"
	"os/exec"
	"runtime"
	"testing"
	"time"
)

func TestAProcessIsReadWhateverItsName(t *testing.T) {
	const rest = " S 41 2 3 4 5 6 7 8 9 10 250 50 700 300 20 0 7 0"
	for _, tt := range []struct {
		text string
		want stat
		ok   bool
	}{
		{"42 (kapstone)" + rest, stat{42, 41, "kapstone", 3 * time.Second, 10 * time.Second}, true},
		{"42 (a) (b c)" + rest, stat{42, 41, "a) (b c", 3 * time.Second, 10 * time.Second}, true},
		{"42 (short) S 1 2", stat{}, false},
		{"no name", stat{}, false},
		{"", stat{}, false},
	} {
		if got, ok := parseStat(tt.text); got != tt.want || ok != tt.ok {
			t.Errorf("parseStat(%q) = %+v, %t; want %+v, %t", tt.text, got, ok, tt.want, tt.ok)
		}
	}
	if _, ok := parseStat("x (a)" + rest); ok {
		t.Error("a process without a number was taken")
	}
}

func FuzzParseStat(f *testing.F) {
	f.Add("42 (kapstone) S 41 2 3 4 5 6 7 8 9 10 250 50 700 300 20 0 7 0")
	f.Fuzz(func(t *testing.T, text string) { parseStat(text) })
}

func TestThisProcessHasUsedSomething(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("there is no /proc here")
	}
	before := familyCPU(os.Getpid())
	cmd := exec.Command("sh", "-c", "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done")
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	if after := familyCPU(os.Getpid()); after <= before {
		t.Errorf("a child burned CPU and the family's time went from %s to %s", before, after)
	}
	if now, peak := rssOf(os.Getpid()); now < 1<<20 || peak < now {
		t.Errorf("memory now %d, at most %d", now, peak)
	}
	if openFiles() < 3 {
		t.Errorf("this process may open %d files", openFiles())
	}
	if loadAverage() == "" || kernel() == "" || memory() < 1<<20 {
		t.Errorf("machine: %q, %q, %d", loadAverage(), kernel(), memory())
	}
}
