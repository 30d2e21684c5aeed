package progress

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// numeral writes small numbers as words.
func numeral(n int) string {
	words := []string{"none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"}
	if n >= 0 && n < len(words) {
		return words[n]
	}
	return fmt.Sprint(n)
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}

// span writes minutes as people say them: "2 h 30 min".
func span(minutes int) string {
	h, m := minutes/60, minutes%60
	switch {
	case h == 0:
		return fmt.Sprintf("%d min", m)
	case m == 0:
		return fmt.Sprintf("%d h", h)
	}
	return fmt.Sprintf("%d h %d min", h, m)
}

// date writes a day as people read it; one that is no day stays as it is.
func date(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return t.Format("January 2, 2006")
}

// plain writes a key of a program file as words: "boundaries_touch" becomes
// "boundaries touch".
func plain(key string) string { return strings.NewReplacer("_", " ", "-", " ").Replace(key) }

// known are keys whose own letters say little to a trainee.
var known = map[string]string{"didactic": "teaching", "ce": "continuing education", "phi": "client privacy", "any": "training of any kind"}

// called writes a key as a trainee would say it.
func called(key string) string { return cmp.Or(known[key], plain(key)) }

// either lists words as a choice: "a, b or c".
func either(words []string) string { return listed(words, " or ") }

// listed joins words with commas, and the last one with a word of its own.
func listed(words []string, last string) string {
	switch n := len(words); n {
	case 0:
		return ""
	case 1:
		return words[0]
	default:
		return strings.Join(words[:n-1], ", ") + last + words[n-1]
	}
}
