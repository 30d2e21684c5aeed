package credential_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/attendance"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/credential"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
	"github.com/kapstone-lms/kapstone/internal/experience"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/practicum"
	"github.com/kapstone-lms/kapstone/internal/progress"
	"github.com/kapstone-lms/kapstone/internal/quiz"
	"github.com/kapstone-lms/kapstone/internal/records"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
	"github.com/kapstone-lms/kapstone/internal/standing"
	"github.com/kapstone-lms/kapstone/internal/study"
)

// A school with everything up to certificates.
type school struct {
	*schooltest.School
	study       *study.Service
	quizzes     *quiz.Service
	logs        *practicum.Service
	experience  *experience.Service
	progress    *progress.Service
	credentials *credential.Service
}

var issuer = credential.Issuer{
	BaseURL: "https://kap.test", Name: "Test Program", Address: "1 Test Street", SignatoryName: "Sig Natory", SignatoryTitle: "Director",
}

func each(t *testing.T, f func(t *testing.T, s *school)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) { f(t, open(t, schooltest.New(t, d), issuer)) })
}

// open builds the features on a school; twice, they are two processes on one
// database.
func open(t *testing.T, base *schooltest.School, as credential.Issuer) *school {
	t.Helper()
	s := &school{School: base}
	now := s.Clock.Now
	s.study = study.New(s.DB, s.Enrollments, now)
	s.quizzes = quiz.New(s.DB, s.Enrollments, quiz.NewProcessLive(now), nil, now)
	s.logs = practicum.New(s.DB, s.Enrollments, s.People, s.Ring, now)
	s.experience = experience.New(s.DB, s.Enrollments, s.Ring, now)
	s.progress = progress.New(s.DB, s.Enrollments, progress.Sources{
		Study: s.study, Quizzes: s.quizzes, Practicum: s.logs, Experience: s.experience,
		Records: records.New(s.DB, s.Enrollments, s.People, now), Attendance: attendance.New(s.DB, s.Enrollments, now),
		Standing: standing.New(s.DB, s.Enrollments, s.People, now),
	}, now)
	s.credentials = credential.New(s.DB, s.Enrollments, s.progress, as, now)
	t.Cleanup(func() {
		if err := s.quizzes.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

func ptr[T any](v T) *T { return &v }

// graduate walks a new trainee to where every requirement is met.
func (s *school) graduate(t *testing.T, name string) (context.Context, string) {
	t.Helper()
	ctx, e := s.Trainee(name, s.Cohort)
	for _, m := range s.Course.Modules {
		for _, l := range m.Lessons {
			if _, err := s.study.Complete(ctx, e.ID, m.Key, l.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	s.passAll(t, e.ID)
	for _, phase := range []practicum.Phase{practicum.Preparation, practicum.Medicine, practicum.Integration} {
		s.practice(t, ctx, e.ID, phase)
	}
	if err := s.experience.Attest(ctx, e.ID, "", true); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Enrollments.ConfirmName(ctx, e.ID, ""); err != nil {
		t.Fatal(err)
	}
	return ctx, e.ID
}

// passAll puts a passed attempt of each quiz on record.
func (s *school) passAll(t *testing.T, enrollmentID string) {
	t.Helper()
	at := db.At(s.Clock.Now())
	err := s.DB.Tx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
		for _, m := range s.Course.Modules {
			_, err := tx.NewRaw(`INSERT INTO quiz_attempts (id, enrollment_id, module, number, state, draw, started_at, deadline,
				submitted_at, closed_by, correct, asked, score_percent, passed, critical_missed)
				VALUES (?, ?, ?, 1, 'submitted', '{}', ?, ?, ?, 'trainee', 9, 10, 90, ?, '[]')`,
				db.NewID(), enrollmentID, m.Key, at, db.At(at.Add(time.Hour)), at, true).Exec(ctx)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (s *school) practice(t *testing.T, ctx context.Context, enrollmentID string, phase practicum.Phase) {
	t.Helper()
	l, err := s.logs.Create(ctx, enrollmentID, practicum.Form{
		Kind: ptr(practicum.RolePlay), Phase: &phase, Format: ptr("individual"), Week: ptr("2026-W48"), Minutes: ptr(60), Role: ptr("lead"),
		Frameworks: ptr([]string{"act"}), Reflection: ptr(strings.Repeat("I noticed my own wish to fill the silence. ", 5)), Attest: ptr(true),
	})
	if err == nil {
		_, err = s.logs.Submit(ctx, l.ID)
	}
	if err == nil {
		_, err = s.logs.Grade(s.Instructor, l.ID, practicum.Verdict{
			Grades: practicum.Grades{"c1": 3, "c2": 3, "c3": 3, "c4": 3, "c5": 3, "c6": 3, "c7": 3}, ObservedBy: "direct",
		})
	}
	if err == nil {
		_, err = s.logs.Countersign(s.Instructor, l.ID, "observed", schooltest.Password, "")
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (s *school) issue(t *testing.T, enrollmentID string) *credential.Certificate {
	t.Helper()
	out, err := s.credentials.Issue(s.Admin, []string{enrollmentID})
	if err != nil || out[0].Refused != nil {
		t.Fatalf("Issue = %+v, %v", out, err)
	}
	return out[0].Certificate
}

func TestACertificateIsIssuedOnce(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		trainee, id := s.graduate(t, "Noor Vance")
		c := s.issue(t, id)
		out, err := s.credentials.Issue(s.Admin, []string{id})
		if err != nil || out[0].New || out[0].Certificate.ID != c.ID {
			t.Errorf("Issue again = %+v, %v; want the first", out, err)
		}
		if !regexp.MustCompile(`^KAP-2026-[A-Z0-9]{4}-[A-Z0-9]{4}$`).MatchString(c.Serial) || !credential.IsCode(c.Code) {
			t.Errorf("serial %q, code %q", c.Serial, c.Code)
		}
		_, one, err1 := s.credentials.Document(trainee, c.ID)
		_, two, err2 := s.credentials.Document(s.Admin, c.ID)
		if err1 != nil || err2 != nil || !bytes.Equal(one, two) || !bytes.HasPrefix(one, []byte("%PDF-")) {
			t.Errorf("Document = %d and %d bytes, %v, %v", len(one), len(two), err1, err2)
		}
		rows, err := audit.List(s.Admin, s.DB, audit.Query{Action: "certificate.issued", Limit: 10})
		if err != nil || len(rows) != 1 {
			t.Errorf("%d ledger entries, %v; want one", len(rows), err)
		}
		if !strings.Contains(c.Evidence, `"personal-experience","status":"met"`) || strings.Contains(c.Evidence, `"attested`) {
			t.Errorf("the evidence says of personal experience: %s", c.Evidence)
		}
	})
}

// Years later it must be clear on what grounds each module was taught.
func TestTheEvidenceSaysWhetherAModuleWasReviewed(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		course := schooltest.Course(t, schooltest.Reviewed)
		if err := s.Enrollments.Publish(t.Context(), course); err != nil {
			t.Fatal(err)
		}
		s.Course = course
		for _, key := range []curriculum.ModuleKey{"ethics_safety", "integration"} {
			if _, _, err := s.Enrollments.Accept(s.Admin, course.Hash(), key, "Read by us."); err != nil {
				t.Fatal(err)
			}
		}
		_, id := s.graduate(t, "Noor Vance")
		c := s.issue(t, id)
		var got struct {
			Modules []struct {
				Module     string    `json:"module"`
				Reviewed   bool      `json:"reviewed"`
				Accepted   bool      `json:"accepted_without_review"`
				AcceptedBy string    `json:"accepted_by"`
				AcceptedAt time.Time `json:"accepted_at"`
			} `json:"modules"`
		}
		if err := json.Unmarshal([]byte(c.Evidence), &got); err != nil || len(got.Modules) != len(course.Modules) {
			t.Fatalf("the evidence names %d modules, %v", len(got.Modules), err)
		}
		for _, m := range got.Modules {
			accepted := m.Module == "ethics_safety" || m.Module == "integration"
			if m.Reviewed != (m.Module == "science") || m.Accepted != accepted || (m.AcceptedBy == access.From(s.Admin).ID) != accepted || m.AcceptedAt.IsZero() == accepted {
				t.Errorf("the evidence says of a module %+v", m)
			}
		}
	})
}

// CHECKS CR-02: over two processes too.
func TestFiftyAtOnceIssueOne(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		_, id := s.graduate(t, "Noor Vance")
		other := open(t, s.School, issuer)
		var ids sync.Map
		var wg sync.WaitGroup
		for i := range 50 {
			wg.Go(func() {
				which := s
				if i%2 == 1 {
					which = other
				}
				out, err := which.credentials.Issue(s.Admin, []string{id})
				if err != nil || out[0].Refused != nil {
					t.Errorf("Issue = %+v, %v", out, err)
					return
				}
				ids.Store(out[0].Certificate.ID, true)
			})
		}
		wg.Wait()
		n := 0
		ids.Range(func(any, any) bool { n++; return true })
		rows, err := s.credentials.List(s.Admin, "", 100)
		if n != 1 || err != nil || len(rows) != 1 {
			t.Errorf("%d certificates were told of, %d are on record (%v); want one", n, len(rows), err)
		}
	})
}

// CHECKS CR-01.
func TestNothingIsIssuedEarly(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		trainee, id := s.graduate(t, "Noor Vance")
		if err := s.experience.Withdraw(trainee, id); err != nil {
			t.Fatal(err)
		}
		out, err := s.credentials.Issue(s.Admin, []string{id})
		f := fault.Of(out[0].Refused)
		if err != nil || f == nil || !f.Is(credential.ErrNotComplete) || !strings.Contains(fmt.Sprint(f.Details), "personal-experience") {
			t.Errorf("Issue = %+v with %v, %v; want a refusal that names what is missing", out, f, err)
		}
	})
}

// What is printed is what is on record at the moment of issue: an hour signed
// while the certificate is being drawn is not left off.
func TestEvidenceThatMovesStopsTheIssue(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		trainee, id := s.graduate(t, "Noor Vance")
		var once sync.Once
		drawing := func() time.Time { // the draft asks the time when it has read the evidence
			once.Do(func() { s.practice(t, trainee, id, practicum.Integration) })
			return s.Clock.Now()
		}
		slow := credential.New(s.DB, s.Enrollments, s.progress, issuer, drawing)
		if out, err := slow.Issue(s.Admin, []string{id}); !errors.Is(err, credential.ErrMoved) {
			t.Errorf("Issue = %+v, %v; want ErrMoved", out, err)
		}
		if n := seq(t, s, "certificate.issued", "enrollment", id); n != 0 {
			t.Errorf("entry %d says that it was issued", n)
		}
		if out, err := slow.Issue(s.Admin, []string{id}); err != nil || out[0].Certificate == nil {
			t.Errorf("Issue again = %+v, %v; want a certificate", out, err)
		}
	})
}

// A requirement taken back at the very moment of issue: either the certificate
// came first, or there is none.
func TestNoInterleavingIssuesWithoutEvidence(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		for i := range 6 {
			trainee, id := s.graduate(t, fmt.Sprintf("Trainee %d", i))
			var wg sync.WaitGroup
			var refused bool
			wg.Go(func() {
				out, err := s.credentials.Issue(s.Admin, []string{id})
				if err != nil && !errors.Is(err, credential.ErrMoved) {
					t.Error(err)
				}
				refused = err != nil || out[0].Refused != nil
			})
			wg.Go(func() {
				if err := s.experience.Withdraw(trainee, id); err != nil {
					t.Error(err)
				}
			})
			wg.Wait()
			issued := seq(t, s, "certificate.issued", "enrollment", id)
			withdrawn := seq(t, s, "experience requirement changed", "", id)
			if !refused && issued > withdrawn {
				t.Errorf("issued (entry %d) after the evidence was taken back (entry %d)", issued, withdrawn)
			}
		}
	})
}

// seq is the number of the last ledger entry of a deed about an enrollment.
func seq(t *testing.T, s *school, action, field, enrollmentID string) (n int64) {
	t.Helper()
	rows, err := audit.List(s.Admin, s.DB, audit.Query{Action: action, Limit: 200})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if field == "" && r.Object == enrollmentID || field != "" && strings.Contains(r.Details, enrollmentID) {
			return r.Seq
		}
	}
	return 0
}

func TestNothingIsIssuedNameless(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		_, id := s.graduate(t, "Noor Vance")
		for setting, change := range map[string]func(*credential.Issuer){
			"KAPSTONE_BASE_URL": func(i *credential.Issuer) { i.BaseURL = "" }, "KAPSTONE_ISSUER_NAME": func(i *credential.Issuer) { i.Name = " " },
			"KAPSTONE_ISSUER_ADDRESS": func(i *credential.Issuer) { i.Address = "" }, "KAPSTONE_SIGNATORY_NAME": func(i *credential.Issuer) { i.SignatoryName = "" },
			"KAPSTONE_SIGNATORY_TITLE": func(i *credential.Issuer) { i.SignatoryTitle = "" },
		} {
			as := issuer
			change(&as)
			_, err := credential.New(s.DB, s.Enrollments, s.progress, as, s.Clock.Now).Issue(s.Admin, []string{id})
			if f := fault.Of(err); f == nil || !f.Is(credential.ErrIncompleteIssuer) || fmt.Sprint(f.Details["missing"]) != "["+setting+"]" {
				t.Errorf("without %s: Issue = %v", setting, err)
			}
		}
	})
}

func TestARevokedCertificateStaysOnRecord(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		_, id := s.graduate(t, "Noor Vance")
		c := s.issue(t, id)
		s.Clock.Advance(48 * time.Hour)
		if _, err := s.credentials.Revoke(s.Admin, c.ID, "because", ""); !errors.Is(err, credential.ErrReason) {
			t.Errorf("Revoke for no known reason = %v, want ErrReason", err)
		}
		if _, err := s.credentials.Revoke(s.Admin, c.ID, "requirement_false", "A log was made up."); err != nil {
			t.Fatal(err)
		}
		n, err := s.credentials.Verify(t.Context(), c.Code)
		if err != nil || n.Status != credential.Revoked || n.Words != "Withdrawn on November 26, 2026" || n.Holder != "Noor Vance" {
			t.Errorf("Verify = %+v, %v", n, err)
		}
		if strings.Contains(fmt.Sprintf("%+v", n), "made up") || strings.Contains(fmt.Sprintf("%+v", n), "requirement_false") {
			t.Errorf("the public learns why: %+v", n)
		}
		if _, err := s.credentials.Revoke(s.Admin, c.ID, "other", ""); !errors.Is(err, credential.ErrNotValid) {
			t.Errorf("Revoke again = %v, want ErrNotValid", err)
		}
		out, err := s.credentials.Issue(s.Admin, []string{id})
		if err != nil || !errors.Is(out[0].Refused, credential.ErrRevoked) {
			t.Errorf("Issue after revocation = %+v, %v; want ErrRevoked", out, err)
		}
		if _, _, err := s.credentials.Document(s.Admin, c.ID); err != nil {
			t.Errorf("the document of a revoked certificate: %v", err)
		}
	})
}

func TestACorrectionSupersedes(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		_, id := s.graduate(t, "Noor Vance")
		old := s.issue(t, id)
		if _, err := s.credentials.Supersede(s.Admin, old.ID, "Noor\u202e", "name_change"); fault.Of(err) == nil {
			t.Errorf("Supersede with a name that cannot be printed = %v", err)
		}
		c, err := s.credentials.Supersede(s.Admin, old.ID, "Noor Vance-Łukasiewicz", "name_change")
		if err != nil || c.Supersedes != old.ID || c.Code == old.Code || c.Serial == old.Serial || c.SHA256 == old.SHA256 || c.Evidence != old.Evidence {
			t.Fatalf("Supersede = %+v, %v", c, err)
		}
		n, err := s.credentials.Verify(t.Context(), old.Code)
		if err != nil || n.Words != "Replaced" || n.Holder != "" {
			t.Errorf("the old code says %+v, %v; want Replaced and no name", n, err)
		}
		if n, err := s.credentials.Verify(t.Context(), c.Code); err != nil || n.Status != credential.Valid || n.Holder != "Noor Vance-Łukasiewicz" {
			t.Errorf("the new code says %+v, %v", n, err)
		}
		if out, err := s.credentials.Issue(s.Admin, []string{id}); err != nil || out[0].Certificate.ID != c.ID {
			t.Errorf("Issue after a correction = %+v, %v; want the new one", out, err)
		}
		if _, err := s.credentials.Supersede(s.Admin, old.ID, "X", "correction"); !errors.Is(err, credential.ErrNotValid) {
			t.Errorf("Supersede of a replaced one = %v, want ErrNotValid", err)
		}
	})
}

func TestWhatWasIssuedStays(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		_, id := s.graduate(t, "Noor Vance")
		c := s.issue(t, id)
		for _, stmt := range []string{
			`DELETE FROM certificate_documents`, `DELETE FROM certificates`, `UPDATE certificates SET serial = 'x'`,
			`UPDATE certificates SET printed = '{}'`, `UPDATE certificate_documents SET pdf = ''`, `UPDATE certificates SET issued_at = 1`,
		} {
			if err := s.DB.Tx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
				_, err := tx.ExecContext(ctx, stmt)
				return err
			}); err == nil {
				t.Errorf("%s succeeded", stmt)
			}
		}
		if _, err := s.credentials.Verify(t.Context(), c.Code); err != nil {
			t.Errorf("Verify = %v", err)
		}
	})
}

// CHECKS AZ-02, CR-03.
func TestACertificateIsBetweenHolderAndProgram(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		trainee, id := s.graduate(t, "Noor Vance")
		c := s.issue(t, id)
		other, _ := s.Trainee("Otto Other", s.Cohort)
		elsewhere := s.Person("X", access.Grant{Role: access.Admin, Program: "other"})
		for name, tt := range map[string]struct {
			ctx  context.Context
			want error
		}{
			"the holder": {trainee, nil}, "the admin": {s.Admin, nil}, "another trainee": {other, db.ErrNone},
			"an admin of another program": {elsewhere, db.ErrNone}, "the instructor": {s.Instructor, access.ErrForbidden}, "a stranger": {t.Context(), access.ErrSignIn},
		} {
			if _, _, err := s.credentials.Document(tt.ctx, c.ID); !errors.Is(err, tt.want) {
				t.Errorf("Document for %s = %v, want %v", name, err, tt.want)
			}
			rows, err := s.credentials.List(tt.ctx, "", 10)
			if tt.want == nil && (err != nil || len(rows) != 1) || tt.want != nil && len(rows) != 0 {
				t.Errorf("List for %s = %d, %v", name, len(rows), err)
			}
		}
		if _, err := s.credentials.Revoke(trainee, c.ID, "other", ""); !errors.Is(err, access.ErrForbidden) {
			t.Errorf("Revoke by the holder = %v, want ErrForbidden", err)
		}
		for _, code := range []string{"", "x", strings.ToUpper(c.Code), c.Code + "a", c.Code[:25] + "1", strings.Repeat("a", 26)} {
			if _, err := s.credentials.Verify(t.Context(), code); !errors.Is(err, db.ErrNone) {
				t.Errorf("Verify(%q) = %v, want ErrNone", code, err)
			}
		}
	})
}

func TestCompletionSortsACohort(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		_, ready := s.graduate(t, "Rea Dy")
		_, done := s.graduate(t, "Iss Ued")
		_, gone := s.graduate(t, "Rev Oked")
		_, e := s.Trainee("Not Yet", s.Cohort)
		s.issue(t, done)
		if _, err := s.credentials.Revoke(s.Admin, s.issue(t, gone).ID, "other", ""); err != nil {
			t.Fatal(err)
		}
		c, err := s.credentials.Completion(s.Admin, s.Cohort.ID)
		if err != nil {
			t.Fatal(err)
		}
		for name, tt := range map[string]struct {
			got  []credential.Standing
			want string
		}{"ready": {c.Ready, ready}, "issued": {c.Issued, done}, "flagged": {c.Flagged, gone}, "not yet": {c.NotYet, e.ID}} {
			if len(tt.got) != 1 || tt.got[0].EnrollmentID != tt.want {
				t.Errorf("%s = %+v, want %s", name, tt.got, tt.want)
			}
		}
		if len(c.NotYet[0].Reasons) != 15 || len(c.Flagged[0].Reasons) != 1 {
			t.Errorf("reasons: %d and %d, want 15 and 1", len(c.NotYet[0].Reasons), len(c.Flagged[0].Reasons))
		}
		if _, err := s.credentials.Completion(s.Instructor, s.Cohort.ID); !errors.Is(err, access.ErrForbidden) {
			t.Errorf("Completion for the instructor = %v, want ErrForbidden", err)
		}
	})
}

func TestCodesAndSerialsAreNotGuessed(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		var codes []string
		for i := range 3 {
			_, id := s.graduate(t, fmt.Sprint("T", i))
			codes = append(codes, s.issue(t, id).Code)
		}
		for i, a := range codes {
			for _, b := range codes[i+1:] {
				same := 0
				for j := range a {
					if a[j] == b[j] {
						same++
					}
				}
				if same > 10 {
					t.Errorf("%s and %s share %d of 26 places", a, b, same)
				}
			}
		}
	})
}
