package demo

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/practicum"
	"github.com/kapstone-lms/kapstone/internal/quiz"
	"github.com/kapstone-lms/kapstone/internal/records"
)

// A walker walks one trainee along the way.
type walker struct {
	*seeder
	ctx        context.Context // acts as the trainee
	enrollment *enrollment.Enrollment
}

// read completes the first n lessons of the course.
func (w *walker) read(n int) error {
	for _, m := range w.Enrollments.Current().Modules {
		for _, l := range m.Lessons {
			if n--; n < 0 {
				return nil
			}
			if _, err := w.Study.Complete(w.ctx, w.enrollment.ID, m.Key, l.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *walker) readAll() error { return w.read(1 << 30) }

// begin starts the quiz of a module and answers the first n questions, right
// or wrong.
func (w *walker) begin(m curriculum.ModuleKey, n int, right bool) (*quiz.OpenSheet, error) {
	sheet, _, err := w.Quizzes.Start(w.ctx, w.enrollment.ID, m)
	if err != nil {
		return nil, err
	}
	for i, q := range sheet.Items {
		if i == n {
			break
		}
		response := w.key.Right(seen(q))
		if !right {
			response = w.key.wrong(seen(q))
		}
		if _, err := w.Quizzes.Save(w.ctx, sheet.ID, q.ID, response, 0); err != nil {
			return nil, err
		}
	}
	return sheet, nil
}

// seen returns a question as a trainee sees it.
func seen(q quiz.Question) Question {
	s := Question{ID: q.ID, Kind: string(q.Kind), Stem: q.Stem}
	for _, p := range q.Prompts {
		s.Prompts = append(s.Prompts, Option(p))
	}
	for _, o := range q.Options {
		s.Options = append(s.Options, Option(o))
	}
	return s
}

func (w *walker) midQuiz() error {
	first := w.Enrollments.Current().Modules[0]
	if err := w.read(len(first.Lessons)); err != nil {
		return err
	}
	sheet, err := w.begin(first.Key, 4, true)
	if err != nil {
		return err
	}
	for _, op := range []string{"attempt", "save-answer", "submit-attempt", "pause-attempt", "resume-attempt", "extend-attempt", "list-attempt-extensions"} {
		w.example(op+".id", sheet.ID)
	}
	w.example("item", notYet(sheet).ID)
	x, err := w.Quizzes.Extend(w.teach, sheet.ID, 15, "technical")
	if err == nil {
		w.example("reverse-extension.id", x.ID)
	}
	return err
}

// notYet returns a question without an answer that takes the id of an option,
// so that the document's example of a save works on it.
func notYet(sheet *quiz.OpenSheet) quiz.Question {
	for _, q := range sheet.Items[4:] {
		if len(q.Options) > 0 && len(q.Prompts) == 0 {
			return q
		}
	}
	return sheet.Items[len(sheet.Items)-1]
}

func (w *walker) fail() error {
	first := w.Enrollments.Current().Modules[0]
	if err := w.read(len(first.Lessons)); err != nil {
		return err
	}
	sheet, err := w.begin(first.Key, len(first.Items), false)
	if err != nil {
		return err
	}
	if _, err = w.Quizzes.Submit(w.ctx, sheet.ID); err != nil {
		return err
	}
	return w.challenge(sheet)
}

// challenge says something against the first question of an attempt, and leaves
// the second for the document's example.
func (w *walker) challenge(sheet *quiz.OpenSheet) error {
	c, err := w.Quizzes.Challenge(w.ctx, sheet.ID, sheet.Items[0].ID, "Two of the options say the same in other words.")
	if err != nil {
		return err
	}
	w.example("answer-challenge.id", c.ID)
	w.example("attempt-challenges.id", sheet.ID)
	w.example("challenge-item.id", sheet.ID)
	w.example("challenge-item.item", sheet.Items[1].ID)
	return nil
}

// pass passes every quiz.
func (w *walker) pass() error {
	for _, m := range w.Enrollments.Current().Modules {
		sheet, err := w.begin(m.Key, m.Quiz.Draw, true)
		if err != nil {
			return err
		}
		r, err := w.Quizzes.Submit(w.ctx, sheet.ID)
		if err != nil {
			return err
		}
		if !r.Passed {
			return fmt.Errorf("quiz %s ended with %d %%", m.Key, r.ScorePercent)
		}
	}
	return nil
}

// logs studies, passes the quizzes and sends the logs of all three phases.
func (w *walker) logs() (ids []string, err error) {
	if err := w.readAll(); err != nil {
		return nil, err
	}
	if err := w.pass(); err != nil {
		return nil, err
	}
	return w.episode()
}

func (w *walker) waiting() error {
	ids, err := w.logs()
	if err == nil {
		w.example("grade-log.id", ids[0])
		w.example("correct-grade.id", ids[0])
		w.example("log.id", ids[0])
		for _, op := range []string{"log.id", "read-log-for-reason.id", "log-readings.id"} {
			w.example(op, ids[0])
		}
		w.example("return-log.id", ids[1])
		w.example("edit-log.id", ids[2])
		err = errors.Join(w.draft(), w.records())
	}
	return err
}

// records enters hours that wait for the instructor: one to confirm, one to
// refuse, one to correct.
func (w *walker) records() error {
	lives, err := w.Enrollments.Life(w.ctx, w.DB, []string{w.enrollment.ID})
	if err != nil {
		return err
	}
	today := lives[w.enrollment.ID].AsOf
	for _, op := range []string{"enter-record.on_day", "correct-record.on_day"} {
		w.example(op, today)
	}
	for op, topic := range map[string]string{"confirm-record.id": "screening", "refuse-record.id": "music", "correct-record.id": "group_work"} {
		r, err := w.Records.Enter(w.ctx, w.enrollment.ID, records.Record{
			Kind: records.Hours, Category: "didactic", Topic: topic, Delivery: "live_online", Minutes: 60, OnDay: today, Note: "A seminar elsewhere.",
		})
		if err != nil {
			return err
		}
		w.example(op, r.ID)
	}
	return nil
}

func (w *walker) returned() error {
	ids, err := w.logs()
	if err != nil {
		return err
	}
	if _, err = w.Practicum.Return(w.teach, ids[0], "unclear", "Say in one sentence what you would do differently next time.", 0); err != nil {
		return err
	}
	if err := w.removed(); err != nil {
		return err
	}
	l, err := w.grade(ids[1])
	if err != nil {
		return err
	}
	w.example("countersign-log.id", l.ID)
	lines := []map[string]any{{"log_id": l.ID, "content_sha256": l.ContentSHA256()}}
	w.example("countersign-logs.items", lines)
	w.example("settle-sign-off.items", lines)
	if err := w.sendOut(l.ID); err != nil {
		return err
	}
	w.example("dispute-log.id", l.ID)
	return w.dispute(ids[2])
}

// removed has one more log come back because its text identifies somebody.
func (w *walker) removed() error {
	f, phase := w.common(), practicum.Preparation
	own := sessions[phase].form()
	f.Phase, f.Minutes, f.ContactMinutes, f.Role, f.Frameworks, f.Reflection = &phase, own.Minutes, own.ContactMinutes, own.Role, own.Frameworks, own.Reflection
	l, err := w.Practicum.Create(w.ctx, w.enrollment.ID, f)
	if err != nil {
		return err
	}
	if _, err := w.Practicum.Submit(w.ctx, l.ID); err != nil {
		return err
	}
	w.example("open-removed-text.id", l.ID)
	_, err = w.Practicum.Return(w.teach, l.ID, "identifiers", "A place in the second sentence is too exact.", 0)
	return err
}

// dispute has the other instructor grade a log, and its author disagree: it
// waits for a second rater.
func (w *walker) dispute(id string) error {
	if _, err := w.gradeAs(w.second, id); err != nil {
		return err
	}
	if _, err := w.Practicum.Dispute(w.ctx, id, "I did agree on a signal beforehand; the feedback says that I did not."); err != nil {
		return err
	}
	open, err := w.Practicum.ToRate(w.teach, "", 1)
	if err != nil {
		return err
	}
	for _, op := range []string{"second-rating.id", "rate-second.id", "name-rater.id"} {
		w.example(op, open[0].ID)
	}
	w.example("name-rater.user_id", access.From(w.teach).ID)
	return nil
}

// sendOut sends a graded log to a supervisor without an account.
func (w *walker) sendOut(id string) error {
	for i, name := range []string{"Rosa Delgado", "Milan Ode"} {
		o, err := w.Practicum.NameOutside(w.teach, w.enrollment.ID, practicum.Outside{
			Name: name, Email: strings.ToLower(strings.ReplaceAll(name, " ", ".")) + "@clinic.example", LicenseType: "physician",
			LicenseNumber: fmt.Sprintf("MD 2041%d", i),
		})
		if err != nil {
			return err
		}
		if i > 0 {
			w.example("withdraw-outside-supervisor.id", o.ID)
			return nil
		}
		w.example("send-sign-off.outside_supervisor_id", o.ID)
		w.example("send-sign-off.log_ids", []string{id})
		if _, err := w.Practicum.SendSignOff(w.ctx, o.ID, []string{id}); err != nil {
			return err
		}
	}
	return nil
}

// finish meets every requirement, and goes on to a certificate where the stage
// says so.
func (w *walker) finish(at stage) error {
	ids, err := w.logs()
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := w.sign(id); err != nil {
			return err
		}
	}
	w.example("amend-log.id", ids[0])
	if err := w.Experience.Attest(w.ctx, w.enrollment.ID, "", true); err != nil {
		return err
	}
	if _, err := w.Enrollments.ConfirmName(w.ctx, w.enrollment.ID, ""); err != nil {
		return err
	}
	if at == ready {
		w.example("enrollment_ids", []string{w.enrollment.ID})
		return nil
	}
	return w.certificate(at)
}

func (w *walker) grade(id string) (*practicum.Log, error) { return w.gradeAs(w.teach, id) }

func (w *walker) gradeAs(who context.Context, id string) (*practicum.Log, error) {
	return w.Practicum.Grade(who, id, practicum.Verdict{
		Grades:   practicum.Grades{"c1": 3, "c2": 3, "c3": 4, "c4": 3, "c5": 3, "c6": 4, "c7": 3},
		Feedback: "Steady pace, and a clear account of your own part.", ObservedBy: "role_play",
	})
}

func (w *walker) sign(id string) error {
	_, err := w.grade(id)
	if err == nil {
		_, err = w.Practicum.Countersign(w.teach, id, "reviewed", w.secret[access.From(w.teach).ID], "")
	}
	return err
}

func (w *walker) certificate(at stage) error {
	out, err := w.Certificates.Issue(w.admin, []string{w.enrollment.ID})
	if err != nil {
		return err
	}
	if out[0].Refused != nil {
		return out[0].Refused
	}
	c := out[0].Certificate
	if at == revoked {
		_, err := w.Certificates.Revoke(w.admin, c.ID, "issued_in_error", "part of the demonstration")
		return err
	}
	w.rec.Code = c.Code
	w.example("code", c.Code)
	for _, op := range []string{"certificate.id", "certificate-document.id", "revoke.id", "supersede.id"} {
		w.example(op, c.ID)
	}
	return nil
}
