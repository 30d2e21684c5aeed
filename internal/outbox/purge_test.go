package outbox_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/outbox"
)

// What was done long ago is forgotten, a batch at a time; what waits and what
// was given up stays however old it is.
func TestOnlyOldDoneJobsArePurged(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		d.put(nil, "a", "b", "c", "waits", "dead")
		d.exec(`UPDATE jobs SET state = 'done', ended_at = 1000 WHERE key IN ('a', 'b')`)
		d.exec(`UPDATE jobs SET state = 'done', ended_at = 5000 WHERE key = 'c'`)
		d.exec(`UPDATE jobs SET state = 'dead', ended_at = 1000 WHERE key = 'dead'`)
		for _, want := range []int{1, 1, 0} {
			err := d.Tx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
				n, err := outbox.Purge(ctx, tx, time.UnixMilli(5000), 1)
				if err == nil && n != want {
					err = errors.New("another number of jobs")
				}
				return err
			})
			if err != nil {
				t.Errorf("Purge = %v, want %d jobs gone", err, want)
			}
		}
		var keys []string
		if err := d.NewRaw(`SELECT key FROM jobs ORDER BY key`).Scan(t.Context(), &keys); err != nil || len(keys) != 3 || keys[0] != "c" {
			t.Errorf("left are %v, %v; want c, dead and waits", keys, err)
		}
	})
}
