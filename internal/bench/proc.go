package bench

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// What a process has used is read from /proc, which is Linux only. Elsewhere
// these return nothing, and the reports leave the figures out.

// tick is the unit of CPU time in /proc: USER_HZ, 100 a second on every
// architecture that Go runs on.
const tick = 10 * time.Millisecond

// A stat is what /proc says of a process.
type stat struct {
	pid, parent int
	name        string
	own, dead   time.Duration // CPU time: its own, and that of children that have ended
}

func statOf(pid int) (stat, bool) {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return stat{}, false
	}
	return parseStat(string(text))
}

// parseStat reads a line of /proc/PID/stat. The name stands in parentheses and
// may hold anything, so the fields are counted from the last one.
func parseStat(text string) (s stat, ok bool) {
	open, shut := strings.IndexByte(text, '('), strings.LastIndexByte(text, ')')
	if open < 0 || shut < open {
		return s, false
	}
	fields := strings.Fields(text[shut+1:])
	if len(fields) < 15 {
		return s, false
	}
	number := func(text string) int {
		n, err := strconv.Atoi(text)
		ok = ok && err == nil
		return n
	}
	ok = true
	s = stat{
		pid: number(strings.TrimSpace(text[:open])), parent: number(fields[1]), name: text[open+1 : shut],
		own:  time.Duration(number(fields[11])+number(fields[12])) * tick,
		dead: time.Duration(number(fields[13])+number(fields[14])) * tick,
	}
	return s, ok
}

// cpuOf returns the CPU time of a process.
func cpuOf(pid int) time.Duration {
	s, _ := statOf(pid)
	return s.own
}

// familyCPU returns the CPU time of a process and of all its children, those
// that have ended too. PostgreSQL has a child for each connection.
func familyCPU(pid int) time.Duration {
	head, ok := statOf(pid)
	if !ok {
		return 0
	}
	all := head.own + head.dead
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		child, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if s, ok := statOf(child); ok && s.parent == pid {
			all += s.own + s.dead
		}
	}
	return all
}

// rssOf returns the resident memory of a process in bytes: now, and at its
// highest so far.
func rssOf(pid int) (now, peak int64) {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		return 0, 0
	}
	return kilobytes(text, "VmRSS:"), kilobytes(text, "VmHWM:")
}

func kilobytes(status []byte, field string) int64 {
	_, rest, _ := bytes.Cut(status, []byte("\n"+field))
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	n, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(string(line)), " kB"), 10, 64)
	return n << 10
}

// loadAverage returns the three figures of the kernel, or "".
func loadAverage() string {
	text, _ := os.ReadFile("/proc/loadavg")
	fields := strings.Fields(string(text))
	return strings.Join(fields[:min(3, len(fields))], " ")
}

// kernel returns the system's name and version, or "".
func kernel() string {
	text, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	return strings.TrimSpace(string(text))
}

// cpuModel returns the processor's name, or "".
func cpuModel() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	lines := strings.Split(string(text), "\n")
	i := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, "model name") })
	if i < 0 {
		return ""
	}
	_, name, _ := strings.Cut(lines[i], ":")
	return strings.TrimSpace(name)
}

// memory returns the machine's memory in bytes, or 0.
func memory() int64 {
	text, _ := os.ReadFile("/proc/meminfo")
	return kilobytes(append([]byte("\n"), text...), "MemTotal:")
}

// openFiles returns how many files and connections this process may have open,
// or 0.
func openFiles() int {
	text, _ := os.ReadFile("/proc/self/limits")
	_, rest, _ := strings.Cut(string(text), "Max open files")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	n, _ := strconv.Atoi(fields[0])
	return n
}
