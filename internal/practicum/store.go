package practicum

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/db"
)

// A row is the work line as it lies in SQL, its texts sealed; the case line
// comes from a table of its own.
type row struct {
	bun.BaseModel `bun:"table:practicum_logs"`

	ID            string `bun:",pk"`
	EnrollmentID  string
	Kind          Kind
	Phase         Phase
	Format        string
	Participants  int
	Week          string
	Minutes       int
	Contact       int
	Role          string
	Frameworks    []string `bun:"type:text"`
	SupervisorID  string
	Route         string
	DoseBand      string
	MonitoredBy   string
	KnewWhom      string
	Reflection    []byte
	SelfRating    Grades `bun:"type:text"`
	Attested      string
	Status        Status
	Version       int64
	CreatedAt     db.Time
	UpdatedAt     db.Time
	SubmittedAt   db.Time
	ReturnReason  string
	ReturnMessage []byte
	Grades        Grades `bun:"type:text"`
	Feedback      []byte
	ObservedBy    string
	GraderID      string
	GradedAt      db.Time
	SignerID      string
	SignerName    string
	SignerLicense string
	SignedAt      db.Time
	Meaning       string
	Method        string
	ContentHash   string
	Signature     []byte
	SignatureKID  string `bun:"signature_kid"`
	Form          int
	Commitments   map[string]string `bun:"type:text"`
	Salts         []byte
	Amends        string
	AmendReason   []byte

	Case   caseRow    `bun:"-"`
	Detail *detailRow `bun:"-"` // nil for the plain log
}

type caseRow struct {
	bun.BaseModel `bun:"table:practicum_cases"`

	ID      string `bun:",pk"`
	LogID   string
	CaseRef string
	Seq     int
	Days    *int
	Year    int
}

// work is the work line alone.
func (r *row) work() *Work {
	return &Work{
		ID: r.ID, EnrollmentID: r.EnrollmentID, Kind: r.Kind, Phase: r.Phase, Format: r.Format, Participants: r.Participants, Week: r.Week,
		Minutes: r.Minutes, ContactMinutes: r.Contact, Role: r.Role, Frameworks: r.Frameworks, SupervisorID: r.SupervisorID,
		Status: r.Status, Version: r.Version, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt, SubmittedAt: r.SubmittedAt,
		GradedAt: r.GradedAt, SignedAt: r.SignedAt,
	}
}

func works(rows []*row) []*Work {
	all := make([]*Work, len(rows))
	for i, r := range rows {
		all[i] = r.work()
	}
	return all
}

// place is where a text opens: in its own column of its own log.
func place(column, id string) string { return "practicum_logs/" + column + "/" + id }

// seal turns a log into its row. A text that is still what it was stays as it
// is sealed.
func (s *Service) seal(l *Log) *row {
	text := func(column, plain string) []byte {
		if was, ok := l.sealed[column]; ok && was.plain == plain {
			return was.bytes
		}
		return s.ring.Seal(place(column, l.ID), []byte(plain))
	}
	r := &row{
		ID: l.ID, EnrollmentID: l.EnrollmentID, Kind: l.Kind, Phase: l.Phase, Format: l.Format, Participants: l.Participants, Week: l.Week,
		Minutes: l.Minutes, Contact: l.ContactMinutes, Role: l.Role, Frameworks: l.Frameworks, SupervisorID: l.SupervisorID,
		Route: l.Route, DoseBand: l.DoseBand, MonitoredBy: l.MonitoredBy, KnewWhom: l.KnewWhomToCall,
		Reflection: text("reflection", l.Reflection), SelfRating: l.SelfRating, Attested: l.Attested, Status: l.Status, Version: l.Version,
		CreatedAt: l.CreatedAt, UpdatedAt: l.UpdatedAt, SubmittedAt: l.SubmittedAt, ReturnReason: l.ReturnReason,
		ReturnMessage: text("return_message", l.ReturnMessage), Grades: l.Grades, Feedback: text("feedback", l.Feedback),
		ObservedBy: l.ObservedBy, GraderID: l.GraderID, GradedAt: l.GradedAt, SignerID: l.SignerID, SignerName: l.SignerName,
		SignerLicense: l.SignerLicense, SignedAt: l.SignedAt, Meaning: l.Meaning, Method: l.Method, ContentHash: l.ContentHash,
		Signature: l.Signature, SignatureKID: l.SignatureKID, Form: l.Form, Commitments: l.Commitments, Salts: []byte{},
		Amends: l.Amends, AmendReason: []byte{},
		Case: caseRow{LogID: l.ID, CaseRef: l.Case.Ref, Seq: l.Case.Seq, Days: l.Case.Days, Year: l.Case.Year},
	}
	if salts := l.saltsText(); salts != "" {
		r.Salts = text("salts", salts)
	}
	if l.AmendReason != "" {
		r.AmendReason = text("amend_reason", l.AmendReason)
	}
	if r.Commitments == nil {
		r.Commitments = map[string]string{}
	}
	r.Detail = sealDetail(l, text)
	if r.Signature == nil {
		r.Signature = []byte{}
	}
	if r.SelfRating == nil {
		r.SelfRating = Grades{}
	}
	if r.Grades == nil {
		r.Grades = Grades{}
	}
	if r.Frameworks == nil {
		r.Frameworks = []string{}
	}
	return r
}

// unseal turns a row into the log, and sees whether its signature holds. With
// the error that a text cannot be opened comes the log without its texts,
// broken.
func (s *Service) unseal(r *row) (l *Log, err error) {
	l = &Log{
		Work: *r.work(), Case: Case{r.Case.CaseRef, r.Case.Seq, r.Case.Days, r.Case.Year},
		Route: r.Route, DoseBand: r.DoseBand, MonitoredBy: r.MonitoredBy, KnewWhomToCall: r.KnewWhom, SelfRating: r.SelfRating,
		Attested: r.Attested, ReturnReason: r.ReturnReason, Grades: r.Grades, ObservedBy: r.ObservedBy, GraderID: r.GraderID,
		SignerID: r.SignerID, SignerName: r.SignerName, SignerLicense: r.SignerLicense, Meaning: r.Meaning, Method: r.Method,
		ContentHash: r.ContentHash, Signature: r.Signature, SignatureKID: r.SignatureKID, Form: r.Form, Commitments: r.Commitments,
		Amends: r.Amends, sealed: make(map[string]sealed, 5),
	}
	var salts string
	for _, t := range []struct {
		column string
		bytes  []byte
		to     *string
	}{{"reflection", r.Reflection, &l.Reflection}, {"return_message", r.ReturnMessage, &l.ReturnMessage}, {"feedback", r.Feedback, &l.Feedback}, {"salts", r.Salts, &salts}, {"amend_reason", r.AmendReason, &l.AmendReason}} {
		if len(t.bytes) == 0 && (t.column == "salts" || t.column == "amend_reason") {
			continue // there was nothing to seal
		}
		plain, err := s.ring.Unseal(place(t.column, r.ID), t.bytes)
		if err != nil {
			l.Reflection, l.ReturnMessage, l.Feedback, l.Broken = "", "", "", true
			return l, fmt.Errorf("log %s, %s: %w", r.ID, t.column, err)
		}
		*t.to = string(plain)
		l.sealed[t.column] = sealed{*t.to, t.bytes}
	}
	if err := s.unsealDetail(l, r); err != nil {
		l.Reflection, l.ReturnMessage, l.Feedback, l.Broken = "", "", "", true
		return l, err
	}
	if l.salts, err = readSalts(salts); err != nil {
		return l, err
	}
	l.Broken = s.broken(l)
	return l, nil
}

// open is unseal for readers: a signed log that cannot be opened is shown as
// broken. An unsigned one is an error, or the next edit would write over texts
// that a lost key may still bring back.
func (s *Service) open(r *row) (*Log, error) {
	l, err := s.unseal(r)
	if err != nil && r.Status != Countersigned {
		return nil, err
	}
	return l, nil
}

func (s *Service) load(ctx context.Context, idb bun.IDB, id string) (*Log, error) {
	r, err := get(ctx, idb, id)
	if err != nil {
		return nil, err
	}
	return s.open(r)
}

func get(ctx context.Context, idb bun.IDB, id string) (*row, error) {
	r := new(row)
	if err := idb.NewSelect().Model(r).Where("id = ?", id).Scan(ctx); err != nil {
		return nil, db.Check(err)
	}
	return r, withParts(ctx, idb, []*row{r})
}

// withParts reads the case lines and the details that belong to rows.
func withParts(ctx context.Context, idb bun.IDB, rows []*row) error {
	if err := withCases(ctx, idb, rows); err != nil {
		return err
	}
	return withDetails(ctx, idb, rows)
}

// withCases reads the case lines that belong to rows.
func withCases(ctx context.Context, idb bun.IDB, rows []*row) error {
	if len(rows) == 0 {
		return nil
	}
	ids := make([]string, len(rows))
	byID := make(map[string]*row, len(rows))
	for i, r := range rows {
		ids[i], byID[r.ID] = r.ID, r
	}
	var cases []caseRow
	err := idb.NewSelect().Model(&cases).Where("log_id IN (?)", bun.List(ids)).Scan(ctx)
	for _, c := range cases {
		byID[c.LogID].Case = c
	}
	return db.Check(err)
}

func insert(ctx context.Context, tx bun.IDB, r *row) error {
	if _, err := tx.NewInsert().Model(r).Exec(ctx); err != nil {
		return db.Check(err)
	}
	r.Case.ID = rand.Text() // tells nothing of when, so no order joins it to its log
	if _, err := tx.NewInsert().Model(&r.Case).Exec(ctx); err != nil {
		return db.Check(err)
	}
	return writeDetail(ctx, tx, r)
}

// write updates a log that was loaded, and counts its version. The queue
// follows its status, and its author is told.
func (s *Service) write(ctx context.Context, tx bun.IDB, l *Log) error {
	r := s.seal(l)
	if err := update(ctx, tx, r); err != nil {
		return err
	}
	l.Version = r.Version
	if err := queue(ctx, tx, l); err != nil {
		return err
	}
	return tell(ctx, tx, l)
}

// update writes a log if nobody has since it was read, and counts its version.
func update(ctx context.Context, tx bun.IDB, r *row) error {
	read := r.Version
	r.Version++
	res, err := tx.NewUpdate().Model(r).ExcludeColumn("id", "enrollment_id", "created_at").Where("id = ? AND version = ?", r.ID, read).Exec(ctx)
	if err := db.One(res, err, ErrStale); err != nil {
		return err
	}
	res, err = tx.NewUpdate().Model(&r.Case).Column("case_ref", "seq", "days", "year").Where("log_id = ?", r.ID).Exec(ctx)
	if err := db.One(res, err, db.ErrNone); err != nil {
		return err
	}
	return writeDetail(ctx, tx, r)
}

func ofEnrollment(ctx context.Context, idb bun.IDB, enrollmentID, after string, limit int64) (rows []*row, err error) {
	err = idb.NewSelect().Model(&rows).Where("enrollment_id = ? AND id > ?", enrollmentID, after).OrderExpr("id").Limit(limit).Scan(ctx)
	return rows, db.Check(err)
}

// A joined row is a log with its case line in one.
type joined struct {
	row
	CaseLine   caseRow   `bun:"embed:case_"`
	DetailLine detailRow `bun:"embed:detail_"`
}

// evidenceOf selects the logs of enrollments with their case lines, oldest
// first. What is made of the columns comes later: see reading.
func evidenceOf(ctx context.Context, idb bun.IDB, ids []string) (*sql.Rows, error) {
	return idb.NewSelect().Model((*row)(nil)).ColumnExpr("?TableColumns").
		ColumnExpr("c.id AS case_id, c.log_id AS case_log_id, c.case_ref AS case_case_ref, c.seq AS case_seq, c.days AS case_days, c.year AS case_year").
		ColumnExpr(detailColumns).
		Join("LEFT JOIN practicum_cases AS c ON c.log_id = ?TableAlias.id").
		Join("LEFT JOIN practicum_details AS d ON d.log_id = ?TableAlias.id").
		Where("?TableAlias.enrollment_id IN (?)", bun.List(ids)).OrderExpr("?TableAlias.id").Rows(ctx)
}

func signed(ctx context.Context, idb bun.IDB, after string, limit int64) (rows []*row, err error) {
	err = idb.NewSelect().Model(&rows).Where("status = ? AND id > ?", Countersigned, after).OrderExpr("id").Limit(limit).Scan(ctx)
	if err != nil {
		return nil, db.Check(err)
	}
	return rows, withParts(ctx, idb, rows)
}

const casesOf = `SELECT coalesce(max(c.seq), 0) FROM practicum_cases c JOIN practicum_logs l ON l.id = c.log_id
	WHERE l.enrollment_id = ? AND c.case_ref = ?`

// lastSeq is the highest number in a case of an enrollment, 0 for none.
func lastSeq(ctx context.Context, idb bun.IDB, enrollmentID, ref string) (n int, err error) {
	err = idb.NewRaw(casesOf, enrollmentID, ref).Scan(ctx, &n)
	return n, db.Check(err)
}

// lastSeqBefore reports whether a case has a session with a lower number.
func lastSeqBefore(ctx context.Context, idb bun.IDB, enrollmentID, ref string, seq int) (bool, error) {
	var n int
	err := idb.NewRaw(casesOf+` AND c.seq < ?`, enrollmentID, ref, seq).Scan(ctx, &n)
	return n > 0, db.Check(err)
}

func ownsCase(ctx context.Context, idb bun.IDB, enrollmentID, ref string) (bool, error) {
	n, err := lastSeq(ctx, idb, enrollmentID, ref)
	return n > 0, err
}
