package practicum

import (
	"context"
	"fmt"

	"github.com/kapstone-lms/kapstone/internal/access"
)

// A Blank is an empty log as its author meets it: what is asked, what is filled
// in beforehand, and what they should know.
type Blank struct {
	Prefilled Work   // the trainee's own work only: nothing that was observed of a client
	Setting   string // as in the log before
	Asked     []Asked
	Purpose   string // of clinical detail, where any is asked
}

// An Asked is a field that a log asks for.
type Asked struct {
	Field    string
	Required bool
}

// Blank returns an empty log of the actor's. Kind and phase may be left to the
// server: then it is the kind of the log before, and the phase that was
// practiced least.
func (s *Service) Blank(ctx context.Context, enrollmentID string, kind Kind, phase Phase) (*Blank, error) {
	p, err := s.enrollments.OwnToRead(ctx, access.WriteLog, enrollmentID)
	if err != nil {
		return nil, err
	}
	for _, c := range []error{word("kind", string(kind), kindsKnown), word("phase", string(phase), phasesKnown)} {
		if c != nil {
			return nil, c
		}
	}
	rows, err := ofEnrollment(ctx, s.db, p.ID, "", 1000)
	if err == nil {
		err = withDetails(ctx, s.db, rows)
	}
	if err != nil {
		return nil, fmt.Errorf("blank log: %w", err)
	}
	return blank(rows, kind, phase, s.bounds(p)), nil
}

func blank(rows []*row, kind Kind, phase Phase, b bounds) *Blank {
	w := Work{Kind: kind, Phase: phase, Format: "individual", Participants: 1, Week: weekOf(b.now)}
	out := &Blank{}
	count := make(map[Phase]int)
	for _, r := range rows {
		count[r.Phase]++
	}
	if w.Phase == "" {
		w.Phase = Preparation
		for _, p := range []Phase{Medicine, Integration} {
			if count[p] < count[w.Phase] {
				w.Phase = p
			}
		}
	}
	if len(rows) > 0 {
		last := rows[len(rows)-1]
		if w.Kind == "" {
			w.Kind = last.Kind
		}
		if last.Format != "" {
			w.Format, w.Participants = last.Format, last.Participants
		}
		w.Role, w.Frameworks, w.SupervisorID = last.Role, last.Frameworks, last.SupervisorID
		if last.Detail != nil && b.Full {
			out.Setting = last.Detail.Setting
		}
	}
	out.Prefilled, out.Asked = w, asked(w, b.asks)
	if b.Full && w.Kind == Client && len(b.Clinical.Parts) > 0 {
		out.Purpose = b.Clinical.Purpose
	}
	return out
}

// asked lists what a log asks for, as a submission would.
func asked(w Work, a asks) (all []Asked) {
	l := &Log{Work: Work{Kind: w.Kind, Phase: w.Phase}}
	for _, f := range []string{"kind", "phase", "format", "participants", "week", "duration_min", "role", "frameworks"} {
		all = append(all, Asked{f, true})
	}
	all = append(all, Asked{"direct_contact_min", false}, Asked{"supervisor_id", false}, Asked{"case_ref", false},
		Asked{"days_since_previous", w.Phase == Integration})
	if l.clinical() {
		for _, f := range []string{"route", "dose_band", "monitored_by", "knew_whom_to_call"} {
			all = append(all, Asked{f, true})
		}
	}
	missing := l.detailMissing(a)
	for _, f := range l.detail(a) {
		if f.asked {
			all = append(all, Asked{f.name, contains(missing, f.name)})
		}
	}
	return append(all, Asked{"self_rating", false}, Asked{"reflection", true}, Asked{"attest", true})
}
