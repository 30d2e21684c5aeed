package curriculum

import "slices"

// Kind is the kind of a quiz item.
type Kind string

// The kinds of item. All that is said of one stands in the file kind_NAME.go:
// what it has in the bank, what can be an answer to it, in which form an answer
// is kept, and what an answer earns.
const (
	Single   Kind = "single"   // exactly one option is right
	Multiple Kind = "multiple" // one or more are right, and all of them must be chosen
	InOrder  Kind = "ordering" // all options are put in their right order
	Matching Kind = "matching" // each prompt is joined with its right option
	Numeric  Kind = "numeric"  // a number is written, right within a tolerance
	Short    Kind = "short"    // a few words are written, right in any of their accepted forms
)

// Kinds returns all kinds, in the order in which the documentation has them.
func Kinds() []Kind { return []Kind{Single, Multiple, InOrder, Matching, Numeric, Short} }

var kinds = map[Kind]kind{
	Single: single{}, Multiple: multiple{}, InOrder: inOrder{}, Matching: matching{}, Numeric: numeric{}, Short: shortText{},
}

// A kind is what items of one kind have in common.
type kind interface {
	// fields names what an item has in the bank beside what every item has.
	// With partialField, parts of an answer may count.
	fields() []string

	// read reads those fields.
	read(l *loader, f fields, it *Item)

	// check is Item.Check.
	check(it *Item, response []string) error

	// canonical is Item.Canonical.
	canonical(response []string) []string

	// key is Item.Key, in any order that canonical puts right.
	key(it *Item) []string

	// credit says what a response earns that passed check, is canonical and not
	// empty, if parts count. It is full for a right response and no other.
	credit(it *Item, response []string) Credit

	// split finds the id of an option in one part of a response; ok is false if
	// there can be none. Items without options are not asked.
	split(part string) (before string, o OptionID, ok bool)

	// look is what Lint looks at.
	look(r *review, it *Item)
}

const partialField = "partial"

func kindNames() (all []string) {
	for _, k := range Kinds() {
		all = append(all, string(k))
	}
	return all
}

// ownFields names what an item may have in the bank by its kind.
func ownFields() (all []string) {
	for _, k := range Kinds() {
		for _, name := range kinds[k].fields() {
			if !slices.Contains(all, name) {
				all = append(all, name)
			}
		}
	}
	return all
}
