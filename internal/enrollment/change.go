package enrollment

import (
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/once"
)

// Done is a deed with what it changes. Of a dry run the deed has no id, and
// nothing was changed; where there is nothing to change there is no deed.
type Done struct {
	Deed       *Deed
	Enrollment *Enrollment // afterward
	Effect     Effect
}

// Do does a deed to an enrollment of a program that the actor administers: a
// leave, a return, an extension, a transfer, a withdrawal, a dismissal, a
// readmission or a change of track. A dry run answers the same and does
// nothing. Move changes the edition.
func (s *Service) Do(ctx context.Context, id string, f Form) (*Done, error) {
	if f.Kind == ChangeEdition {
		return nil, ErrKind
	}
	return s.change(ctx, id, f)
}

// Deeds lists what was done to an enrollment that the actor may see, oldest
// first, with the letters.
func (s *Service) Deeds(ctx context.Context, id string) ([]*Deed, error) {
	if _, err := s.See(ctx, access.SeeEnrollment, id); err != nil {
		return nil, err
	}
	rows, err := deedsOf(ctx, s.db, id)
	if err != nil {
		return nil, fmt.Errorf("list deeds: %w", err)
	}
	return rows, nil
}

func (s *Service) change(ctx context.Context, id string, f Form) (done *Done, err error) {
	if err := s.mayChange(ctx, id); err != nil {
		return nil, err
	}
	if err := f.check(); err != nil {
		return nil, err
	}
	if f.DryRun {
		if done, err = s.weigh(ctx, s.db, id, f); err != nil {
			return nil, fmt.Errorf("%s, as a dry run: %w", f.Kind, err)
		}
		return done, nil
	}
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := LockEvidence(ctx, tx, id); err != nil {
			return err
		}
		if err := db.Lock(ctx, tx, "enrollment/"+id); err != nil {
			return err
		}
		deedID, again, err := once.Claim(ctx, tx, s.now(), db.NewID())
		if err != nil {
			return err
		}
		if again {
			done, err = s.recall(ctx, tx, id, deedID)
			return err
		}
		if done, err = s.weigh(ctx, tx, id, f); err != nil || done.Deed == nil {
			return err
		}
		done.Deed.ID = deedID
		return s.record(ctx, tx, done)
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Kind, err)
	}
	return done, nil
}

// mayChange returns nil if the actor administers the enrollment's program, and
// ErrOwnDeed if the enrollment is their own.
func (s *Service) mayChange(ctx context.Context, id string) error {
	p, err := s.See(ctx, access.ChangeEnrollment, id)
	if err == nil && p.PersonID == access.From(ctx).ID {
		err = ErrOwnDeed
	}
	return err
}

// record writes a deed that was weighed in the same transaction.
func (s *Service) record(ctx context.Context, tx bun.IDB, done *Done) error {
	d := done.Deed
	if err := insertDeed(ctx, tx, d); err != nil {
		return err
	}
	if err := update(ctx, tx, done.Enrollment); err != nil {
		return err
	}
	return audit.Append(ctx, tx, d.DoneAt.Time, "enrollment."+string(d.Kind), d.EnrollmentID, d.facts())
}

// recall returns a deed that was done before, with what it changed.
func (s *Service) recall(ctx context.Context, idb bun.IDB, id, deedID string) (*Done, error) {
	e, err := get(ctx, idb, id)
	if err != nil {
		return nil, err
	}
	deeds, err := deedsOf(ctx, idb, id)
	if err != nil {
		return nil, err
	}
	n := slices.IndexFunc(deeds, func(d *Deed) bool { return d.ID == deedID })
	if n < 0 { // there was nothing to do
		return s.nothing(ctx, idb, e, deeds)
	}
	done := &Done{Deed: deeds[n], Enrollment: e}
	done.Effect, err = s.effect(ctx, idb, e, deeds[:n], deeds[n])
	return done, err
}

// weigh works out a deed and what it would change, by all its rules, and
// changes nothing.
func (s *Service) weigh(ctx context.Context, idb bun.IDB, id string, f Form) (*Done, error) {
	e, err := get(ctx, idb, id)
	if err != nil {
		return nil, err
	}
	if f.Version != 0 && f.Version != e.Version {
		return nil, ErrStale
	}
	deeds, err := deedsOf(ctx, idb, id)
	if err != nil {
		return nil, err
	}
	if s.newest(e) && f.Kind == ChangeEdition && f.Edition == e.ProgramVersion {
		return s.nothing(ctx, idb, e, deeds)
	}
	d, err := s.deed(ctx, idb, e, deeds, f)
	if err != nil {
		return nil, err
	}
	done := &Done{Deed: d, Enrollment: d.do(*e)}
	if done.Effect, err = s.effect(ctx, idb, e, deeds, d); err != nil {
		return nil, err
	}
	d.Letter, err = s.letter(ctx, idb, done)
	return done, err
}

// deed makes the deed that a form asks for, if it fits what is on record.
func (s *Service) deed(ctx context.Context, idb bun.IDB, e *Enrollment, deeds []*Deed, f Form) (*Deed, error) {
	c, err := getCohort(ctx, idb, e.CohortID)
	if err != nil {
		return nil, err
	}
	day, err := today(s.now(), c.TimeZone)
	if err != nil {
		return nil, err
	}
	if err := f.date(e.StartsOn, day); err != nil {
		return nil, err
	}
	d := &Deed{
		EnrollmentID: e.ID, Number: len(deeds) + 1, Kind: f.Kind, EffectiveOn: f.EffectiveOn, UntilOn: f.UntilOn, Days: f.Days,
		Reason: f.Reason, DoneBy: access.From(ctx).ID, DoneAt: db.At(s.now()),
	}
	if err := s.fits(e, deeds, d, day); err != nil {
		return nil, err
	}
	switch f.Kind {
	case Transfer:
		return d, s.transfer(ctx, idb, e, d, f.CohortID)
	case Readmit:
		return d, s.room(ctx, idb, e, e.CohortID)
	case ChangeTrack:
		return d, s.track(ctx, e, d, f.Track)
	case ChangeEdition:
		return d, s.edition(e, d, f)
	}
	return d, nil
}

// fits checks a deed against those on record: on its own day, and today if it
// acts at once.
func (s *Service) fits(e *Enrollment, deeds []*Deed, d *Deed, day string) error {
	if _, err := join(e.StartsOn, deeds, d, day); err != nil {
		return err
	}
	if !d.Kind.atOnce() {
		return nil
	}
	l, err := replay(e.StartsOn, deeds, day)
	if err != nil {
		return err
	}
	_, err = l.Status.after(d.Kind)
	return err
}

// transfer notes the cohorts. The new one is of the same program and is
// administered by the actor; the trainee is not in it and does not teach it.
func (s *Service) transfer(ctx context.Context, idb bun.IDB, e *Enrollment, d *Deed, cohortID string) error {
	if !db.IsID(cohortID) || cohortID == e.CohortID {
		return ErrCohort
	}
	c, err := getCohort(ctx, idb, cohortID)
	if err == db.ErrNone || err == nil && c.Program != e.Program {
		return ErrCohort
	}
	if err != nil {
		return err
	}
	if slices.Contains(c.Instructors, e.PersonID) {
		return ErrOwn.At("cohort_id")
	}
	d.FromCohort, d.ToCohort = e.CohortID, cohortID
	if err := s.room(ctx, idb, e, cohortID); err != nil {
		return err
	}
	twice, err := has(ctx, idb, "enrollments", "cohort_id", cohortID, e.PersonID)
	if err == nil && twice {
		err = ErrEnrolled.At("cohort_id")
	}
	return err
}

// room returns ErrFull if a cohort has no room for an enrollment. It holds the
// cohort until the transaction ends, so that the last seat is given once.
func (s *Service) room(ctx context.Context, idb bun.IDB, e *Enrollment, cohortID string) error {
	p, err := s.Pin(ctx, e)
	if err != nil || p.Edition.Constraints.CohortMax == 0 {
		return err
	}
	if err := db.Lock(ctx, idb, "cohort/"+cohortID); err != nil {
		return err
	}
	rows, err := ofCohort(ctx, idb, cohortID)
	if err != nil {
		return err
	}
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	records, err := recordsOf(ctx, idb, ids)
	if err != nil {
		return err
	}
	taken := 0
	for id, r := range records {
		goes, err := r.goesOn(s.now())
		if err != nil {
			return fmt.Errorf("the deeds of enrollment %s: %w", id, err)
		}
		if goes {
			taken++
		}
	}
	if taken >= p.Edition.Constraints.CohortMax {
		return ErrFull
	}
	return nil
}

// track notes the tracks, by the pinned edition.
func (s *Service) track(ctx context.Context, e *Enrollment, d *Deed, track string) error {
	p, err := s.Pin(ctx, e)
	if err != nil {
		return err
	}
	if p.Edition.Track(track) == nil { // where there are none, there is nothing to set
		return ErrTrack
	}
	if track == e.Track {
		return ErrSameTrack
	}
	d.FromTrack, d.ToTrack = e.Track, track
	return nil
}

// checkTrack returns ErrTrack unless a track is one of the program's, or empty
// where the program has none.
func checkTrack(p *curriculum.Program, track string) error {
	if (len(p.Tracks) > 0 || track != "") && p.Track(track) == nil {
		return ErrTrack
	}
	return nil
}
