package credential

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/certpdf"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/fault"
)

// Status says what a certificate is worth today.
type Status string

// The statuses.
const (
	Valid      Status = "valid"
	Superseded Status = "superseded"
	Revoked    Status = "revoked"
)

// A Certificate is one certificate as issued. Serial is for people, Code for
// machines: 130 random bits that open the verification page. Printed holds
// what stands on the paper.
type Certificate struct {
	bun.BaseModel `bun:"table:certificates"`

	ID             string `bun:",pk"`
	EnrollmentID   string
	Kind           string
	Cycle          int
	Program        string
	ProgramVersion int
	Serial         string
	Code           string
	SHA256         string           `bun:"sha256"`
	Printed        certpdf.Document `bun:"type:text"`
	Evidence       string
	Specimen       bool
	IssuedAt       db.Time
	IssuedBy       string
	Supersedes     string `bun:",nullzero"` // the id of the certificate this one replaces
	Status         Status
	StatusAt       db.Time
	StatusBy       string
	StatusReason   string
	StatusNote     string
}

// The faults of a certificate's life.
var (
	ErrNotValid = fault.New(fault.Conflict, "not_valid", "This certificate is no longer valid, so it cannot be changed.")
	ErrReason   = fault.New(fault.Invalid, "bad_reason", "Name one of the reasons: issued_in_error, requirement_false, license_false, ethics_finding, name_change, correction, other.").At("reason")
	ErrNote     = fault.New(fault.Invalid, "too_long", "A note has at most 2,000 characters.").At("note")
)

// Reasons are the classes of reason for revoking or replacing a certificate.
var Reasons = []string{"issued_in_error", "requirement_false", "license_false", "ethics_finding", "name_change", "correction", "other"}

func checkReason(reason, note string) error {
	if !slices.Contains(Reasons, reason) {
		return ErrReason
	}
	if utf8.RuneCountInString(note) > 2000 {
		return ErrNote
	}
	return nil
}

// move takes a valid certificate to a status from which there is no way back.
func (c *Certificate) move(to Status, by, reason, note string, at time.Time) error {
	if c.Status != Valid {
		return ErrNotValid.With("status", string(c.Status))
	}
	c.Status, c.StatusBy, c.StatusReason, c.StatusNote, c.StatusAt = to, by, reason, note, db.At(at)
	return nil
}

// facts is what the ledger notes of an issue.
func (c *Certificate) facts() map[string]any {
	return map[string]any{"enrollment": c.EnrollmentID, "serial": c.Serial, "sha256": c.SHA256, "program": c.Program, "version": c.ProgramVersion}
}

// alphabet leaves out the letters and digits that people take for each other.
var alphabet = base32.NewEncoding("ABCDEFGHJKMNPQRSTVWXYZ0123456789").WithPadding(base32.NoPadding)

// newSerial returns a serial that is easy to read out and hard to guess:
// KAP-2026-XXXX-XXXX, 40 random bits.
func newSerial(at time.Time) string {
	var b [5]byte
	rand.Read(b[:]) // never fails
	s := alphabet.EncodeToString(b[:])
	return fmt.Sprintf("KAP-%d-%s-%s", at.UTC().Year(), s[:4], s[4:])
}

// newCode returns 26 characters of 130 random bits.
func newCode() string { return strings.ToLower(rand.Text()) }

// IsCode reports whether s has the form of a code.
func IsCode(s string) bool {
	return len(s) == 26 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz234567") == ""
}

func sum(pdf []byte) string {
	h := sha256.Sum256(pdf)
	return hex.EncodeToString(h[:])
}
