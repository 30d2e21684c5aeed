package api

import (
	"context"
	"fmt"
	"time"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/keys"
)

type auditEntryView struct {
	Seq       int64     `json:"seq"`
	At        time.Time `json:"at"`
	ActorID   string    `json:"actor_id"`
	Address   string    `json:"address"`
	RequestID string    `json:"request_id"`
	Action    string    `json:"action"`
	Object    string    `json:"object"`
	Details   string    `json:"details" doc:"JSON"`
	Hash      string    `json:"hash"`
}

type auditInput struct {
	Actor  string `query:"actor" maxLength:"64"`
	Action string `query:"action" maxLength:"64"`
	Object string `query:"object" maxLength:"64"`
	Before int64  `query:"cursor" minimum:"0" doc:"next_cursor of the page before"`
	Limit  int64  `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

func (a *API) auditRoutes() {
	handle(a, Route{Method: "GET", Path: Base + "/audit", ID: "audit", Act: access.ReadAudit, tag: "audit", summary: "Read the ledger, newest first"},
		func(ctx context.Context, in *auditInput) (*listOf[auditEntryView], error) {
			rows, err := audit.List(ctx, a.DB, audit.Query{Actor: in.Actor, Action: in.Action, Object: in.Object, Before: in.Before, Limit: in.Limit})
			if err != nil {
				return nil, err
			}
			return pageOf(rows, in.Limit, func(e audit.Entry) string { return fmt.Sprint(e.Seq) }, func(e audit.Entry) auditEntryView {
				return auditEntryView{e.Seq, e.At.Time, e.ActorID, e.Address, e.RequestID, e.Action, e.Object, e.Details, e.Hash}
			}), nil
		})
	handle(a, Route{Method: "GET", Path: Base + "/audit/heads", ID: "audit-heads", Act: access.ReadAudit, tag: "audit", summary: "Signed heads of the ledger, newest first; one kept elsewhere shows what was cut off since"},
		func(ctx context.Context, in *headsInput) (*listOf[audit.HeadLine], error) {
			rows, err := audit.ListHeads(ctx, a.DB, in.Before, in.Limit)
			if err != nil {
				return nil, err
			}
			return pageOf(rows, in.Limit, func(h audit.Head) string { return fmt.Sprint(h.Seq) }, audit.Head.Line), nil
		})
	handle(a, Route{Method: "GET", Path: Base + "/keys", ID: "keys", Act: access.Look, tag: "public", summary: "The public keys that logs and the ledger's heads are signed with"},
		func(context.Context, *empty) (*reply[recordKeys], error) {
			return &reply[recordKeys]{recordKeys{a.Practicum.PublicKeys()}}, nil
		})
}

type headsInput struct {
	Before int64 `query:"cursor" minimum:"0" doc:"next_cursor of the page before"`
	Limit  int64 `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

type recordKeys struct {
	Keys []keys.JWK `json:"keys"`
}
