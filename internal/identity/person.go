package identity

import (
	"net/mail"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/uptrace/bun"
	"golang.org/x/text/unicode/norm"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/db"
)

// Status says whether a person may act.
type Status string

// The statuses.
const (
	Active    Status = "active"
	Suspended Status = "suspended"
)

// A Person is somebody the installation knows. It carries no secret.
type Person struct {
	bun.BaseModel `bun:"table:people"`

	ID            string `bun:",pk"`
	Email         string
	Name          string
	LicenseNumber string
	Status        Status
	TOTPConfirmed bool `bun:"totp_confirmed"`
	CreatedAt     db.Time
	Version       int64
	Grants        []access.Grant `bun:"-"`
}

// staff reports whether a person works for a program.
func (p *Person) staff() bool {
	return slices.ContainsFunc(p.Grants, func(g access.Grant) bool { return g.Role.IsStaff() })
}

// A NewPerson is somebody to add. An empty password is made up.
type NewPerson struct {
	Email         string
	Name          string
	Password      string
	LicenseNumber string
	Grants        []access.Grant
}

// Created is a person just added, with what is told once and never again.
type Created struct {
	Person     Person
	Password   string // the one that was made up
	TOTPSecret string // the factor that the role must have here
}

// A Change names what to change of a person; nil fields stay.
type Change struct {
	Name          *string
	Status        *Status
	LicenseNumber *string
	Grants        *[]access.Grant
	Version       int64 // the one that was read
}

// normalize brings what was typed into the one form that is kept, and checks
// it.
func (n *NewPerson) normalize() error {
	n.Email = strings.ToLower(norm.NFC.String(strings.TrimSpace(n.Email)))
	n.Name = norm.NFC.String(strings.TrimSpace(n.Name))
	n.LicenseNumber = norm.NFC.String(strings.TrimSpace(n.LicenseNumber))
	if a, err := mail.ParseAddress(n.Email); err != nil || a.Address != n.Email || len(n.Email) > 254 || !plain(n.Email) {
		return ErrEmail
	}
	if err := checkName(n.Name); err != nil {
		return err
	}
	if err := checkLicense(n.LicenseNumber); err != nil {
		return err
	}
	return checkGrants(n.Grants)
}

func checkName(name string) error {
	if n := utf8.RuneCountInString(name); n < 1 || n > 200 || !plain(name) {
		return ErrName
	}
	return nil
}

func checkLicense(number string) error {
	if utf8.RuneCountInString(number) > 100 || !plain(number) {
		return ErrLicense
	}
	return nil
}

func checkGrants(all []access.Grant) error {
	for _, g := range all {
		if !slices.Contains(access.Roles, g.Role) || len(g.Program) > 60 || !plain(g.Program) {
			return ErrRole
		}
	}
	return nil
}

// plain reports whether s is one line of text without control characters and
// without the marks that turn the direction of writing.
func plain(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
	})
}

// mayGive reports whether an admin may give and take a grant: in the programs
// they administer, and no role over all programs unless theirs is over all.
func mayGive(who access.Actor, g access.Grant) bool {
	programs, all := who.Programs(access.ManagePeople)
	return all || g.Program != "" && slices.Contains(programs, g.Program)
}

// difference returns the grants that are in one of the sets only.
func difference(a, b []access.Grant) (changed []access.Grant) {
	for _, g := range a {
		if !slices.Contains(b, g) {
			changed = append(changed, g)
		}
	}
	for _, g := range b {
		if !slices.Contains(a, g) {
			changed = append(changed, g)
		}
	}
	return changed
}
