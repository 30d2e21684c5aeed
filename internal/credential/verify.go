package credential

import (
	"context"
	"fmt"
	"time"

	"github.com/kapstone-lms/kapstone/internal/certpdf"
	"github.com/kapstone-lms/kapstone/internal/db"
)

// A Notice is all that the public learns of a certificate: what the paper
// prints, and what it is worth today. Of a replaced one not even the name is
// said: it may be the very thing that was corrected.
type Notice struct {
	Status         Status
	Words          string    // the status, for people
	Since          time.Time // when a replaced or withdrawn one became so; zero for a valid one
	Serial         string
	Holder         string
	Program        string
	ProgramVersion string
	Modules        []certpdf.Module
	Hours          []certpdf.Hours
	Practice       string
	Issuer         string
	IssuedOn       time.Time
	Specimen       bool
}

// Disclaimer goes with every notice.
const Disclaimer = "This confirms that training was completed. It is not a license, and it says nothing about discipline or " +
	"current competence; for those, ask the licensing board of the state."

// Verify returns what the public may know of the certificate with a code. An
// unknown code is db.ErrNone.
func (s *Service) Verify(ctx context.Context, code string) (*Notice, error) {
	if !IsCode(code) {
		return nil, db.ErrNone
	}
	c, err := byCode(ctx, s.db, code)
	if err != nil {
		return nil, err
	}
	return c.notice(), nil
}

func (c *Certificate) notice() *Notice {
	n := &Notice{
		Status: c.Status, Serial: c.Serial, Holder: c.Printed.Holder, Program: c.Printed.Program,
		ProgramVersion: c.Printed.ProgramVersion, Modules: c.Printed.Modules, Hours: c.Printed.Hours, Practice: c.Printed.Practice,
		Issuer: c.Printed.IssuerName, IssuedOn: c.Printed.IssuedOn, Specimen: c.Specimen,
	}
	switch c.Status {
	case Valid:
		n.Words = "Genuine: completion recorded"
	case Superseded:
		n.Words, n.Since, n.Holder = "Replaced", c.StatusAt.Time, ""
	case Revoked:
		n.Since = c.StatusAt.Time
		n.Words = fmt.Sprintf("Withdrawn on %s", c.StatusAt.Format("January 2, 2006"))
	}
	return n
}
