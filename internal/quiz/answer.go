package quiz

import (
	"time"

	"github.com/kapstone-lms/kapstone/internal/db"
)

// A slot is where an answer goes: an item of an attempt, by its id there.
type slot struct{ attempt, item string }

// An answer is what one accepted save left. Its response is canonical; its
// revision counts from 1. The zero answer stands for none.
type answer struct {
	revision int
	response string
	savedAt  db.Time
}

// A record is an answer in its slot: what is asked of the journal, and what it
// keeps.
type record struct {
	slot
	answer
}

// answers holds the current answers of an attempt by the ids of its items.
type answers map[string]answer

// revision counts the saves accepted so far: each item's revisions have no
// gaps.
func (a answers) revision() (n int) {
	for _, one := range a {
		n += one.revision
	}
	return n
}

// A verdict says what becomes of a save.
type verdict int

const (
	accepted  verdict = iota
	replayed          // it is the latest accepted one, sent again
	stale             // it replaces another revision than the current one
	closed            // nobody may write in the attempt any more
	paused            // not before its clock goes on
	elsewhere         // the attempt stands at another item
)

// A current is what a save meets: the state of its attempt and the answer in
// its slot.
type current struct {
	state    State
	deadline time.Time
	paused   bool
	atItem   string // "" for any
	answer
}

// judge is the rule of revisions. The latest accepted save may be sent again
// at any time, so that a lost reply can be asked for even after the end.
func (c current) judge(r record) verdict {
	switch {
	case r.revision == c.revision && r.response == c.response:
		return replayed
	case c.state != Open || late(r.savedAt.Time, c.deadline):
		return closed
	case c.paused:
		return paused
	case c.atItem != "" && c.atItem != r.item:
		return elsewhere
	case r.revision != c.revision+1:
		return stale
	}
	return accepted
}
