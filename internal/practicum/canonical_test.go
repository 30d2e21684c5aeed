package practicum

import (
	"bytes"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/jcs"
)

// unsigned are the fields that a signature is not about: where the log stands,
// when it was touched, what came back before it was sent anew, and the
// signature itself. Any other field, also one added later, has to be signed.
var unsigned = []string{
	"Status", "Version", "CreatedAt", "UpdatedAt", "ReturnReason", "ReturnMessage", "ContentHash", "Signature", "SignatureKID", "Broken", "sealed",
	"removal", "Form", "Commitments", "salts", // the signature itself too: the form is named in the content, and so are the commitments
}

func anyTime(t *rapid.T, name string) db.Time {
	return db.At(time.UnixMilli(rapid.Int64Range(1, 1<<41).Draw(t, name)))
}

func anyGrades(t *rapid.T, name string) Grades {
	return rapid.MapOf(rapid.SampledFrom(Criteria), rapid.IntRange(0, 4)).Draw(t, name)
}

// fill draws a value for every field.
func fill(t *rapid.T, v reflect.Value, path string) {
	for i := range v.NumField() {
		f, name := v.Field(i), path+v.Type().Field(i).Name
		if !f.CanSet() {
			continue
		}
		switch f.Addr().Interface().(type) {
		case *Work, *Case, *Detail, *Observation:
			fill(t, f, name+".")
		case *[]Vital:
			f.Set(reflect.ValueOf([]Vital{{Checkpoint: "peak", SBP: rapid.IntRange(60, 260).Draw(t, name)}}))
		case **Discharge:
			f.Set(reflect.ValueOf(&Discharge{Gait: rapid.Bool().Draw(t, name)}))
		case **[]Adverse:
			f.Set(reflect.ValueOf(&[]Adverse{{Kind: rapid.SampledFrom(adverseKnown).Draw(t, name)}}))
		case *[]Confirmed:
			f.Set(reflect.ValueOf([]Confirmed{{"duration_min", rapid.String().Draw(t, name)}}))
		case **bool:
			f.Set(reflect.ValueOf(rapid.Ptr(rapid.Bool(), true).Draw(t, name)))
		case *db.Time:
			f.Set(reflect.ValueOf(anyTime(t, name)))
		case *Grades:
			f.Set(reflect.ValueOf(anyGrades(t, name)))
		case *[]string:
			f.Set(reflect.ValueOf(rapid.SliceOfN(rapid.SampledFrom(frameworksKnown), 0, 3).Draw(t, name)))
		case *[]byte:
			f.SetBytes(rapid.SliceOf(rapid.Byte()).Draw(t, name))
		case **int:
			f.Set(reflect.ValueOf(rapid.Ptr(rapid.IntRange(0, 365), true).Draw(t, name)))
		case *map[string]string: // the commitments
		case *bool:
			f.SetBool(rapid.Bool().Draw(t, name))
		default:
			if f.Kind() == reflect.String {
				f.SetString(rapid.String().Draw(t, name))
			} else {
				f.SetInt(rapid.Int64Range(0, 1000).Draw(t, name))
			}
		}
	}
}

// touch changes one field by the least.
func touch(f reflect.Value) {
	switch p := f.Addr().Interface().(type) {
	case *db.Time:
		*p = db.At(p.Add(time.Millisecond))
	case *Grades:
		g := maps.Clone(*p)
		if g == nil {
			g = Grades{}
		}
		g["c1"]++
		*p = g
	case *[]string:
		*p = append(slices.Clone(*p), "act")
	case **int:
		n := 0
		if *p != nil {
			n = **p + 1
		}
		*p = &n
	case **bool:
		b := *p == nil || !**p
		*p = &b
	case *[]Vital:
		*p = append(slices.Clone(*p), Vital{})
	case **Discharge:
		d := **p
		d.Nausea = !d.Nausea
		*p = &d
	case **[]Adverse:
		*p = &[]Adverse{}
	case *[]Confirmed:
		*p = nil
	default:
		if f.Kind() == reflect.String {
			f.SetString(f.String() + "x")
		} else {
			f.SetInt(f.Int() + 1)
		}
	}
}

// signedFields calls do for every field that must be signed.
func signedFields(v reflect.Value, path string, do func(name string, f reflect.Value)) {
	for i := range v.NumField() {
		f, name := v.Field(i), v.Type().Field(i).Name
		switch {
		case f.Type() == reflect.TypeFor[Work]() || f.Type() == reflect.TypeFor[Case]() || f.Type() == reflect.TypeFor[Detail]() ||
			f.Type() == reflect.TypeFor[Observation]():
			signedFields(f, path+name+".", do)
		case !slices.Contains(unsigned, name):
			do(path+name, f)
		}
	}
}

// said is everything that a signature in form 2 is about: what the signer saw,
// and what they added.
func said(l *Log) []byte {
	l.Form, l.Commitments = 2, nil
	return append([]byte(l.ContentSHA256()), l.signedContent()...)
}

func TestEveryFieldIsUnderTheSignature(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := new(Log)
		fill(t, reflect.ValueOf(l).Elem(), "")
		content := said(l)
		seen := 0
		signedFields(reflect.ValueOf(l).Elem(), "", func(name string, f reflect.Value) {
			seen++
			before := reflect.ValueOf(f.Interface())
			touch(f)
			if bytes.Equal(said(l), content) {
				t.Errorf("%s can change under the signature", name)
			}
			f.Set(before)
		})
		if seen < 50 || !bytes.Equal(said(l), content) {
			t.Errorf("%d fields looked at, and the content is\n%s, want\n%s", seen, said(l), content)
		}
	})
}

// What is signed has one form: the order in which maps were filled, and what
// happens to the log afterwards, do not show.
func TestTheSignedContentIsStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := new(Log)
		fill(t, reflect.ValueOf(l).Elem(), "")
		again := *l
		again.Grades, again.SelfRating = Grades{}, Grades{}
		for _, c := range slices.Backward(Criteria) {
			if n, ok := l.Grades[c]; ok {
				again.Grades[c] = n
			}
			if n, ok := l.SelfRating[c]; ok {
				again.SelfRating[c] = n
			}
		}
		again.Status, again.Version, again.UpdatedAt, again.Broken = Countersigned, l.Version+9, anyTime(t, "later"), !l.Broken
		if !bytes.Equal(l.canonical(), again.canonical()) || !bytes.Equal(said(l), said(&again)) {
			t.Errorf("the content is\n%s and then\n%s", said(l), said(&again))
		}
		if sorted, err := jcs.Canonical(l.signedContent()); err != nil || !bytes.Equal(sorted, l.signedContent()) {
			t.Errorf("the content is not in its one form: %s, %v", l.signedContent(), err)
		}
	})
}

// Every part is bound by its commitment, and an erased one keeps it.
func TestAPartIsBoundOrErasedWithItsSalt(t *testing.T) {
	parts := map[string]func(l *Log, text string){
		"reflection":   func(l *Log, text string) { l.Reflection = text },
		"feedback":     func(l *Log, text string) { l.Feedback = text },
		"amend_reason": func(l *Log, text string) { l.AmendReason = text },
		"case": func(l *Log, text string) {
			if l.Case = (Case{}); text != "" {
				l.Case.Ref = text
			}
		},
		"question":    func(l *Log, text string) { l.Detail.Question = text },
		"observation": func(l *Log, text string) { l.Detail.Observation = Observation{Music: text} },
		"confirmed": func(l *Log, text string) {
			if l.Detail.Confirmed = nil; text != "" {
				l.Detail.Confirmed = []Confirmed{{"duration_min", text}}
			}
		},
	}
	for name := range new(Log).content().parts {
		if parts[name] == nil {
			t.Fatalf("say here how the part %s is set", name)
		}
		fresh := func() *Log {
			l := whole(Graded)
			l.Form = 2
			parts[name](l, "Good.")
			l.commit()
			return l
		}
		for _, tt := range []struct {
			name string
			do   func(l *Log)
			want bool
		}{
			{"as it was signed", func(*Log) {}, true},
			{"changed", func(l *Log) { parts[name](l, "other") }, false},
			{"blanked and its salt kept", func(l *Log) { parts[name](l, "") }, false},
			{"its salt gone and the text there", func(l *Log) { l.forget(name) }, false},
			{"erased", func(l *Log) { parts[name](l, ""); l.forget(name) }, true},
			{"with another salt", func(l *Log) { l.salts[name] = "x" }, false},
			{"without its commitment", func(l *Log) { delete(l.Commitments, name) }, false},
			{"with a part nobody knows", func(l *Log) { l.Commitments["more"] = "x" }, false},
		} {
			l := fresh()
			before := l.signedContent()
			tt.do(l)
			if got := l.committed(); got != tt.want {
				t.Errorf("%s %s: committed = %v", name, tt.name, got)
			}
			if tt.want && !bytes.Equal(l.signedContent(), before) {
				t.Errorf("%s %s: another content under the signature: %s", name, tt.name, l.signedContent())
			}
		}
	}
}

// Nobody can try out what an erased text was.
func TestTheSameTextIsNeverCommittedToAlike(t *testing.T) {
	one, other := whole(Graded), whole(Graded)
	one.commit()
	other.commit()
	for name, bound := range one.Commitments {
		if len(bound) != 64 || bound == other.Commitments[name] || len(one.salts[name]) < 26 {
			t.Errorf("%s: %s with salt %q and %s with salt %q", name, bound, one.salts[name], other.Commitments[name], other.salts[name])
		}
	}
}

// signedOnce is a log of which every line is known.
func signedOnce(t *testing.T) *Log {
	l := whole(Graded)
	l.ID, l.EnrollmentID, l.Reflection, l.Case.Days = "l1", "e1", "Käse & <b>", new(int)
	l.SelfRating, l.Grades, l.Feedback, l.ObservedBy, l.GraderID = Grades{}, Grades{"c2": 0, "c1": 4}, "Good.", "direct", "g1"
	l.SubmittedAt, l.GradedAt = db.At(time.UnixMilli(1000)), db.At(time.UnixMilli(2000))
	if err := l.countersign(signature{"s1", "Ines", "L 1", "observed", "password", db.At(time.UnixMilli(3000))}); err != nil {
		t.Fatal(err)
	}
	return l
}

// The forms are fixed: a change to one would break every signature made in it.
func TestTheFirstFormReadsLikeThis(t *testing.T) {
	want := strings.Join([]string{
		`{"attested":"1","case_ref":"C-ABCDEF","case_seq":1,"contact":45,"days":0,"dose_band":"","enrollment":"e1","feedback":"Good."`,
		`"form":"kapstone practicum log 1","format":"individual","frameworks":["act"],"graded_at":2000,"grader":"g1","grades":{"c1":4,"c2":0}`,
		`"id":"l1","kind":"role_play","knew_whom":"","meaning":"observed","method":"password","minutes":60,"monitored_by":""`,
		`"observed_by":"direct","participants":1,"phase":"preparation","reflection":"Käse \u0026 \u003cb\u003e","role":"lead","route":""`,
		`"self_rating":{},"signed_at":3000,"signer":"s1","signer_license":"L 1","signer_name":"Ines","submitted_at":1000,"supervisor":""`,
		`"week":"2026-W47","year":2026}`,
	}, ",")
	l := signedOnce(t)
	l.Form = 1
	if got := string(l.signedContent()); got != want {
		t.Errorf("the content is\n%s, want\n%s", got, want)
	}
}

func TestTheSecondFormReadsLikeThis(t *testing.T) {
	l := signedOnce(t)
	l.Form, l.Commitments = 2, map[string]string{"reflection": "aa", "case": "bb"}
	want := strings.Join([]string{
		`{"attested":"1","commitments":{"case":"bb","reflection":"aa"},"contact":45,"enrollment":"e1"`,
		`"form":"kapstone practicum log 2","format":"individual","frameworks":["act"],"graded_at":2000,"grader":"g1","grades":{"c1":4,"c2":0}`,
		`"id":"l1","kind":"role_play","meaning":"observed","method":"password","minutes":60,"observed_by":"direct","participants":1`,
		`"phase":"preparation","role":"lead","signed_at":3000,"signer":"s1","signer_license":"L 1","signer_name":"Ines","submitted_at":1000`,
		`"week":"2026-W47"}`,
	}, ",")
	if got := string(l.signedContent()); got != want {
		t.Errorf("the content is\n%s, want\n%s", got, want)
	}
	if got, want := l.Case.line(), `{"days":0,"ref":"C-ABCDEF","seq":1,"year":2026}`; got != want {
		t.Errorf("the case line is committed to as %s, want %s", got, want)
	}
	if got, want := commitment("salt", "text"), "884bb963fb104fa5ce38240040289edd9afb87c1cc261127f98a93e100c5490e"; got != want {
		t.Errorf("a commitment is %s, want %s", got, want)
	}
}
