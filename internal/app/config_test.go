package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
	"github.com/kapstone-lms/kapstone/internal/keys"
)

// good is a production configuration that passes.
func good() Config {
	return Config{
		Listen: "0.0.0.0:8080", BaseURL: "https://kap.example.org", MasterKey: "pGq0W2nH1m9sT4vX7yZ3bC6dE8fJ5kL0",
		DatabaseURL: "postgres://u:p@db.example.org/k?sslmode=verify-full", RedisURL: "redis://:p@cache.example.org:6379",
	}
}

// CHECKS AU-05, OP-05: what is wrong is named by its variable.
func TestSettingsAreCheckedBeforeAnythingOpens(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*Config)
		want   string // part of the refusal; "" passes
	}{
		{"nothing set", func(c *Config) { *c = Config{} }, ""},
		{"a good production server", func(*Config) {}, ""},
		{"no master key", func(c *Config) { c.MasterKey = "" }, "KAPSTONE_MASTER_KEY"},
		{"a short master key", func(c *Config) { c.MasterKey = "8 bytes!" }, "KAPSTONE_MASTER_KEY"},
		{"a master key from a guide", func(c *Config) { c.MasterKey = strings.Repeat("changeme", 5) }, "KAPSTONE_MASTER_KEY"},
		{"one letter over and over", func(c *Config) { c.MasterKey = strings.Repeat("x", 40) }, "KAPSTONE_MASTER_KEY"},
		{"no base URL", func(c *Config) { c.BaseURL = "" }, "KAPSTONE_BASE_URL"},
		{"a base URL without TLS", func(c *Config) { c.BaseURL = "http://kap.example.org" }, "KAPSTONE_BASE_URL"},
		{"a base URL that is none", func(c *Config) { c.BaseURL = "kap.example.org" }, "KAPSTONE_BASE_URL"},
		{"a database without TLS", func(c *Config) { c.DatabaseURL = "postgres://u:p@db.example.org/k?sslmode=disable" }, "DATABASE_URL"},
		{"a database of the compose file", func(c *Config) { c.DatabaseURL = "postgres://u:p@postgres/k?sslmode=disable" }, ""},
		{"another kind of database", func(c *Config) { c.DatabaseURL = "mysql://x" }, "DATABASE_URL"},
		{"Redis without a password", func(c *Config) { c.RedisURL = "redis://cache.example.org:6379" }, "REDIS_URL"},
		{"no Redis address", func(c *Config) { c.RedisURL = "cache:6379" }, "REDIS_URL"},
		{"test mode in production", func(c *Config) { c.TestMode = true }, "insecure-test-mode"},
		{"test mode on loopback", func(c *Config) { *c = Config{TestMode: true} }, ""},
		{"an address without a port", func(c *Config) { c.Listen = "127.0.0.1" }, "KAPSTONE_LISTEN"},
		{"a mode of second factors that is none", func(c *Config) { c.RequireMFA = "maybe" }, "KAPSTONE_REQUIRE_MFA"},
	} {
		c := good()
		tt.change(&c)
		err := c.withDefaults().check()
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: check() = %v, want %q", tt.name, err, tt.want)
		}
	}
}

func TestProductionIsWhatOthersCanReach(t *testing.T) {
	for _, tt := range []struct {
		listen, base string
		want         bool
	}{
		{"127.0.0.1:8080", "", false}, {"[::1]:8080", "", false}, {"localhost:8080", "http://localhost:8080", false},
		{"0.0.0.0:8080", "", true}, {":8080", "", true}, {"127.0.0.1:8080", "https://kap.example.org", true},
	} {
		c := Config{Listen: tt.listen, BaseURL: tt.base}.withDefaults()
		if got := c.Production(); got != tt.want {
			t.Errorf("Production(%s, %s) = %v, want %v", tt.listen, tt.base, got, tt.want)
		}
		if got := c.requireMFA(); got != tt.want {
			t.Errorf("requireMFA(%s, %s) = %v, want %v", tt.listen, tt.base, got, tt.want)
		}
	}
}

func TestTheMasterKeyIsMadeOnceAndKeptPrivate(t *testing.T) {
	dir := t.TempDir()
	d := dbtest.Open(t)
	clock, err := db.NewClock(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	kids := make(map[string]bool)
	for range 2 {
		m, err := masterKey(Config{Data: dir})
		if err != nil {
			t.Fatal(err)
		}
		r, err := keyring(t.Context(), d, m, clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		kid, _ := r.Signer(keys.Tokens)
		kids[kid] = true
	}
	if len(kids) != 1 {
		t.Errorf("two starts have the keys %v, want the same one", kids)
	}
	info, err := os.Stat(filepath.Join(dir, "master.key"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the master key's file: %v (%v), want mode 0600", info, err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "master-*")); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v (%v)", left, err)
	}
}

func TestAnotherMasterKeyIsRefusedByName(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for i, secret := range []string{strings.Repeat("ab", 20), strings.Repeat("cd", 20)} {
			m, err := masterKey(Config{MasterKey: secret})
			if err != nil {
				t.Fatal(err)
			}
			_, err = keyring(t.Context(), d, m, time.Unix(1, 0))
			if i == 0 && err != nil || i == 1 && (err == nil || !strings.Contains(err.Error(), "KAPSTONE_MASTER_KEY")) {
				t.Errorf("start %d: %v", i, err)
			}
		}
	})
}
