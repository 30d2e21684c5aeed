package experience

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/fault"
)

// A trainee may note which path they take, for themselves. Nobody else is told:
// not that path, and not that they chose. The attestation alone is evidence.

// The faults of choosing.
var (
	ErrNoPaths    = fault.New(fault.NotFound, "no_paths", "Your program has no paths to choose from. Attest when you have completed yours.")
	ErrPath       = fault.New(fault.Invalid, "unknown_path", "Name one of the paths that your program lists for you.").At("path")
	ErrUnderstood = fault.New(fault.Invalid, "not_understood", "Others will inevitably learn of this choice. Read who, then send understood as true.").At("understood")
)

// Choose notes the actor's path in private, in place of an earlier one. A path
// that others will learn of is taken only with understood. Choosing the same
// again changes nothing.
func (s *Service) Choose(ctx context.Context, enrollmentID, path string, understood bool) error {
	p, err := s.enrollments.Own(ctx, act, enrollmentID)
	if err != nil {
		return err
	}
	chosen, err := find(p.Edition.Experience, path)
	if err != nil {
		return err
	}
	if Told(*chosen) && !understood {
		return ErrUnderstood
	}
	return s.change(ctx, enrollmentID, func(ctx context.Context, tx bun.IDB) (bool, error) {
		was, err := s.chosen(ctx, tx, enrollmentID)
		if err != nil || was == path {
			return false, err
		}
		return true, keepChoice(ctx, tx, subject(enrollmentID), s.ring.Seal(place(enrollmentID), padded(path)))
	})
}

// Forget takes the actor's choice back, also after the enrollment has ended.
// Without one it changes nothing.
func (s *Service) Forget(ctx context.Context, enrollmentID string) error {
	if _, err := s.enrollments.OwnToRead(ctx, act, enrollmentID); err != nil {
		return err
	}
	return s.change(ctx, enrollmentID, func(ctx context.Context, tx bun.IDB) (bool, error) {
		return removeChoice(ctx, tx, subject(enrollmentID))
	})
}

// Told reports whether others inevitably learn of a path: those it names, and
// whoever gives the clearance.
func Told(p curriculum.Path) bool { return len(p.Knows) > 0 || p.Clearance }

func find(x curriculum.ExperienceRules, key string) (*curriculum.Path, error) {
	if len(x.Paths) == 0 {
		return nil, ErrNoPaths
	}
	for i := range x.Paths {
		if x.Paths[i].Key == key {
			return &x.Paths[i], nil
		}
	}
	return nil, ErrPath
}

// chosen is the path that the enrollment's trainee noted; "" for none.
func (s *Service) chosen(ctx context.Context, idb bun.IDB, enrollmentID string) (string, error) {
	sealed, err := choice(ctx, idb, subject(enrollmentID))
	if errors.Is(err, db.ErrNone) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	plain, err := s.ring.Unseal(place(enrollmentID), sealed)
	if err != nil {
		return "", fmt.Errorf("read choice: %w", err)
	}
	return string(bytes.TrimRight(plain, "\x00")), nil
}

// subject is under what a choice is kept: a hash, so that no query on
// enrollments meets it.
func subject(enrollmentID string) string {
	sum := sha256.Sum256([]byte("kapstone experience choice\x00" + enrollmentID))
	return hex.EncodeToString(sum[:])
}

// place ties a sealed choice to its enrollment.
func place(enrollmentID string) string { return "experience_choices/sealed/" + enrollmentID }

// padded makes all paths equally long, so that sealed they look alike.
func padded(path string) []byte {
	b := make([]byte, 64) // keys have at most 60 characters
	copy(b, path)
	return b
}
