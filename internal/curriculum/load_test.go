package curriculum

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kapstone-lms/kapstone/modules"
)

func TestTheShippedCourseLoads(t *testing.T) {
	c, err := Load(modules.FS)
	if err != nil {
		t.Fatalf("Load(modules.FS):\n%v", err)
	}
	var keys []ModuleKey
	for _, m := range c.Modules {
		keys = append(keys, m.Key)
		if len(m.Lessons) < 5 || len(m.Items) < 15 {
			t.Errorf("module %s has %d lessons and %d items, want at least 5 and 15", m.Key, len(m.Lessons), len(m.Items))
		}
	}
	want := []ModuleKey{"science", "ethics_safety", "therapeutic_container", "integration", "personal_experience"}
	if d := cmp.Diff(want, keys); d != "" {
		t.Errorf("modules (-want +got):\n%s", d)
	}
	if p := c.Default(); p == nil || p.Key != "kap_foundation" {
		t.Errorf("Default() = %+v, want kap_foundation", p)
	}
	for _, f := range Lint(c) {
		t.Log("look at:", f)
	}
}

func TestEveryFieldIsRead(t *testing.T) {
	c := load(t, testCourse(t))
	first := &Module{
		Key: "first", Title: "A first module", Summary: "What a course looks like, on two lines.", ReviewNote: "Somebody must look at this.",
		Objectives: []Objective{{ID: "see", Text: "See what stands where.", Critical: true}, {ID: "say", Text: "Say what it means."}},
		Quiz:       Quiz{Draw: 2, Minutes: 60, Pages: OnePage},
		Lessons: []*Lesson{
			{ID: "one-1", Title: "How it begins", Minutes: 12, Objectives: []ObjectiveID{"see", "say"},
				Sources: []Source{{"SRC1", "A source of the first kind", "A"}, {"Two", `Another, "quoted" one`, "C"}}},
			{ID: "one-2", Title: "How it goes on", Minutes: 3, Objectives: []ObjectiveID{"say"},
				Sources: []Source{{"SRC1", "A source of the first kind", "B"}}, HTML: "<h2>First</h2>\n<p>Text.</p>\n"},
		},
		Items: []*Item{
			{ID: "one-01", Lesson: "one-1", Objective: "see", Kind: Single, Critical: true, Stem: "Which of these is the second?",
				Options: []Option{
					{"a", "The first.", false, "It comes before."},
					{"b", "The second.", true, "It is."},
					{"c", "The third, which is the longest of them.", false, "It comes after."}},
				Sources: []string{"SRC1", "Two"}, Confidence: "A", Note: "For whoever teaches it."},
			{ID: "one-02", Lesson: "one-2", Objective: "say", Kind: Multiple, Stem: "Which of these are even?",
				Options: []Option{
					{"a", "1", false, "It is odd."}, {"b", "2", true, "It is even."},
					{"c", "3", false, "It is odd."}, {"d", "4", true, "It is even."}},
				Sources: []string{"SRC1"}, Confidence: "M"},
		},
	}
	ignoreHTML := cmp.Transformer("lesson", func(l *Lesson) Lesson {
		copied := *l
		if l.ID == "one-1" {
			copied.HTML = "" // the golden file has it
		}
		return copied
	})
	if d := cmp.Diff(first, c.Module("first"), ignoreHTML); d != "" {
		t.Errorf("module first (-want +got):\n%s", d)
	}
	third := c.Module("third")
	newer := &Module{
		Key: "third", Title: "A third module", Summary: "Whatever the first two do not have.", ReviewNote: "Somebody did.",
		Objectives: []Objective{{"see", "See it.", true, 2}, {"sort", "Sort it.", false, 1}, {"leave", "Leave it.", false, 0}},
		Quiz:       Quiz{Draw: 4, Minutes: 60, Pages: OnePage},
		Reviews:    []ModuleReview{{"Rosa Reviewer", "LPC 12345, Colorado", "2026-03-31", "I have read all of it."}},
		Cases:      third.Cases, Lessons: third.Lessons,
		Items: append([]*Item{
			{ID: "thr-01", Lesson: "thr-1", Objective: "sort", Kind: InOrder, Stem: "Put these in order.",
				Options: []Option{
					{"b", "Breakfast", false, "The day begins with it."},
					{"a", "Lunch", false, "It comes at noon."},
					{"c", "Dinner", false, "It ends the day."}},
				Sources: []string{"S"}, Confidence: "B"},
			{ID: "thr-02", Lesson: "thr-1", Objective: "sort", Kind: Matching, Stem: "What goes with what?",
				Prompts: []Prompt{{"1", "A lock", "c"}, {"2", "A bolt", "a"}},
				Options: []Option{
					{"a", "A nut", false, "It turns on a bolt."},
					{"b", "A bell", false, "It belongs to neither."},
					{"c", "A key", false, "It opens a lock."}},
				Sources: []string{"S"}, Confidence: "B"},
		}, third.Items[2:]...),
	}
	if d := cmp.Diff(newer, third); d != "" {
		t.Errorf("module third (-want +got):\n%s", d)
	}
	if len(third.Cases) != 1 || third.Cases[0].ID != "thr-case-1" || !strings.HasPrefix(third.Cases[0].Text, "Somebody stands at a door") {
		t.Errorf("the cases are %+v", third.Cases)
	}
	if of := third.ItemsOf("thr-case-1"); len(of) != 2 || of[0].ID != "thr-03" || of[1].ID != "thr-05" || third.Case("thr-case-1") != third.Cases[0] {
		t.Errorf("the items of the case are %+v", of)
	}
	if !third.Reviewed() || c.Module("first").Reviewed() {
		t.Error("Reviewed() does not say who has a review")
	}
	rich := &Program{
		Key: "rich", Version: 3, Title: "A rich program", Summary: "It asks for sessions and for an attestation.",
		Certificate: Certificate{Title: "Certificate of Completion"},
		Quiz:        QuizRules{PassPercent: 80, Attempts: 3, WaitHours: 24, Review: ReviewAfterPass}, Lessons: LessonsOpenedFirst,
		Practicum:  PracticumRules{Kinds: []string{"client", "peer", "role_play"}, SafetyCriteria: []string{"c2", "c6"}, SafetyFloor: 2},
		Experience: ExperienceRules{Version: "1", Statement: "I have done what was asked.", Minutes: 60},
		Requirements: []Requirement{
			{ID: "first", Type: AllOf, Title: "The first module", Of: []Requirement{
				{ID: "first-lessons", Type: LessonsComplete, Title: "Study", Module: "first"},
				{ID: "first-quiz", Type: QuizPass, Title: "Pass", Module: "first"},
				{ID: "sessions", Type: AllOf, Title: "Sessions", Of: []Requirement{
					{ID: "preparation-logs", Type: PracticumSessions, Title: "Practice", Phase: "preparation", Count: 2}}}}},
			{ID: "personal-experience", Type: PersonalExperience, Title: "Attest"},
			{ID: "printed-name", Type: PrintedName, Title: "Confirm your name"},
		},
	}
	if d := cmp.Diff(rich, c.Program("rich")); d != "" {
		t.Errorf("program rich (-want +got):\n%s", d)
	}
	if got, want := c.Modules[1].Items[0].Stem, "Which one is right?\nLook closely."; got != want {
		t.Errorf("a stem in a literal block = %q, want %q", got, want)
	}
}

func TestLookupsFindWhatThereIsAndNothingElse(t *testing.T) {
	c := load(t, testCourse(t))
	m := c.Module("first")
	if m == nil || m != c.Modules[0] || m.Lesson("one-2") != m.Lessons[1] || m.Item("one-02") != m.Items[1] {
		t.Error("a module, a lesson or an item that is there is not found")
	}
	if p := c.Default(); p == nil || p.Key != "small" || p != c.Program("small") {
		t.Errorf("Default() = %+v, want the program small", p)
	}
	if c.Module("fourth") != nil || c.Module("third").Case("thr-case-2") != nil || len(c.Module("third").ItemsOf("thr-case-2")) > 0 || m.Lesson("two-1") != nil || m.Item("two-1a") != nil || c.Program("") != nil || (&Course{}).Default() != nil {
		t.Error("something that is not there is found")
	}
	m = &Module{Objectives: []Objective{{ID: "zebra", Critical: true}, {ID: "horse"}, {ID: "ant", Critical: true}}}
	if d := cmp.Diff([]ObjectiveID{"ant", "zebra"}, m.CriticalObjectives()); d != "" {
		t.Errorf("CriticalObjectives() (-want +got):\n%s", d)
	}
}

func TestWhatIsNoPartOfACourseIsLeftAlone(t *testing.T) {
	files := testCourse(t)
	want := load(t, files).Hash()
	for _, name := range []string{"README.md", "modules.go", ".git/config", "01-first/.DS_Store", "programs/.swp", ".hidden"} {
		files[name] = &fstest.MapFile{Data: []byte("\x00 not ours")}
	}
	if got := load(t, files).Hash(); got != want {
		t.Errorf("Hash() = %s with other files beside the course, want %s", got, want)
	}
}

func TestACourseIsTheSameWhateverTheEditor(t *testing.T) {
	files := testCourse(t)
	want := load(t, files)
	for _, f := range files {
		f.Data = append([]byte("\ufeff"), crlf(f.Data)...)
	}
	got := load(t, files)
	if got.Hash() != want.Hash() {
		t.Errorf("Hash() = %s with CR LF and a byte order mark, want %s", got.Hash(), want.Hash())
	}
	if d := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Course{})); d != "" {
		t.Errorf("with CR LF (-want +got):\n%s", d)
	}
}

func crlf(data []byte) (all []byte) {
	for _, b := range data {
		if b == '\n' {
			all = append(all, '\r')
		}
		all = append(all, b)
	}
	return all
}

func TestACourseInADirectoryIsReadLikeTheEmbeddedOne(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, modules.FS); err != nil {
		t.Fatal(err)
	}
	if got, want := load(t, os.DirFS(dir)).Hash(), load(t, modules.FS).Hash(); got != want {
		t.Errorf("Hash() = %s from a directory, %s embedded; want the same", got, want)
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := Load(modules.FS); err != nil {
			b.Fatal(err)
		}
	}
}
