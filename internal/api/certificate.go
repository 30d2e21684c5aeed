package api

import (
	"context"
	"fmt"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/credential"
	"github.com/kapstone-lms/kapstone/internal/fault"
)

type certificateView struct {
	ID             string    `json:"id"`
	EnrollmentID   string    `json:"enrollment_id"`
	Program        string    `json:"program"`
	ProgramVersion int       `json:"program_version"`
	Serial         string    `json:"serial"`
	Code           string    `json:"code" doc:"opens /verify/{code}"`
	VerifyURL      string    `json:"verify_url"`
	SHA256         string    `json:"sha256" doc:"of the document's bytes"`
	Status         string    `json:"status" enum:"valid,superseded,revoked"`
	StatusReason   string    `json:"status_reason" doc:"why it was replaced or withdrawn"`
	StatusAt       time.Time `json:"status_at"`
	HolderName     string    `json:"holder_name"`
	IssuedAt       time.Time `json:"issued_at"`
	Supersedes     string    `json:"supersedes" doc:"the certificate this one replaces"`
	Specimen       bool      `json:"specimen"`
}

func viewCertificate(c *credential.Certificate) certificateView {
	return certificateView{
		c.ID, c.EnrollmentID, c.Program, c.ProgramVersion, c.Serial, c.Code, c.Printed.VerifyURL, c.SHA256, string(c.Status),
		c.StatusReason, c.StatusAt.Time, c.Printed.Holder, c.IssuedAt.Time, c.Supersedes, c.Specimen,
	}
}

// A heldView is one certificate, for its page.
type heldView struct {
	certificateView
	ReviewCase []credential.Reason `json:"review_case,omitempty" doc:"for staff, of a valid certificate: what of the evidence that earned it holds less now; it stays valid until somebody revokes it"`
}

type completionView struct {
	Ready   []standingView `json:"ready"`
	Flagged []standingView `json:"flagged"`
	NotYet  []standingView `json:"not_yet"`
	Issued  []standingView `json:"issued"`
}

type standingView struct {
	EnrollmentID  string              `json:"enrollment_id"`
	UserID        string              `json:"user_id"`
	Name          string              `json:"name"`
	Reasons       []credential.Reason `json:"reasons"`
	CertificateID string              `json:"certificate_id"`
	Serial        string              `json:"serial"`
	ReviewCase    []credential.Reason `json:"review_case,omitempty" doc:"of one issued: what of the evidence that earned it holds less now"`
}

type issueInput struct {
	Body struct {
		EnrollmentIDs []string `json:"enrollment_ids" minItems:"1" maxItems:"200" example:"[\"0193d5a0-0000-7000-8000-000000000000\"]"`
	}
}

type issuedView struct {
	Items   []certificateView `json:"items"`
	Refused []refusedView     `json:"refused" doc:"enrollments that got none, and why"`
}

type refusedView struct {
	EnrollmentID string         `json:"enrollment_id"`
	Code         string         `json:"code"`
	Detail       string         `json:"detail"`
	Details      map[string]any `json:"details"`
}

type revokeInput struct {
	ByID
	Body struct {
		Reason string `json:"reason" maxLength:"40" enum:"issued_in_error,requirement_false,license_false,ethics_finding,name_change,correction,other" example:"issued_in_error"`
		Note   string `json:"note,omitempty" maxLength:"2000" doc:"for the record; the public never sees it"`
	}
}

type supersedeInput struct {
	ByID
	Body struct {
		HolderName string `json:"holder_name,omitempty" maxLength:"400" doc:"left out: the name the trainee confirmed last" example:"Ada Quist-Marsh"`
		Reason     string `json:"reason" maxLength:"40" enum:"issued_in_error,requirement_false,license_false,ethics_finding,name_change,correction,other" example:"name_change"`
	}
}

func (a *API) certificateRoutes() {
	handle(a, Route{Method: "GET", Path: Base + "/cohorts/{id}/completion", ID: "completion", Act: access.SeeCompletion, tag: "certificates", summary: "Who of a cohort is ready for a certificate, and who is not"}, a.completion)
	handle(a, Route{Method: "POST", Path: Base + "/certificates", ID: "issue", Act: access.IssueCredential, tag: "certificates", status: 201, summary: "Issue certificates"}, a.issue)
	handle(a, Route{Method: "GET", Path: Base + "/certificates", ID: "list-certificates", Act: access.SeeCredentials, tag: "certificates", summary: "List the certificates you hold or administer"},
		func(ctx context.Context, in *Page) (*listOf[certificateView], error) {
			after, err := in.after()
			if err != nil {
				return nil, err
			}
			rows, err := a.Certificates.List(ctx, after, in.Limit)
			if err != nil {
				return nil, err
			}
			return pageOf(rows, in.Limit, func(c *credential.Certificate) string { return c.ID }, viewCertificate), nil
		})
	handle(a, Route{Method: "GET", Path: Base + "/certificates/{id}", ID: "certificate", Act: access.SeeCredentials, tag: "certificates", summary: "One certificate"},
		func(ctx context.Context, in *ByID) (*reply[heldView], error) {
			c, err := a.Certificates.Of(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			changed, err := a.Certificates.Case(ctx, c)
			if err != nil {
				return nil, err
			}
			return &reply[heldView]{heldView{viewCertificate(c), changed}}, nil
		})
	handle(a, Route{Method: "POST", Path: Base + "/certificates/{id}/revocation", ID: "revoke", Act: access.Revoke, tag: "certificates", summary: "Withdraw a certificate; it stays on record"},
		func(ctx context.Context, in *revokeInput) (*reply[certificateView], error) {
			c, err := a.Certificates.Revoke(ctx, in.ID, in.Body.Reason, in.Body.Note)
			if err != nil {
				return nil, err
			}
			return &reply[certificateView]{viewCertificate(c)}, nil
		})
	handle(a, Route{Method: "POST", Path: Base + "/certificates/{id}/supersession", ID: "supersede", Act: access.IssueCredential, tag: "certificates", status: 201, summary: "Replace a certificate, for a corrected name"},
		func(ctx context.Context, in *supersedeInput) (*reply[certificateView], error) {
			c, err := a.Certificates.Supersede(ctx, in.ID, in.Body.HolderName, in.Body.Reason)
			if err != nil {
				return nil, err
			}
			return &reply[certificateView]{viewCertificate(c)}, nil
		})
	a.downloadRoute()
}

func (a *API) completion(ctx context.Context, in *ByID) (*reply[completionView], error) {
	c, err := a.Certificates.Completion(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, group := range [][]credential.Standing{c.Ready, c.Flagged, c.NotYet, c.Issued} {
		for _, st := range group {
			ids = append(ids, st.PersonID)
		}
	}
	names, err := a.People.Names(ctx, a.DB, ids)
	if err != nil {
		return nil, err
	}
	view := func(group []credential.Standing) []standingView {
		all := make([]standingView, len(group))
		for i, st := range group {
			all[i] = standingView{EnrollmentID: st.EnrollmentID, UserID: st.PersonID, Name: names[st.PersonID],
				Reasons: append([]credential.Reason{}, st.Reasons...), ReviewCase: st.Case}
			if st.Certificate != nil {
				all[i].CertificateID, all[i].Serial = st.Certificate.ID, st.Certificate.Serial
			}
		}
		return all
	}
	return &reply[completionView]{completionView{view(c.Ready), view(c.Flagged), view(c.NotYet), view(c.Issued)}}, nil
}

// issue answers 201 when something was issued, 200 when all had theirs, and
// with the refusal itself when nobody got anything.
func (a *API) issue(ctx context.Context, in *issueInput) (*made[issuedView], error) {
	outcomes, err := a.Certificates.Issue(ctx, in.Body.EnrollmentIDs)
	if err != nil {
		return nil, err
	}
	v := issuedView{Items: []certificateView{}, Refused: []refusedView{}}
	isNew := false
	for _, o := range outcomes {
		if f := fault.Of(o.Refused); f != nil {
			v.Refused = append(v.Refused, refusedView{o.EnrollmentID, f.Code, f.Text, f.Details})
			continue
		}
		v.Items = append(v.Items, viewCertificate(o.Certificate))
		isNew = isNew || o.New
	}
	if len(v.Items) == 0 {
		return nil, fault.Of(outcomes[0].Refused).With("refused", v.Refused)
	}
	return madeOf(isNew, v), nil
}

func (a *API) downloadRoute() {
	r := Route{Method: "GET", Path: Base + "/certificates/{id}/document", ID: "certificate-document", Act: access.SeeCredentials,
		tag: "certificates", summary: "The certificate's PDF, byte for byte as issued"}
	op := operation(r)
	op.Parameters = []*huma.Param{pathParam("id")}
	op.Responses = map[string]*huma.Response{"200": {Description: "The PDF", Content: map[string]*huma.MediaType{
		"application/pdf": {Schema: &huma.Schema{Type: "string", Format: "binary"}}}}}
	a.raw(r, &op, func(c *fiber.Ctx) error {
		cert, pdf, err := a.Certificates.Document(c.UserContext(), c.Params("id"))
		if err != nil {
			return err
		}
		c.Set(fiber.HeaderContentType, "application/pdf")
		c.Set(fiber.HeaderContentDisposition, fmt.Sprintf(`attachment; filename="%s.pdf"`, cert.Serial))
		c.Set(fiber.HeaderETag, `"`+cert.SHA256+`"`)
		return c.Send(pdf)
	})
}

func pathParam(name string) *huma.Param {
	return &huma.Param{Name: name, In: "path", Required: true, Schema: &huma.Schema{Type: "string"}}
}
