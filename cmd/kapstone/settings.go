package main

import (
	"log/slog"
	"os"

	"github.com/kapstone-lms/kapstone/internal/app"
	"github.com/kapstone-lms/kapstone/internal/credential"
)

// database says where the record of an installation lies.
type database struct {
	Data        string `help:"The data directory." default:"data" env:"KAPSTONE_DATA"`
	DatabaseURL string `help:"A PostgreSQL address; SQLite in the data directory when empty." env:"DATABASE_URL"`
}

func (d database) config() app.Config { return app.Config{Data: d.Data, DatabaseURL: d.DatabaseURL} }

// there reports whether there is a record at all. A PostgreSQL server always
// has one to open.
func (d database) there() bool {
	_, err := os.Stat(d.config().Database())
	return d.DatabaseURL != "" || err == nil
}

// settings are the flags that every command on an installation shares. Each
// has its variable; the two addresses of the stores have the names that
// everybody uses.
type settings struct {
	database
	RedisURL  string `help:"A Redis address; live state in the process when empty." env:"REDIS_URL"`
	MasterKey string `help:"Wraps the installation's keys; at least 32 random bytes. Made in the data directory when empty, except in production." env:"KAPSTONE_MASTER_KEY"`
	Course    string `help:"A directory with another course than the one on record." env:"KAPSTONE_COURSE"`
	LogLevel  string `help:"debug, info, warn or error." default:"info" enum:"debug,info,warn,error" env:"KAPSTONE_LOG_LEVEL"`
}

func (s settings) config() app.Config {
	level := slog.LevelInfo
	_ = level.UnmarshalText([]byte(s.LogLevel)) // kong has checked the value
	return app.Config{
		Data: s.Data, DatabaseURL: s.DatabaseURL, RedisURL: s.RedisURL, MasterKey: s.MasterKey, Course: s.Course,
		Log: slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: level})),
	}
}

// serverSettings are the flags of a server that people reach.
type serverSettings struct {
	settings
	Listen         string   `help:"Where to serve." default:"127.0.0.1:8080" env:"KAPSTONE_LISTEN"`
	Metrics        string   `help:"Where to serve /metrics, such as 127.0.0.1:9090; nowhere when empty." env:"KAPSTONE_METRICS"`
	BaseURL        string   `help:"The address people use, such as https://kap.example.org. It stands in every certificate." env:"KAPSTONE_BASE_URL"`
	RequireMFA     string   `help:"Ask staff for a second factor before grave deeds: on, off, or auto for on in production." default:"auto" enum:"on,off,auto" env:"KAPSTONE_REQUIRE_MFA"`
	TrustedProxies []string `help:"Proxies whose X-Forwarded-For is believed: addresses or ranges." env:"KAPSTONE_TRUSTED_PROXIES"`
	SMTPURL        string   `name:"smtp-url" help:"The mail server, such as smtp://user:password@mail.example.org:587; no letters when empty." env:"KAPSTONE_SMTP_URL"`
	MailDir        string   `help:"A directory that letters are written to instead of being sent." env:"KAPSTONE_MAIL_DIR"`
	MailFrom       string   `help:"Where letters come from; kapstone@ and the host of the base URL when empty." env:"KAPSTONE_MAIL_FROM"`
	IssuerName     string   `help:"The program's legal name, printed on certificates." env:"KAPSTONE_ISSUER_NAME"`
	IssuerAddress  string   `help:"The program's address, printed on certificates." env:"KAPSTONE_ISSUER_ADDRESS"`
	SignatoryName  string   `help:"Who signs certificates." env:"KAPSTONE_SIGNATORY_NAME"`
	SignatoryTitle string   `help:"The signatory's title." env:"KAPSTONE_SIGNATORY_TITLE"`
	TestMode       bool     `name:"insecure-test-mode" help:"Test hooks, no limits, SPECIMEN certificates; loopback only." env:"KAPSTONE_INSECURE_TEST_MODE"`
}

func (s serverSettings) config() app.Config {
	c := s.settings.config()
	c.Listen, c.Metrics, c.BaseURL, c.RequireMFA, c.TrustedProxies, c.TestMode = s.Listen, s.Metrics, s.BaseURL, s.RequireMFA, s.TrustedProxies, s.TestMode
	c.SMTPURL, c.MailDir, c.MailFrom = s.SMTPURL, s.MailDir, s.MailFrom
	c.Issuer = credential.Issuer{
		Name: s.IssuerName, Address: s.IssuerAddress, SignatoryName: s.SignatoryName, SignatoryTitle: s.SignatoryTitle,
	}
	return c
}
