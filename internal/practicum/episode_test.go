package practicum

import (
	"slices"
	"strings"
	"testing"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
)

// steps reads "A1 preparation, A2 medicine!" as steps of cases: a mark says
// that a step does not count, and days follow a plus.
func steps(text string) (all []Step) {
	if text == "" {
		return nil
	}
	for i, one := range strings.Split(text, ", ") {
		name, phase, _ := strings.Cut(one, " ")
		s := Step{Ref: name[:1], Seq: int(name[1] - '0')}
		phase, days, dated := strings.Cut(phase, "+")
		if dated {
			n := 0
			for _, c := range days {
				n = 10*n + int(c-'0')
			}
			s.Days = &n
		}
		if rest, not := strings.CutSuffix(phase, "!"); not {
			phase, s.Why = rest, "it is not signed yet"
		}
		s.Phase, s.Week, s.LogID = map[string]Phase{"p": Preparation, "m": Medicine, "i": Integration}[phase], "2026-W47", string(rune('a'+i))
		all = append(all, s)
	}
	return all
}

func TestEpisodesAreMadeOfTheLogsOfACase(t *testing.T) {
	rules := curriculum.LogRules{IntegrationDays: 14}
	for _, tt := range []struct {
		name, logs, want string
		rules            curriculum.LogRules
		tally            Tally
	}{
		{"nothing", "", "", rules, Tally{}},
		{"one whole", "A1 p, A2 m, A3 i+2", "A/1 pmi", rules, Tally{3, 1, 1}},
		{"in another order of logging", "A3 i+2, A1 p, A2 m", "A/1 pmi", rules, Tally{3, 1, 1}},
		{"two cases at once", "A1 p, B1 p, A2 m, B2 m, A3 i+2", "A/1 pmi | B/1 pm: an integration session within 14 days of the medicine session", rules, Tally{5, 2, 1}},
		{"two episodes of a case", "A1 p, A2 m, A3 i+1, A4 p, A5 m, A6 i+1", "A/1 pmi | A/2 pmi", rules, Tally{6, 1, 2}},
		{"two medicine sessions", "A1 p, A2 m, A3 m, A4 i+1", "A/1 pm: an integration session within 14 days of the medicine session | A/2 mi: a preparation session", rules, Tally{4, 1, 0}},
		{"one part not signed", "A1 p, A2 m!, A3 i+2", "A/1 pmi: the medicine session does not count yet: it is not signed yet", rules, Tally{2, 1, 0}},
		{"too late", "A1 p, A2 m, A3 i+15", "A/1 pmi: an integration session within 14 days of the medicine session; it came after 15", rules, Tally{3, 1, 0}},
		{"where no time is asked", "A1 p, A2 m, A3 i+300", "A/1 pmi", curriculum.LogRules{}, Tally{3, 1, 1}},
		{"the time has passed", "A1 p, A2 m", "A/1 pm: an integration session; the time of your program within 1 days of the medicine session has passed",
			curriculum.LogRules{IntegrationDays: 1}, Tally{2, 1, 0}},
		{"a follow-up is asked", "A1 p, A2 m, A3 i+2", "A/1 pmi: a follow-up within 30 days of the integration session",
			curriculum.LogRules{IntegrationDays: 14, FollowUpDays: 30}, Tally{3, 1, 0}},
		{"and came", "A1 p, A2 m, A3 i+2, A4 i+30", "A/1 pmii", curriculum.LogRules{IntegrationDays: 14, FollowUpDays: 30}, Tally{4, 1, 1}},
		{"and came late", "A1 p, A2 m, A3 i+2, A4 i+31", "A/1 pmii: a follow-up within 30 days of the integration session; it came after 31",
			curriculum.LogRules{IntegrationDays: 14, FollowUpDays: 30}, Tally{4, 1, 0}},
	} {
		at := now
		if tt.rules.IntegrationDays == 1 {
			at = now.AddDate(0, 0, 7)
		}
		all := episodes(steps(tt.logs), tt.rules, at)
		var got []string
		for _, e := range all {
			s := e.CaseRef + "/" + string(rune('0'+e.Number)) + " "
			for _, x := range e.Steps {
				s += string(x.Phase[:1])
			}
			if len(e.Missing) > 0 {
				s += ": " + strings.Join(e.Missing, "; ")
			}
			got = append(got, s)
		}
		if strings.Join(got, " | ") != tt.want || tally(all) != tt.tally {
			t.Errorf("%s: episodes %q count %+v, want %q and %+v", tt.name, got, tally(all), tt.want, tt.tally)
		}
	}
}

func TestAPartOverridesWhatAllHaveInCommon(t *testing.T) {
	f := EpisodeForm{
		Common:      Form{Kind: ptr(Peer), Minutes: ptr(60), DetailForm: DetailForm{Setting: ptr("office")}},
		Medicine:    &Form{Minutes: ptr(180), DetailForm: DetailForm{Setting: ptr("clinic")}},
		Preparation: &Form{Phase: ptr(Integration)}, // the place says which phase
	}
	all := f.parts()
	if len(all) != 2 || *all[0].Phase != Preparation || *all[1].Phase != Medicine || *all[0].Minutes != 60 || *all[1].Minutes != 180 ||
		*all[0].Setting != "office" || *all[1].Setting != "clinic" || *all[1].Kind != Peer {
		t.Errorf("parts = %+v", all)
	}
	if got := all[1].names(); !slices.Equal(got, []string{"kind", "phase", "duration_min", "setting"}) {
		t.Errorf("the medicine session names %q", got)
	}
}
