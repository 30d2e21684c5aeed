package app

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/kapstone-lms/kapstone/internal/credential"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/keys"
)

// Config is every setting of a server. The zero value of each works: a server
// on loopback with SQLite under ./data and live state in the process.
type Config struct {
	Listen         string   // where to serve; 127.0.0.1:8080 when empty
	Metrics        string   // where to serve /metrics; nowhere when empty
	Data           string   // the data directory; ./data when empty
	DatabaseURL    string   // postgres://…; SQLite in Data when empty
	RedisURL       string   // redis://…; live state in the process when empty
	MasterKey      string   // wraps the installation's keys; made in Data when empty and not in production
	BaseURL        string   // where people reach the server; http://Listen when empty and not in production
	Course         string   // a directory with another course; the embedded one when empty
	RequireMFA     string   // "on", "off" or "auto": on in production
	TrustedProxies []string // whose X-Forwarded-For is believed
	SMTPURL        string   // smtp://… or smtps://…, which takes our letters
	MailDir        string   // a directory for letters instead; in demo and test mode one in Data when both are empty
	MailFrom       string   // where letters come from; kapstone@ the base URL's host when empty
	Issuer         credential.Issuer
	TestMode       bool // test hooks and no limits; loopback only
	QuickHashes    bool // see identity.Settings: for tests alone, no flag sets it
	Log            *slog.Logger
	Examples       map[string]any // for the OpenAPI document
}

// withDefaults fills in what was left empty.
func (c Config) withDefaults() Config {
	if c.Listen == "" {
		c.Listen = "127.0.0.1:8080"
	}
	if c.Data == "" {
		c.Data = "data"
	}
	if c.Log == nil {
		c.Log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	if c.BaseURL == "" && loopback(c.Listen) {
		c.BaseURL = "http://" + c.Listen
	}
	c.BaseURL = strings.TrimRight(c.BaseURL, "/")
	c.Issuer.BaseURL = c.BaseURL
	c.Issuer.Specimen = c.Issuer.Specimen || c.TestMode
	if c.Issuer.Specimen && c.SMTPURL == "" && c.MailDir == "" { // nobody made up gets a letter
		c.MailDir = filepath.Join(c.Data, "mail")
	}
	if c.MailFrom == "" {
		c.MailFrom = "Kapstone <kapstone@" + hostOf(c.BaseURL) + ">"
	}
	return c
}

// hostOf is the host of the address people use, as a mail's domain.
func hostOf(base string) string {
	if u, err := url.Parse(base); err == nil && u.Hostname() != "" && net.ParseIP(u.Hostname()) == nil {
		return u.Hostname()
	}
	return "localhost"
}

// Production reports whether the server is reachable from elsewhere: by https,
// or at an address that is not loopback.
func (c Config) Production() bool {
	return strings.HasPrefix(c.BaseURL, "https://") || !loopback(c.Listen)
}

func loopback(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Database returns where the database is: the address, or the SQLite file in
// the data directory.
func (c Config) Database() string {
	if c.DatabaseURL != "" {
		return c.DatabaseURL
	}
	return filepath.Join(c.Data, "kapstone.db")
}

// requireMFA reports whether staff need a second factor for grave deeds.
func (c Config) requireMFA() bool {
	return c.RequireMFA == "on" || c.RequireMFA != "off" && c.Production()
}

// check refuses settings that are wrong anywhere, or too weak for production.
// Its errors name the variable to set.
func (c Config) check() error {
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		return fmt.Errorf("KAPSTONE_LISTEN is %q; it must be an address and a port, such as 127.0.0.1:8080", c.Listen)
	}
	if c.DatabaseURL != "" && !db.IsPostgres(c.DatabaseURL) {
		return errors.New("DATABASE_URL must begin with postgres://; leave it out to use SQLite")
	}
	if c.RedisURL != "" && !strings.HasPrefix(c.RedisURL, "redis://") && !strings.HasPrefix(c.RedisURL, "rediss://") {
		return errors.New("REDIS_URL must begin with redis:// or rediss://; leave it out to keep live state in the process")
	}
	if c.RequireMFA != "" && c.RequireMFA != "on" && c.RequireMFA != "off" && c.RequireMFA != "auto" {
		return errors.New("KAPSTONE_REQUIRE_MFA must be on, off or auto")
	}
	if u, err := url.Parse(c.BaseURL); c.BaseURL != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		return errors.New("KAPSTONE_BASE_URL must be an http:// or https:// address")
	}
	if c.TestMode && !loopback(c.Listen) {
		return errors.New("--insecure-test-mode works on a loopback address only; set KAPSTONE_LISTEN to 127.0.0.1 and a port")
	}
	if c.Production() {
		return c.checkProduction()
	}
	return nil
}

func (c Config) checkProduction() error {
	if err := checkMaster(c.MasterKey); err != nil {
		return err
	}
	if strings.HasPrefix(c.BaseURL, "http://") && !loopback(strings.TrimPrefix(c.BaseURL, "http://")+portIfNone(c.BaseURL)) {
		return errors.New("KAPSTONE_BASE_URL must begin with https:// on a server that others can reach")
	}
	if c.BaseURL == "" {
		return errors.New("KAPSTONE_BASE_URL is needed on a server that others can reach: the https:// address people use")
	}
	if u, err := url.Parse(c.DatabaseURL); err == nil && !local(u.Hostname()) && u.Query().Get("sslmode") == "disable" {
		return errors.New("DATABASE_URL leads to another host without TLS; set sslmode=verify-full")
	}
	if u, err := url.Parse(c.RedisURL); err == nil && !local(u.Hostname()) {
		if _, has := u.User.Password(); !has {
			return errors.New("REDIS_URL leads to another host without a password; set one")
		}
	}
	return nil
}

func portIfNone(base string) string {
	if u, err := url.Parse(base); err == nil && u.Port() == "" {
		return ":80"
	}
	return ""
}

// local reports whether a host is this machine, or a name without a dot such
// as a compose file's service on its private network.
func local(host string) bool {
	ip := net.ParseIP(host)
	return host == "" || ip != nil && ip.IsLoopback() || ip == nil && !strings.Contains(host, ".")
}

// weak are master keys that stand in examples and guides.
var weak = []string{"changeme", "change-me", "secret", "password", "example", "kapstone", "0123456789abcdef"}

func checkMaster(key string) error {
	if len(key) < keys.MinMaster {
		return fmt.Errorf("KAPSTONE_MASTER_KEY is needed on a server that others can reach, with at least %d random bytes; openssl rand -base64 32 makes one", keys.MinMaster)
	}
	for _, w := range weak {
		if strings.Trim(strings.ReplaceAll(strings.ToLower(key), w, ""), "-_ .!0123456789") == "" {
			return errors.New("KAPSTONE_MASTER_KEY can be guessed; openssl rand -base64 32 makes a good one")
		}
	}
	if strings.Trim(key, key[:1]) == "" {
		return errors.New("KAPSTONE_MASTER_KEY can be guessed; openssl rand -base64 32 makes a good one")
	}
	return nil
}
