package app_test

import (
	"testing"

	"github.com/kapstone-lms/kapstone/internal/app"
)

type shownLog struct {
	ID            string `json:"id"`
	Status        string `json:"status"`
	ContentSHA256 string `json:"content_sha256"`
	Reflection    string `json:"reflection"`
}

// graded writes, submits and grades a role play.
func (s *school) graded() string {
	s.admin.t.Helper()
	id := s.log()
	s.instructor.want(200, "POST", "/api/v1/logs/"+id+"/grade", map[string]any{
		"grades":   map[string]int{"c1": 3, "c2": 3, "c3": 3, "c4": 3, "c5": 3, "c6": 3, "c7": 3},
		"feedback": "Steady pace, and a clear account of your own part in it.", "observed_by": "role_play",
	}, nil)
	return id
}

// A clean batch is approved in two calls, and each line is answered for itself.
func TestACleanBatchTakesTwoCalls(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		s := newSchool(t, c)
		for range 3 {
			s.graded()
		}
		var queue struct {
			Items []shownLog `json:"items"`
		}
		s.instructor.want(200, "GET", "/api/v1/signing-queue", nil, &queue)
		if len(queue.Items) != 3 || queue.Items[0].Reflection == "" {
			t.Fatalf("the queue shows %+v", queue.Items)
		}
		items := make([]map[string]any, 3)
		for i, l := range queue.Items {
			items[i] = map[string]any{"log_id": l.ID, "content_sha256": l.ContentSHA256}
		}
		moved := map[string]any{"log_id": queue.Items[1].ID, "content_sha256": queue.Items[0].ContentSHA256}
		sign := func(password string, items ...map[string]any) map[string]any {
			return map[string]any{"items": items, "meaning": "reviewed", "password": password}
		}
		s.instructor.refused(401, "reauth_required", "POST", "/api/v1/countersignatures", sign("", items...))
		s.instructor.refused(401, "reauth_required", "POST", "/api/v1/countersignatures", sign("not my password at all", items...))
		s.instructor.refused(409, "content_changed", "POST", "/api/v1/logs/"+queue.Items[0].ID+"/countersignature",
			map[string]any{"meaning": "reviewed", "password": password, "content_sha256": queue.Items[1].ContentSHA256})
		var out struct {
			Items []struct {
				LogID     string         `json:"log_id"`
				Outcome   string         `json:"outcome"`
				Status    int            `json:"status"`
				Code      string         `json:"code"`
				Signature map[string]any `json:"signature"`
			} `json:"items"`
		}
		s.instructor.want(200, "POST", "/api/v1/countersignatures", sign(password, items[0], moved, items[2]), &out)
		if out.Items[0].Outcome != "signed" || out.Items[0].Signature["intact"] != true || out.Items[2].Outcome != "signed" {
			t.Errorf("the batch ends as %+v", out.Items)
		}
		if r := out.Items[1]; r.Outcome != "refused" || r.Code != "content_changed" || r.Status != 409 || r.Signature != nil {
			t.Errorf("the line that moved ends as %+v", r)
		}
		s.instructor.want(200, "GET", "/api/v1/signing-queue", nil, &queue)
		if len(queue.Items) != 1 {
			t.Errorf("%d logs wait for a signature, want one", len(queue.Items))
		}
	})
}
