package demo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"strings"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
)

// A journey is the whole main job told over HTTP as three people and a
// stranger: each step says what was done and what was seen, and the first that
// does not hold ends it.
type journey struct {
	ctx    context.Context
	out    io.Writer
	key    AnswerKey
	course *curriculum.Course
	file   string // where the certificate goes

	stranger, trainee, instructor, admin *client
	name                                 string // of the trainee
	enrollment                           string
	logs                                 []string // ids, one a phase
	certificate                          certificate
}

type certificate struct {
	ID        string `json:"id"`
	Serial    string `json:"serial"`
	Code      string `json:"code"`
	SHA256    string `json:"sha256"`
	VerifyURL string `json:"verify_url"`
}

// Journey walks the story on the demo server at base and writes the
// certificate to file. It returns an error that names the step which did not
// hold.
func Journey(ctx context.Context, out io.Writer, base string, accounts []Account, course *curriculum.Course, file string) error {
	j := &journey{ctx: ctx, out: out, key: KeyOf(course), course: course, file: file, stranger: newClient(base)}
	for _, step := range []struct {
		name string
		walk func([]Account) error
	}{
		{"sign in", j.signIn},
		{"study", j.study},
		{"quizzes", j.quizzes},
		{"logs", j.writeLogs},
		{"return one", j.returnOne},
		{"grade and sign", j.gradeAndSign},
		{"episode and hours", j.episodeCounts},
		{"attest and confirm", j.attest},
		{"issue", j.issue},
		{"download", j.download},
		{"verify", j.verify},
		{"revoke", j.revoke},
	} {
		if err := step.walk(accounts); err != nil {
			return fmt.Errorf("step %q did not hold: %w", step.name, err)
		}
	}
	j.say("done", "every step held; the certificate is in %s", file)
	return nil
}

func (j *journey) say(who, format string, args ...any) {
	fmt.Fprintf(j.out, "%-11s %s\n", who, fmt.Sprintf(format, args...))
}

// signIn picks a trainee who has begun nothing, an instructor and the admin.
func (j *journey) signIn(accounts []Account) (err error) {
	for _, a := range accounts {
		var to **client
		switch {
		case a.Role == "trainee" && j.trainee == nil:
			to, j.name = &j.trainee, a.Name
		case a.Role == "instructor" && j.instructor == nil:
			to = &j.instructor
		case a.Role == "admin" && j.admin == nil:
			to = &j.admin
		default:
			continue
		}
		if *to, err = j.stranger.signIn(j.ctx, a); err != nil {
			return err
		}
		j.say(a.Role, "%s signs in", a.Name)
	}
	var mine struct {
		Items []struct {
			ID      string `json:"id"`
			Program string `json:"program"`
		} `json:"items"`
	}
	if err := j.trainee.want(j.ctx, 200, "GET", "/api/v1/enrollments", nil, &mine); err != nil {
		return err
	}
	if len(mine.Items) != 1 {
		return fmt.Errorf("the trainee has %d enrollments, not one", len(mine.Items))
	}
	j.enrollment = mine.Items[0].ID
	return nil
}

func (j *journey) path(format string, args ...any) string {
	return "/api/v1/enrollments/" + j.enrollment + "/" + fmt.Sprintf(format, args...)
}

func (j *journey) progress() (status string, have, need int, err error) {
	var p struct {
		Status string `json:"status"`
		Have   int    `json:"have"`
		Need   int    `json:"need"`
	}
	err = j.trainee.want(j.ctx, 200, "GET", j.path("progress"), nil, &p)
	return p.Status, p.Have, p.Need, err
}

// reflection is what a trainee might write after a role play.
const reflection = "I kept my voice low and waited longer than felt natural before I spoke. I noticed that I wanted to fill the silence, and " +
	"that the wish was mine and not my partner's. Next time I will agree on a hand signal first. I will take the question of pace to supervision."

// writeLogs logs an episode in one go, from what the form has filled in.
func (j *journey) writeLogs([]Account) error {
	var form struct {
		Prefilled map[string]any `json:"prefilled"`
	}
	if err := j.trainee.want(j.ctx, 200, "GET", j.path("log-form"), nil, &form); err != nil {
		return err
	}
	in := form.Prefilled
	delete(in, "phase")
	maps.Copy(in, map[string]any{
		"kind": "role_play", "role": "lead_supervised", "frameworks": []string{"mindfulness"}, "attest": true, "submit": true,
		"preparation": map[string]any{"duration_min": 60, "reflection": reflection},
		"medicine":    map[string]any{"duration_min": 120, "reflection": reflection},
		"integration": map[string]any{"duration_min": 60, "reflection": reflection, "days_since_previous": 2},
	})
	var e struct {
		Steps []struct {
			LogID  string `json:"log_id"`
			Status string `json:"status"`
		} `json:"steps"`
		Missing []string `json:"missing"`
	}
	if err := j.trainee.want(j.ctx, 201, "POST", j.path("episodes"), in, &e); err != nil {
		return err
	}
	for _, step := range e.Steps {
		if step.Status != "submitted" {
			return fmt.Errorf("a log sent in is %s", step.Status)
		}
		j.logs = append(j.logs, step.LogID)
	}
	if len(j.logs) != 3 || len(e.Missing) == 0 {
		return fmt.Errorf("an episode has %d logs and lacks %q", len(j.logs), e.Missing)
	}
	j.say("trainee", "logs an episode of role play in one go, preparation, medicine session and integration, and sends it to the instructor")
	return nil
}

// episodeCounts sees that the signed episode is whole and counted once.
func (j *journey) episodeCounts([]Account) error {
	var all struct {
		Sessions int `json:"sessions"`
		Cases    int `json:"cases"`
		Episodes int `json:"episodes"`
	}
	if err := j.trainee.want(j.ctx, 200, "GET", j.path("episodes"), nil, &all); err != nil {
		return err
	}
	var hours struct {
		Lines []struct {
			Running int `json:"running_minutes"`
		} `json:"lines"`
	}
	if err := j.trainee.want(j.ctx, 200, "GET", j.path("hours"), nil, &hours); err != nil {
		return err
	}
	if all.Sessions != 3 || all.Cases != 1 || all.Episodes != 1 || len(hours.Lines) != 3 {
		return fmt.Errorf("the signed episode counts as %+v with %d lines of hours", all, len(hours.Lines))
	}
	j.say("trainee", "sees one whole episode and %d signed minutes in the ledger of hours", hours.Lines[2].Running)
	return nil
}

func (j *journey) returnOne([]Account) error {
	id := j.logs[0]
	in := map[string]string{"reason": "unclear", "message": "Say what you would do differently next time, in one sentence."}
	if err := j.instructor.want(j.ctx, 200, "POST", "/api/v1/logs/"+id+"/return", in, nil); err != nil {
		return err
	}
	var l struct {
		Status  string `json:"status"`
		Version int    `json:"version"`
	}
	if err := j.trainee.want(j.ctx, 200, "GET", "/api/v1/logs/"+id, nil, &l); err != nil {
		return err
	}
	if l.Status != "returned" {
		return fmt.Errorf("the log is %s, not returned", l.Status)
	}
	j.say("instructor", "returns one log with a sentence; the other two stay in the queue")
	edit := map[string]any{"reflection": reflection + " Next time I will name the pause before it begins.", "version": l.Version}
	if err := j.trainee.want(j.ctx, 200, "PATCH", "/api/v1/logs/"+id, edit, nil); err != nil {
		return err
	}
	if err := j.trainee.want(j.ctx, 200, "POST", "/api/v1/logs/"+id+"/submission", nil, nil); err != nil {
		return err
	}
	j.say("trainee", "mends it and sends it again")
	return nil
}

func (j *journey) gradeAndSign(accounts []Account) error {
	grades := map[string]any{"c1": 3, "c2": 3, "c3": 4, "c4": 3, "c5": 3, "c6": 4, "c7": "NO"}
	again := map[string]string{"meaning": "reviewed"}
	for _, a := range accounts {
		if a.Role == "instructor" {
			again["password"] = a.Password
			break
		}
	}
	for _, id := range j.logs {
		in := map[string]any{"grades": grades, "observed_by": "role_play", "feedback": "Steady pace, and a clear account of your own part."}
		if err := j.instructor.want(j.ctx, 200, "POST", "/api/v1/logs/"+id+"/grade", in, nil); err != nil {
			return err
		}
		status, body, err := j.instructor.send(j.ctx, "POST", "/api/v1/logs/"+id+"/countersignature", map[string]string{"meaning": "reviewed"})
		if err != nil {
			return err
		}
		if status < 400 {
			return fmt.Errorf("a log was signed without proving who signs: %.200s", body)
		}
		var l struct {
			Status string `json:"status"`
		}
		if err := j.instructor.want(j.ctx, 200, "POST", "/api/v1/logs/"+id+"/countersignature", again, &l); err != nil {
			return err
		}
		if l.Status != "countersigned" {
			return fmt.Errorf("the log is %s, not countersigned", l.Status)
		}
	}
	j.say("instructor", "grades three logs on seven criteria and signs each, proving who signs")
	return nil
}

func (j *journey) attest([]Account) error {
	if err := j.refused(); err != nil {
		return err
	}
	if err := j.trainee.want(j.ctx, 204, "PUT", j.path("personal-experience"), map[string]bool{"attested": true}, nil); err != nil {
		return err
	}
	if err := j.trainee.want(j.ctx, 200, "PUT", j.path("printed-name"), map[string]string{"name": j.name}, nil); err != nil {
		return err
	}
	status, have, need, err := j.progress()
	if err != nil {
		return err
	}
	if status != "met" || have != need {
		return fmt.Errorf("after everything the trainee stands at %s, %d of %d", status, have, need)
	}
	j.say("trainee", "attests the private path, confirms the name to print; progress: %d of %d, all met", have, need)
	return nil
}

// refused sees that nothing is issued before everything is met.
func (j *journey) refused() error {
	status, body, err := j.admin.send(j.ctx, "POST", "/api/v1/certificates", map[string]any{"enrollment_ids": []string{j.enrollment}})
	if err != nil {
		return err
	}
	if status != http.StatusForbidden || !strings.Contains(string(body), "prerequisite") {
		return fmt.Errorf("issuing too early answered %d: %.200s", status, body)
	}
	j.say("admin", "tries to issue too early and is told what is missing")
	return nil
}

func (j *journey) issue([]Account) error {
	var out struct {
		Items []certificate `json:"items"`
	}
	if err := j.admin.want(j.ctx, 201, "POST", "/api/v1/certificates", map[string]any{"enrollment_ids": []string{j.enrollment}}, &out); err != nil {
		return err
	}
	j.certificate = out.Items[0]
	j.say("admin", "issues certificate %s", j.certificate.Serial)
	return nil
}

func (j *journey) download([]Account) error {
	var pdf []byte
	if err := j.trainee.want(j.ctx, 200, "GET", "/api/v1/certificates/"+j.certificate.ID+"/document", nil, &pdf); err != nil {
		return err
	}
	if sum := sha256.Sum256(pdf); hex.EncodeToString(sum[:]) != j.certificate.SHA256 {
		return errors.New("the document's SHA-256 is not the one on record")
	}
	if err := os.WriteFile(j.file, pdf, 0o644); err != nil {
		return err
	}
	j.say("trainee", "downloads it: %d bytes, SHA-256 %.16s…", len(pdf), j.certificate.SHA256)
	return nil
}

func (j *journey) verify([]Account) error { return j.verifies("valid", "Genuine: completion recorded") }

// verifies looks the certificate up as a stranger, as JSON and as a page.
func (j *journey) verifies(status, words string) error {
	var v struct {
		Status string `json:"status"`
		Words  string `json:"words"`
		Holder string `json:"holder"`
		Serial string `json:"serial"`
	}
	if err := j.stranger.want(j.ctx, 200, "GET", "/api/v1/verifications/"+j.certificate.Code, nil, &v); err != nil {
		return err
	}
	if v.Status != status || !strings.HasPrefix(v.Words, words) || v.Holder != j.name || v.Serial != j.certificate.Serial {
		return fmt.Errorf("the public is told %+v", v)
	}
	var page []byte
	if err := j.stranger.want(j.ctx, 200, "GET", "/verify/"+j.certificate.Code, nil, &page); err != nil {
		return err
	}
	if !strings.Contains(string(page), words) {
		return fmt.Errorf("the page does not say %q", words)
	}
	j.say("stranger", "opens %s: “%s”", j.certificate.VerifyURL, v.Words)
	return nil
}

func (j *journey) revoke([]Account) error {
	in := map[string]string{"reason": "issued_in_error", "note": "part of the demonstration"}
	if err := j.admin.want(j.ctx, 200, "POST", "/api/v1/certificates/"+j.certificate.ID+"/revocation", in, nil); err != nil {
		return err
	}
	j.say("admin", "revokes the certificate")
	return j.verifies("revoked", "Withdrawn on ")
}
