package app_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/kapstone-lms/kapstone/internal/app"
)

// A claimed log is what a grader is given next.
type claimed struct {
	Log *struct {
		ID         string `json:"id"`
		Reflection string `json:"reflection"`
	} `json:"log"`
}

// Save and next: the reply to a verdict brings the next log, whole and claimed,
// where it was asked for.
func TestAVerdictBringsTheNextLog(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		s := newSchool(t, c)
		first, second := s.log(), s.log()
		var got claimed
		s.instructor.want(200, "POST", "/api/v1/grading-queue/next", map[string]any{}, &got)
		if got.Log == nil || got.Log.ID != first || got.Log.Reflection == "" {
			t.Fatalf("next = %+v, want the first log whole", got.Log)
		}
		grades := json.RawMessage(`{"c1":3,"c2":3,"c3":3,"c4":3,"c5":3,"c6":3,"c7":"NO"}`)
		var judged struct {
			Status string   `json:"status"`
			Next   *claimed `json:"next"`
		}
		s.instructor.want(200, "POST", "/api/v1/logs/"+first+"/grade",
			map[string]any{"grades": grades, "observed_by": "role_play", "next": map[string]any{}}, &judged)
		if judged.Status != "graded" || judged.Next == nil || judged.Next.Log == nil || judged.Next.Log.ID != second {
			t.Fatalf("grade = %+v, want the second log next", judged)
		}
		judged.Next = nil
		s.instructor.want(200, "POST", "/api/v1/logs/"+second+"/return",
			map[string]any{"reason": "unclear", "message": "Say more.", "next": map[string]any{}}, &judged)
		if judged.Next == nil || judged.Next.Log != nil {
			t.Errorf("return = %+v, want that nothing is next", judged)
		}
	})
}

// A safety or ethics grade of 1 opens a hold in the deed that graded, with its
// due process: the trainee is told and replies, and who graded decides nothing.
func TestAnUnsafeGradeOpensAHold(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		s := newSchool(t, c)
		log := s.log()
		verdict := map[string]any{
			"grades": json.RawMessage(`{"c1":3,"c2":3,"c3":3,"c4":3,"c5":3,"c6":1,"c7":"NO"}`), "observed_by": "role_play",
			"feedback": "A boundary was crossed when you touched the shoulder without asking for it first.",
		}
		s.instructor.want(200, "POST", "/api/v1/logs/"+log+"/grade", verdict, nil)
		verdict["version"] = 3
		s.instructor.want(200, "PATCH", "/api/v1/logs/"+log+"/grade", verdict, nil) // the same hold is enough
		var holds struct {
			Items []struct {
				ID    string `json:"id"`
				Kind  string `json:"kind"`
				State string `json:"state"`
				LogID string `json:"log_id"`
				Told  string `json:"told"`
			} `json:"items"`
		}
		s.trainee.want(200, "GET", s.at("holds"), nil, &holds)
		if len(holds.Items) != 1 || holds.Items[0].Kind != "safety" || holds.Items[0].State != "open" || holds.Items[0].LogID != log {
			t.Fatalf("the trainee has the holds %+v, want one of safety about the log", holds.Items)
		}
		if told := holds.Items[0].Told; !strings.Contains(told, "Ethics") || strings.Contains(told, "shoulder") {
			t.Errorf("the trainee is told %q, want the criterion and none of the feedback", told)
		}
		s.trainee.want(200, "POST", "/api/v1/holds/"+holds.Items[0].ID+"/reply", map[string]string{"reply": "I ask first from now on."}, nil)
	})
}

// Each person says which letters they do without; those of holds always come.
func TestPeopleMuteTheirOwnNotices(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		s := newSchool(t, c)
		var got struct {
			Items []struct {
				Kind  string `json:"kind"`
				Muted bool   `json:"muted"`
			} `json:"items"`
		}
		s.trainee.want(200, "PUT", "/api/v1/me/notices", map[string]any{"muted": []string{"log_graded"}}, nil)
		s.trainee.want(200, "GET", "/api/v1/me/notices", nil, &got)
		for _, n := range got.Items {
			if n.Muted != (n.Kind == "log_graded") {
				t.Errorf("%s is muted: %v", n.Kind, n.Muted)
			}
		}
		if len(got.Items) != 4 {
			t.Errorf("notices = %+v, want four that can be muted", got.Items)
		}
		if status, _ := s.trainee.do("PUT", "/api/v1/me/notices", map[string]any{"muted": []string{"hold_opened"}}); status != 422 {
			t.Errorf("muting holds answered %d, want 422", status)
		}
	})
}
