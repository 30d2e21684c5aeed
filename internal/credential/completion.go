package credential

import (
	"context"
	"fmt"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/practicum"
	"github.com/kapstone-lms/kapstone/internal/progress"
)

// A Completion sorts a cohort's enrollments by what an admin can do with them.
type Completion struct {
	Ready   []Standing // every requirement met
	Flagged []Standing // met, but somebody should look first
	NotYet  []Standing // something is missing
	Issued  []Standing // a valid certificate is there
}

// A Standing is one enrollment of a completion list.
type Standing struct {
	EnrollmentID string
	PersonID     string
	Reasons      []Reason     // what is missing, or what to look at
	Certificate  *Certificate // the one issued, valid or revoked
	Case         []Reason     // what the valid one rests on and holds less by now
}

// Completion returns who of a cohort is ready for a certificate and who is
// not, each with reasons.
func (s *Service) Completion(ctx context.Context, cohortID string) (*Completion, error) {
	rows, err := s.enrollments.OfCohort(ctx, access.SeeCompletion, cohortID)
	if err != nil {
		return nil, err
	}
	all := make([]*enrollment.Pinned, len(rows))
	ids := make([]string, len(rows))
	for i, e := range rows {
		ids[i] = e.ID
		if all[i], err = s.enrollments.Pin(ctx, e); err != nil {
			return nil, err
		}
	}
	evidence, err := s.progress.Gather(ctx, s.db, all)
	if err != nil {
		return nil, err
	}
	issued, err := currents(ctx, s.db, ids)
	if err != nil {
		return nil, fmt.Errorf("read certificates: %w", err)
	}
	c := new(Completion)
	for i, p := range all {
		if status := evidence[i].Life.Status; status.Ended() && issued[p.ID] == nil {
			c.NotYet = append(c.NotYet, Standing{EnrollmentID: p.ID, PersonID: p.PersonID, Reasons: []Reason{ended(status)}})
			continue
		}
		c.sort(p, progress.Evaluate(p.Edition, p.Course, evidence[i], s.now()), evidence[i], issued[p.ID])
		if n := len(c.Issued); n > 0 && c.Issued[n-1].EnrollmentID == p.ID {
			if c.Issued[n-1].Case, err = s.caseOf(ctx, issued[p.ID], p, evidence[i]); err != nil {
				return nil, err
			}
		}
	}
	return c, nil
}

func (c *Completion) sort(p *enrollment.Pinned, r *progress.Report, e progress.Evidence, issued *Certificate) {
	st := Standing{EnrollmentID: p.ID, PersonID: p.PersonID, Certificate: issued}
	switch flags := flags(e, issued); {
	case issued != nil && issued.Status == Valid:
		c.Issued = append(c.Issued, st)
	case !r.Status.Done():
		st.Reasons = reasons(r)
		c.NotYet = append(c.NotYet, st)
	case len(flags) > 0:
		st.Reasons = flags
		c.Flagged = append(c.Flagged, st)
	default:
		c.Ready = append(c.Ready, st)
	}
}

// ended is why nothing is issued to an enrollment that has ended.
func ended(s enrollment.Status) Reason {
	return Reason{Title: "The enrollment has ended", Missing: []string{string(s)}, Next: "Readmit the trainee first, if the program agrees."}
}

// flags lists what somebody should look at before a certificate is issued.
func flags(e progress.Evidence, issued *Certificate) []Reason {
	var all []Reason
	if issued != nil && issued.Status == Revoked {
		all = append(all, Reason{Title: "An earlier certificate was revoked", Missing: []string{"serial " + issued.Serial},
			Next: "Another is not issued in its place."})
	}
	for _, x := range e.Sessions {
		if x.Status == practicum.Countersigned && !x.Intact {
			all = append(all, Reason{Title: "A signed log was changed after it was signed", Missing: []string{"log " + x.LogID},
				Next: "Find out who changed the record before you issue."})
		}
	}
	return all
}
