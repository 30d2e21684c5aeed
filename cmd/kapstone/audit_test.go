package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A head is signed, the ledger exported, and both verified, with the
// installation and without.
func TestTheLedgerIsVerifiedFromTheShell(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	shell := func(want string, args ...string) []byte {
		t.Helper()
		var out, errOut bytes.Buffer
		code := run(soon(t), args, &out, &errOut)
		if said := out.String() + errOut.String(); !strings.Contains(said, want) || (code == 0) == strings.Contains(want, "breaks") {
			t.Fatalf("%v: exit %d, %s; want %q", args, code, said, want)
		}
		return out.Bytes()
	}
	keep := func(name string, text []byte) string {
		t.Helper()
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	person := func(name string) {
		t.Helper()
		shell("password", "user", "create", "--email", name+"@b.test", "--name", name, "--role", "admin", "--data", data)
	}
	person("ada")
	head := keep("head.json", shell(`"seq":1,`, "audit", "head", "--data", data))
	person("ben")
	export := shell(`"head":{"seq":2,`, "audit", "export", "--data", data)
	shell("2 entries hold, with 3 signed heads", "audit", "verify", "--data", data, "--head", head)
	shell("2 entries hold; head ", "audit", "verify", "--file", keep("all.ndjson", export), "--head", head)
	lines := bytes.SplitAfter(export, []byte("\n"))
	shell("breaks at entry 2", "audit", "verify", "--file", keep("cut.ndjson", append(bytes.Clone(lines[0]), lines[2]...)), "--head", head)
	shell("breaks at entry 1", "audit", "verify", "--file", keep("changed.ndjson", bytes.Replace(export, []byte("person."), []byte("nobody."), 1)))
}
