package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/keys"
	"github.com/kapstone-lms/kapstone/migrations"
)

// nextMaster is where a master key that is made for a rotation waits until the
// keys are wrapped under it.
const nextMaster = "master.key.next"

// RotateMaster wraps the installation's keys under another master key, and says
// how many were wrapped anew: under next where the master key is a setting, else
// under one that is made and takes the old one's place in the data directory.
// It may be stopped at any instant and run again. Servers under way go on, and
// start again with the new key only.
func RotateMaster(ctx context.Context, c Config, next string) (n int, err error) {
	c = c.withDefaults()
	d, err := db.Open(ctx, c.Database(), migrations.FS)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	clock, err := db.NewClock(ctx, d)
	if err != nil {
		return 0, err
	}
	old, err := masterKey(c)
	if err != nil {
		return 0, err
	}
	fresh, err := c.nextMaster(next)
	if err != nil {
		return 0, err
	}
	err = d.Tx(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
		if n, err = rewrap(ctx, tx, old, fresh); err != nil || n == 0 {
			return err
		}
		return audit.Append(ctx, tx, clock.Now(), "keys.rewrapped", "", map[string]any{"keys": n})
	})
	if err != nil || c.MasterKey != "" {
		return n, err
	}
	return n, os.Rename(filepath.Join(c.Data, nextMaster), filepath.Join(c.Data, "master.key"))
}

// nextMaster is the master key to wrap under: the one given, or one made in the
// data directory, where a rotation that was stopped may have left it.
func (c Config) nextMaster(given string) (keys.Master, error) {
	if c.MasterKey != "" {
		if err := checkMaster(given); err != nil {
			return keys.Master{}, fmt.Errorf("the new master key: %w", err)
		}
		return keys.NewMaster([]byte(given))
	}
	if given != "" {
		return keys.Master{}, errors.New("this installation's master key lies in its data directory, where the new one is made; leave KAPSTONE_NEW_MASTER_KEY out")
	}
	text, err := makeMaster(filepath.Join(c.Data, nextMaster))
	if err != nil {
		return keys.Master{}, fmt.Errorf("new master key: %w", err)
	}
	return keys.NewMaster(bytes.TrimSpace(text))
}

// rewrap wraps every key of the installation that is not wrapped so yet.
func rewrap(ctx context.Context, tx bun.IDB, old, fresh keys.Master) (n int, err error) {
	if err := db.Lock(ctx, tx, "keys"); err != nil {
		return 0, err
	}
	var rows []storedKey
	if err := tx.NewSelect().Model(&rows).OrderExpr("seq").Scan(ctx); err != nil {
		return 0, fmt.Errorf("read keys: %w", err)
	}
	for _, r := range rows {
		k, err := keys.Rewrap(old, fresh, keys.Stored{KID: r.KID, Use: r.Use, Wrapped: r.Wrapped})
		if err != nil {
			return 0, err
		}
		if bytes.Equal(k.Wrapped, r.Wrapped) {
			continue
		}
		r.Wrapped = k.Wrapped
		if _, err := tx.NewUpdate().Model(&r).Column("wrapped").Where("kid = ?", r.KID).Exec(ctx); err != nil {
			return 0, fmt.Errorf("write key: %w", err)
		}
		n++
	}
	return n, nil
}
