package curriculum

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/kapstone-lms/kapstone/internal/text"
)

// badText says what a text has that no text of a course may have, or "".
func badText(s string) string {
	switch {
	case !utf8.ValidString(s):
		return "bytes that are not UTF-8; save the file as UTF-8"
	case strings.ContainsFunc(s, text.Unfit):
		return "a control character; remove it"
	case !norm.NFC.IsNormalString(s):
		return "a letter and its accent as two characters; save the file in composed form (NFC)"
	}
	return ""
}

// plain makes files of every editor alike: no byte order mark, and LF at the
// ends of lines. Lines keep their numbers, and a course its hash.
func plain(data []byte) []byte {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	return bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
}

// readable reports every line of a file that breaks the rules for text, and
// whether there was none.
func (l *loader) readable(name string, data []byte) bool {
	ok, n := true, 0
	for line := range bytes.Lines(data) {
		n++
		if bad := badText(string(line)); bad != "" {
			ok = false
			l.fault(name, n, "there is %s", bad)
		}
	}
	return ok
}
