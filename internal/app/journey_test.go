package app_test

import (
	"bytes"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kapstone-lms/kapstone/internal/app"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
	"github.com/kapstone-lms/kapstone/internal/demo"
	"github.com/kapstone-lms/kapstone/modules"
)

// The whole story, as demo --journey tells it, in both homes.
func TestTheJourneyHoldsFromStudyToRevocation(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		d, err := demo.Open(t.Context(), demo.Options{
			Config: app.Config{Data: c.Data, Listen: l.Addr().String(), DatabaseURL: c.DatabaseURL, RedisURL: c.RedisURL},
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- d.App.Serve(ctx, l) }()
		file := filepath.Join(t.TempDir(), "certificate.pdf")
		var told bytes.Buffer
		if err := demo.Journey(ctx, &told, d.Sheet.URL, d.Sheet.Accounts, d.App.Enrollments.Current(), file); err != nil {
			t.Errorf("%v\n%s", err, &told)
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := d.App.Close(t.Context()); err != nil {
			t.Error(err)
		}
		readCertificate(t, file)
	})
}

// readCertificate reads the PDF as people do: with their eyes and a phone.
func readCertificate(t *testing.T, file string) {
	t.Helper()
	text := tool(t, "pdftotext", "-layout", file, "-")
	for _, says := range []string{
		"Noor Vance", "KAP Foundation Program", "The science of ketamine", "Ethics and safety", "role play", "KAP-20", "Specimen",
		"Kapstone Demonstration Program", "Imogen Vale",
	} {
		if !strings.Contains(text, says) {
			t.Errorf("the certificate does not say %q:\n%s", says, text)
		}
	}
	for _, hides := range []string{"certified", "licensed", "qualified"} {
		if strings.Contains(strings.ToLower(text), hides+" ") {
			t.Errorf("the certificate says %q:\n%s", hides, text)
		}
	}
	png := filepath.Join(t.TempDir(), "page")
	tool(t, "pdftoppm", "-r", "150", "-png", "-singlefile", file, png)
	if code := tool(t, "zbarimg", "-q", "--raw", png+".png"); !strings.HasPrefix(code, "http://127.0.0.1") || !strings.Contains(code, "/verify/") {
		t.Errorf("the QR code holds %q, want the verification link", code)
	}
}

// tool runs a program of the machine that looks at documents.
func tool(t *testing.T, name string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		dbtest.LeaveOut(t, name, err)
	}
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %v: %v", name, args, err)
	}
	return string(out)
}

func TestTheDemoKeepsItsPeople(t *testing.T) {
	dir := t.TempDir()
	o := demo.Options{Config: app.Config{Data: dir, Listen: "127.0.0.1:0"}}
	var sheets []demo.Sheet
	for range 2 {
		d, err := demo.Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		sheets = append(sheets, d.Sheet)
		if err := d.App.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if len(sheets[0].Accounts) != 15 || sheets[0].Accounts[3] != sheets[1].Accounts[3] || sheets[0].VerifyURL != sheets[1].VerifyURL {
		t.Errorf("the second start has other people: %+v and %+v", sheets[0].Accounts[3], sheets[1].Accounts[3])
	}
	info, err := os.Stat(filepath.Join(dir, demo.File))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the passwords' file: %v (%v), want mode 0600", info, err)
	}
	o.Config.Listen = "0.0.0.0:8080"
	if _, err := demo.Open(t.Context(), o); err == nil {
		t.Error("the demo opened on an address that others can reach")
	}
}

func TestTheDemoServesAnotherCourse(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "course")
	if err := os.CopyFS(dir, modules.FS); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "01-science", "module.yaml")
	text, err := os.ReadFile(file)
	if err == nil {
		err = os.WriteFile(file, append(text, "# another course\n"...), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	d, err := demo.Open(t.Context(), demo.Options{Config: app.Config{Data: t.TempDir(), Listen: "127.0.0.1:0", Course: dir}})
	if err != nil {
		t.Fatal(err)
	}
	defer d.App.Close(t.Context())
	embedded, err := app.LoadCourse("")
	if err != nil || d.App.Enrollments.Current().Hash() == embedded.Hash() {
		t.Errorf("the demo serves the embedded course, %v", err)
	}
}
