package api

import (
	"context"

	"github.com/kapstone-lms/kapstone/internal/access"
)

type healthView struct {
	Status   string   `json:"status" enum:"ok,degraded"`
	Degraded []string `json:"degraded" doc:"the parts that are away; the server goes on without them"`
}

// healthRoutes answer the machines that watch the server. Liveness asks
// nothing of any store: a database that is away is no reason to restart us.
func (a *API) healthRoutes() {
	handle(a, Route{Method: "GET", Path: "/livez", ID: "livez", Act: access.Look, tag: "public", summary: "Does the process answer?"},
		func(context.Context, *empty) (*reply[healthView], error) {
			return &reply[healthView]{healthView{"ok", []string{}}}, nil
		})
	handle(a, Route{Method: "GET", Path: "/readyz", ID: "readyz", Act: access.Look, tag: "public", summary: "Can it serve, and what is degraded?"},
		func(ctx context.Context, _ *empty) (*reply[healthView], error) {
			degraded, err := a.Ready(ctx)
			if err != nil {
				return nil, err
			}
			v := healthView{"ok", append([]string{}, degraded...)}
			if len(degraded) > 0 {
				v.Status = "degraded"
			}
			return &reply[healthView]{v}, nil
		})
}
