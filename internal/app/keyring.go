package app

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/keys"
)

// masterKey returns the secret that wraps the installation's keys: the setting,
// or the one kept in the data directory, made there at the first start.
func masterKey(c Config) (keys.Master, error) {
	if c.MasterKey != "" {
		m, err := keys.NewMaster([]byte(c.MasterKey))
		if err != nil {
			return m, fmt.Errorf("KAPSTONE_MASTER_KEY: %w", err)
		}
		return m, nil
	}
	file := filepath.Join(c.Data, "master.key")
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		text, err = makeMaster(file)
	}
	if err != nil {
		return keys.Master{}, fmt.Errorf("master key: %w", err)
	}
	m, err := keys.NewMaster([]byte(strings.TrimSpace(string(text))))
	if err != nil {
		return m, fmt.Errorf("master key in %s: %w", file, err)
	}
	return m, nil
}

// makeMaster writes a fresh master key. Of two processes that start at once
// one makes the file and the other reads it.
func makeMaster(file string) ([]byte, error) {
	var secret [32]byte
	rand.Read(secret[:]) // never fails
	text := base64.StdEncoding.EncodeToString(secret[:]) + "\n"
	tmp, err := os.CreateTemp(filepath.Dir(file), "master-*") // mode 0600
	if err != nil {
		return nil, err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.WriteString(text)
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return nil, err
	}
	if err := os.Link(tmp.Name(), file); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return os.ReadFile(file)
}

type storedKey struct {
	bun.BaseModel `bun:"table:installation_keys"`

	Seq     int64 `bun:",pk"`
	KID     string
	Use     keys.Use
	Wrapped []byte
	MadeAt  db.Time
}

// keyring opens the installation's keys. The first process to come makes them.
func keyring(ctx context.Context, d *db.DB, m keys.Master, at time.Time) (*keys.Ring, error) {
	var rows []storedKey
	err := d.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		rows = nil
		if err := db.Lock(ctx, tx, "keys"); err != nil {
			return err
		}
		if err := tx.NewSelect().Model(&rows).OrderExpr("seq").Scan(ctx); err != nil || len(rows) > 0 {
			return err
		}
		for i, use := range keys.Uses {
			k := keys.Generate(m, use)
			rows = append(rows, storedKey{Seq: int64(i + 1), KID: k.KID, Use: use, Wrapped: k.Wrapped, MadeAt: db.At(at)})
		}
		_, err := tx.NewInsert().Model(&rows).Exec(ctx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read keys: %w", err)
	}
	stored := make([]keys.Stored, len(rows))
	for i, r := range rows {
		stored[i] = keys.Stored{KID: r.KID, Use: r.Use, Wrapped: r.Wrapped}
	}
	return keys.Open(m, stored)
}
