package practicum

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"

	"github.com/kapstone-lms/kapstone/internal/jcs"
)

// A content is what a signature is about, without the signer's own lines.
type content struct {
	// fields enter as they are. One that is empty is left out, so that a field
	// which joins here later leaves every earlier content as it was.
	fields map[string]any
	// parts are what may have to be erased one day. They enter by a commitment,
	// the SHA-256 of a random salt and the text; without the salt nobody can tell
	// whether a guess was right.
	parts map[string]string
}

// content lists what is signed of a log. Whatever a log holds has to stand
// here, under a name of its own that never changes its meaning; what tells of a
// client beyond the work line, and every free text, as a part.
func (l *Log) content() content {
	c := content{
		fields: map[string]any{
			"id": l.ID, "enrollment": l.EnrollmentID, "kind": l.Kind, "phase": l.Phase, "format": l.Format, "participants": l.Participants,
			"week": l.Week, "minutes": l.Minutes, "contact": l.ContactMinutes, "role": l.Role, "frameworks": l.Frameworks,
			"supervisor": l.SupervisorID, "route": l.Route, "dose_band": l.DoseBand, "monitored_by": l.MonitoredBy,
			"knew_whom": l.KnewWhomToCall, "self_rating": l.SelfRating, "attested": l.Attested, "submitted_at": l.SubmittedAt.UnixMilli(),
			"grades": l.Grades, "observed_by": l.ObservedBy, "grader": l.GraderID, "graded_at": l.GradedAt.UnixMilli(),
			"amends": l.Amends,
		},
		parts: map[string]string{"reflection": l.Reflection, "feedback": l.Feedback, "case": l.Case.line(), "amend_reason": l.AmendReason},
	}
	l.Detail.content(c)
	return c
}

// line is a case line as one text, "" for none.
func (c Case) line() string {
	if c == (Case{}) {
		return ""
	}
	fields := map[string]any{"ref": c.Ref, "seq": c.Seq, "year": c.Year}
	if c.Days != nil {
		fields["days"] = *c.Days
	}
	return string(canonicalJSON(fields))
}

// ContentSHA256 names what a reader of the log sees, so that a signer can say
// what it is they sign. It is computed when it is asked for and kept nowhere:
// beside a log whose texts were erased it would tell a good guess from a bad one.
func (l *Log) ContentSHA256() string {
	c := l.content()
	shown := withoutEmpty(c.fields)
	shown["form"], shown["parts"] = "kapstone practicum log 2, as shown", withoutEmpty(c.parts)
	return digest(canonicalJSON(shown))
}

// signedContent is what the signature is about, in the form of its time.
func (l *Log) signedContent() []byte {
	switch l.Form {
	case 1:
		return l.canonical()
	case 2:
		signed := withoutEmpty(l.content().fields)
		maps.Copy(signed, withoutEmpty(map[string]any{
			"signer": l.SignerID, "signer_name": l.SignerName, "signer_license": l.SignerLicense, "meaning": l.Meaning, "method": l.Method,
			"signed_at": l.SignedAt.UnixMilli(),
		}))
		signed["form"], signed["commitments"] = "kapstone practicum log 2", l.Commitments
		return canonicalJSON(signed)
	}
	return nil // no signature is about nothing
}

// commit binds the log's parts, each under a salt of its own.
func (l *Log) commit() {
	l.Commitments, l.salts = make(map[string]string), make(map[string]string)
	for name, text := range withoutEmpty(l.content().parts) {
		l.salts[name] = rand.Text()
		l.Commitments[name] = commitment(l.salts[name], text.(string))
	}
}

func commitment(salt, text string) string { return digest([]byte(salt + "\x00" + text)) }

// committed reports whether every part is what was committed to, or erased
// together with its salt.
func (l *Log) committed() bool {
	parts := l.content().parts
	for name, text := range parts {
		salt, kept := l.salts[name]
		bound, signed := l.Commitments[name]
		if kept != (text != "") || kept && (!signed || commitment(salt, text) != bound) {
			return false
		}
	}
	for name := range l.Commitments {
		if _, known := parts[name]; !known {
			return false
		}
	}
	return true
}

// forget drops what a signed log's parts were committed with. Who erases a part
// calls it in the same transaction.
func (l *Log) forget(parts ...string) {
	for _, name := range parts {
		delete(l.salts, name)
	}
}

// saltsText is how salts are sealed: "" when there are none.
func (l *Log) saltsText() string {
	if len(l.salts) == 0 {
		return ""
	}
	return string(canonicalJSON(l.salts))
}

func readSalts(text string) (salts map[string]string, err error) {
	if text == "" {
		return nil, nil
	}
	if err := json.Unmarshal([]byte(text), &salts); err != nil {
		return nil, fmt.Errorf("salts: %w", err)
	}
	return salts, nil
}

// withoutEmpty leaves out zeros, empty strings, lists and maps.
func withoutEmpty[V any](all map[string]V) map[string]any {
	some := make(map[string]any, len(all))
	for name, value := range all {
		v := reflect.ValueOf(value)
		switch v.Kind() {
		case reflect.Map, reflect.Slice:
			if v.Len() == 0 {
				continue
			}
		default:
			if !v.IsValid() || v.IsZero() {
				continue
			}
		}
		some[name] = value
	}
	return some
}

// canonicalJSON writes strings, whole numbers, lists and maps of them, which
// always have a canonical form.
func canonicalJSON(v any) []byte {
	text, err := jcs.Marshal(v)
	if err != nil {
		panic(err)
	}
	return text
}

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
