package schooltest

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
)

// kindsModule and the texts below are a module whose quiz asks every kind of
// item, and a case, in every attempt: nine of its ten items.
const kindsModule = `key: safety
title: Safety
summary: A small module.
review_note: Look at it first.
objectives:
  - {id: vital, text: "Know what is vital.", critical: true, quota: 2}
  - {id: order, text: "Know the order.", quota: 2}
  - {id: match, text: "Know what belongs together.", quota: 1}
  - {id: write, text: "Know a number and a word.", quota: 2}
  - {id: rest, text: "Know the rest."}
lessons: [kin-1-first.md]
quiz: {draw: 9, minutes: 60}
`

const kindsLesson = `---
id: kin-1
title: First
minutes: 5
objectives: [vital, order, match, write, rest]
sources:
  - {key: LBL, what: "A label", confidence: A}
---

Some words.

![A line leads from the left to the right, and nowhere else at all.](fig-line.svg)
`

const kindsFigure = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 40">
  <title>A line</title>
  <desc>It leads from the left to the right.</desc>
  <line x1="10" y1="20" x2="710" y2="20" stroke="currentColor"/>
</svg>
`

const kindsProgram = `key: %s
version: 1
default: true
title: Kinds
summary: A program for tests.
certificate: {title: Certificate}
quiz: {pass_percent: 80, attempts: 3, wait_hours: 24, review: after_pass}
lessons: any
requirements:
  - {id: safety-attempts, type: quiz_pass, module: safety, title: Pass the quiz}
`

// kindsBank writes the bank. Every rationale is a canary.
func kindsBank() string {
	var b strings.Builder
	b.WriteString("cases:\n  - {id: kin-case-1, text: \"" + strings.TrimSpace(strings.Repeat("vignette ", 60)) + "\"}\nitems:\n")
	head := func(n int, objective, kind, more string) {
		fmt.Fprintf(&b, "  - id: kin-%02d\n    lesson: kin-1\n    objective: %s\n    kind: %s\n    stem: \"Stem of %02d?\"\n    sources: [LBL]\n    confidence: A\n%s",
			n, objective, kind, n, more)
	}
	item := func(n int, objective, kind, more, options, right string) {
		head(n, objective, kind, more+"    options:\n")
		for _, id := range options {
			correct := map[bool]string{true: ", correct: true"}[strings.ContainsRune(right, id)]
			fmt.Fprintf(&b, "      - {id: %c, text: \"Text %c\"%s, why: \"CANARY why %c\"}\n", id, id, correct, id)
		}
	}
	const prompts = "    prompts:\n      - {id: \"1\", text: \"Prompt 1\", option: c}\n      - {id: \"2\", text: \"Prompt 2\", option: a}\n      - {id: \"3\", text: \"Prompt 3\", option: d}\n"
	item(1, "order", "ordering", "", "dbac", "")
	item(2, "match", "matching", prompts, "abcd", "")
	item(3, "vital", "single", "    critical: true\n    case: kin-case-1\n", "abc", "b")
	item(4, "vital", "multiple", "    case: kin-case-1\n", "abcd", "ac")
	item(5, "order", "ordering", "    case: kin-case-1\n", "abc", "")
	item(6, "rest", "single", "", "abc", "a")
	item(7, "rest", "multiple", "", "abcd", "bd")
	item(8, "rest", "multiple", "", "abcd", "a")
	head(9, "write", "numeric", "    answer: \"7654.25\"\n    tolerance: \"0.25\"\n    unit: mg\n    why: \"CANARY why of a number\"\n")
	head(10, "write", "short", "    accept: [\"The CANARY Word\", \"another word\"]\n    why: \"CANARY why of a word\"\n")
	return b.String()
}

// KindsFiles returns the files of a course of one module, "safety", whose quiz
// asks every kind of item in every attempt, with a default program of this key.
func KindsFiles(program string) fstest.MapFS {
	return fstest.MapFS{
		"01-safety/module.yaml":    {Data: []byte(kindsModule)},
		"01-safety/bank.yaml":      {Data: []byte(kindsBank())},
		"01-safety/kin-1-first.md": {Data: []byte(kindsLesson)},
		"01-safety/fig-line.svg":   {Data: []byte(kindsFigure)},
		"programs/kinds.yaml":      {Data: fmt.Appendf(nil, kindsProgram, program)},
	}
}

// Kinds loads KindsFiles.
func Kinds(t testing.TB, program string) *curriculum.Course {
	t.Helper()
	c, err := curriculum.Load(KindsFiles(program))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// InTurn loads KindsFiles with a quiz that goes one item at a time and counts
// the parts of answers.
func InTurn(t testing.TB, program string) *curriculum.Course {
	t.Helper()
	files := KindsFiles(program)
	const usual, other = "minutes: 60}", "minutes: 60, sequential: true, partial: true}"
	files["01-safety/module.yaml"].Data = []byte(strings.Replace(kindsModule, usual, other, 1))
	c, err := curriculum.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
