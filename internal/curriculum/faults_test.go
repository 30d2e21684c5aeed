package curriculum

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

const (
	aModule = "01-first/module.yaml"
	aBank   = "01-first/bank.yaml"
	aLesson = "01-first/one-1-begin.md"
	aRich   = "programs/rich.yaml"
	aSmall  = "programs/small.yaml"

	theModule = "03-third/module.yaml" // has what the others do not
	theBank   = "03-third/bank.yaml"
	theLesson = "03-third/thr-1-all.md"
	theFigure = "03-third/fig-arc.svg"
)

// wrongIn are edits of the test course, each with the faults it must bring:
// file, line and the beginning of the text.
var wrongIn = []struct {
	file, old, new string
	want           []string
}{
	// module.yaml
	{aModule, "key: first", "key: First", []string{aModule + ":1: `key` is \"First\"; it must be 2 to 40 lower-case letters", aRich + ":23: `module` is first", aRich + ":24: `module` is first"}},
	{aModule, "key: first", "", []string{aModule + ":2: `key` is missing; add it"}},
	{aModule, "key: first", "key: second", []string{"02-second/module.yaml:1: second stands at 01-first/module.yaml:1 already", aRich + ":23: `module` is first", aRich + ":24: "}},
	{aModule, "title: A first module", "title: " + strings.Repeat("x", 121), []string{aModule + ":2: `title` has 121 characters; it must have 1 to 120"}},
	{aModule, "title: A first module", "title: \"  \"", []string{aModule + ":2: `title` has 0 characters"}},
	{aModule, "title: A first module", "title:", []string{aModule + ":2: `title` is empty; write a text"}},
	{aModule, "title: A first module", "title: 12", []string{aModule + ":2: `title` must be a text; put it in quotes"}},
	{aModule, "title: A first module", "title: true", []string{aModule + ":2: `title` must be a text; put it in quotes"}},
	{aModule, "title: A first module", "title: [A]", []string{aModule + ":2: `title` must be a text, not a list"}},
	{aModule, "title: A first module", `title: "A\nB"`, []string{aModule + ":2: `title` must be one line"}},
	{aModule, "title: A first module", `title: "A\u202eB"`, []string{aModule + ":2: `title` has a control character"}},
	{aModule, "title: A first module", `title: "A\0B"`, []string{aModule + ":2: `title` has a control character"}},
	{aModule, "title: A first module", `title: "Ae\u0301"`, []string{aModule + ":2: `title` has a letter and its accent as two"}},
	{aModule, "title: A first module", "title: A\ttab", []string{aModule + ":2: there is a tab; write spaces"}},
	{aModule, "title: A first module", `title: "A\tB"`, []string{aModule + ":2: `title` must be one line, without tabs"}},
	{aModule, "title: A first module", "title: a: b", []string{aModule + ":2: this is not YAML (mapping value is not allowed in this context)"}},
	{aModule, "title: A first module", "title: *bold*", []string{aModule + ":2: \"*\" has a meaning in YAML that is not used here"}},
	{aModule, "title: A first module", "title: &x y", []string{aModule + ":2: \"&\" has a meaning"}},
	{aModule, "title: A first module", "title: !!str y", []string{aModule + ":2: \"!!str\" has a meaning"}},
	{aModule, "title: A first module", "title: A\n<<: {key: x}", []string{aModule + ":3: \"<<\" has a meaning"}},
	{aModule, "title: A first module", "title: A\n---\nx: y", []string{aModule + ":3: \"---\" begins another document"}},
	{aModule, "title: A first module", "title: A\ntitel: B\n1: C", []string{aModule + ":3: there is no field \"titel\" here; the fields are key, title,", aModule + ":4: there is no field \"1\" here"}},
	{aModule, "title: A first module", "title: A\ntitle: B", []string{aModule + ":3: `title` stands here twice"}},
	{aModule, "title: A first module", "title: \xff", []string{aModule + ":2: there is bytes that are not UTF-8"}},
	{aModule, "title: A first module", "title: A\x00B\nx: \u202e", []string{aModule + ":2: there is a control character", aModule + ":3: there is a control character"}},
	{aModule, "title: A first module", "title: A\rB", []string{aModule + ":2: there is a control character"}},
	{aModule, "title: A first module", "title: e\u0301", []string{aModule + ":2: there is a letter and its accent"}},
	{aModule, "What a course", strings.Repeat("x ", 260), []string{aModule + ":3: `summary` has 5"}},
	{aModule, "review_note: Somebody must look at this.\n", "", []string{aModule + ":1: `review_note` is missing"}},
	{aModule, `{id: say, text: "Say what it means."`, `{id: see, text: "Again.", critical: true`, []string{aModule + ":9: objective see stands here twice", aBank + ":18: `objective` is say", aLesson + ":5: objective say", "01-first/one-2-go-on.md:5: objective say"}},
	{aModule, "{id: say, text", "{id: S, text", []string{aModule + ":9: `id` is \"S\"", aBank + ":18: `objective` is say", aLesson + ":5: objective say is not in module.yaml", "01-first/one-2-go-on.md:5: objective say"}},
	{aModule, `text: "Say what it means."`, `text: ""`, []string{aModule + ":9: `text` has 0 characters"}},
	{aModule, "critical: true", "critical: yes", []string{aModule + ":8: `critical` must be true or false", aModule + ":8: objective see has a critical item"}},
	{aModule, ", critical: true", "", []string{aModule + ":8: objective see has a critical item in bank.yaml; mark it"}},
	{aModule, `it means."}`, `it means.", critical: true}`, []string{aModule + ":9: objective say is critical, but bank.yaml has no critical item"}},
	{aModule, "  - one-2-go-on.md", "  - one-1-begin.md", []string{"01-first/one-2-go-on.md: the lesson is not on the list", aModule + ":12: a lesson one-1-begin.md stands here twice"}},
	{aModule, "  - one-2-go-on.md\n", "", []string{"01-first/one-2-go-on.md: the lesson is not on the list `lessons` of module.yaml"}},
	{aModule, "  - one-2-go-on.md", "  - one-2-go-on.md\n  - one-3-more.md", []string{aModule + ":13: there is no file one-3-more.md in 01-first"}},
	{aModule, "  - one-2-go-on.md", "  - one-2-go-on.md\n  - ../02-second/two-1-all.md", []string{aModule + ":13: a lesson is \"../02-second/two-1-all.md\"; it must be the name of a file"}},
	{aModule, "  draw: 2", "  draw: 3", []string{aModule + ":14: `draw` is 3, but bank.yaml has 2 items"}},
	{aModule, "  draw: 2", "  draw: 0", []string{aModule + ":14: `draw` must be a whole number from 1 to 100"}},
	{aModule, "  draw: 2", "  draw: \"2\"", []string{aModule + ":14: `draw` must be a whole number from 1 to 100, without quotes"}},
	{aModule, "  draw: 2", "  draw: 0x2", []string{aModule + ":14: `draw` must be a whole number"}},
	{aModule, "  minutes: 60", "  minutes: 1.5", []string{aModule + ":15: `minutes` must be a whole number"}},
	{aModule, "  minutes: 60", "  minutes: 601", []string{aModule + ":15: `minutes` must be a whole number from 1 to 600"}},
	{aModule, "quiz:\n  draw: 2\n  minutes: 60", "quiz: 2", []string{aModule + ":13: `quiz` must be a group of the fields draw, minutes"}},
	{aModule, "lessons:\n  - one-1-begin.md\n  - one-2-go-on.md", "lessons: one-1-begin.md", []string{aModule + ":10: `lessons` must be a list"}},

	// bank.yaml
	{aBank, "id: one-02", "id: one-01", []string{aBank + ":16: one-01 stands at 01-first/bank.yaml:2 already"}},
	{aBank, "id: one-02", "id: two-1a", []string{"02-second/bank.yaml:2: two-1a stands at 01-first/bank.yaml:16 already"}},
	{aBank, "id: one-02", "id: one_2", []string{aBank + ":16: `id` is \"one_2\"; it must be like sci-01"}},
	{aBank, "lesson: one-2", "lesson: two-1", []string{aBank + ":17: `lesson` is two-1, which this module does not have"}},
	{aBank, "objective: say", "objective: sing", []string{aBank + ":18: `objective` is sing, which module.yaml does not have"}},
	{aBank, "kind: multiple", "kind: several", []string{aBank + ":19: `kind` is \"several\"; it must be one of single, multiple"}},
	{aBank, "kind: multiple", "kind: single", []string{aBank + ":21: an item of kind single has one option with `correct: true`; this one has 2"}},
	{aBank, `"The second.", correct: true`, `"The second."`, []string{aBank + ":8: an item of kind single has one option with `correct: true`; this one has 0"}},
	{aBank, `text: "2", correct: true`, `text: "2", correct: false`, nil},
	{aBank, `{id: a, text: "1", why: "It is odd."}
      - {id: b, text: "2", correct: true, why: "It is even."}
      - {id: c, text: "3", why: "It is odd."}`, `{id: a, text: "1", correct: true, why: "x"}
      - {id: b, text: "2", correct: true, why: "x"}
      - {id: c, text: "3", correct: true, why: "x"}`, []string{aBank + ":21: an item of kind multiple has at least one option with `correct: true` and one without; this one has 4 of 4"}},
	{aBank, "\n      - {id: c, text: \"The third, which is the longest of them.\", why: \"It comes after.\"}", "", []string{aBank + ":8: `options` has 2 entries; it must have 3 to 8"}},
	{aBank, `{id: c, text: "3"`, `{id: b, text: "3"`, []string{aBank + ":24: `id` is b, as for another option"}},
	{aBank, `{id: c, text: "3"`, `{id: i, text: "3"`, []string{aBank + ":24: `id` is \"i\"; it must be one of a, b,"}},
	{aBank, `{id: c, text: "3"`, `{id: c, text: " 1 "`, []string{aBank + ":24: `text` is the same as of another option"}},
	{aBank, `{id: c, text: "The third, which is the longest of them."`, `{id: c, text: "the  FIRST."`, []string{aBank + ":11: `text` is the same as of another option"}},
	{aBank, `text: "3", why: "It is odd."`, `text: "3"`, []string{aBank + ":24: `why` is missing; add it"}},
	{aBank, `text: "3"`, "text: 3", []string{aBank + ":24: `text` must be a text; put it in quotes"}},
	{aBank, `{id: c, text: "3", why: "It is odd."}`, "c", []string{aBank + ":24: an option must be a group of the fields id, text"}},
	{aBank, "sources: [SRC1, Two]", "sources: [SRC1, SRC1, \"a b\"]", []string{aBank + ":12: a source SRC1 stands here twice", aBank + ":12: a source is \"a b\"; it must be like LUT19"}},
	{aBank, "confidence: M", "confidence: D", []string{aBank + ":27: `confidence` is \"D\"; it must be one of A, B, C, M"}},
	{aBank, `stem: "Which of these are even?"`, "stem: Hm", []string{aBank + ":20: `stem` has 2 characters; it must have 5 to 1000"}},
	{aBank, "note: >-\n      For", "hint: >-\n      For", []string{aBank + ":14: there is no field \"hint\" here"}},
	{aBank, "items:", "item:", []string{aBank + ":1: there is no field \"item\" here; the fields are items", aBank + ":1: `items` is missing"}},
	{aBank, "  - id: one-02", "  - id: one-02\n  bad", []string{aBank + ":17: this is not YAML ("}},

	// what came later
	{theModule, "quota: 2", "quota: 0", []string{theModule + ":6: `quota` must be a whole number from 1 to 10"}},
	{theModule, "quota: 2", "quota: 11", []string{theModule + ":6: `quota` must be", theModule + ":6: objective see has a quota", theModule + ":10: `draw` is 4, but the quotas"}},
	{theModule, "quota: 1", "quota: 3", []string{theModule + ":7: objective sort has a quota of 3, but bank.yaml has 2 items for it", theModule + ":10: `draw` is 4, but the quotas of the objectives, at least 1 for each critical one, make 5"}},
	{theModule, "draw: 4", "draw: 2", []string{theModule + ":10: `draw` is 2, but the quotas of the objectives, at least 1 for each critical one, make 3"}},
	{theModule, "    license: LPC 12345, Colorado\n", "", []string{theModule + ":12: `license` is missing"}},
	{theModule, "2026-03-31", "2026-02-30", []string{theModule + ":14: `date` is \"2026-02-30\"; it must be a day like 2026-03-31"}},
	{theModule, "2026-03-31", "31 March", []string{theModule + ":14: `date` is \"31 March\""}},
	{theModule, "statement: I have read all of it.", "statement: ''\n    by: me", []string{theModule + ":15: `statement` has 0 characters", theModule + ":16: there is no field \"by\" here"}},
	{theModule, "reviews:\n  - reviewer: Rosa Reviewer\n    license: LPC 12345, Colorado\n    date: \"2026-03-31\"\n    statement: I have read all of it.", "reviews: Rosa", []string{theModule + ":11: `reviews` must be a list"}},
	{theBank, "id: thr-case-1\n", "id: thr-1\n", []string{theBank + ":2: `id` is \"thr-1\"; it must be like sci-case-1", theBank + ":38: `case` is thr-case-1, which is not among", theBank + ":62: `case` is thr-case-1"}},
	{theBank, "id: thr-case-1\n", "id: thr-case-2\n", []string{theBank + ":2: case thr-case-2 has 0 items; give it 2 or 3", theBank + ":38: `case` is thr-case-1, which is not among", theBank + ":62: `case` is thr-case-1"}},
	{theBank, "cases:\n  - id: thr-case-1", "cases:\n  - id: thr-case-1\n    text: short\n  - id: thr-case-1", []string{theBank + ":3: `text` has 1 words; a vignette has 60 to 150", theBank + ":4: thr-case-1 stands at 03-third/bank.yaml:2 already"}},
	{theBank, "Somebody stands", strings.Repeat("word ", 90) + "Somebody stands", []string{theBank + ":3: `text` has 1"}},
	{theBank, "objective: see\n    kind: single\n    critical: true\n    case: thr-case-1", "objective: see\n    kind: single\n    critical: true", []string{theBank + ":2: case thr-case-1 has 1 items; give it 2 or 3"}},
	{theBank, "objective: leave\n    kind: single\n    case: thr-case-1", "objective: leave\n    kind: single\n    case: THR", []string{theBank + ":2: case thr-case-1 has 1 items", theBank + ":62: `case` is \"THR\"; it must be like sci-case-1"}},
	{theBank, `{id: b, text: "Breakfast"`, `{id: b, correct: true, text: "Breakfast"`, []string{theBank + ":14: there is no field \"correct\" here; the fields are id, text, why"}},
	{theBank, `{id: a, text: "A nut"`, `{id: a, correct: false, text: "A nut"`, []string{theBank + ":28: there is no field \"correct\" here"}},
	{theBank, `
      - {id: c, text: "Dinner", why: "It ends the day."}`, "", []string{theBank + ":13: `options` has 2 entries; it must have 3 to 6"}},
	{theBank, "    kind: matching\n", "    kind: multiple\n", []string{theBank + ":24: `prompts` has no meaning in an item of kind multiple; remove it", theBank + ":27: an item of kind multiple has at least one"}},
	{theBank, "    kind: ordering\n", "    kind: matching\n", []string{theBank + ":8: `prompts` is missing; add it"}},
	{theBank, `
      - {id: "2", text: "A bolt", option: a}`, "", []string{theBank + ":24: `prompts` has 1 entries; it must have 2 to 5"}},
	{theBank, `{id: "2", text: "A bolt", option: a}`, `{id: "1", text: "a  LOCK", option: c}`, []string{theBank + ":26: `id` is 1, as for another prompt", theBank + ":26: `text` is the same as of another prompt", theBank + ":26: `option` is c, as for prompt 1; an option belongs to one prompt"}},
	{theBank, `{id: "2", text: "A bolt", option: a}`, `{id: "6", text: "A bolt", option: d}`, []string{theBank + ":26: `id` is \"6\"; it must be one of 1, 2,", theBank + ":26: `option` is d, which is not among the options of this item"}},
	{theBank, `{id: "2", text: "A bolt", option: a}`, `{id: 2, text: "A bolt", option: z, why: x}`, []string{theBank + ":26: `id` must be a text; put it in quotes", theBank + ":26: `option` is \"z\"", theBank + ":26: there is no field \"why\""}},
	{theBank, `text: "A nut", why: "It turns on a bolt."`, `text: "A nut"`, []string{theBank + ":28: `why` is missing; add it"}},
	{theLesson, "fig-arc.svg", "fig-none.svg", []string{theFigure + ": no lesson shows this figure; put ![", theLesson + ":10: there is a figure fig-none.svg, but no such file"}},
	{theLesson, "fig-arc.svg", "fig_arc.svg", []string{theFigure + ": no lesson shows this figure", theLesson + ":10: there is a picture; a figure stands on a line of its own"}},
	{theLesson, "\n\nAfter it.", "\nAfter it.", []string{theFigure + ": no lesson shows this figure", theLesson + ":10: there is a picture; a figure stands on a line of its own"}},
	{theLesson, "After it.", "![An arrow leads from the word start to the word end, once more.](fig-arc.svg)", []string{theLesson + ":12: there is the figure fig-arc.svg a second time; show it once"}},
	{theLesson, `An arrow leads from the word "start" to the word "end", & from nowhere else: a < b.`, "An arrow.", []string{theFigure + ": no lesson shows", theLesson + ":10: there is a figure whose text alternative has 9 characters; say in 40 to 1200 all that"}},
	{theFigure, "<line ", "<line onload=\"x\" ", []string{theFigure + ":14: <line> has an attribute onload; it may have x1 y1 x2 y2 id transform"}},
	{theFigure, "</svg>", "<script/>\n</svg>", []string{theFigure + ":16: there is an element <script>; a figure is made of"}},

	// lessons
	{aLesson, "id: one-1", "id: one-2", []string{aLesson + ":2: `id` is one-2, but the file is named after one-1", "01-first/one-2-go-on.md:2: one-2 stands at 01-first/one-1-begin.md:2 already"}},
	{aLesson, "id: one-1", "id: One", []string{aLesson + ":2: `id` is \"One\"; it must be like sci-1"}},
	{aLesson, "minutes: 12", "minutes: 61", []string{aLesson + ":4: `minutes` must be a whole number from 1 to 60"}},
	{aLesson, "minutes: 12", "minutes: 12\nauthor: me", []string{aLesson + ":5: there is no field \"author\" here"}},
	{aLesson, "[see, say]", "[see, see, sing]", []string{aLesson + ":5: an objective see stands here twice", aLesson + ":5: objective sing is not in module.yaml"}},
	{aLesson, "[see, say]", "[]", []string{aLesson + ":5: `objectives` has 0 entries"}},
	{aLesson, "{key: Two", "{key: SRC1", []string{aLesson + ":8: `key` is SRC1, as for another source of this lesson"}},
	{aLesson, "confidence: C", "confidence: c", []string{aLesson + ":8: `confidence` is \"c\""}},
	{aLesson, "---\nid: one-1", "id: one-1", []string{aLesson + ":1: a lesson begins with front matter"}},
	{aLesson, "title: How it begins", "title: [", []string{aLesson + ":3: this is not YAML (sequence end token ']' not found)"}},
	{aLesson, "## A table", "# A table\n\n<br>\n\n[x](y)", []string{aLesson + ":12: there is a heading of the first level", aLesson + ":14: there is raw HTML", aLesson + ":16: there is a link"}},
	{aLesson, "## A table", "a\x1bb", []string{aLesson + ":12: there is a control character"}},
	{aLesson, "## A table", strings.Repeat("long ", 5000), []string{aLesson + ": the file is larger than 20 KB; shorten or divide it"}},
	{aLesson, "## A table", strings.Repeat("*a_", 301), []string{aLesson + ":12: there are more than 600 marks"}},

	// programs
	{aSmall, "key: small", "key: rich", []string{aSmall + ":2: `key` is rich, as in programs/rich.yaml"}},
	{aSmall, "key: small", "key: 1", []string{aSmall + ":2: `key` must be a text; put it in quotes"}},
	{aSmall, "version: 1", "version: 0", []string{aSmall + ":3: `version` must be a whole number from 1 to 9999"}},
	{aSmall, "version: 1", "version: \"1\"", []string{aSmall + ":3: `version` must be a whole number"}},
	{aSmall, "default: true\n", "", []string{"programs: no program says `default: true`"}},
	{aRich, "version: 3", "version: 3\ndefault: true", []string{aSmall + ":4: `default` is true in programs/rich.yaml already"}},
	{aSmall, "pass_percent: 100", "pass_percent: 101", []string{aSmall + ":10: `pass_percent` must be a whole number from 1 to 100"}},
	{aSmall, "attempts: 1", "attempts: 0", []string{aSmall + ":11: `attempts` must be"}},
	{aSmall, "wait_hours: 0", "wait_hours: -1", []string{aSmall + ":12: `wait_hours` must be"}},
	{aSmall, "review: never", "review: always", []string{aSmall + ":13: `review` is \"always\"; it must be one of never, after_pass"}},
	{aSmall, "lessons: any", "lessons: some", []string{aSmall + ":14: `lessons` is \"some\""}},
	{aSmall, "certificate:\n  title: Certificate of Completion", "certificate: {}", []string{aSmall + ":7: `title` is missing"}},
	{aSmall, "module: second", "module: fourth", []string{aSmall + ":16: `module` is fourth, which this course does not have"}},
	{aSmall, "module: second, ", "", []string{aSmall + ":16: `module` is missing"}},
	{aSmall, "type: quiz_pass", "type: quiz", []string{aSmall + ":16: `type` is \"quiz\"; it must be one of all_of"}},
	{aSmall, "module: second,", "module: second, count: 2, phase: medicine, of: [],", []string{aSmall + ":16: `phase` does not belong to a requirement of type quiz_pass", aSmall + ":16: `count`", aSmall + ":16: `of`"}},
	{aSmall, "requirements:\n  - {", "requirements:\n  - {id: pp, type: practicum_sessions_min, title: P, phase: medicine, count: 1}\n  - {", []string{aSmall + ":2: `practicum` is missing"}},
	{aSmall, "requirements:\n  - {", "requirements:\n  - {id: pe, type: personal_experience, title: P}\n  - {", []string{aSmall + ":2: `experience` is missing"}},
	{aSmall, "requirements:\n", "requirements: []\nx:\n", []string{aSmall + ":15: `requirements` has 0 entries", aSmall + ":16: there is no field \"x\""}},
	{aRich, "id: printed-name", "id: first-quiz", []string{aRich + ":31: `id` is first-quiz, as for another requirement"}},
	{aRich, "id: printed-name", "id: Printed", []string{aRich + ":31: `id` is \"Printed\""}},
	{aRich, "phase: preparation", "phase: before", []string{aRich + ":29: `phase` is \"before\"; it must be one of preparation, medicine, integration"}},
	{aRich, "count: 2", "count: 0", []string{aRich + ":29: `count` must be a whole number from 1 to 1000"}},
	{aRich, ", count: 2", "", []string{aRich + ":29: `count` is missing"}},
	{aRich, "[client, peer, role_play]", "[client, client, animal]", []string{aRich + ":9: a kind client stands here twice", aRich + ":9: a kind is \"animal\"; it must be client, peer or role_play"}},
	{aRich, "[c2, c6]", "[c2, c8]", []string{aRich + ":10: a criterion is \"c8\""}},
	{aRich, "safety_floor: 2", "safety_floor: 5", []string{aRich + ":11: `safety_floor` must be a whole number from 1 to 4"}},
	{aRich, `version: "1"`, "version: 1", []string{aRich + ":13: `version` must be a text; put it in quotes"}},
	{aRich, "  minutes: 60\n", "", []string{aRich + ":13: `minutes` is missing"}},
	{aRich, "title: Sessions", "titel: Sessions", []string{aRich + ":27: there is no field \"titel\" here", aRich + ":25: `title` is missing"}},
}

func TestEveryFaultNamesItsPlace(t *testing.T) {
	for _, tt := range wrongIn {
		files := testCourse(t)
		edit(t, files, tt.file, tt.old, tt.new)
		t.Run(fmt.Sprintf("%s %.30q", tt.file, tt.new), func(t *testing.T) { wantFaults(t, files, tt.want...) })
	}
}

// wantFaults loads files and holds the faults against what each must begin
// with, in any order.
func wantFaults(t *testing.T, files fstest.MapFS, want ...string) {
	t.Helper()
	_, err := Load(files)
	var got Faults
	if err != nil && !errors.As(err, &got) {
		t.Fatalf("Load: %v, want Faults", err)
	}
	left := slices.Clone(got)
	for _, w := range want {
		i := slices.IndexFunc(left, func(f Fault) bool { return strings.HasPrefix(f.String(), w) })
		if i < 0 {
			t.Errorf("Load: no fault %q", w)
			continue
		}
		left = slices.Delete(left, i, i+1)
	}
	for _, f := range left {
		t.Errorf("Load: unexpected fault %q", f)
	}
}

func TestADrawHasRoomForEveryCriticalObjective(t *testing.T) {
	files := testCourse(t)
	edit(t, files, aModule, `it means."}`, `it means.", critical: true}`)
	edit(t, files, aBank, "kind: multiple", "kind: multiple\n    critical: true")
	wantFaults(t, files)
	edit(t, files, aModule, "  draw: 2", "  draw: 1")
	wantFaults(t, files, aModule+":14: `draw` is 1, but 2 critical objectives must be asked in every attempt")
}

func TestFilesAndFoldersThatAreWrong(t *testing.T) {
	one := &fstest.MapFile{Data: []byte("x")}
	for _, tt := range []struct {
		name  string
		files func(fstest.MapFS) fstest.MapFS
		want  []string
	}{
		{"nothing at all", func(fstest.MapFS) fstest.MapFS { return fstest.MapFS{} }, []string{".: there is no module", "programs: no program says"}},
		{"no module.yaml", func(f fstest.MapFS) fstest.MapFS { return without(f, aModule) }, []string{aModule + ": the file is missing; every module folder has one"}},
		{"no bank", func(f fstest.MapFS) fstest.MapFS { return without(f, aBank) }, []string{aBank + ": the file is missing; every module has its quiz items there"}},
		{"no lesson", func(f fstest.MapFS) fstest.MapFS { return without(f, aLesson) }, []string{aModule + ":11: there is no file one-1-begin.md"}},
		{"no programs", func(f fstest.MapFS) fstest.MapFS { return without(f, aRich, aSmall) }, []string{"programs: no program says"}},
		{"an unlisted lesson", func(f fstest.MapFS) fstest.MapFS { f["01-first/one-3-x.md"] = f[aLesson]; return f }, []string{"01-first/one-3-x.md: the lesson is not on the list"}},
		{"a lesson of no name", func(f fstest.MapFS) fstest.MapFS { f["01-first/Notes.md"] = one; return f }, []string{"01-first/Notes.md: this does not belong in a course"}},
		{"another file", func(f fstest.MapFS) fstest.MapFS { f["01-first/picture.png"] = one; return f }, []string{"01-first/picture.png: this does not belong in a course"}},
		{"a program in another format", func(f fstest.MapFS) fstest.MapFS { f["programs/x.yml"] = one; return f }, []string{"programs/x.yml: this does not belong in a course"}},
		{"a folder in a folder", func(f fstest.MapFS) fstest.MapFS { f["01-first/old/bank.yaml"] = one; return f }, []string{"01-first/old: this is no file"}},
		{"a folder of no number", func(f fstest.MapFS) fstest.MapFS { f["third/module.yaml"] = one; return f }, []string{"third: a module's folder is named like 01-science"}},
		{"number zero", func(f fstest.MapFS) fstest.MapFS { f["00-x/module.yaml"] = one; return f }, []string{"00-x: a module's folder is named like 01-science"}},
		{"a number twice", func(f fstest.MapFS) fstest.MapFS { f["01-other/module.yaml"] = one; return f },
			[]string{"01-other: 01-first has the number 01 already", "01-other/module.yaml:1: the file must be a group", "01-other/bank.yaml: the file is missing"}},
		{"an empty file", func(f fstest.MapFS) fstest.MapFS { f[aSmall] = &fstest.MapFile{}; return f }, []string{aSmall + ":1: the file must be a group of the fields key,"}},
		{"a large program", func(f fstest.MapFS) fstest.MapFS {
			f[aSmall] = &fstest.MapFile{Data: make([]byte, 256<<10+1)}
			return f
		}, []string{aSmall + ": the file is larger than 256 KB"}},
	} {
		t.Run(tt.name, func(t *testing.T) { wantFaults(t, tt.files(testCourse(t)), tt.want...) })
	}
}

func TestFaultsComeInTheOrderOfFilesAndLines(t *testing.T) {
	files := testCourse(t)
	edit(t, files, aSmall, "version: 1", "version: 0")
	edit(t, files, aSmall, "lessons: any", "lessons: some")
	edit(t, files, aBank, "confidence: M", "confidence: D")
	edit(t, files, aBank, "id: one-02", "id: x")
	edit(t, files, aModule, "  minutes: 60", "  minutes: 0")
	edit(t, files, aModule, "  draw: 2", "  draw: 3") // found last, for it needs the bank
	_, err := Load(files)
	var got []string
	for line := range strings.SplitSeq(err.Error(), "\n") {
		got = append(got, strings.Join(strings.SplitN(line, ":", 3)[:2], ":"))
	}
	want := []string{aBank + ":16", aBank + ":27", aModule + ":14", aModule + ":15", aSmall + ":3", aSmall + ":14"}
	if !slices.Equal(got, want) {
		t.Errorf("Load: faults at %q, want %q", got, want)
	}
}

func TestNotMoreFaultsOfOneFileAreToldThanAnyoneReads(t *testing.T) {
	files := testCourse(t)
	files[aSmall] = &fstest.MapFile{Data: []byte(strings.Repeat("\x01\n", 1000))}
	_, err := Load(files)
	var got Faults
	if errors.As(err, &got); len(got) != maxFaults+1 || !strings.Contains(err.Error(), "there is more") {
		t.Errorf("Load: %d faults, want %d and that there is more", len(got), maxFaults)
	}
}

func TestRequirementsNestTwelveDeepAndNoDeeper(t *testing.T) {
	const leaf = "{id: quiz, type: quiz_pass, module: second, title: Pass}"
	for depth, want := range map[int][]string{12: nil, 13: {aSmall + ":27: requirements nest at most 12 deep"}} {
		files := testCourse(t)
		nested := leaf
		for i := range depth - 1 {
			nested = fmt.Sprintf("{id: g%d, type: all_of, title: G, of: [\n    %s]}", i, nested)
		}
		edit(t, files, aSmall, leaf, nested)
		wantFaults(t, files, want...)
	}
}
