package practicum

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"strconv"
	"strings"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
)

// A detailRow is a log's detail as it lies in SQL. What was observed of a client
// is sealed as a whole, and so are the questions that vital signs gave rise to.
type detailRow struct {
	bun.BaseModel `bun:"table:practicum_details"`

	LogID           string `bun:",pk"`
	Consent         string
	ConsentAt       db.Time
	Setting         string
	Presence        string
	CoTeam          []string `bun:"type:text"`
	Interventions   []string `bun:"type:text"`
	Homework        *int
	Escalated       string
	SupervisionMin  *int
	SupervisionKind string
	OffLabel        string
	Touch           string
	TouchUsed       string
	Day             string
	StartMin        *int
	Safety          string // what a supervisor looks at first, joined by spaces
	Question        []byte
	Observation     []byte
	Confirmed       []byte
}

// detailColumns are the columns of d as detail_…: see joined.
var detailColumns = func() string {
	columns := strings.Fields("log_id consent consent_at setting presence co_team interventions homework escalated supervision_min supervision_kind " +
		"off_label touch touch_used day start_min safety question observation confirmed")
	for i, c := range columns {
		columns[i] = "d." + c + " AS detail_" + c
	}
	return strings.Join(columns, ", ")
}()

// sealDetail turns the detail of a log into its row; text seals a text in its
// column. A log that never had one has no row.
func sealDetail(l *Log, text func(column, plain string) []byte) *detailRow {
	t := &l.Detail
	if _, had := l.sealed["observation"]; !had && reflect.ValueOf(t).Elem().IsZero() {
		return nil
	}
	r := &detailRow{
		LogID: l.ID, Consent: t.Consent, ConsentAt: t.ConsentAt, Setting: t.Setting, Presence: t.Presence, CoTeam: t.CoTeam,
		Interventions: t.Interventions, Homework: t.Homework, Escalated: t.Escalated, SupervisionMin: t.SupervisionMin,
		SupervisionKind: t.SupervisionKind, OffLabel: t.OffLabel, Touch: t.Touch, TouchUsed: t.TouchUsed, Day: t.Day, StartMin: t.StartMin,
		Safety: strings.Join(l.Safety(), " "), Question: text("question", t.Question),
		Observation: text("observation", string(spelled(t.Observation))), Confirmed: text("confirmed", string(spelled(t.Confirmed))),
	}
	if r.CoTeam == nil {
		r.CoTeam = []string{}
	}
	if r.Interventions == nil {
		r.Interventions = []string{}
	}
	return r
}

// spelled is the JSON of what is sealed in one piece.
func spelled(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // words, numbers and flags always marshal
	}
	return b
}

// unsealDetail puts the detail of a row into the log. One that cannot be opened
// is left out whole.
func (s *Service) unsealDetail(l *Log, r *row) error {
	d := r.Detail
	if d == nil {
		return nil
	}
	t := Detail{
		Consent: d.Consent, ConsentAt: d.ConsentAt, Setting: d.Setting, Presence: d.Presence, CoTeam: d.CoTeam, Interventions: d.Interventions,
		Homework: d.Homework, Escalated: d.Escalated, SupervisionMin: d.SupervisionMin, SupervisionKind: d.SupervisionKind,
		OffLabel: d.OffLabel, Touch: d.Touch, TouchUsed: d.TouchUsed, Day: d.Day, StartMin: d.StartMin,
	}
	for _, f := range []struct {
		column string
		bytes  []byte
		read   func(plain []byte) error
	}{
		{"question", d.Question, func(plain []byte) error { t.Question = string(plain); return nil }},
		{"observation", d.Observation, func(plain []byte) error { return json.NewDecoder(bytes.NewReader(plain)).Decode(&t.Observation) }},
		{"confirmed", d.Confirmed, func(plain []byte) error { return json.NewDecoder(bytes.NewReader(plain)).Decode(&t.Confirmed) }},
	} {
		plain, err := s.ring.Unseal(place(f.column, r.ID), f.bytes)
		if err == nil {
			err = f.read(plain)
		}
		if err != nil {
			return fmt.Errorf("log %s, %s: %w", r.ID, f.column, err)
		}
		l.sealed[f.column] = sealed{string(plain), f.bytes}
	}
	l.Detail = t
	return nil
}

// withDetails reads the details that belong to rows.
func withDetails(ctx context.Context, idb bun.IDB, rows []*row) error {
	if len(rows) == 0 {
		return nil
	}
	ids := make([]string, len(rows))
	byID := make(map[string]*row, len(rows))
	for i, r := range rows {
		ids[i], byID[r.ID] = r.ID, r
	}
	var all []*detailRow
	err := idb.NewSelect().Model(&all).Where("log_id IN (?)", bun.List(ids)).Scan(ctx)
	for _, d := range all {
		byID[d.LogID].Detail = d
	}
	return db.Check(err)
}

// writeDetail writes the detail of a row, where it has one.
func writeDetail(ctx context.Context, tx bun.IDB, r *row) error {
	if r.Detail == nil {
		return nil
	}
	res, err := tx.NewUpdate().Model(r.Detail).ExcludeColumn("log_id").Where("log_id = ?", r.ID).Exec(ctx)
	if err != nil {
		return db.Check(err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return err
	}
	_, err = tx.NewInsert().Model(r.Detail).Exec(ctx)
	return db.Check(err)
}

// asksOf is what the program of an enrollment asks of its logs.
func asksOf(p *enrollment.Pinned) asks { return asks{p.Edition.Practicum.Log, p.Track} }

// bounds are those of an enrollment now.
func (s *Service) bounds(p *enrollment.Pinned) bounds {
	return bounds{p.Since(), s.now(), asksOf(p)}
}

// dateConsent gives a fresh attestation its date.
func (s *Service) dateConsent(l *Log) {
	if l.Detail.Consent == ConsentStatement && l.Detail.ConsentAt.IsZero() {
		l.Detail.ConsentAt = db.At(s.now())
	}
}

// checkPresence asks that the first medicine sessions that a trainee leads are
// seen live by a supervisor, where the program says how many.
func (s *Service) checkPresence(ctx context.Context, tx bun.IDB, p *enrollment.Pinned, l *Log) error {
	need := asksOf(p).LiveLed
	if need == 0 || l.Phase != Medicine || !leads(l.Role) || contains(livePresences, l.Detail.Presence) {
		return nil
	}
	if err := db.Lock(ctx, tx, "practicum_led/"+p.ID); err != nil {
		return err
	}
	seen, err := ledLive(ctx, tx, p.ID, l.ID)
	if err != nil || seen >= need {
		return err
	}
	return ErrLive.Says(fmt.Sprintf("Your first %d medicine sessions that you lead are observed live, in the room or by video; %d so far.", need, seen))
}

func leads(part string) bool { return part == "lead" || part == "lead_supervised" }

// ledLive counts the sent medicine sessions of an enrollment that were led and
// seen live, but for one.
func ledLive(ctx context.Context, idb bun.IDB, enrollmentID, but string) (n int, err error) {
	err = idb.NewRaw(`SELECT count(*) FROM practicum_logs l JOIN practicum_details d ON d.log_id = l.id
		WHERE l.enrollment_id = ? AND l.id <> ? AND l.phase = ? AND l.role IN ('lead', 'lead_supervised')
		AND l.status NOT IN ('draft', 'returned') AND d.presence IN (?)`, enrollmentID, but, Medicine, bun.List(livePresences)).Scan(ctx, &n)
	return n, db.Check(err)
}

// names lists what a form names, by the tags of its fields.
func (d Form) names() (all []string) {
	var walk func(v reflect.Value)
	walk = func(v reflect.Value) {
		for i := range v.NumField() {
			switch f := v.Field(i); {
			case f.Kind() == reflect.Struct:
				walk(f)
			case !f.IsNil():
				all = append(all, v.Type().Field(i).Tag.Get("field"))
			}
		}
	}
	walk(reflect.ValueOf(d))
	return all
}

// content lists what is signed of the detail: see Log.content.
func (t *Detail) content(c content) {
	maps.Copy(c.fields, map[string]any{
		"consent": t.Consent, "setting": t.Setting, "presence": t.Presence, "co_team": t.CoTeam, "interventions": t.Interventions,
		"homework": written(t.Homework), "escalated": t.Escalated, "supervision_min": written(t.SupervisionMin),
		"supervision_kind": t.SupervisionKind, "off_label": t.OffLabel, "touch": t.Touch, "touch_used": t.TouchUsed, "day": t.Day,
		"start_min": written(t.StartMin),
	})
	if !t.ConsentAt.IsZero() {
		c.fields["consent_at"] = t.ConsentAt.UnixMilli()
	}
	c.parts["question"], c.parts["observation"], c.parts["confirmed"] = t.Question, "", ""
	if o := string(spelled(t.Observation)); o != "{}" {
		c.parts["observation"] = o
	}
	if len(t.Confirmed) > 0 {
		c.parts["confirmed"] = string(spelled(t.Confirmed))
	}
}

// written is a number that may not be said as a text, so that none is another
// than zero.
func written(n *int) string {
	if n == nil {
		return ""
	}
	return strconv.Itoa(*n)
}

// linesOf returns the case lines of an enrollment's logs.
func linesOf(ctx context.Context, idb bun.IDB, enrollmentID string) (map[string]caseRow, error) {
	var all []caseRow
	err := idb.NewSelect().Model(&all).Where("log_id IN (SELECT id FROM practicum_logs WHERE enrollment_id = ?)", enrollmentID).Scan(ctx)
	lines := make(map[string]caseRow, len(all))
	for _, c := range all {
		lines[c.LogID] = c
	}
	return lines, db.Check(err)
}

// seqFree returns ErrSeqTaken where the case of a log has another session with
// its number: an episode that is told twice must not count twice. A new version
// has the number of the signed one.
func seqFree(ctx context.Context, tx bun.IDB, enrollmentID string, l *Log) error {
	if err := db.Lock(ctx, tx, "practicum_case/"+enrollmentID+"/"+l.Case.Ref); err != nil {
		return err
	}
	var n int
	err := tx.NewRaw(`SELECT count(*) FROM practicum_cases c JOIN practicum_logs l ON l.id = c.log_id
		WHERE l.enrollment_id = ? AND l.id NOT IN (?, ?) AND c.case_ref = ? AND c.seq = ?`, enrollmentID, l.ID, l.Amends, l.Case.Ref, l.Case.Seq).Scan(ctx, &n)
	if err == nil && n > 0 {
		return ErrSeqTaken
	}
	return db.Check(err)
}

// checkDays refuses a session at a time at which the trainee practiced already,
// where days and hours are recorded.
func (s *Service) checkDays(ctx context.Context, tx bun.IDB, p *enrollment.Pinned, l *Log) error {
	if !asksOf(p).Days {
		return nil
	}
	if err := db.Lock(ctx, tx, "practicum_day/"+p.ID); err != nil {
		return err
	}
	var n int
	err := tx.NewRaw(`SELECT count(*) FROM practicum_details d JOIN practicum_logs l ON l.id = d.log_id
		WHERE l.enrollment_id = ? AND l.id NOT IN (?, ?) AND l.status NOT IN ('draft', 'returned') AND d.day = ?
		AND d.start_min < ? AND d.start_min + l.minutes > ?`,
		p.ID, l.ID, l.Amends, l.Detail.Day, *l.Detail.StartMin+l.Minutes, *l.Detail.StartMin).Scan(ctx, &n)
	if err == nil && n > 0 {
		return ErrOverlap
	}
	return db.Check(err)
}
