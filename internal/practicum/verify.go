package practicum

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/kapstone-lms/kapstone/internal/audit"
)

// A Broken is a signed log that does not hold.
type Broken struct {
	LogID string
	Why   string
}

// Why a log does not hold.
const (
	WhyClosed   = "its texts cannot be opened"
	WhyChanged  = "its content is not what was signed"
	WhyGone     = "the ledger has its signature, and it is not there"
	WhyUnsigned = "the ledger has its signature, and it is not signed"
	WhyOther    = "the ledger has a signature under another content"
)

// VerifyAll checks every signed log, and that whatever the ledger has as signed
// is there and signed as it says. It returns those that do not hold.
func (s *Service) VerifyAll(ctx context.Context) ([]Broken, error) {
	hashes := make(map[string]string)
	err := audit.Each(ctx, s.db, "log.countersigned", func(e *audit.Entry) error {
		var d struct{ Hash string }
		if err := json.Unmarshal([]byte(e.Details), &d); err != nil {
			return fmt.Errorf("entry %d: %w", e.Seq, err)
		}
		hashes[e.Object] = d.Hash
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("verify logs: %w", err)
	}
	found, err := s.verifySigned(ctx, hashes)
	if err != nil {
		return nil, fmt.Errorf("verify logs: %w", err)
	}
	missing, err := s.missing(ctx, hashes)
	if err != nil {
		return nil, fmt.Errorf("verify logs: %w", err)
	}
	return append(found, missing...), nil
}

// verifySigned checks the logs that say they are signed, and takes them out of
// what the ledger has.
func (s *Service) verifySigned(ctx context.Context, hashes map[string]string) (found []Broken, err error) {
	after := ""
	for {
		rows, err := signed(ctx, s.db, after, 500)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			if why := s.why(r, hashes[r.ID]); why != "" {
				found = append(found, Broken{r.ID, why})
			}
			delete(hashes, r.ID)
			after = r.ID
		}
		if len(rows) < 500 {
			return found, nil
		}
	}
}

// why says why a signed row does not hold, or nothing.
func (s *Service) why(r *row, hash string) string {
	switch l, err := s.unseal(r); {
	case err != nil:
		return WhyClosed
	case l.Broken:
		return WhyChanged
	case l.ContentHash != hash:
		return WhyOther
	}
	return ""
}

// missing says what became of logs that only the ledger has as signed.
func (s *Service) missing(ctx context.Context, hashes map[string]string) (found []Broken, err error) {
	for _, id := range slices.Sorted(maps.Keys(hashes)) {
		n, err := s.db.NewSelect().Model((*row)(nil)).Where("id = ?", id).Count(ctx)
		if err != nil {
			return nil, err
		}
		found = append(found, Broken{id, map[bool]string{true: WhyGone, false: WhyUnsigned}[n == 0]})
	}
	return found, nil
}
