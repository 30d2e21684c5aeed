package curriculum

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// badText says what a text has that no text of a course may have, or "".
func badText(s string) string {
	switch {
	case !utf8.ValidString(s):
		return "bytes that are not UTF-8; save the file as UTF-8"
	case strings.ContainsFunc(s, control):
		return "a control character; remove it"
	case !norm.NFC.IsNormalString(s):
		return "a letter and its accent as two characters; save the file in composed form (NFC)"
	}
	return ""
}

// control reports characters that a text of ours never has: control characters
// but line ends and tabs, and the marks that turn the direction of writing,
// which make a reader see another text than the one that is there.
func control(r rune) bool {
	return r < ' ' && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 ||
		r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
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
