package db

import (
	"database/sql/driver"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// A Time is an instant kept in SQL as a BIGINT: milliseconds since 1970 UTC.
// The two databases write and compare their own time types differently; whole
// numbers are the same on both. The zero Time is NULL.
type Time struct{ time.Time }

// At returns t as a Time, cut to whole milliseconds: what will be read back.
func At(t time.Time) Time {
	if t.IsZero() {
		return Time{}
	}
	return Time{t.UTC().Truncate(time.Millisecond)}
}

// Value implements driver.Valuer.
func (t Time) Value() (driver.Value, error) {
	if t.IsZero() {
		return nil, nil
	}
	return t.UnixMilli(), nil
}

// Scan implements sql.Scanner.
func (t *Time) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*t = Time{}
	case int64:
		*t = Time{time.UnixMilli(v).UTC()}
	default:
		return fmt.Errorf("an instant in SQL is a whole number, not %T", src)
	}
	return nil
}

// NewID returns a fresh UUIDv7 as text: unique, ordered by time, no secret.
func NewID() string { return uuid.Must(uuid.NewV7()).String() }

// IsID reports whether s has the form of an id, so that anything else can be
// refused before it reaches SQL.
func IsID(s string) bool { return len(s) == 36 && uuid.Validate(s) == nil }
