package curriculum

import "strings"

// Writing is what kinds share whose response is one text that the trainee
// writes. A blank text is none.
type writing struct{}

// split is not asked: there are no options.
func (writing) split(part string) (string, OptionID, bool) { return part, "", false }

// written returns the one text of a response, with single spaces and none
// around it, or "".
func written(response []string) (string, error) {
	switch len(response) {
	case 0:
		return "", nil
	case 1:
		return strings.Join(strings.Fields(response[0]), " "), nil
	}
	return "", ErrOneText
}
