package app_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kapstone-lms/kapstone/internal/app"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
)

// kinds enrolls the trainee of a school in a program whose quiz asks every kind
// of question.
func kinds(t *testing.T, c app.Config, course *curriculum.Course) *school {
	t.Helper()
	return kindsOn(t, newSchool(t, c), course)
}

func kindsOn(t *testing.T, s *school, course *curriculum.Course) *school {
	t.Helper()
	if err := s.Enrollments.Publish(t.Context(), course); err != nil {
		t.Fatal(err)
	}
	s.enrollment = s.enroll(s.openKinds(), s.trainee)
	return s
}

// openKinds opens a cohort of that program.
func (s *school) openKinds() string {
	s.admin.t.Helper()
	var cohort struct{ ID string }
	s.admin.want(201, "POST", "/api/v1/cohorts", map[string]any{
		"program": "kinds", "name": "Kinds", "starts_on": "2026-11-02", "ends_on": "2027-06-30", "time_zone": "UTC", "instructor_ids": []string{},
	}, &cohort)
	return cohort.ID
}

// texts gives the right response to a question by the texts of its options, as
// the bank of schooltest.Kinds has them.
var texts = map[string]string{
	"Stem of 01?": "dbac", "Stem of 02?": "cad", "Stem of 03?": "b", "Stem of 04?": "ac", "Stem of 05?": "abc", "Stem of 06?": "a", "Stem of 07?": "bd", "Stem of 08?": "a",
}

// answers are the right responses to what is written.
var answers = map[string]string{"numeric": "7654.25", "short": "The CANARY Word"}

// right returns the right response in the ids of the attempt, in the form in
// which it is kept.
func (i item) right() (response []string) {
	if written, ok := answers[i.Kind]; ok {
		return []string{written}
	}
	for n, letter := range texts[i.Stem] {
		at := slices.IndexFunc(i.Options, func(o choice) bool { return o.Text == "Text "+string(letter) })
		id := i.Options[at].ID
		if i.Kind == "matching" {
			id = i.Prompts[n].ID + ":" + id
		}
		response = append(response, id)
	}
	if i.Kind != "ordering" {
		slices.Sort(response)
	}
	return response
}

type reviewed struct {
	item
	Response []string `json:"response"`
	Right    bool     `json:"right"`
	Answer   []string `json:"answer"`
	Accepted []string `json:"accepted"`
	Why      string   `json:"why"`
	Key      []struct {
		ID      string `json:"id"`
		Correct bool   `json:"correct"`
		Why     string `json:"why"`
	} `json:"key"`
}

// An attempt with every kind of question, from the first request to the review.
func TestEveryKindOfQuestionFromStartToReview(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		s := kinds(t, c, schooltest.Kinds(t, "kinds"))
		status, sheet := s.trainee.do("POST", s.at("modules/safety/attempts"), nil)
		if status != 201 {
			t.Fatalf("start: %d %s", status, sheet)
		}
		for _, word := range []string{"CANARY", "7654", "kin-", `"correct"`, `"why"`, `"tolerance"`, `"accepted"`, `"answer"`, `"key"`} {
			if strings.Contains(string(sheet), word) {
				t.Errorf("the open attempt says %s: %s", word, sheet)
			}
		}
		a := s.start200("safety")
		seen := make(map[string]int)
		for _, it := range a.Items {
			seen[it.Kind]++
			wantQuestion(t, it)
			path := "/api/v1/attempts/" + a.ID + "/answers/" + it.ID
			s.trainee.want(200, "PUT", path, map[string]any{"response": it.right()[:1], "revision": 0}, nil) // unfinished, where it has parts
			turned := slices.Clone(it.right())
			if it.Kind != "ordering" {
				slices.Reverse(turned)
			}
			s.trainee.want(200, "PUT", path, map[string]any{"response": turned, "revision": 1}, nil)
		}
		if fmt.Sprint(seen) != "map[matching:1 multiple:2 numeric:1 ordering:2 short:1 single:2]" && fmt.Sprint(seen) != "map[matching:1 multiple:3 numeric:1 ordering:2 short:1 single:1]" {
			t.Errorf("the attempt asks %v", seen)
		}
		for _, it := range s.start200("safety").Items {
			if got := s.start200("safety").Answers[it.ID].Response; !slices.Equal(got, it.right()) {
				t.Errorf("the answer to a %s question comes back as %q, want %q", it.Kind, got, it.right())
			}
		}
		s.badAnswers(a)
		var r struct {
			Passed  bool       `json:"passed"`
			Correct int        `json:"correct"`
			Review  []reviewed `json:"review"`
		}
		s.trainee.want(200, "POST", "/api/v1/attempts/"+a.ID+"/submission", nil, &r)
		if !r.Passed || r.Correct != 9 || len(r.Review) != 9 {
			t.Fatalf("the result is %+v, want 9 right with a review", r)
		}
		for _, it := range r.Review {
			wantReview(t, it)
		}
	})
}

func (s *school) start200(module string) (a attempt) {
	s.admin.t.Helper()
	s.trainee.want(200, "POST", s.at("modules/%s/attempts", module), nil, &a)
	return a
}

// wantQuestion sees that a question has what its kind needs, and no more.
func wantQuestion(t *testing.T, it item) {
	t.Helper()
	if prompts := len(it.Prompts); prompts != map[string]int{"matching": 3}[it.Kind] {
		t.Errorf("a %s question has %d prompts", it.Kind, prompts)
	}
	if len(it.Options) == 0 != (answers[it.Kind] != "") || it.Unit != map[string]string{"numeric": "mg"}[it.Kind] {
		t.Errorf("a %s question has %d options and the unit %q", it.Kind, len(it.Options), it.Unit)
	}
	ofCase := slices.Contains([]string{"Stem of 03?", "Stem of 04?", "Stem of 05?"}, it.Stem)
	if ofCase != (it.Case != nil) || ofCase && (it.Case.ID != "c1" || !strings.HasPrefix(it.Case.Text, "vignette ")) {
		t.Errorf("the question %q has the case %+v", it.Stem, it.Case)
	}
}

func wantReview(t *testing.T, it reviewed) {
	t.Helper()
	if !it.Right || !slices.Equal(it.Answer, it.right()) || !slices.Equal(it.Response, it.right()) || len(it.Key) != len(it.Options) {
		t.Errorf("the review of a %s question is %+v, want %q", it.Kind, it, it.right())
	}
	if accepted := map[string]int{"short": 2}[it.Kind]; it.Key == nil || len(it.Accepted) != accepted || (it.Why != "") != (len(it.Options) == 0) {
		t.Errorf("the review of a %s question is %+v", it.Kind, it)
	}
	for i, k := range it.Key {
		letter := strings.TrimPrefix(it.Options[i].Text, "Text ")
		if k.ID != it.Options[i].ID || k.Why != "CANARY why "+letter || k.Correct != strings.Contains(texts[it.Stem], letter) {
			t.Errorf("the reason of %s in %q is %+v", letter, it.Stem, k)
		}
	}
}

// badAnswers sends what cannot be an answer to each kind.
func (s *school) badAnswers(a attempt) {
	s.admin.t.Helper()
	for _, it := range a.Items {
		bad := map[string][]string{"unknown_option": {"z"}, "repeated_option": {"a", "a"}}
		switch it.Kind {
		case "numeric":
			bad = map[string][]string{"bad_number": {"12,5"}, "one_answer_only": {"1", "2"}}
		case "short":
			bad = map[string][]string{"bad_text": {"a\u2066b"}, "text_too_long": {strings.Repeat("long ", 41)}, "one_answer_only": {"a", "b"}}
		case "single":
			bad = map[string][]string{"unknown_option": {"1:a"}, "one_choice_only": {it.Options[0].ID, it.Options[1].ID}}
		case "matching":
			bad = map[string][]string{"bad_pair": {"a"}, "unknown_prompt": {"9:a"}, "repeated_prompt": {"1:a", "1:b"}, "repeated_option": {"1:a", "2:a"}, "unknown_option": {"1:z"}}
		}
		for code, response := range bad {
			p := s.trainee.refused(422, code, "PUT", "/api/v1/attempts/"+a.ID+"/answers/"+it.ID, map[string]any{"response": response, "revision": 2})
			if p["field"] != "response" && !strings.Contains(fmt.Sprint(p["errors"]), "response") {
				s.admin.t.Errorf("%s names no field: %v", code, p)
			}
		}
	}
}

// CHECKS QZ-14: over HTTP too, a sequential quiz goes one way and shows nothing
// of what comes later.
func TestASequentialQuizOverHTTP(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		s := kinds(t, c, schooltest.InTurn(t, "kinds"))
		a := s.start("safety")
		path := "/api/v1/attempts/" + a.ID
		for n := 1; n <= 9; n++ {
			at := fmt.Sprint("q", n)
			for _, seen := range []attempt{a, s.start200("safety")} {
				if seen.AtItem != at || seen.Layout != "many" || seen.ItemCount != 9 || len(seen.Items) != n || seen.Items[n-1].ID != at {
					t.Fatalf("at %s the attempt is %+v", at, seen)
				}
			}
			if n > 1 { // there is no way back
				s.trainee.refused(403, "prerequisite", "PUT", path+"/answers/q1", map[string]any{"response": []string{}, "revision": 1})
			}
			if n < 9 {
				s.trainee.refused(403, "prerequisite", "PUT", path+"/answers/q9", map[string]any{"response": []string{}, "revision": 0})
				s.trainee.refused(403, "prerequisite", "POST", path+"/moves", map[string]string{"from": "q9"})
			}
			s.trainee.want(200, "PUT", path+"/answers/"+at, map[string]any{"response": a.Items[n-1].right(), "revision": 0}, nil)
			if n == 9 {
				s.trainee.refused(409, "last_item", "POST", path+"/moves", map[string]string{"from": at})
				break
			}
			for range 2 { // the same move again
				s.trainee.want(200, "POST", path+"/moves", map[string]string{"from": at}, &a)
			}
		}
		var r struct {
			Correct int `json:"correct"`
		}
		s.trainee.want(200, "POST", path+"/submission", nil, &r)
		if r.Correct != 9 {
			t.Errorf("%d of 9 are right", r.Correct)
		}
		s.trainee.refused(409, "attempt_closed", "POST", path+"/moves", map[string]string{"from": "q9"})
	})
}

// A lesson carries its figures, and says whether a clinician has reviewed it.
func TestALessonShowsItsFigureAndWhetherItWasReviewed(t *testing.T) {
	const review = "reviews:\n  - {reviewer: R, license: L, date: \"2026-03-31\", statement: S}\n"
	for _, tt := range []struct {
		more     string
		reviewed bool
		notice   any
	}{{"", false, "Not clinically reviewed."}, {review, true, nil}} {
		eachHome(t, func(t *testing.T, c app.Config) {
			files := schooltest.KindsFiles("kinds")
			files["01-safety/module.yaml"].Data = append(files["01-safety/module.yaml"].Data, tt.more...)
			course, err := curriculum.Load(files)
			if err != nil {
				t.Fatal(err)
			}
			s := kinds(t, c, course)
			var l, m map[string]any
			s.trainee.want(200, "GET", s.at("modules/safety/lessons/kin-1"), nil, &l)
			s.trainee.want(200, "GET", s.at("modules/safety"), nil, &m)
			if l["clinically_reviewed"] != tt.reviewed || m["clinically_reviewed"] != tt.reviewed || l["notice"] != tt.notice {
				t.Errorf("with %q the lesson says %v and %v, the module %v", tt.more, l["clinically_reviewed"], l["notice"], m["clinically_reviewed"])
			}
			html := fmt.Sprint(l["html"])
			for _, want := range []string{"<figure>", `aria-labelledby="fig-line_title fig-line_desc"`, "<figcaption>A line leads"} {
				if !strings.Contains(html, want) {
					t.Errorf("the lesson does not have %s: %s", want, html)
				}
			}
		})
	}
}
