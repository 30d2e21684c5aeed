package main

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// No container engine is needed to hold the production files: they are read as
// what they are, and every name in them must be one that the program knows.

type compose struct {
	Services map[string]struct {
		Image       string            `yaml:"image"`
		Build       string            `yaml:"build"`
		Environment map[string]string `yaml:"environment"`
		ReadOnly    bool              `yaml:"read_only"`
		CapDrop     []string          `yaml:"cap_drop"`
		Command     []string          `yaml:"command"`
		Ports       []string          `yaml:"ports"`
	} `yaml:"services"`
	Volumes map[string]any `yaml:"volumes"`
}

func readCompose(t *testing.T) (compose, string) {
	t.Helper()
	text, err := os.ReadFile("../../docker-compose.yml")
	if err != nil {
		t.Fatal(err)
	}
	var c compose
	if err := yaml.Unmarshal(text, &c); err != nil {
		t.Fatalf("docker-compose.yml: %v", err)
	}
	return c, string(text)
}

// variables are the names that serve reads, from the same tags that kong reads.
func variables() map[string]bool {
	all := make(map[string]bool)
	var walk func(reflect.Type)
	walk = func(t reflect.Type) {
		for i := range t.NumField() {
			f := t.Field(i)
			if f.Anonymous {
				walk(f.Type)
			}
			if name := f.Tag.Get("env"); name != "" {
				all[name] = true
			}
		}
	}
	walk(reflect.TypeFor[serveCmd]())
	return all
}

func TestComposeSetsOnlyWhatTheServerReads(t *testing.T) {
	c, _ := readCompose(t)
	known := variables()
	env := c.Services["kapstone"].Environment
	if len(env) == 0 {
		t.Fatal("the service kapstone sets no variables")
	}
	for name := range env {
		if !known[name] {
			t.Errorf("%s is set and no setting reads it", name)
		}
	}
}

func TestComposeRefusesToStartWithoutSecrets(t *testing.T) {
	c, text := readCompose(t)
	env := c.Services["kapstone"].Environment
	for _, name := range []string{"DATABASE_URL", "REDIS_URL", "KAPSTONE_MASTER_KEY", "KAPSTONE_BASE_URL"} {
		if !strings.Contains(env[name], ":?") {
			t.Errorf("%s = %q starts without a value", name, env[name])
		}
	}
	for _, use := range regexp.MustCompile(`\$\{[A-Z_]*(PASSWORD|KEY|SECRET)[A-Z_]*:-[^}]`).FindAllString(text, -1) {
		t.Errorf("a secret has a default: %s", use)
	}
}

func TestComposePinsItsImages(t *testing.T) {
	c, _ := readCompose(t)
	pinned := regexp.MustCompile(`^[a-z]+:\d+\.\d+(\.\d+)?-[a-z]+$`)
	for name, s := range c.Services {
		if s.Build == "" && !pinned.MatchString(s.Image) {
			t.Errorf("service %s runs %q, which is no pinned version", name, s.Image)
		}
	}
	text, err := os.ReadFile("../../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	for _, from := range regexp.MustCompile(`(?m)^FROM (\S+)`).FindAllStringSubmatch(string(text), -1) {
		if !strings.Contains(from[1], ":") || strings.HasSuffix(from[1], ":latest") {
			t.Errorf("the Dockerfile builds from %s, which is not pinned", from[1])
		}
	}
}

func TestTheContainerIsBoxedIn(t *testing.T) {
	c, _ := readCompose(t)
	s := c.Services["kapstone"]
	if !s.ReadOnly || len(s.CapDrop) != 1 || s.CapDrop[0] != "ALL" {
		t.Errorf("read_only = %v, cap_drop = %v; want a read-only root and no capabilities", s.ReadOnly, s.CapDrop)
	}
	for _, p := range s.Ports {
		if !strings.HasPrefix(p, "127.0.0.1:") {
			t.Errorf("port %s is open to everybody; a proxy with TLS belongs in front", p)
		}
	}
	if cmd := strings.Join(c.Services["redis"].Command, " "); !strings.Contains(cmd, "--appendonly yes") || !strings.Contains(cmd, "--requirepass") {
		t.Errorf("Redis runs as %q, without its log or its password", cmd)
	}
	text, err := os.ReadFile("../../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	last := string(text)[strings.LastIndex(string(text), "\nFROM "):]
	if !regexp.MustCompile(`(?m)^USER 65532`).MatchString(last) {
		t.Error("the last stage of the Dockerfile runs as root")
	}
	for _, set := range regexp.MustCompile(`KAPSTONE_[A-Z_]+`).FindAllString(last, -1) {
		if !variables()[set] {
			t.Errorf("the Dockerfile sets %s and no setting reads it", set)
		}
	}
}

func TestTheReadmeNamesEverySetting(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for name := range variables() {
		if !strings.Contains(string(text), "`"+name+"`") {
			t.Errorf("README.md does not name %s", name)
		}
	}
	for _, name := range regexp.MustCompile("`(KAPSTONE_[A-Z_]+)`").FindAllStringSubmatch(string(text), -1) {
		if !variables()[name[1]] && !strings.HasPrefix(name[1], "KAPSTONE_TEST_") {
			t.Errorf("README.md names %s, which no setting reads", name[1])
		}
	}
}
