package records

import (
	"fmt"
	"strconv"
	"strings"
)

// separator stands between the columns of a packed row. No text of ours may
// hold it (text.Unfit), and a row in which one does is an error.
const separator = "\x1f"

// packed are the columns of a row that comes as one text, in the order of
// unpack: what evidence is judged by.
const packed = `id, enrollment_id, kind, subject, value, edition, category, topic, delivery, jurisdiction, person_id, person_name,
	on_day, expires_on, carried, state, decided_by, decision_note, minutes, quantity, sources, group_size`

// unpack reads a packed row.
func unpack(row string) (*Record, error) {
	r := new(Record)
	rest, more := row, true
	next := func() (column string) {
		column, rest, more = strings.Cut(rest, separator)
		return column
	}
	for _, to := range []*string{
		&r.ID, &r.EnrollmentID, (*string)(&r.Kind), &r.Subject, &r.Value, &r.Edition, &r.Category, &r.Topic, &r.Delivery, &r.Jurisdiction,
		&r.PersonID, &r.PersonName, &r.OnDay, &r.ExpiresOn, &r.Carried, (*string)(&r.State), &r.DecidedBy, &r.DecisionNote,
	} {
		*to = next()
	}
	for _, to := range []*int{&r.Minutes, &r.Quantity, &r.Sources, &r.GroupSize} {
		n, err := strconv.Atoi(next())
		if err != nil {
			return nil, fmt.Errorf("record %.36s cannot be read: its columns run together", row)
		}
		*to = n
	}
	if more {
		return nil, fmt.Errorf("record %.36s cannot be read: it has too many columns", row)
	}
	return r, nil
}
