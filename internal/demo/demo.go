// Package demo makes up a program's daily life: an admin, two instructors and
// a cohort of trainees at different points of the way, all through the same
// services that the pages and the API use. It also walks the whole story over
// HTTP.
package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/kapstone-lms/kapstone/internal/app"
	"github.com/kapstone-lms/kapstone/internal/credential"
)

// File is where the accounts of a demo are kept in its data directory, readable
// by its owner only.
const File = "demo-accounts.json"

// Options say what demo to open.
type Options struct {
	Config   app.Config
	Trainees int
	MFA      bool // staff have a second factor and are asked for it
}

// An Account is one made-up person with what they sign in with.
type Account struct {
	Role       string `json:"role"`
	Email      string `json:"email"`
	Password   string `json:"password"`
	Name       string `json:"name"`
	TOTPSecret string `json:"totp_secret,omitempty"`
	Stage      string `json:"stage,omitempty"` // where a trainee stands
}

// A Sheet says where a demo is and who can sign in.
type Sheet struct {
	URL       string    `json:"url"`
	Accounts  []Account `json:"accounts"`
	VerifyURL string    `json:"verify_url"`
}

// A Demo is an open installation with its people.
type Demo struct {
	App   *app.App
	Sheet Sheet
}

// record is the file: the accounts, the code of a certificate to look at, and
// the examples for the API's documentation.
type record struct {
	Accounts []Account      `json:"accounts"`
	Code     string         `json:"code"`
	Examples map[string]any `json:"examples"`
}

// Open opens a demo. In a directory that holds one already it keeps everything
// as it is; otherwise it makes one up, on an empty database only.
func Open(ctx context.Context, o Options) (*Demo, error) {
	cfg := o.Config
	cfg.RequireMFA = "off"
	if o.MFA {
		cfg.RequireMFA = "on"
	}
	if cfg.Production() {
		return nil, errors.New("the demo serves on a loopback address only, such as 127.0.0.1:8080")
	}
	cfg.Log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	cfg.Issuer = credential.Issuer{
		Name: "Kapstone Demonstration Program", Address: "1 Example Street, Denver, Colorado",
		SignatoryName: "Imogen Vale", SignatoryTitle: "Program Director (fictional)", Specimen: true,
	}
	rec, err := read(filepath.Join(cfg.Data, File))
	if errors.Is(err, fs.ErrNotExist) {
		rec, err = makeUp(ctx, cfg, o)
	}
	if err != nil {
		return nil, err
	}
	cfg.Examples = rec.Examples
	a, err := app.New(ctx, cfg)
	if err != nil {
		return nil, err
	}
	url := a.Config.BaseURL
	return &Demo{App: a, Sheet: Sheet{url, rec.Accounts, url + "/verify/" + rec.Code}}, nil
}

// makeUp fills an empty installation and keeps its record.
func makeUp(ctx context.Context, cfg app.Config, o Options) (rec *record, err error) {
	a, err := app.New(ctx, cfg)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, a.Close(context.WithoutCancel(ctx))) }()
	if token, err := a.People.SetupToken(ctx); err != nil || token == "" {
		return nil, errors.Join(err, errors.New("this database has people in it already; the demo needs an empty one, or the data directory it was made with"))
	}
	rec, err = seed(ctx, a, max(o.Trainees, len(cast)))
	if err != nil {
		return nil, fmt.Errorf("make up the demo: %w", err)
	}
	return rec, rec.write(filepath.Join(cfg.Data, File))
}

func read(file string) (*record, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	rec := new(record)
	if err := json.Unmarshal(data, rec); err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w; remove the directory to begin anew", file, err)
	}
	return rec, nil
}

func (r *record) write(file string) error {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(data, '\n'), 0o600)
}

// code returns the code of a second factor at this moment.
func code(secret string) (string, error) { return totp.GenerateCode(secret, time.Now()) }
