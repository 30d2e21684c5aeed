package practicum

import (
	"context"
	"fmt"
	"net/mail"
	"strings"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/identity"
	"github.com/kapstone-lms/kapstone/internal/text"
)

// An Outside supervisor signs logs of one enrollment and has no account: a
// letter leads them to the lines that were sent to them, and to nothing else.
type Outside struct {
	bun.BaseModel `bun:"table:outside_supervisors"`

	ID            string `bun:",pk"`
	EnrollmentID  string
	Name          string
	Email         string
	LicenseType   string
	LicenseNumber string
	NamedBy       string
	NamedAt       db.Time
	WithdrawnAt   db.Time
}

// The licenses an outside supervisor may have.
var licenses = []string{"physician", "nurse_practitioner", "physician_assistant", "registered_nurse",
	"psychologist", "clinical_social_worker", "professional_counselor", "marriage_family_therapist", "other"}

// medicalLicenses are those of medical providers.
var medicalLicenses = licenses[:4]

// The faults of naming outside supervisors.
var (
	ErrOutsideName = fault.New(fault.Invalid, "bad_name", "Give the name as it is printed under a signature, 1 to 120 characters.").At("name")
	ErrOutsideMail = fault.New(fault.Invalid, "bad_email", "This does not look like an email address.").At("email")
	ErrLicenseType = fault.New(fault.Invalid, "unknown_value", "The license is one of "+strings.Join(licenses, ", ")+".").At("license_type")
	ErrLicense     = fault.New(fault.Invalid, "bad_license", "Give the license number, 2 to 40 characters.").At("license_number")
	ErrMedical     = fault.New(fault.Forbidden, "medical_license_required", "This log holds vital signs. Send it to a physician, a nurse practitioner, a physician assistant or a nurse.")
	ErrOutsideSelf = fault.New(fault.Forbidden, "own_log", "This address or license is the trainee's own. Nobody signs their own logs.")
)

// tidy puts in order what was typed, and says what is wrong with it.
func (o *Outside) tidy() error {
	var ok bool
	if o.Name, ok = text.Fits(o.Name, 1, 120); !ok || strings.ContainsFunc(o.Name, text.Unfit) {
		return ErrOutsideName
	}
	if o.LicenseNumber, ok = text.Fits(o.LicenseNumber, 2, 40); !ok || strings.ContainsFunc(o.LicenseNumber, text.Unfit) {
		return ErrLicense
	}
	o.Email = strings.ToLower(strings.TrimSpace(o.Email))
	if a, err := mail.ParseAddress(o.Email); err != nil || a.Address != o.Email || len(o.Email) > 254 {
		return ErrOutsideMail
	}
	if !contains(licenses, o.LicenseType) {
		return ErrLicenseType
	}
	return nil
}

// NameOutside names a supervisor without an account for an enrollment. Whoever
// has that address there already gets the name and license given now.
func (s *Service) NameOutside(ctx context.Context, enrollmentID string, o Outside) (*Outside, error) {
	p, err := s.enrollments.See(ctx, access.NameOutside, enrollmentID)
	if err != nil {
		return nil, err
	}
	if err := o.tidy(); err != nil {
		return nil, err
	}
	if err := s.stranger(ctx, s.db, p.PersonID, &o); err != nil {
		return nil, err
	}
	o.ID, o.EnrollmentID, o.NamedBy, o.NamedAt, o.WithdrawnAt = db.NewID(), p.ID, access.From(ctx).ID, db.At(s.now()), db.Time{}
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewInsert().Model(&o).On("CONFLICT (enrollment_id, email) DO UPDATE").
			Set("name = EXCLUDED.name, license_type = EXCLUDED.license_type, license_number = EXCLUDED.license_number").
			Set("named_by = EXCLUDED.named_by, named_at = EXCLUDED.named_at, withdrawn_at = NULL").Returning("id").Exec(ctx)
		if err != nil {
			return db.Check(err)
		}
		return audit.Append(ctx, tx, s.now(), "outside_supervisor.named", o.ID, map[string]any{"enrollment": p.ID, "license_type": o.LicenseType})
	})
	if err != nil {
		return nil, fmt.Errorf("name an outside supervisor: %w", err)
	}
	return &o, nil
}

// WithdrawOutside takes an outside supervisor back. What was sent to them opens
// no more; what they signed stays.
func (s *Service) WithdrawOutside(ctx context.Context, id string) error {
	if !db.IsID(id) {
		return db.ErrNone
	}
	o, err := outside(ctx, s.db, id)
	if err != nil {
		return err
	}
	if _, err := s.enrollments.See(ctx, access.NameOutside, o.EnrollmentID); err != nil {
		return err
	}
	return s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		res, err := tx.NewUpdate().Model(o).Set("withdrawn_at = ?", db.At(s.now())).Where("id = ? AND withdrawn_at IS NULL", id).Exec(ctx)
		if err := db.One(res, err, db.ErrNone); err != nil {
			return err
		}
		return audit.Append(ctx, tx, s.now(), "outside_supervisor.withdrawn", id, nil)
	})
}

// Outsides lists the outside supervisors of an enrollment, for the trainee and
// those who teach or run it.
func (s *Service) Outsides(ctx context.Context, enrollmentID string) ([]*Outside, error) {
	p, err := s.enrollments.See(ctx, access.SendSignOff, enrollmentID)
	if err != nil {
		return nil, err
	}
	var all []*Outside
	err = s.db.NewSelect().Model(&all).Where("enrollment_id = ? AND withdrawn_at IS NULL", p.ID).OrderExpr("id").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("list outside supervisors: %w", db.Check(err))
	}
	return all, nil
}

// stranger refuses an outside supervisor who has the trainee's own address or
// license.
func (s *Service) stranger(ctx context.Context, idb bun.IDB, trainee string, o *Outside) error {
	p, err := s.people.Find(ctx, idb, trainee)
	if err != nil {
		return err
	}
	if strings.EqualFold(p.Email, o.Email) || identity.SameLicense(p.LicenseNumber, o.LicenseNumber) {
		return ErrOutsideSelf
	}
	return nil
}

func outside(ctx context.Context, idb bun.IDB, id string) (*Outside, error) {
	o := new(Outside)
	return o, db.Check(idb.NewSelect().Model(o).Where("id = ?", id).Scan(ctx))
}
