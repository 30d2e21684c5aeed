package records

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/text"
)

// A scene is what an entry is judged by besides itself: who enters it, for
// whom, and when.
type scene struct {
	actor  string
	roles  []access.Role
	pinned *enrollment.Pinned
	today  string // in the cohort's time zone
	start  string // the first day on which something counts
}

// fit makes r what is kept of it, or says which of its fields breaks which
// rule. Whom r names, and what stands beside it, is for the store to say.
func (sc scene) fit(r *Record) error {
	ru, ok := rules[r.Kind]
	if !ok {
		return ErrKind
	}
	sh, ok := ru.shapeOf(r.Carried != "")
	if !ok {
		return ErrKind.Says("An opening balance has no such lines: it has modules, hours, sessions and consultations.")
	}
	if ru.checked && isOwn(sc.roles) {
		sh.values = ru.claims
		sh.may = slices.DeleteFunc(slices.Clone(sh.may), func(f field) bool { return f == onDay })
	}
	r.tidy()
	if ru.one && r.PersonID == "" && r.PersonName == "" && !isOwn(sc.roles) && !slices.Contains(sc.roles, access.Admin) {
		r.PersonID = sc.actor
	}
	for _, check := range []func(*Record, rule, shape) error{
		sc.fields, sc.words, sc.numbers, sc.people, sc.days, sc.value, sc.asked,
	} {
		if err := check(r, ru, sh); err != nil {
			return err
		}
	}
	return nil
}

// tidy brings the texts into the one form in which they are kept.
func (r *Record) tidy() {
	for _, s := range []*string{
		&r.Subject, &r.Value, &r.Edition, &r.Category, &r.Topic, &r.Delivery, &r.Jurisdiction, &r.PersonID, &r.PersonName, &r.OnDay, &r.ExpiresOn, &r.Note,
	} {
		*s = text.Tidy(*s)
	}
}

// filled lists the fields in the order in which they are looked at.
func (r *Record) filled() []filledField {
	return []filledField{
		{subject, r.Subject != ""}, {value, r.Value != ""}, {edition, r.Edition != ""}, {category, r.Category != ""}, {topic, r.Topic != ""},
		{delivery, r.Delivery != ""}, {jurisdiction, r.Jurisdiction != ""}, {minutes, r.Minutes != 0}, {quantity, r.Quantity != 0},
		{sources, r.Sources != 0}, {groupSize, r.GroupSize != 0}, {personID, r.PersonID != ""}, {personName, r.PersonName != ""},
		{onDay, r.OnDay != ""}, {expiresOn, r.ExpiresOn != ""}, {note, r.Note != ""},
	}
}

type filledField struct {
	field
	is bool
}

// fields asks for what must be there, and refuses what does not belong.
func (sc scene) fields(r *Record, ru rule, sh shape) error {
	for _, f := range r.filled() {
		must := slices.Contains(sh.must, f.field)
		switch {
		case !f.is && must:
			return ErrMissing.At(string(f.field)).Says(fmt.Sprintf("%s needs %s.", capital(ru.noun), f.field))
		case f.is && !must && !slices.Contains(sh.may, f.field):
			return ErrNotAsked.At(string(f.field)).Says(fmt.Sprintf("%s has no %s here. Leave it out.", capital(ru.noun), f.field))
		}
	}
	if ru.either && r.Minutes == 0 && r.Quantity == 0 {
		return ErrMissing.At(string(minutes)).Says(fmt.Sprintf("%s needs minutes, or how many %s.", capital(ru.noun), sh.counts))
	}
	return nil
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// The forms of keys: those of a program's own words, and codes of others, which
// have capitals too.
var (
	keyForm  = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,59}$`)
	codeForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,59}$`)
)

// The lengths of texts, in characters.
const (
	maxEdition      = 20
	maxJurisdiction = 40
	maxName         = 120
	maxNote         = 500
	maxSource       = 80
)

func (sc scene) words(r *Record, _ rule, sh shape) error {
	for _, w := range []struct {
		field
		value string
		known []string
		form  *regexp.Regexp
		most  int
	}{
		{subject, r.Subject, nil, codeForm, 0}, {value, r.Value, sh.values, nil, 0}, {edition, r.Edition, nil, nil, maxEdition},
		{category, r.Category, nil, keyForm, 0}, {topic, r.Topic, sh.topics, keyForm, 0}, {delivery, r.Delivery, deliveries, nil, 0},
		{jurisdiction, r.Jurisdiction, nil, codeForm, maxJurisdiction}, {personName, r.PersonName, nil, nil, maxName},
		{note, r.Note, nil, nil, maxNote},
	} {
		if err := checkText(w.value, string(w.field), w.most, w.field == note); err != nil {
			return err
		}
		switch {
		case w.value == "":
		case w.known != nil && !slices.Contains(w.known, w.value):
			return ErrValue.At(string(w.field)).Says("This is " + either(w.known) + ".")
		case w.known == nil && w.form != nil && !w.form.MatchString(w.value):
			return ErrWord.At(string(w.field)).Says("This is a key of at most 60 letters, digits, - and _, a letter first, such as " + likes[w.field] + ".")
		}
	}
	return nil
}

// likes shows what the keys look like.
var likes = map[field]string{subject: "ethics_essay or LMFT", category: "didactic", topic: "trauma_informed", jurisdiction: "CO"}

// checkText says what is wrong with a text of at most most characters (0: any
// number), or nothing. Only a long one has several lines.
func checkText(s, name string, most int, lines bool) error {
	if !utf8.ValidString(s) || strings.ContainsFunc(s, text.Unfit) || !lines && strings.ContainsAny(s, "\n\t") {
		return ErrText.At(name)
	}
	if most > 0 && utf8.RuneCountInString(s) > most {
		return ErrLong.At(name).Says(fmt.Sprintf("This text has at most %d characters.", most))
	}
	return nil
}

func (sc scene) numbers(r *Record, ru rule, sh shape) error {
	for _, n := range []struct {
		field
		value int
		span  span
		unit  string
	}{
		{minutes, r.Minutes, sh.minutes, "minutes"}, {quantity, r.Quantity, sh.quantity, sh.counts}, {sources, r.Sources, span{1, maxSources}, "sources"},
		{groupSize, r.GroupSize, span{1, maxGroup}, "people"},
	} {
		if n.value != 0 && (n.value < n.span.least || n.value > n.span.most) {
			return ErrNumber.At(string(n.field)).Says(fmt.Sprintf("%s has %d to %d %s.", capital(ru.noun), n.span.least, n.span.most, n.unit))
		}
	}
	return nil
}

// people looks at whom a record names, and at how many were there.
func (sc scene) people(r *Record, ru rule, _ shape) error {
	switch {
	case r.PersonID != "" && r.PersonName != "":
		return ErrNotAsked.At(string(personName)).Says("Give person_id or person_name, not both.")
	case ru.one && r.Carried == "" && r.PersonID == "" && r.PersonName == "":
		return ErrMissing.At(string(personName)).Says(fmt.Sprintf("%s needs person_id or person_name: with or by whom it was.", capital(ru.noun)))
	case r.PersonID != "" && r.PersonID == sc.pinned.PersonID:
		return ErrPerson.Says("A trainee cannot be this person for themself.")
	case r.Kind != Consultation || r.Carried != "":
		return nil
	case r.Value == "group" && r.GroupSize == 0:
		return ErrMissing.At(string(groupSize)).Says("A group consultation needs group_size: how many trainees were there.")
	case r.Value == "group" && r.GroupSize == 1:
		return ErrNumber.At(string(groupSize)).Says("A group has 2 trainees or more.")
	case r.Value == "individual" && r.GroupSize > 1:
		return ErrNumber.At(string(groupSize)).Says("An individual consultation is of one trainee. Leave group_size out.")
	}
	if most := sc.pinned.Edition.Constraints.GroupMax; most > 0 && r.GroupSize > most {
		return ErrNumber.At(string(groupSize)).Says(fmt.Sprintf("This program takes consultations in groups of at most %d.", most))
	}
	return nil
}

// days puts the day where none was given, and looks at when it was.
func (sc scene) days(r *Record, ru rule, _ shape) error {
	if r.OnDay == "" {
		r.OnDay = sc.today
	}
	switch {
	case !isDay(r.OnDay):
		return ErrDate.At(string(onDay))
	case r.OnDay > sc.today:
		return ErrFuture.At(string(onDay)).Says(fmt.Sprintf("Only what has been can be recorded; where your cohort is, it is %s.", sc.today))
	case r.OnDay < sc.start && !ru.early && r.Carried == "":
		return ErrBefore.At(string(onDay)).Says(fmt.Sprintf("This is before the enrollment, which begins on %s. What was done before can be carried over by a program admin.", sc.start))
	case r.ExpiresOn == "":
		return nil
	case !isDay(r.ExpiresOn):
		return ErrDate.At(string(expiresOn))
	case r.ExpiresOn < r.OnDay && (r.Kind != License || r.Value == "active"):
		return ErrExpiry.Says(fmt.Sprintf("It cannot end before %s, the day it is recorded for.", r.OnDay))
	}
	return nil
}

func isDay(s string) bool {
	t, err := time.Parse(time.DateOnly, s)
	return err == nil && t.Year() >= 1950
}

// value looks at a role that somebody says they have.
func (sc scene) value(r *Record, ru rule, _ shape) error {
	if ru.role == noRole || ru.role == adminOrActor && slices.Contains(sc.roles, access.Admin) || slices.Contains(sc.roles, access.Role(r.Value)) {
		return nil
	}
	var have []string
	for _, role := range sc.roles {
		if slices.Contains(ru.values, string(role)) {
			have = append(have, string(role))
		}
	}
	return ErrValue.At(string(value)).Says("Name a role that you have for this trainee: " + either(have) + ".")
}
