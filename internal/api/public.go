package api

import (
	"context"
	"encoding/base64"
	"errors"
	"time"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/credential"
	"github.com/kapstone-lms/kapstone/internal/db"
)

// A verificationView is what the public learns of a certificate: what the
// paper prints and what it is worth today.
type verificationView struct {
	Status         string       `json:"status" enum:"valid,superseded,revoked"`
	Words          string       `json:"words"`
	Since          *time.Time   `json:"since" doc:"when it was replaced or withdrawn"`
	Serial         string       `json:"serial"`
	Holder         string       `json:"holder" doc:"empty for a replaced certificate"`
	Program        string       `json:"program"`
	ProgramVersion string       `json:"program_version"`
	Modules        []moduleDone `json:"modules"`
	Hours          []hoursView  `json:"hours"`
	Practice       string       `json:"practice" doc:"what the practice was"`
	Issuer         string       `json:"issuer"`
	IssuedOn       string       `json:"issued_on" format:"date"`
	Specimen       bool         `json:"specimen"`
	Disclaimer     string       `json:"disclaimer"`
}

type moduleDone struct {
	Title       string `json:"title"`
	CompletedOn string `json:"completed_on" doc:"a date; empty where the program records none"`
}

type hoursView struct {
	Kind    string `json:"kind"`
	Minutes int    `json:"minutes"`
}

func viewNotice(n *credential.Notice) verificationView {
	v := verificationView{
		Status: string(n.Status), Words: n.Words, Since: moment(db.At(n.Since)), Serial: n.Serial, Holder: n.Holder,
		Program: n.Program, ProgramVersion: n.ProgramVersion, Modules: []moduleDone{}, Hours: []hoursView{}, Practice: n.Practice,
		Issuer: n.Issuer, IssuedOn: n.IssuedOn.Format(time.DateOnly), Specimen: n.Specimen, Disclaimer: credential.Disclaimer,
	}
	for _, m := range n.Modules {
		done := moduleDone{Title: m.Title}
		if !m.CompletedOn.IsZero() {
			done.CompletedOn = m.CompletedOn.Format(time.DateOnly)
		}
		v.Modules = append(v.Modules, done)
	}
	for _, h := range n.Hours {
		v.Hours = append(v.Hours, hoursView{h.Kind, h.Minutes})
	}
	return v
}

type codeParam struct {
	Code string `path:"code" maxLength:"64"`
}

type keySet struct {
	Keys []jwkView `json:"keys"`
}

type jwkView struct {
	KTY string `json:"kty"`
	CRV string `json:"crv"`
	KID string `json:"kid"`
	Use string `json:"use"`
	ALG string `json:"alg"`
	X   string `json:"x"`
}

func (a *API) publicRoutes() {
	a.auditRoutes()
	handle(a, Route{Method: "GET", Path: Base + "/verifications/{code}", ID: "verify", Act: access.Verify, tag: "public", summary: "Check a certificate"},
		func(ctx context.Context, in *codeParam) (*reply[verificationView], error) {
			n, err := a.Check(ctx, in.Code)
			if err != nil {
				return nil, err
			}
			return &reply[verificationView]{viewNotice(n)}, nil
		})
	handle(a, Route{Method: "GET", Path: "/.well-known/jwks.json", ID: "jwks", Act: access.Look, tag: "public", summary: "The public keys that access tokens are signed with"},
		func(context.Context, *empty) (*reply[keySet], error) {
			set := keySet{Keys: []jwkView{}}
			for _, k := range a.People.JWKS() {
				set.Keys = append(set.Keys, jwkView{"OKP", "Ed25519", k.KID, "sig", "EdDSA", base64.RawURLEncoding.EncodeToString(k.X)})
			}
			return &reply[keySet]{set}, nil
		})
}

// Check looks a code up for the public. Unknown codes are counted by address,
// so that nobody guesses by the thousand.
func (a *API) Check(ctx context.Context, code string) (*credential.Notice, error) {
	address := access.From(ctx).Address
	if !a.Lift {
		if err := a.misses.Check(address); err != nil {
			return nil, err
		}
	}
	n, err := a.Certificates.Verify(ctx, code)
	if errors.Is(err, db.ErrNone) && !a.Lift {
		_ = a.misses.Take(address) // the next look-up is refused, this one is answered
	}
	return n, err
}
