package app

import (
	"context"
	"time"

	"github.com/kapstone-lms/kapstone/internal/audit"
)

// The ledger's head is signed once a day; who wants one at another time asks
// for it.
const (
	headsEvery = 10 * time.Minute
	headAfter  = 24 * time.Hour
)

// SignHead signs the ledger's head as it is now.
func (a *App) SignHead(ctx context.Context) (*audit.Head, error) {
	return audit.SignHead(ctx, a.DB, a.ring, a.Clock.Now())
}

// HeadHolds reports whether a head was signed by this installation.
func (a *App) HeadHolds(h audit.Head) bool { return h.Holds(a.ring) }

// signDaily signs the head when the last one is a day old.
func (a *App) signDaily(ctx context.Context) (more bool, err error) {
	return false, audit.SignHeadAfter(ctx, a.DB, a.ring, a.Clock.Now(), headAfter)
}
