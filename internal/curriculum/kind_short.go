package curriculum

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/kapstone-lms/kapstone/internal/text"
)

// ShortText is the kind Short. A response is one text of a few words, kept as it
// was written but for its spaces. It is right when it reads like one of the
// accepted forms: see alike.
type shortText struct{ writing }

// mostWritten is how many characters a response may have, and a form.
const mostWritten = 200

func (shortText) fields() []string { return []string{"accept", "why"} }

func (shortText) read(_ *loader, f fields, it *Item) {
	seen := make(map[string]string)
	for _, v := range f.list("accept", "an accepted form", 1, 20) {
		s, ok := f.str(v)
		form := alike(s)
		first, twice := seen[form]
		switch {
		case !ok:
		case form == "" || utf8.RuneCountInString(s) > mostWritten:
			f.wrong(v, "must be a text of 1 to %d characters, and not of punctuation alone", mostWritten)
		case twice:
			f.wrong(v, "%q reads like %q; remove one", short(s), short(first))
		}
		seen[form] = s
		it.Accept = append(it.Accept, s)
	}
	it.Why = f.text("why", 600)
}

func (shortText) check(_ *Item, response []string) error {
	s, err := written(response)
	switch {
	case err != nil:
		return err
	case !utf8.ValidString(s) || strings.ContainsFunc(strings.Join(response, ""), text.Unfit):
		return ErrBadText
	case utf8.RuneCountInString(norm.NFC.String(s)) > mostWritten:
		return ErrLongText
	}
	return nil
}

func (shortText) canonical(response []string) []string {
	s, err := written(response)
	if err != nil || s == "" {
		return nil
	}
	return []string{norm.NFC.String(s)}
}

func (shortText) key(it *Item) []string { return it.Accept[:1] }

func (shortText) credit(it *Item, response []string) Credit {
	form := alike(response[0])
	for _, a := range it.Accept {
		if alike(a) == form {
			return allOr(true)
		}
	}
	return allOr(false)
}

// oneSpelling writes the quotes and dashes that keyboards put in by themselves
// as those that stand on the keys.
var oneSpelling = strings.NewReplacer("‘", "'", "’", "'", "“", `"`, "”", `"`, "‐", "-", "‑", "-", "–", "-", "—", "-")

// alike returns what two texts have in common that read alike: composed (NFC),
// without regard to case (Unicode case folding), with one kind of quote and of
// dash, single spaces, and no punctuation at the end.
func alike(s string) string {
	s = cases.Fold().String(norm.NFC.String(s)) // a Caser is not for two at once, so each call has its own
	s = strings.Join(strings.Fields(oneSpelling.Replace(s)), " ")
	return norm.NFC.String(strings.TrimRight(s, " .,;:!?…"))
}

func (shortText) look(r *review, it *Item) {
	r.why(it)
	if len(it.Accept) == 1 {
		r.say(it.ID, "item %s accepts one form; add the other ways in which people write it", it.ID)
	}
	for _, form := range it.Accept {
		if strings.Contains(alike(it.Stem), alike(form)) {
			r.say(it.ID, "item %s: the stem holds the accepted form %q; ask so that it has to be known", it.ID, short(form))
		}
	}
}
