// Package guard looks for what could identify a person in a short text, while
// it is written: numbers, addresses, dates, names. It knows patterns and lists
// of words and no model, so the same text always gets the same answer, in time
// that grows with the length of the text alone.
//
// What it finds it names by class and place and never repeats: a Hit has no
// text. It misses things (docs/identifier-guard.md says how many); structured
// fields come before prose, and a person reads what remains.
package guard

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// A Level says what is to be done about a hit.
type Level string

// The levels.
const (
	Block Level = "block" // the text is refused
	Warn  Level = "warn"  // the writer confirms with a reason, or changes it
)

// A Class is a kind of identifier, after the Safe Harbor list of 45 CFR
// 164.514(b)(2).
type Class string

// The classes that block.
const (
	SSN        Class = "ssn"
	Phone      Class = "phone" // and fax
	Email      Class = "email"
	URL        Class = "url"
	IP         Class = "ip"
	Date       Class = "date" // a day, month and year, or a birthday
	AgeOver89  Class = "age_over_89"
	RecordNo   Class = "record_number" // of records, plans, accounts, licenses, devices
	Vehicle    Class = "vehicle"
	Address    Class = "address"
	Postcode   Class = "postcode"
	TitledName Class = "titled_name"
	LongNumber Class = "long_number"
)

// The classes that warn.
const (
	Name       Class = "name"
	Initials   Class = "initials"
	Age        Class = "age"
	DatePart   Class = "date_part" // a month and day, a weekday
	Place      Class = "place"
	Employer   Class = "employer"
	Occupation Class = "occupation"
	PublicRole Class = "public_role"
	UniqueFact Class = "unique_fact"
	Handle     Class = "handle"
	File       Class = "file"
)

// Classes lists every class with its level.
var Classes = map[Class]Level{
	SSN: Block, Phone: Block, Email: Block, URL: Block, IP: Block, Date: Block, AgeOver89: Block, RecordNo: Block, Vehicle: Block,
	Address: Block, Postcode: Block, TitledName: Block, LongNumber: Block,
	Name: Warn, Initials: Warn, Age: Warn, DatePart: Warn, Place: Warn, Employer: Warn, Occupation: Warn, PublicRole: Warn,
	UniqueFact: Warn, Handle: Warn, File: Warn,
}

// questions ask about a warning, in words that do not repeat the text.
var questions = map[Class]string{
	Name: "Is this the name of a person?", Initials: "Are these a person's initials?", Age: "Is this somebody's exact age? Use a band, such as 30-39.",
	DatePart: "Does this tell the day of something? Say how long after instead.", Place: "Is this a place smaller than a state?",
	Employer: "Is this where somebody works or studies?", Occupation: "Does this tell somebody's occupation?",
	PublicRole: "Does this role belong to few people?", UniqueFact: "Could this be true of one person only?",
	Handle: "Is this somebody's account name?", File: "Is this the name of a file or a recording?",
}

// Question returns what to ask a writer about a class that warns.
func Question(c Class) string { return questions[c] }

// A Hit is something found: its class, and where it begins, in characters of
// the text as it was written.
type Hit struct {
	Class  Class
	Offset int
}

// Level is the level of the hit's class.
func (h Hit) Level() Level { return Classes[h.Class] }

// Longest is how many characters of a text are looked at. No text of ours is
// longer; what is has a hit at the end, so that nothing goes by unseen.
const Longest = 12_000

// Scan returns what it finds in s, in the order of the text, one hit of a class
// at a place. Words in allowed are taken for no name, place or employer; they
// are compared without case and accents.
func Scan(s string, allowed []string) []Hit {
	tail := false
	if utf8.RuneCountInString(s) > Longest {
		s, tail = string([]rune(s)[:Longest]), true
	}
	f := fold(s)
	var hits []Hit
	for _, p := range patterns {
		hits = append(hits, p.find(f)...)
	}
	hits = append(hits, spelled(f)...)
	hits = append(hits, names(f, allowance(allowed))...)
	if tail {
		hits = append(hits, Hit{LongNumber, Longest})
	}
	return sorted(hits)
}

// sorted orders hits and drops what is said twice.
func sorted(hits []Hit) []Hit {
	slices.SortFunc(hits, func(a, b Hit) int {
		return cmp.Or(cmp.Compare(a.Offset, b.Offset), cmp.Compare(a.Class, b.Class))
	})
	return slices.Compact(hits)
}

// Blocked reports whether one of the hits blocks.
func Blocked(hits []Hit) bool {
	return slices.ContainsFunc(hits, func(h Hit) bool { return h.Level() == Block })
}

// allowance is a set of words that are no names here.
func allowance(allowed []string) map[string]bool {
	set := make(map[string]bool, len(allowed))
	for _, w := range allowed {
		for part := range strings.FieldsSeq(plain(w)) {
			set[part] = true
		}
	}
	return set
}

// plain is a word as lists hold it.
func plain(w string) string { return strings.ToLower(fold(w).text) }
