package api

import (
	"context"
	"slices"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/notify"
)

type letterView struct {
	Kind  string `json:"kind"`
	Muted bool   `json:"muted"`
}

type lettersView struct {
	Items []letterView `json:"items" doc:"notices of holds are not among them: they always come"`
}

func viewNotices(muted []notify.Kind) lettersView {
	var v lettersView
	for _, k := range notify.Mutable {
		v.Items = append(v.Items, letterView{string(k), slices.Contains(muted, k)})
	}
	return v
}

type muteInput struct {
	Body struct {
		Muted []string `json:"muted" maxItems:"10" enum:"log_returned,log_graded,log_due,queue_digest" doc:"what you do without; everything else comes" example:"[\"queue_digest\"]"`
	}
}

func (a *API) noticeRoutes() {
	path := Base + "/me/notices"
	handle(a, Route{Method: "GET", Path: path, ID: "notices", Act: access.UseAccount, tag: "account", summary: "Which letters you get"},
		func(ctx context.Context, _ *empty) (*reply[lettersView], error) {
			return shown(viewNotices)(a.Notices.Muted(ctx))
		})
	handle(a, Route{Method: "PUT", Path: path, ID: "mute-notices", Act: access.UseAccount, tag: "account", summary: "Say which letters you do without"},
		func(ctx context.Context, in *muteInput) (*reply[lettersView], error) {
			kinds := make([]notify.Kind, len(in.Body.Muted))
			for i, k := range in.Body.Muted {
				kinds[i] = notify.Kind(k)
			}
			return shown(viewNotices)(a.Notices.Mute(ctx, kinds))
		})
}
