package identity

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/text"
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
	ID            string
	Email         string
	Name          string
	LicenseNumber string
	Status        Status
	CreatedAt     db.Time
	Version       int64
	Grants        []access.Grant
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
	TOTPSecret string // the factor that the role must have here, pending until a code of it is accepted
}

// A Change names what to change of a person; nil fields stay.
type Change struct {
	Name          *string
	Status        *Status
	LicenseNumber *string
	Grants        *[]access.Grant
	Version       int64 // the one that was read
}

// The faults of a person's form and state.
var (
	ErrEmail     = fault.New(fault.Invalid, "bad_email", "This does not look like an email address.").At("email")
	ErrName      = fault.New(fault.Invalid, "bad_name", "A name has 1 to 200 characters and no control characters.").At("name")
	ErrLicense   = fault.New(fault.Invalid, "bad_license_number", "A license number has at most 100 characters and no control characters.").At("license_number")
	ErrStatus    = fault.New(fault.Invalid, "bad_status", "A person is active or suspended.").At("status")
	ErrRole      = fault.New(fault.Invalid, "bad_role", "There is no such role, or no program can be named so.").At("roles")
	ErrTaken     = fault.New(fault.Conflict, "email_taken", "Somebody with this address is here already.").At("email")
	ErrStale     = fault.New(fault.Conflict, "stale_version", "Somebody changed this person meanwhile. Read it again, then repeat your change.")
	ErrLastAdmin = fault.New(fault.Conflict, "last_admin", "This is the last admin of the installation. Make another one first.")
	ErrRaise     = fault.New(fault.Forbidden, "forbidden", "You can give and take roles only in programs you administer, none above your own, and none to yourself.").At("roles")
	ErrBeyond    = fault.New(fault.Forbidden, "forbidden", "This person also works beyond the programs you administer. Ask an admin of all programs.")
)

// The bounds of a person's fields, in characters, and of grants, in number.
const (
	maxEmail   = 254
	maxName    = 200
	maxLicense = 100
	maxProgram = 60
	maxGrants  = 100
)

// normalize brings what was typed into the one form that is kept, and checks
// it.
func (n *NewPerson) normalize() error {
	var ok bool
	if n.Email, ok = address(n.Email); !ok {
		return ErrEmail
	}
	if n.Name, ok = line(n.Name, 1, maxName); !ok {
		return ErrName
	}
	if n.LicenseNumber, ok = line(n.LicenseNumber, 0, maxLicense); !ok {
		return ErrLicense
	}
	var err error
	n.Grants, err = tidy(n.Grants)
	return err
}

// line returns s in the one form that is kept, and whether it is a line of at
// least least and at most most characters, without control characters and
// marks that turn the direction of writing.
func line(s string, least, most int) (string, bool) {
	if !utf8.ValidString(s) {
		return "", false
	}
	s = text.Tidy(s)
	n := utf8.RuneCountInString(s)
	return s, n >= least && n <= most && !strings.ContainsFunc(s, unfit)
}

func unfit(r rune) bool { return r == '\n' || r == '\t' || text.Unfit(r) }

// address returns an email address in the form that is kept and searched for,
// and whether it looks like one. Case never tells two people apart.
func address(s string) (string, bool) {
	if !utf8.ValidString(s) {
		return "", false // ToLower would mend it
	}
	s, ok := line(strings.ToLower(s), 3, maxEmail)
	local, domain, at := strings.Cut(s, "@")
	if !ok || !at || len(s) > maxEmail || local == "" || len(local) > 64 || strings.ContainsAny(s, " \t\"'(),:;<>[]\\`|") ||
		strings.Contains(domain, "@") || !strings.Contains(domain, ".") {
		return s, false
	}
	for label := range strings.SplitSeq(domain, ".") {
		if label == "" || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return s, false
		}
	}
	return s, true
}

// tidy checks grants and returns them in order, each once.
func tidy(grants []access.Grant) ([]access.Grant, error) {
	for _, g := range grants {
		if !slices.Contains(access.Roles, g.Role) || len(g.Program) > maxProgram || strings.ContainsFunc(g.Program, notKey) {
			return nil, ErrRole
		}
	}
	all := slices.Clone(grants)
	slices.SortFunc(all, compare)
	if all = slices.Compact(all); len(all) > maxGrants {
		return nil, ErrRole
	}
	return all, nil
}

func notKey(r rune) bool {
	return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' && r != '-'
}

func compare(a, b access.Grant) int {
	if a.Role != b.Role {
		return strings.Compare(string(a.Role), string(b.Role))
	}
	return strings.Compare(a.Program, b.Program)
}

// staff reports whether somebody with these grants works for a program.
func staff(grants []access.Grant) bool {
	return slices.ContainsFunc(grants, func(g access.Grant) bool { return g.Role.IsStaff() })
}

// SameLicense compares letters and digits only: "LCSW-1001" is "lcsw 1001". No
// license is like no other.
func SameLicense(a, b string) bool {
	bare := func(s string) string {
		return strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				return unicode.ToLower(r)
			}
			return -1
		}, s)
	}
	return bare(a) != "" && bare(a) == bare(b)
}
