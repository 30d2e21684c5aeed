package credential

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/certpdf"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/practicum"
	"github.com/kapstone-lms/kapstone/internal/progress"
	"github.com/kapstone-lms/kapstone/internal/records"
)

// The faults of issuing.
var (
	ErrNotComplete = fault.New(fault.Forbidden, "prerequisite", "A certificate comes last, and not every requirement is met yet. See what is missing.")
	ErrRevoked     = fault.New(fault.Conflict, "certificate_revoked", "The certificate of this enrollment was revoked, so another is not issued in its place.")
	ErrOwnHand     = fault.New(fault.Forbidden, "second_person_required", "You signed logs that this completion rests on. Somebody else has to sign the completion.")
	ErrMoved       = fault.New(fault.Conflict, "evidence_changed", "The trainee's record changed while the certificate was being drawn. Look at it, then issue again.")
)

// refusal reports a fault that concerns one enrollment of several.
func refusal(err error) bool {
	f := fault.Of(err)
	return f != nil && (f.Is(ErrNotComplete) || f.Is(ErrRevoked) || f.Is(ErrOwnHand) || f.Is(enrollment.ErrEnded))
}

// A draft is a certificate that could be issued now, or the one that was.
type draft struct {
	existing *Certificate

	pinned   *Certificate // what it will be but for document and issuer
	printed  certpdf.Document
	evidence string
}

// draft works out from fresh evidence what the certificate of an enrollment
// would say. It returns ErrNotComplete with the missing requirements,
// ErrRevoked, enrollment.ErrEnded for one that was withdrawn or dismissed, or
// ErrOwnHand to whoever signed practice that it rests on.
func (s *Service) draft(ctx context.Context, idb bun.IDB, p *enrollment.Pinned, name string) (*draft, error) {
	c, err := current(ctx, idb, p.ID)
	switch {
	case err == nil && c.Status == Revoked:
		return nil, ErrRevoked.With("certificate_id", c.ID)
	case err == nil:
		return &draft{existing: c}, nil
	case !fault.Of(err).Is(db.ErrNone):
		return nil, err
	}
	lives, err := s.enrollments.Life(ctx, idb, []string{p.ID})
	if err != nil {
		return nil, err
	}
	if lives[p.ID].Status.Ended() {
		return nil, enrollment.ErrEnded
	}
	evidence, err := s.progress.Gather(ctx, idb, []*enrollment.Pinned{p})
	if err != nil {
		return nil, err
	}
	now := s.now()
	report := progress.Evaluate(p.Edition, p.Course, evidence[0], now)
	if !report.Status.Done() {
		return nil, ErrNotComplete.With("missing", reasons(report))
	}
	if ownHand(access.From(ctx).ID, counted(p.Edition, evidence[0])) {
		return nil, ErrOwnHand
	}
	modules, err := s.enrollments.States(ctx, idb, p.Course)
	if err != nil {
		return nil, err
	}
	snapshot, err := json.Marshal(snapshotOf(p, report, evidence[0], modules))
	if err != nil {
		return nil, fmt.Errorf("evidence snapshot: %w", err)
	}
	at := db.At(now)
	d := &draft{evidence: string(snapshot), pinned: &Certificate{
		ID: db.NewID(), EnrollmentID: p.ID, Kind: "completion", Cycle: 1, Program: p.Program, ProgramVersion: p.ProgramVersion,
		Serial: newSerial(now), Code: newCode(), IssuedAt: at, Status: Valid, StatusAt: at, Specimen: s.issuer.Specimen,
	}}
	d.printed = s.print(d.pinned, p, evidence[0], name)
	return d, nil
}

// ownHand reports whether a person signed one of the sessions that count. Who
// vouches for the practice does not also sign the completion (DOMAIN 6.1).
func ownHand(person string, sessions []practicum.Session) bool {
	return slices.ContainsFunc(sessions, func(x practicum.Session) bool { return x.SignerID == person })
}

// correction drafts what replaces old: the same evidence, another name, and
// today's issuer.
func (s *Service) correction(old *Certificate, name string) *draft {
	now := s.now()
	c := *old
	c.ID, c.Serial, c.Code, c.Supersedes = db.NewID(), newSerial(now), newCode(), old.ID
	c.IssuedAt, c.StatusAt, c.Specimen = db.At(now), db.At(now), s.issuer.Specimen
	d := &draft{pinned: &c, printed: old.Printed, evidence: old.Evidence}
	d.printed.Holder = name
	s.sign(&d.printed, &c)
	return d
}

// sameAs reports whether two drafts say the same, their serials and times
// aside.
func (d *draft) sameAs(other *draft) bool {
	a, b := d.printed, other.printed
	a.Serial, a.VerifyURL, a.IssuedOn = b.Serial, b.VerifyURL, b.IssuedOn
	return reflect.DeepEqual(a, b)
}

func (d *draft) draw() ([]byte, error) { return certpdf.Draw(d.printed) }

// certificate is what goes on record once the draft is drawn.
func (d *draft) certificate(by string, pdf []byte) *Certificate {
	c := *d.pinned
	c.SHA256, c.Printed, c.Evidence, c.IssuedBy, c.StatusBy = sum(pdf), d.printed, d.evidence, by, by
	c.Status, c.StatusReason, c.StatusNote = Valid, "", ""
	return &c
}

func holder(p *enrollment.Pinned) string { return p.PrintedName }

// A snapshot is why a certificate was issued, readable years later. Of the
// personal experience it says "met" and no more.
type snapshot struct {
	EvaluatedAt    time.Time         `json:"evaluated_at"`
	Program        string            `json:"program"`
	ProgramVersion int               `json:"program_version"`
	CourseHash     string            `json:"course_hash"`
	Track          string            `json:"track,omitempty"`
	Modules        []snapshotModule  `json:"modules"`
	Requirements   []snapshotNode    `json:"requirements"`
	Quizzes        []snapshotQuiz    `json:"quizzes"`
	Sessions       []snapshotSession `json:"sessions"`
	Waivers        []snapshotWaiver  `json:"waivers,omitempty"`
	Records        []snapshotRecord  `json:"records,omitempty"`
}

type snapshotWaiver struct {
	Requirement string `json:"requirement"`
	Reason      string `json:"reason"`
	ApprovedBy  string `json:"approved_by"`
}

// A snapshotRecord is a record that counted. Clearances are not among them:
// who needed one is nobody's business.
type snapshotRecord struct {
	ID      string `json:"id"`
	Kind    string `json:"kind"`
	Subject string `json:"subject,omitempty"`
	Value   string `json:"value,omitempty"`
	Minutes int    `json:"minutes,omitempty"`
	OnDay   string `json:"on_day,omitempty"`
	Carried string `json:"carried_over_from,omitempty"`
}

// A snapshotModule says on what grounds a module was taught: neither reviewed
// nor accepted is what a demonstration is.
type snapshotModule struct {
	Module          string     `json:"module"`
	Reviewed        bool       `json:"reviewed"`
	AcceptedWithout bool       `json:"accepted_without_review"`
	AcceptedBy      string     `json:"accepted_by,omitempty"`
	AcceptedAt      *time.Time `json:"accepted_at,omitempty"`
}

type snapshotNode struct {
	ID     string          `json:"id"`
	Status progress.Status `json:"status"`
	Have   int             `json:"have"`
	Need   int             `json:"need"`
}

type snapshotQuiz struct {
	Module   string    `json:"module"`
	Percent  int       `json:"percent"`
	PassedAt time.Time `json:"passed_at"`
}

type snapshotSession struct {
	LogID    string    `json:"log_id"`
	Kind     string    `json:"kind"`
	Phase    string    `json:"phase"`
	Minutes  int       `json:"minutes"`
	SignedAt time.Time `json:"signed_at"`
}

func snapshotOf(p *enrollment.Pinned, r *progress.Report, e progress.Evidence, modules []enrollment.ModuleState) snapshot {
	s := snapshot{EvaluatedAt: r.At, Program: p.Program, ProgramVersion: p.ProgramVersion, CourseHash: p.CourseHash, Track: e.Track}
	for _, m := range modules {
		if asks(p.Edition.Requirements, m.Key) {
			s.Modules = append(s.Modules, snapshotModuleOf(m))
		}
	}
	var walk func([]progress.Node)
	walk = func(nodes []progress.Node) {
		for _, n := range nodes {
			s.Requirements = append(s.Requirements, snapshotNode{n.ID, n.Status, n.Have, n.Need})
			walk(n.Of)
		}
	}
	walk(r.Requirements)
	for _, m := range p.Course.Modules {
		if q, ok := e.Quizzes[m.Key]; ok && q.Passed {
			s.Quizzes = append(s.Quizzes, snapshotQuiz{string(m.Key), q.BestPercent, q.PassedAt})
		}
	}
	for _, x := range counted(p.Edition, e) {
		s.Sessions = append(s.Sessions, snapshotSession{x.LogID, string(x.Kind), string(x.Phase), x.Minutes, x.CountersignedAt})
	}
	for _, w := range e.Waivers {
		s.Waivers = append(s.Waivers, snapshotWaiver{w.Requirement, w.Reason, w.DecidedBy})
	}
	for _, x := range e.Records {
		if x.State == records.Confirmed && x.Kind != records.Clearance {
			s.Records = append(s.Records, snapshotRecord{x.ID, string(x.Kind), x.Subject, x.Value, x.Minutes, x.OnDay, x.Carried})
		}
	}
	return s
}

func snapshotModuleOf(m enrollment.ModuleState) snapshotModule {
	s := snapshotModule{Module: string(m.Key), Reviewed: m.Reviewed()}
	if a := m.Acceptance; a != nil && !s.Reviewed {
		s.AcceptedWithout, s.AcceptedBy, s.AcceptedAt = true, a.AcceptedBy, &a.AcceptedAt.Time
	}
	return s
}

// reasons lists what is missing, for the refusal and for the completion page.
func reasons(r *progress.Report) []Reason {
	var all []Reason
	for _, n := range r.Missing() {
		all = append(all, Reason{Requirement: n.ID, Title: n.Title, Missing: n.Missing, Next: n.Next})
	}
	return all
}

// A Reason says why an enrollment is not ready.
type Reason struct {
	Requirement string   `json:"requirement"`
	Title       string   `json:"title"`
	Missing     []string `json:"missing"`
	Next        string   `json:"next"`
}
