package rehearsal

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// An office does the other deeds of a program while trainees save: a trainee
// sends logs, an instructor grades and signs them, an admin issues a
// certificate and corrects it. It keeps a journal too.
type office struct {
	x                          *exam
	trainee, instructor, admin client

	turn        int               // of the deeds, counted over all kills
	logs        map[string]string // id: the status that was acknowledged last
	certificate string            // the one that stands, as far as was acknowledged
	issued      []string          // every one that was acknowledged
}

func newOffice(x *exam) *office {
	o := &office{x: x, logs: make(map[string]string)}
	for c, p := range map[*client]person{&o.trainee: x.school.seats[0].person, &o.instructor: x.school.instructor, &o.admin: x.school.admin} {
		c.person, c.http = &p, newHTTP()
	}
	return o
}

// work does one deed after another until ctx ends, each until it is done.
func (o *office) work(ctx context.Context) {
	for ctx.Err() == nil {
		o.turn++
		o.log()
		o.certify()
	}
}

// do repeats a deed until its fate is known. A deed that was done and whose
// answer was lost may be refused the second time; then where says whether it
// was done.
func (o *office) do(c *client, path, key string, in any, done func() bool) (body []byte, ok bool) {
	r := c.insist(context.Background(), o.x.product().url, "POST", path, key, in)
	if r.err != nil || r.status >= 300 && (done == nil || !done()) {
		o.x.tally.wrong("POST %s answered %v", path, r)
		return nil, false
	}
	return r.body, true
}

// log writes a log, sends it, grades it and signs it.
func (o *office) log() {
	at := time.Now().UTC()
	year, week := at.ISOWeek()
	body, _ := o.do(&o.trainee, "/enrollments/"+o.trainee.enrollment+"/logs", fmt.Sprintf("log-%d", o.turn), map[string]any{
		"kind": "role_play", "phase": "preparation", "format": "individual", "week": fmt.Sprintf("%04d-W%02d", year, week), "duration_min": 60,
		"direct_contact_min": 45, "role": "lead_supervised", "frameworks": []string{"mindfulness"}, "attest": true,
		"reflection": "I kept my voice low and waited longer than felt natural before I spoke. I noticed that I wanted to fill the silence, and " +
			"that the wish was mine and not my partner's. Next time I will agree on a hand signal first.",
	}, nil)
	var l struct{ ID string }
	if json.Unmarshal(body, &l) != nil || l.ID == "" {
		return
	}
	o.logs[l.ID] = "draft"
	for _, step := range []struct {
		who        *client
		what, then string
		in         any
	}{
		{&o.trainee, "submission", "submitted", nil},
		{&o.instructor, "grade", "graded", map[string]any{
			"grades": map[string]any{"c1": 3, "c2": 3, "c3": 4, "c4": 3, "c5": 3, "c6": 4, "c7": "NO"}, "observed_by": "role_play", "feedback": "Steady pace.",
		}},
		{&o.instructor, "countersignature", "countersigned", map[string]string{"meaning": "reviewed", "password": o.instructor.Password}},
	} {
		path := "/logs/" + l.ID + "/" + step.what
		if _, ok := o.do(step.who, path, "", step.in, func() bool { return slices.Contains(stagesOfLog[step.then], o.statusOf(l.ID)) }); !ok {
			return
		}
		o.logs[l.ID] = step.then
	}
}

// stagesOfLog lists where a log may stand once it was said to have come so far.
var stagesOfLog = map[string][]string{
	"draft":         {"draft", "submitted", "graded", "countersigned"},
	"submitted":     {"submitted", "graded", "countersigned"},
	"graded":        {"graded", "countersigned"},
	"countersigned": {"countersigned"},
}

func (o *office) statusOf(id string) string {
	var l struct{ Status string }
	r := o.trainee.insist(context.Background(), o.x.product().url, "GET", "/logs/"+id, "", nil)
	_ = json.Unmarshal(r.body, &l) // what is no log has no status
	return l.Status
}

// certify issues the certificate of a trainee who is ready, and from then on
// corrects the one that stands.
func (o *office) certify() {
	var c struct {
		ID    string
		Items []struct{ ID string }
	}
	if o.certificate == "" {
		body, _ := o.do(&o.admin, "/certificates", "", map[string]any{"enrollment_ids": []string{o.x.school.ready.enrollment}}, nil)
		if json.Unmarshal(body, &c) == nil && len(c.Items) == 1 {
			c.ID = c.Items[0].ID
		}
	} else {
		body, _ := o.do(&o.admin, "/certificates/"+o.certificate+"/supersession", fmt.Sprintf("correct-%d", o.turn),
			map[string]string{"reason": "correction", "holder_name": fmt.Sprintf("Ada Quist %d", o.turn)}, nil)
		_ = json.Unmarshal(body, &c) // do has seen that it is one
	}
	if c.ID != "" {
		o.certificate, o.issued = c.ID, append(o.issued, c.ID)
	}
}

// nothingLost sees that every deed that was acknowledged is done, and once.
func (o *office) nothingLost() {
	o.x.t.Helper()
	logs := o.x.statuses("SELECT id, status FROM practicum_logs WHERE enrollment_id = ?", o.trainee.enrollment)
	for id, said := range o.logs {
		if !slices.Contains(stagesOfLog[said], logs[id]) {
			o.x.t.Errorf("log %s was said to be %s and is %q", id, said, logs[id])
		}
	}
	certificates := o.x.statuses("SELECT id, status FROM certificates WHERE enrollment_id = ?", o.x.school.ready.enrollment)
	for i, id := range o.issued {
		if want := map[bool]string{true: "valid", false: "superseded"}[i == len(o.issued)-1]; certificates[id] != want {
			o.x.t.Errorf("certificate %d of %d is %q, want %s", i+1, len(o.issued), certificates[id], want)
		}
	}
	if len(logs) != len(o.logs) || len(certificates) != len(o.issued) {
		o.x.t.Errorf("%d logs of %d begun, %d certificates of %d issued", len(logs), len(o.logs), len(certificates), len(o.issued))
	}
}

// statuses reads ids and statuses past the product.
func (x *exam) statuses(query, arg string) map[string]string {
	x.t.Helper()
	d := x.database()
	defer d.Close()
	var all []struct{ ID, Status string }
	if err := d.NewRaw(query, arg).Scan(context.Background(), &all); err != nil {
		x.t.Fatal(err)
	}
	found := make(map[string]string)
	for _, one := range all {
		found[one.ID] = one.Status
	}
	return found
}
