package api

import (
	"context"
	"errors"
	"time"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/practicum"
)

type outsideBody struct {
	Name          string `json:"name" minLength:"1" maxLength:"120" doc:"as it is printed under a signature" example:"Rosa Delgado"`
	Email         string `json:"email" maxLength:"254" doc:"where links and codes go" example:"rosa.delgado@clinic.example"`
	LicenseType   string `json:"license_type" enum:"physician,nurse_practitioner,physician_assistant,registered_nurse,psychologist,clinical_social_worker,professional_counselor,marriage_family_therapist,other" example:"physician"`
	LicenseNumber string `json:"license_number" minLength:"2" maxLength:"40" example:"MD 20418"`
}

type nameOutsideInput struct {
	ByID
	Body outsideBody
}

type outsideView struct {
	ID           string `json:"id"`
	EnrollmentID string `json:"enrollment_id"`
	outsideBody
	NamedAt time.Time `json:"named_at"`
}

func viewOutside(o *practicum.Outside) outsideView {
	return outsideView{o.ID, o.EnrollmentID, outsideBody{o.Name, o.Email, o.LicenseType, o.LicenseNumber}, o.NamedAt.Time}
}

type outsidesView struct {
	Items []outsideView `json:"items"`
}

type sendInput struct {
	Body struct {
		OutsideID string   `json:"outside_supervisor_id" maxLength:"64"`
		LogIDs    []string `json:"log_ids" minItems:"1" maxItems:"100" doc:"graded logs of the enrollment the supervisor was named for"`
	}
}

type sentView struct {
	ID        string    `json:"id"`
	OutsideID string    `json:"outside_supervisor_id"`
	SentAt    time.Time `json:"sent_at"`
	ExpiresAt time.Time `json:"expires_at" doc:"the link's"`
}

func viewSent(so *practicum.SignOff) sentView {
	return sentView{so.ID, so.OutsideID, so.SentAt.Time, so.ExpiresAt.Time}
}

type linkInput struct {
	Body struct {
		Link string `json:"link" maxLength:"64" doc:"what stands after the # of the letter's link" example:"4BQXTPUGNUSV2JYKTVPTJPU6BK4BQXTPUGNUSV2JYKTVPTJPU6BK"`
	}
}

type openInput struct {
	Body struct {
		Link string `json:"link" maxLength:"64" example:"4BQXTPUGNUSV2JYKTVPTJPU6BK4BQXTPUGNUSV2JYKTVPTJPU6BK"`
		Code string `json:"code" maxLength:"16" doc:"of the second letter; it works once" example:"20418377"`
	}
}

type openedSignOff struct {
	Name          string    `json:"name" doc:"what will be printed under the signature"`
	LicenseNumber string    `json:"license_number"`
	Session       string    `json:"session" doc:"send it with the verdicts"`
	Until         time.Time `json:"until"`
	Items         []logView `json:"items"`
}

func viewOpenedSignOff(o *practicum.Opened) openedSignOff {
	v := openedSignOff{o.Outside.Name, o.Outside.LicenseNumber, o.Session, o.Until.Time, make([]logView, len(o.Logs))}
	for i, l := range o.Logs {
		v.Items[i] = logOf(l)
	}
	return v
}

type verdictsInput struct {
	Body struct {
		Link    string     `json:"link" maxLength:"64" example:"4BQXTPUGNUSV2JYKTVPTJPU6BK4BQXTPUGNUSV2JYKTVPTJPU6BK"`
		Session string     `json:"session" maxLength:"64" example:"4BQXTPUGNUSV2JYKTVPTJPU6BK4BQXTPUGNUSV2JYKTVPTJPU6BK"`
		Meaning string     `json:"meaning" enum:"observed,reviewed,attest" example:"observed"`
		Items   []signItem `json:"items" minItems:"1" maxItems:"100" doc:"each log once; one with return goes back to its author"`
	}
}

func (a *API) signOffRoutes() {
	outsides := Base + "/enrollments/{id}/outside-supervisors"
	handle(a, Route{Method: "POST", Path: outsides, ID: "name-outside-supervisor", Act: access.NameOutside, tag: "grading", status: 201, summary: "Name a supervisor who signs without an account"},
		func(ctx context.Context, in *nameOutsideInput) (*reply[outsideView], error) {
			b := in.Body
			return shown(viewOutside)(a.Practicum.NameOutside(ctx, in.ID, practicum.Outside{
				Name: b.Name, Email: b.Email, LicenseType: b.LicenseType, LicenseNumber: b.LicenseNumber,
			}))
		})
	handle(a, Route{Method: "GET", Path: outsides, ID: "list-outside-supervisors", Act: access.SendSignOff, tag: "grading", summary: "Supervisors of an enrollment who sign without an account"},
		func(ctx context.Context, in *ByID) (*reply[outsidesView], error) {
			rows, err := a.Practicum.Outsides(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			v := outsidesView{Items: make([]outsideView, len(rows))}
			for i, o := range rows {
				v.Items[i] = viewOutside(o)
			}
			return &reply[outsidesView]{v}, nil
		})
	handle(a, Route{Method: "DELETE", Path: Base + "/outside-supervisors/{id}", ID: "withdraw-outside-supervisor", Act: access.NameOutside, tag: "grading", status: 204, summary: "Take a supervisor without an account back; what they signed stays"},
		func(ctx context.Context, in *ByID) (*empty, error) {
			return nil, a.Practicum.WithdrawOutside(ctx, in.ID)
		})
	handle(a, Route{Method: "POST", Path: Base + "/sign-offs", ID: "send-sign-off", Act: access.SendSignOff, tag: "practicum", status: 201, summary: "Send graded logs to a supervisor without an account, by two letters"},
		func(ctx context.Context, in *sendInput) (*reply[sentView], error) {
			return shown(viewSent)(a.Practicum.SendSignOff(ctx, in.Body.OutsideID, in.Body.LogIDs))
		})
	handle(a, Route{Method: "POST", Path: Base + "/sign-offs/opening", ID: "open-sign-off", Act: access.SignOff, tag: "public", summary: "Open a letter's link with the code of the other letter, and read what was sent"},
		func(ctx context.Context, in *openInput) (*reply[openedSignOff], error) {
			o, err := guessed(a, ctx, func() (*practicum.Opened, error) { return a.Practicum.OpenSignOff(ctx, in.Body.Link, in.Body.Code) })
			return shown(viewOpenedSignOff)(o, err)
		})
	handle(a, Route{Method: "POST", Path: Base + "/sign-offs/code", ID: "send-sign-off-code", Act: access.SignOff, tag: "public", status: 204, summary: "Have another code sent to the address that the link belongs to"},
		func(ctx context.Context, in *linkInput) (*empty, error) {
			return guessed(a, ctx, func() (*empty, error) { return nil, a.Practicum.SendCode(ctx, in.Body.Link) })
		})
	handle(a, Route{Method: "POST", Path: Base + "/sign-offs/verdicts", ID: "settle-sign-off", Act: access.SignOff, tag: "public", summary: "Sign what was sent, or send single logs back; the link ends with it"},
		func(ctx context.Context, in *verdictsInput) (*reply[signedListView], error) {
			lines := make([]practicum.Line, len(in.Body.Items))
			for i, item := range in.Body.Items {
				lines[i] = item.line()
			}
			return viewSigned(guessed(a, ctx, func() ([]practicum.Outcome, error) {
				return a.Practicum.SettleSignOff(ctx, in.Body.Link, in.Body.Session, in.Body.Meaning, lines)
			}))
		})
}

// guessed counts links that nobody was sent by address, so that nobody guesses
// by the thousand.
func guessed[T any](a *API, ctx context.Context, do func() (T, error)) (T, error) {
	address := access.From(ctx).Address
	if !a.Lift {
		if err := a.misses.Check(address); err != nil {
			var none T
			return none, err
		}
	}
	out, err := do()
	if errors.Is(err, db.ErrNone) && !a.Lift {
		_ = a.misses.Take(address) // the next one is refused, this one is answered
	}
	return out, err
}
