package practicum_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/practicum"
	"github.com/kapstone-lms/kapstone/internal/vetting"
)

// spoken are the deeds that bring a free text into a log, each as it would be
// done with that text.
func (s *school) spoken(t *testing.T) map[string]func(ctx context.Context, text string) error {
	draft, submitted, graded := s.create(t, rolePlay(practicum.Preparation)), s.at(t, practicum.Submitted), s.at(t, practicum.Submitted)
	as := func(ctx, who context.Context) context.Context { return joint{who, ctx} }
	return map[string]func(ctx context.Context, text string) error{
		"reflection": func(ctx context.Context, text string) error {
			f := rolePlay(practicum.Preparation)
			f.Reflection = &text
			return second(s.logs.Create(as(ctx, s.trainee), s.enrollment, f))
		},
		"reflection, edited": func(ctx context.Context, text string) error {
			return second(s.logs.Edit(as(ctx, s.trainee), draft.ID, practicum.Form{Reflection: &text}, 1))
		},
		"feedback": func(ctx context.Context, text string) error {
			v := verdict()
			v.Feedback = text
			return second(s.logs.Grade(as(ctx, s.Instructor), graded.ID, v))
		},
		"message": func(ctx context.Context, text string) error {
			return second(s.logs.Return(as(ctx, s.Instructor), submitted.ID, "unclear", text, 0))
		},
	}
}

// A joint context has the values of two.
type joint struct {
	context.Context
	more context.Context
}

func (j joint) Value(key any) any {
	if v := j.more.Value(key); v != nil {
		return v
	}
	return j.Context.Value(key)
}

func (s *school) count(t *testing.T, query string) (n int) {
	t.Helper()
	if err := s.DB.NewRaw(query).Scan(t.Context(), &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// CHECKS PH-03: what blocks is refused with field, class and place, and is in
// no answer, row or entry.
func TestWhatIdentifiesIsRefusedAndNeverRepeated(t *testing.T) {
	const hidden = "415-555-0132"
	each(t, func(t *testing.T, s *school) {
		for name, say := range s.spoken(t) {
			ctx, err := vetting.With(t.Context(), "no_person")
			if err != nil {
				t.Fatal(err)
			}
			before := s.count(t, `SELECT count(*) FROM audit_entries`) + s.count(t, `SELECT sum(version) FROM practicum_logs`)
			err = say(ctx, words+"Call "+hidden+".") // a confirmation does not help
			f := fault.Of(err)
			field, _, _ := strings.Cut(name, ",")
			if !errors.Is(err, vetting.ErrBlocked) || f.Field != field {
				t.Fatalf("%s: %v, want ErrBlocked at %s", name, err, field)
			}
			shown, err := json.Marshal(f.Details)
			want := fmt.Sprintf(`"class":"phone","field":%q,"offset":%d`, field, len(words)+5)
			if err != nil || !strings.Contains(string(shown), want) || strings.Contains(fmt.Sprintf("%s %+v", shown, f), hidden) {
				t.Errorf("%s: the fault says %s of %+v", name, shown, f)
			}
			if after := s.count(t, `SELECT count(*) FROM audit_entries`) + s.count(t, `SELECT sum(version) FROM practicum_logs`); after != before {
				t.Errorf("%s: something was written", name)
			}
		}
	})
}

// What warns is asked about until it is confirmed, and the confirmation is kept
// without the text.
func TestWhatMayIdentifyIsAskedAboutAndConfirmed(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		n := 0
		for name, say := range s.spoken(t) {
			err := say(t.Context(), words+"Then Marisol slept.")
			if f := fault.Of(err); !errors.Is(err, vetting.ErrConfirm) || len(f.Details["questions"].([]map[string]any)) != 1 {
				t.Fatalf("%s: %v, want one question", name, err)
			}
			ctx, err := vetting.With(t.Context(), "fiction")
			if err != nil {
				t.Fatal(err)
			}
			if err := say(ctx, words+"Then Marisol slept."); err != nil {
				t.Fatalf("%s, confirmed: %v", name, err)
			}
			if n++; s.count(t, `SELECT count(*) FROM identifier_confirmations WHERE reason = 'fiction'`) != n {
				t.Errorf("%s: the confirmation is not kept", name)
			}
		}
		var found []string
		if err := s.DB.NewRaw(`SELECT found FROM identifier_confirmations`).Scan(t.Context(), &found); err != nil || strings.Contains(fmt.Sprint(found), "Marisol") {
			t.Errorf("kept is %v, %v", found, err)
		}
		entries, err := audit.List(s.Admin, s.DB, audit.Query{Action: "identifiers.confirmed", Limit: 10})
		if err != nil || len(entries) != n {
			t.Errorf("the ledger has %d confirmations, %v; want %d", len(entries), err, n)
		}
	})
}

// A program's own words stop warnings in its logs, and nothing else.
func TestAllowedWordsArePerProgram(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		kept := vetting.New(s.DB, s.Enrollments.Programs, s.Clock.Now)
		for _, tt := range []struct {
			name    string
			who     context.Context
			program string
			words   []string
			want    error
		}{
			{"another program", s.Admin, "nowhere", []string{"brennaway"}, vetting.ErrProgram},
			{"a sentence", s.Admin, s.Program, []string{"two words"}, vetting.ErrWord},
			{"a number", s.Admin, s.Program, []string{"5550132"}, vetting.ErrWord},
			{"the admin", s.Admin, s.Program, []string{"Brennaway", "brennaway", "Omphalos"}, nil},
		} {
			if _, err := kept.SetWords(tt.who, tt.program, tt.words); !errors.Is(err, tt.want) {
				t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
			}
		}
		if _, err := kept.SetWords(s.Instructor, s.Program, nil); fault.Of(err) == nil {
			t.Errorf("the instructor set them: %v", err)
		}
		if all, err := kept.Words(s.Admin, s.Program); err != nil || fmt.Sprint(all) != "[brennaway omphalos]" {
			t.Errorf("Words = %v, %v", all, err)
		}
		f := rolePlay(practicum.Preparation)
		f.Reflection = ptr(words + "We did the Brennaway steps.")
		s.create(t, f)
		if hits, err := kept.Check(s.trainee, "", *f.Reflection); err != nil || len(hits) != 1 {
			t.Errorf("without the program: %v, %v; want one hit", hits, err)
		}
		if _, err := kept.SetWords(s.Admin, s.Program, []string{"omphalos"}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.logs.Create(s.trainee, s.enrollment, f); !errors.Is(err, vetting.ErrConfirm) {
			t.Errorf("once it is allowed no more: %v, want ErrConfirm", err)
		}
		if _, err := vetting.With(t.Context(), "because"); !errors.Is(err, vetting.ErrReason) {
			t.Errorf("With = %v", err)
		}
	})
}
