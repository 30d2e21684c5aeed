// Package rehearsal holds the product to its promise that nothing acknowledged
// is lost: clients write down what they sent and what they were told, and at
// the end each acknowledged answer is looked up in SQL.
package rehearsal

import (
	"encoding/json"
	"slices"
	"sync"
)

// A Journal is what one client, or several, sent and were told. It is safe for
// concurrent use. The zero Journal is ready.
type Journal struct {
	mu  sync.Mutex
	all map[string][]entry // by attempt, in the order of sending
}

// An entry is an answer on its way to become a revision of its item.
type entry struct {
	item     string
	revision int    // what it is to become
	response string // a JSON list, as SQL holds it
	acked    bool
}

// Sent notes a save before it goes out: response, in its canonical form, is to
// become the given revision, which is the replaced one + 1. Sending again
// changes nothing. What was sent and never acknowledged may or may not be kept.
func (j *Journal) Sent(attempt, item string, revision int, response []string) {
	j.note(attempt, entry{item, revision, text(response), false})
}

// Acked notes that the server said: saved, as this revision.
func (j *Journal) Acked(attempt, item string, revision int, response []string) {
	j.note(attempt, entry{item, revision, text(response), true})
}

// note looks from the end, where what is acknowledged was sent just before.
func (j *Journal) note(attempt string, e entry) {
	j.mu.Lock()
	defer j.mu.Unlock()
	entries := j.all[attempt]
	for i := len(entries) - 1; i >= 0; i-- {
		if had := &entries[i]; had.item == e.item && had.revision == e.revision && had.response == e.response {
			had.acked = had.acked || e.acked
			return
		}
	}
	if j.all == nil {
		j.all = make(map[string][]entry)
	}
	j.all[attempt] = append(entries, e)
}

// text writes a response as SQL holds it.
func text(response []string) string {
	if len(response) == 0 {
		return "[]"
	}
	b, err := json.Marshal(response)
	if err != nil {
		panic(err) // a list of texts can be written
	}
	return string(b)
}

// Count returns how many saves were sent and how many acknowledged, each once
// however often it was repeated.
func (j *Journal) Count() (sent, acked int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, entries := range j.all {
		sent += len(entries)
		for _, e := range entries {
			if e.acked {
				acked++
			}
		}
	}
	return sent, acked
}

// merge returns what all journals say of each attempt.
func merge(js []*Journal) map[string][]entry {
	all := make(map[string][]entry)
	for _, j := range js {
		j.mu.Lock()
		for attempt, entries := range j.all {
			all[attempt] = append(all[attempt], entries...)
		}
		j.mu.Unlock()
	}
	return all
}

// Standing returns the answers that count for an attempt by what was
// acknowledged: of each item the one with the highest revision. An item that
// was cleared stands with an empty response.
func Standing(attempt string, js ...*Journal) map[string][]string {
	highest := make(map[string]entry)
	for _, e := range merge(js)[attempt] {
		if e.acked && e.revision > highest[e.item].revision {
			highest[e.item] = e
		}
	}
	out := make(map[string][]string, len(highest))
	for item, e := range highest {
		var response []string
		if err := json.Unmarshal([]byte(e.response), &response); err != nil {
			panic(err) // text has written it
		}
		out[item] = response
	}
	return out
}

// attempts returns the ids in order, so that a report reads the same twice.
func attempts(all map[string][]entry) []string {
	ids := make([]string, 0, len(all))
	for id := range all {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}
