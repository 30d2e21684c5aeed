package app_test

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kapstone-lms/kapstone/internal/app"
)

// A lockedBuffer is written by requests and ticks at once.
type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.String()
}

// CHECKS PH-03: what identifies a person is refused on every way in, with field,
// class and place, and neither the answer nor the log at debug repeats it.
func TestWhatIdentifiesGoesNowhere(t *testing.T) {
	const hidden = "415-555-0132"
	eachHome(t, func(t *testing.T, c app.Config) {
		written := new(lockedBuffer)
		c.Log = slog.New(slog.NewTextHandler(written, &slog.HandlerOptions{Level: slog.LevelDebug}))
		s := newSchool(t, c)
		log, graded := "/api/v1/logs/"+s.log(), "/api/v1/logs/"+s.graded()
		text := strings.Repeat("I noticed my own wish to fill the silence. ", 5) + "Call " + hidden + "."
		for _, tt := range []struct {
			who                 *caller
			method, path, field string
			in                  map[string]any
		}{
			{s.trainee, "POST", s.at("logs"), "reflection", map[string]any{"reflection": text}},
			{s.instructor, "POST", log + "/return", "message", map[string]any{"reason": "unclear", "message": text}},
			{s.instructor, "POST", log + "/grade", "feedback", map[string]any{
				"grades": map[string]int{"c1": 3, "c2": 3, "c3": 3, "c4": 3, "c5": 3, "c6": 3, "c7": 3}, "feedback": text, "observed_by": "role_play"}},
			{s.admin, "POST", graded + "/reading", "reason", map[string]any{"reason": text}},
			{s.admin, "POST", s.at("holds"), "facts", map[string]any{"kind": "conduct", "facts": text, "told": "Something."}},
		} {
			status, body := tt.who.do(tt.method, tt.path, tt.in, "Confirm-Identifiers", "no_person")
			for _, want := range []string{`"identifiers_blocked"`, `"class":"phone"`, `"field":"` + tt.field + `"`, `"offset":220`} {
				if status != 422 || !strings.Contains(string(body), want) {
					t.Errorf("%s %s: %d %s, want 422 with %s", tt.method, tt.path, status, body, want)
				}
			}
			if strings.Contains(string(body), hidden) {
				t.Errorf("%s %s repeats it: %s", tt.method, tt.path, body)
			}
		}
		if strings.Contains(written.String(), hidden) {
			t.Error("the log repeats it")
		}
	})
}

// What warns is asked about, as one types and when it is sent, and goes on when
// it is confirmed.
func TestAWriterIsAskedAndConfirms(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		s := newSchool(t, c)
		text := strings.Repeat("I noticed my own wish to fill the silence. ", 5) + "Then Brennaway slept."
		var found struct {
			Items []struct {
				Class, Level, Question string
				Offset                 int
			} `json:"items"`
		}
		s.trainee.want(200, "POST", "/api/v1/identifier-checks", map[string]any{"text": text}, &found)
		if len(found.Items) != 1 || found.Items[0].Level != "warn" || found.Items[0].Offset != 220 || found.Items[0].Question == "" {
			t.Errorf("as it is typed: %+v", found.Items)
		}
		form := map[string]any{"reflection": text}
		s.trainee.refused(422, "confirm_identifiers", "POST", s.at("logs"), form)
		if status, body := s.trainee.do("POST", s.at("logs"), form, "Confirm-Identifiers", "because"); status != 422 || !strings.Contains(string(body), "no_person") {
			t.Errorf("with a made-up reason: %d %s", status, body)
		}
		if status, body := s.trainee.do("POST", s.at("logs"), form, "Confirm-Identifiers", "fiction"); status != 201 {
			t.Errorf("confirmed: %d %s", status, body)
		}
		words := "/api/v1/programs/kap_foundation/identifier-words"
		s.admin.want(200, "PUT", words, map[string]any{"words": []string{"Brennaway"}}, nil)
		s.trainee.want(201, "POST", s.at("logs"), form, nil)
	})
}

// CHECKS PH-02: an admin says why, and the author sees it. What came back for
// identifiers is blank, and two people open it.
func TestBreakingTheGlassIsSeen(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		s := newSchool(t, c)
		log := "/api/v1/logs/" + s.log()
		why := map[string]any{"reason": "A complaint about this session is being looked into."}
		s.admin.refused(403, "reading_reason_required", "GET", log, nil)
		var shown shownLog
		s.admin.want(200, "POST", log+"/reading", why, &shown)
		var seen struct {
			Items []struct{ Reader, Role, Reason string } `json:"items"`
		}
		s.trainee.want(200, "GET", log+"/readings", nil, &seen)
		if shown.Reflection == "" || len(seen.Items) != 1 || seen.Items[0].Role != "admin" || seen.Items[0].Reason != why["reason"] {
			t.Errorf("read %q, and the author sees %+v", shown.Reflection, seen.Items)
		}
		var back struct {
			Reflection string `json:"reflection"`
			Removal    struct {
				DestroyedAfter time.Time `json:"destroyed_after"`
				InBackupsUntil time.Time `json:"in_backups_until"`
			} `json:"removal"`
		}
		s.instructor.want(200, "POST", log+"/return", map[string]any{"reason": "identifiers", "message": "Paragraph two names somebody."}, &back)
		if back.Reflection != "" || !back.Removal.InBackupsUntil.After(back.Removal.DestroyedAfter) {
			t.Errorf("the reply to the return is %+v", back)
		}
		var opened struct{ State, Text string }
		s.admin.want(200, "POST", log+"/removed-text/opening", why, &opened)
		if opened.State != "asked" || opened.Text != "" {
			t.Errorf("one alone gets %+v", opened)
		}
		s.trainee.refused(422, "identifiers_still_there", "POST", log+"/submission", nil)
	})
}
