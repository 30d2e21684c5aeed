package api

import (
	"context"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/edge"
	"github.com/kapstone-lms/kapstone/internal/practicum"
)

type signInput struct {
	ByID
	Body struct {
		Meaning       string `json:"meaning" enum:"observed,reviewed,attest" example:"reviewed"`
		ContentSHA256 string `json:"content_sha256,omitempty" maxLength:"64" doc:"of the log as you read it; the log is refused when it says something else by now"`
		Password      string `json:"password,omitempty" maxLength:"1024" doc:"or otp: proves who signs"`
		OTP           string `json:"otp,omitempty" maxLength:"64"`
	}
}

type signAllInput struct {
	Body struct {
		Items    []signItem `json:"items" minItems:"1" maxItems:"100" doc:"each log once"`
		Meaning  string     `json:"meaning" enum:"observed,reviewed,attest" example:"reviewed"`
		Password string     `json:"password,omitempty" maxLength:"1024" doc:"or otp: proves once who signs them all"`
		OTP      string     `json:"otp,omitempty" maxLength:"64"`
	}
}

type signItem struct {
	LogID         string      `json:"log_id" maxLength:"64"`
	ContentSHA256 string      `json:"content_sha256" maxLength:"64" doc:"of the log as you read it"`
	Return        *returnItem `json:"return,omitempty" doc:"sends this one back instead of signing it"`
}

type returnItem struct {
	Reason  string `json:"reason" enum:"incomplete,identifiers,unclear,wrong_phase,other"`
	Message string `json:"message" minLength:"1" maxLength:"4000" doc:"what to mend"`
}

func (i signItem) line() practicum.Line {
	l := practicum.Line{LogID: i.LogID, ContentSHA256: i.ContentSHA256}
	if i.Return != nil {
		l.Sent = &practicum.SentBack{Reason: i.Return.Reason, Message: i.Return.Message}
	}
	return l
}

// A signedView says what became of one line of a batch.
type signedView struct {
	LogID     string         `json:"log_id"`
	Outcome   string         `json:"outcome" enum:"signed,returned,refused"`
	Signature *signatureView `json:"signature"`
	Status    int            `json:"status" doc:"what the line alone would have been answered with"`
	Code      string         `json:"code" doc:"of a refused one, such as content_changed"`
	Detail    string         `json:"detail"`
}

func viewSignedLine(o practicum.Outcome) signedView {
	if o.Refused != nil {
		p := edge.ProblemOf(context.Background(), nil, o.Refused)
		return signedView{LogID: o.LogID, Outcome: "refused", Status: p.Status, Code: p.Code, Detail: p.Detail}
	}
	if o.Log.Status == practicum.Returned {
		return signedView{LogID: o.LogID, Outcome: "returned", Status: 200}
	}
	return signedView{LogID: o.LogID, Outcome: "signed", Status: 200, Signature: viewSignature(o.Log)}
}

type signedListView struct {
	Items []signedView `json:"items" doc:"in the order they were sent"`
}

func viewSigned(all []practicum.Outcome, err error) (*reply[signedListView], error) {
	if err != nil {
		return nil, err
	}
	v := signedListView{Items: make([]signedView, len(all))}
	for i, o := range all {
		v.Items[i] = viewSignedLine(o)
	}
	return &reply[signedListView]{v}, nil
}

func viewSignature(l *practicum.Log) *signatureView {
	if l.Status != practicum.Countersigned {
		return nil
	}
	return &signatureView{l.SignerName, l.SignerLicense, l.Meaning, l.Method, l.SignedAt.Time, l.ContentHash, l.SignatureKID, !l.Broken}
}

type amendInput struct {
	ByID
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"4000" doc:"what has to be put right, and why" example:"The minutes are those of the whole morning, not of the session."`
	}
}

func (a *API) signingRoutes() {
	handle(a, Route{Method: "POST", Path: Base + "/logs/{id}/amendment", ID: "amend-log", Act: access.AmendLog, tag: "practicum", summary: "Begin a new version of a signed log; the signed one stays and counts until the new one is signed"},
		func(ctx context.Context, in *amendInput) (*reply[logView], error) {
			return shownLog(a.Practicum.Amend(ctx, in.ID, in.Body.Reason))
		})
	handle(a, Route{Method: "GET", Path: Base + "/signing-queue", ID: "signing-queue", Act: access.SignLog, tag: "grading", summary: "Graded logs that wait for your signature, whole"},
		func(ctx context.Context, in *Page) (*listOf[logView], error) {
			after, err := in.after()
			if err != nil {
				return nil, err
			}
			rows, err := a.Practicum.ToSign(ctx, after, min(in.Limit, practicum.MaxLines))
			if err != nil {
				return nil, err
			}
			return pageOf(rows, min(in.Limit, practicum.MaxLines), logID, logOf), nil
		})
	handle(a, Route{Method: "POST", Path: Base + "/logs/{id}/countersignature", ID: "countersign-log", Act: access.SignLog, tag: "grading", summary: "Sign a graded log; it is locked from then on"},
		func(ctx context.Context, in *signInput) (*reply[logView], error) {
			line := practicum.Line{LogID: in.ID, ContentSHA256: in.Body.ContentSHA256}
			return shownLog(a.Practicum.CountersignShown(ctx, line, in.Body.Meaning, in.Body.Password, in.Body.OTP))
		})
	handle(a, Route{Method: "POST", Path: Base + "/countersignatures", ID: "countersign-logs", Act: access.SignLog, tag: "grading", summary: "Sign graded logs in one step, and send back single ones"},
		func(ctx context.Context, in *signAllInput) (*reply[signedListView], error) {
			lines := make([]practicum.Line, len(in.Body.Items))
			for i, item := range in.Body.Items {
				lines[i] = item.line()
			}
			return viewSigned(a.Practicum.CountersignAll(ctx, lines, in.Body.Meaning, in.Body.Password, in.Body.OTP))
		})
}

func logID(l *practicum.Log) string { return l.ID }

func logOf(l *practicum.Log) logView { return viewLog(l).Body }
