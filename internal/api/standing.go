package api

import (
	"context"
	"time"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/standing"
)

// A waiverView is a waiver. The trainee does not see the fields that may be
// left out.
type waiverView struct {
	ID             string     `json:"id"`
	EnrollmentID   string     `json:"enrollment_id"`
	Requirement    string     `json:"requirement"`
	State          string     `json:"state" enum:"proposed,approved,declined,withdrawn"`
	Reason         string     `json:"reason"`
	Evidence       string     `json:"evidence,omitempty" doc:"for staff"`
	ProposedBy     string     `json:"proposed_by,omitempty" doc:"for staff: a person's id"`
	ProposedAt     time.Time  `json:"proposed_at"`
	DecidedBy      string     `json:"decided_by,omitempty" doc:"for staff"`
	DecidedAt      *time.Time `json:"decided_at"`
	DecisionNote   string     `json:"decision_note,omitempty" doc:"for staff"`
	WithdrawnBy    string     `json:"withdrawn_by,omitempty" doc:"for staff"`
	WithdrawnAt    *time.Time `json:"withdrawn_at"`
	WithdrawalNote string     `json:"withdrawal_note,omitempty" doc:"for staff"`
	Version        int64      `json:"version"`
}

func viewWaiver(w *standing.Waiver) waiverView {
	return waiverView{
		w.ID, w.EnrollmentID, w.Requirement, string(w.State), w.Reason, w.Evidence, w.ProposedBy, w.ProposedAt.Time, w.DecidedBy,
		moment(w.DecidedAt), w.DecisionNote, w.WithdrawnBy, moment(w.WithdrawnAt), w.WithdrawalNote, w.Version,
	}
}

// A holdView is a hold. The trainee does not see the facts, nor who opened and
// decided.
type holdView struct {
	ID              string     `json:"id"`
	EnrollmentID    string     `json:"enrollment_id"`
	Kind            string     `json:"kind" enum:"safety,conduct,phi,payment,license"`
	LogID           string     `json:"log_id" doc:"the practicum log it is about; empty for none"`
	State           string     `json:"state" enum:"open,cleared,upheld"`
	Facts           string     `json:"facts,omitempty" doc:"for staff"`
	Told            string     `json:"told" doc:"what the trainee is told"`
	OpenedBy        string     `json:"opened_by,omitempty" doc:"for staff: a person's id"`
	OpenedAt        time.Time  `json:"opened_at"`
	ReplyBy         string     `json:"reply_by" format:"date" doc:"the last day to reply, in the cohort's time zone"`
	Reply           string     `json:"reply"`
	RepliedAt       *time.Time `json:"replied_at"`
	Remediation     string     `json:"remediation" doc:"what was agreed on the way"`
	DecidedBy       string     `json:"decided_by,omitempty" doc:"for staff"`
	DecidedAt       *time.Time `json:"decided_at"`
	Decision        string     `json:"decision" doc:"why"`
	AppealBy        string     `json:"appeal_by" doc:"the last day to appeal a hold that was upheld, YYYY-MM-DD; empty for others"`
	Appeal          string     `json:"appeal"`
	AppealedAt      *time.Time `json:"appealed_at"`
	AppealDecidedBy string     `json:"appeal_decided_by,omitempty" doc:"for staff"`
	AppealDecidedAt *time.Time `json:"appeal_decided_at"`
	AppealDecision  string     `json:"appeal_decision" doc:"why"`
	Version         int64      `json:"version"`
}

func viewHold(h *standing.Hold) holdView {
	return holdView{
		ID: h.ID, EnrollmentID: h.EnrollmentID, Kind: string(h.Kind), LogID: h.LogID, State: string(h.State), Facts: h.Facts, Told: h.Told,
		OpenedBy: h.OpenedBy, OpenedAt: h.OpenedAt.Time, ReplyBy: h.ReplyBy, Reply: h.Reply, RepliedAt: moment(h.RepliedAt),
		Remediation: h.Remediation, DecidedBy: h.DecidedBy, DecidedAt: moment(h.DecidedAt), Decision: h.Decision, AppealBy: h.AppealBy,
		Appeal: h.Appeal, AppealedAt: moment(h.AppealedAt), AppealDecidedBy: h.AppealDecidedBy, AppealDecidedAt: moment(h.AppealDecidedAt),
		AppealDecision: h.AppealDecision, Version: h.Version,
	}
}

type proposalInput struct {
	ByID
	Body struct {
		Requirement string `json:"requirement" maxLength:"60" doc:"its id in the program of this enrollment"`
		Reason      string `json:"reason" maxLength:"4000" doc:"the trainee reads it; at most 1,000 characters" example:"Took an equal course elsewhere in 2025."`
		Evidence    string `json:"evidence" maxLength:"4000" doc:"what the reason rests on; at most 1,000 characters" example:"Certificate seen on November 20."`
	}
}

type noteInput struct {
	ByID
	Body *struct { // may be left out whole
		Note string `json:"note,omitempty" maxLength:"4000" example:"The certificate covers it."`
	}
}

type neededNoteInput struct {
	ByID
	Body struct {
		Note string `json:"note" maxLength:"4000" doc:"why; at most 1,000 characters" example:"The certificate is of another course."`
	}
}

type openHoldInput struct {
	ByID
	Body struct {
		Kind  string `json:"kind" enum:"safety,conduct,phi,payment,license" example:"conduct"`
		LogID string `json:"log_id,omitempty" maxLength:"64" doc:"the practicum log it is about: name it here rather than retell it"`
		Facts string `json:"facts" maxLength:"16000" doc:"for staff: what happened, when, who saw it; never a detail of a client; at most 4,000 characters" example:"Late to the live sessions of November 3, 10 and 17; left two of them early."`
		Told  string `json:"told" maxLength:"8000" doc:"what the trainee is told: never a detail of a client; at most 2,000 characters" example:"You came late to three live sessions and left two of them early. Tell us how you see it."`
	}
}

type replyInput struct {
	ByID
	Body struct {
		Reply string `json:"reply" maxLength:"16000" doc:"never a detail of a client; at most 4,000 characters" example:"The train was late. I take an earlier one from now on."`
	}
}

type appealInput struct {
	ByID
	Body struct {
		Appeal string `json:"appeal" maxLength:"16000" doc:"never a detail of a client; at most 4,000 characters" example:"I was on time at the last six sessions."`
	}
}

type remediationOfHoldInput struct {
	ByID
	Body struct {
		Remediation string `json:"remediation" maxLength:"16000" doc:"what was agreed; the trainee reads it: never a detail of a client" example:"A talk with the supervisor before each of the next four sessions."`
	}
}

type verdictInput struct {
	ByID
	Body struct {
		Outcome string `json:"outcome" enum:"cleared,upheld" example:"cleared"`
		Reason  string `json:"reason" maxLength:"8000" doc:"the trainee reads it: never a detail of a client; at most 2,000 characters" example:"On time since; nothing stands in the way."`
	}
}

func (a *API) standingRoutes() {
	waivers := Base + "/enrollments/{id}/waivers"
	handle(a, Route{Method: "POST", Path: waivers, ID: "propose-waiver", Act: access.ProposeWaiver, tag: "standing", status: 201, summary: "Propose to waive a requirement; somebody else decides"},
		func(ctx context.Context, in *proposalInput) (*reply[waiverView], error) {
			b := in.Body
			return shown(viewWaiver)(a.Standing.Propose(ctx, in.ID, standing.Proposal{Requirement: b.Requirement, Reason: b.Reason, Evidence: b.Evidence}))
		})
	handle(a, Route{Method: "GET", Path: waivers, ID: "list-waivers", Act: access.SeeStanding, tag: "standing", summary: "The waivers of an enrollment"},
		func(ctx context.Context, in *ByID) (*listOf[waiverView], error) {
			rows, err := a.Standing.Waivers(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			return pageOf(rows, 0, nil, viewWaiver), nil
		})
	handle(a, Route{Method: "POST", Path: Base + "/waivers/{id}/approval", ID: "approve-waiver", Act: access.DecideWaiver, tag: "standing", summary: "Approve a waiver that somebody else proposed"},
		func(ctx context.Context, in *noteInput) (*reply[waiverView], error) {
			note := ""
			if in.Body != nil {
				note = in.Body.Note
			}
			return shown(viewWaiver)(a.Standing.Approve(ctx, in.ID, note))
		})
	handle(a, Route{Method: "POST", Path: Base + "/waivers/{id}/decline", ID: "decline-waiver", Act: access.DecideWaiver, tag: "standing", summary: "Decline a waiver that somebody else proposed"},
		func(ctx context.Context, in *neededNoteInput) (*reply[waiverView], error) {
			return shown(viewWaiver)(a.Standing.Decline(ctx, in.ID, in.Body.Note))
		})
	handle(a, Route{Method: "POST", Path: Base + "/waivers/{id}/withdrawal", ID: "withdraw-waiver", Act: access.WithdrawWaiver, tag: "standing", summary: "Take a waiver back, at once"},
		func(ctx context.Context, in *neededNoteInput) (*reply[waiverView], error) {
			return shown(viewWaiver)(a.Standing.Withdraw(ctx, in.ID, in.Body.Note))
		})
	a.holdRoutes()
}

func (a *API) holdRoutes() {
	holds, hold := Base+"/enrollments/{id}/holds", Base+"/holds/{id}"
	handle(a, Route{Method: "POST", Path: holds, ID: "open-hold", Act: access.OpenHold, tag: "standing", status: 201, summary: "Stop an enrollment until it is decided; the trainee is told and may reply"},
		func(ctx context.Context, in *openHoldInput) (*reply[holdView], error) {
			b := in.Body
			return shown(viewHold)(a.Standing.OpenHold(ctx, in.ID, standing.Opening{
				Kind: standing.HoldKind(b.Kind), LogID: b.LogID, Facts: b.Facts, Told: b.Told,
			}))
		})
	handle(a, Route{Method: "GET", Path: holds, ID: "list-holds", Act: access.SeeStanding, tag: "standing", summary: "The holds of an enrollment; the facts are for staff"},
		func(ctx context.Context, in *ByID) (*listOf[holdView], error) {
			rows, err := a.Standing.Holds(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			return pageOf(rows, 0, nil, viewHold), nil
		})
	handle(a, Route{Method: "POST", Path: hold + "/reply", ID: "reply-hold", Act: access.AnswerHold, tag: "standing", summary: "Reply to a hold of yours, once, until the day in reply_by"},
		func(ctx context.Context, in *replyInput) (*reply[holdView], error) {
			return shown(viewHold)(a.Standing.Reply(ctx, in.ID, in.Body.Reply))
		})
	handle(a, Route{Method: "POST", Path: hold + "/remediation", ID: "remediate-hold", Act: access.OpenHold, tag: "standing", summary: "Record what was agreed; what was recorded before stays"},
		func(ctx context.Context, in *remediationOfHoldInput) (*reply[holdView], error) {
			return shown(viewHold)(a.Standing.Remediate(ctx, in.ID, in.Body.Remediation))
		})
	handle(a, Route{Method: "POST", Path: hold + "/decision", ID: "decide-hold", Act: access.DecideHold, tag: "standing", summary: "Clear or uphold a hold that somebody else opened"},
		func(ctx context.Context, in *verdictInput) (*reply[holdView], error) {
			return shown(viewHold)(a.Standing.Decide(ctx, in.ID, standing.HoldState(in.Body.Outcome), in.Body.Reason))
		})
	handle(a, Route{Method: "POST", Path: hold + "/appeal", ID: "appeal-hold", Act: access.AnswerHold, tag: "standing", summary: "Appeal a hold of yours that was upheld, once, until the day in appeal_by"},
		func(ctx context.Context, in *appealInput) (*reply[holdView], error) {
			return shown(viewHold)(a.Standing.Appeal(ctx, in.ID, in.Body.Appeal))
		})
	handle(a, Route{Method: "POST", Path: hold + "/appeal-decision", ID: "decide-appeal", Act: access.DecideHold, tag: "standing", summary: "Clear or uphold a hold that was appealed; neither who opened nor who decided it does"},
		func(ctx context.Context, in *verdictInput) (*reply[holdView], error) {
			return shown(viewHold)(a.Standing.DecideAppeal(ctx, in.ID, standing.HoldState(in.Body.Outcome), in.Body.Reason))
		})
}
