package practicum_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/practicum"
)

const phone = "phone-5e0c9b7d2f414c1a"

func (s *school) save(t interface {
	Helper()
	Fatalf(string, ...any)
}, d practicum.Form, based practicum.Revisions) *practicum.Saved {
	t.Helper()
	saved, err := s.logs.Save(s.trainee, s.enrollment, phone, d, based)
	if err != nil {
		t.Fatalf("Save = %v", err)
	}
	return saved
}

func TestADraftThatIsSentTwiceIsThereOnce(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		first := s.save(t, rolePlay(practicum.Preparation), nil)
		again := s.save(t, rolePlay(practicum.Preparation), nil)
		if !first.New || again.New || again.Log.ID != first.Log.ID || len(again.Stale) > 0 || !maps.Equal(first.Revisions, again.Revisions) {
			t.Errorf("sent twice: %+v and %+v", first, again)
		}
		if first.Revisions["duration_min"] != 1 || again.Log.Version != first.Log.Version {
			t.Errorf("revisions %v, versions %d and %d", first.Revisions, first.Log.Version, again.Log.Version)
		}
		other, e := s.Trainee("Otto Other", s.Cohort)
		theirs, err := s.logs.Save(other, e.ID, phone, practicum.Form{}, nil)
		if err != nil || !theirs.New || theirs.Log.ID == first.Log.ID {
			t.Errorf("another phone with the same id = %+v, %v", theirs, err)
		}
		if _, err := s.logs.Save(other, s.enrollment, phone, practicum.Form{}, nil); err == nil {
			t.Error("a draft was saved in somebody else's enrollment")
		}
		if _, err := s.logs.Submit(s.trainee, first.Log.ID); err != nil {
			t.Fatal(err)
		}
		if late := s.save(t, rolePlay(practicum.Preparation), nil); late.Log.Status != practicum.Submitted {
			t.Errorf("sent again after the submission: %+v", late)
		}
		if _, err := s.logs.Save(s.trainee, s.enrollment, phone, practicum.Form{Minutes: ptr(90)}, first.Revisions); !errors.Is(err, practicum.ErrNotDraft) {
			t.Errorf("another length after the submission = %v, want ErrNotDraft", err)
		}
	})
}

// A field that was changed elsewhere stays as it is there; the rest is kept.
func TestAStaleFieldIsToldAndTheRestIsKept(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		l := s.save(t, rolePlay(practicum.Preparation), nil).Log
		if _, err := s.logs.Edit(s.trainee, l.ID, practicum.Form{Minutes: ptr(75)}, l.Version); err != nil {
			t.Fatal(err)
		}
		saved := s.save(t, practicum.Form{Minutes: ptr(90), Role: ptr("observer")}, practicum.Revisions{"duration_min": 1, "role": 1})
		if !slices.Equal(saved.Stale, []string{"duration_min"}) || saved.Log.Minutes != 75 || saved.Log.Role != "observer" ||
			saved.Revisions["duration_min"] != 2 || saved.Revisions["role"] != 2 {
			t.Errorf("saved %+v with the log %+v", saved, saved.Log.Work)
		}
		_, err := s.logs.Save(s.trainee, s.enrollment, phone, practicum.Form{Minutes: ptr(-5), Role: ptr("lead")}, saved.Revisions)
		if f := fault.Of(err); f == nil || f.Field != "duration_min" {
			t.Errorf("a length below nothing = %v", err)
		}
		if after := s.save(t, practicum.Form{}, nil); after.Log.Role != "observer" {
			t.Errorf("a draft that was refused left the part %q", after.Log.Role)
		}
		for _, id := range []string{"short", "with a space in it ..", "<script>alert(1)</script>"} {
			if _, err := s.logs.Save(s.trainee, s.enrollment, id, practicum.Form{}, nil); !errors.Is(err, practicum.ErrClientID) {
				t.Errorf("the id %q = %v, want ErrClientID", id, err)
			}
		}
	})
}

// Whatever the network does with what a phone sends, twice or in any order, the
// end is what the phone holds, once.
func TestReplaysInAnyOrderEndAsThePhoneHasIt(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		n := 0
		rapid.Check(t, func(t *rapid.T) {
			n++
			client := fmt.Sprintf("phone-%016d", n)
			send := func(d practicum.Form, based practicum.Revisions) *practicum.Saved {
				saved, err := s.logs.Save(s.trainee, s.enrollment, client, d, based)
				if err != nil {
					t.Fatalf("Save = %v", err)
				}
				return saved
			}
			type message struct {
				form  practicum.Form
				based practicum.Revisions
			}
			var sent []message
			known, held := practicum.Revisions{}, practicum.Form{}
			for range rapid.IntRange(1, 6).Draw(t, "edits") {
				m := message{based: maps.Clone(known)}
				minutes := rapid.SampledFrom([]int{45, 60, 75, 90}).Draw(t, "minutes")
				role := rapid.SampledFrom([]string{"lead", "observer", "sitter"}).Draw(t, "role")
				if rapid.Bool().Draw(t, "says minutes") {
					m.form.Minutes, held.Minutes = &minutes, &minutes
				}
				if rapid.Bool().Draw(t, "says role") {
					m.form.Role, held.Role = &role, &role
				}
				sent = append(sent, m)
				for range rapid.IntRange(0, 3).Draw(t, "deliveries") { // lost, late, twice
					again := rapid.SampledFrom(sent).Draw(t, "message")
					saved := send(again.form, again.based)
					if rapid.Bool().Draw(t, "the reply arrives") {
						known = saved.Revisions
					}
				}
			}
			known = send(practicum.Form{}, nil).Revisions // back in reach: the phone asks, and sends what it holds
			end := send(held, known)
			if len(end.Stale) > 0 || held.Minutes != nil && end.Log.Minutes != *held.Minutes || held.Role != nil && end.Log.Role != *held.Role {
				t.Errorf("the end is %d minutes as %q with %q stale; the phone holds %v and %v", end.Log.Minutes, end.Log.Role, end.Stale, held.Minutes, held.Role)
			}
			if twice := send(held, known); twice.Log.ID != end.Log.ID || twice.Log.Version != end.Log.Version {
				t.Errorf("sent once more it is %s, version %d", twice.Log.ID, twice.Log.Version)
			}
		})
		all, err := s.logs.Mine(s.trainee, s.enrollment, "", 1000)
		if err != nil || len(all) != n {
			t.Errorf("%d drafts made %d logs, %v", n, len(all), err)
		}
	})
}
