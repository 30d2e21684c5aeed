package api

import (
	"context"
	"time"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/guard"
	"github.com/kapstone-lms/kapstone/internal/practicum"
	"github.com/kapstone-lms/kapstone/internal/vetting"
)

type checkInput struct {
	Body struct {
		Text    string `json:"text" maxLength:"40000" doc:"as it stands now; nothing of it is kept" example:"I waited and kept my voice low. Dr. Patel was in the room."`
		Program string `json:"program,omitempty" maxLength:"60" doc:"whose allowed words count" example:"kap_foundation"`
	}
}

// A foundView is something found in a text: never the text itself.
type foundView struct {
	Class    string `json:"class"`
	Level    string `json:"level" enum:"block,warn" doc:"block: it cannot be sent; warn: it is asked about"`
	Offset   int    `json:"offset" doc:"where it begins, in characters"`
	Question string `json:"question,omitempty"`
}

type checkView struct {
	Items   []foundView `json:"items"`
	Reasons []string    `json:"reasons" doc:"what the header Confirm-Identifiers may say when the text is sent"`
}

func viewFound(hits []guard.Hit) checkView {
	v := checkView{Items: make([]foundView, len(hits)), Reasons: vetting.Reasons}
	for i, h := range hits {
		v.Items[i] = foundView{string(h.Class), string(h.Level()), h.Offset, guard.Question(h.Class)}
	}
	return v
}

type wordsInput struct {
	ByID
	Body struct {
		Words []string `json:"words" maxItems:"500" doc:"all of them; what is left out is allowed no more" example:"[\"hakomi\",\"rainfall\"]"`
	}
}

type wordsView struct {
	Words []string `json:"words"`
}

func viewWords(words []string) wordsView { return wordsView{words} }

func (a *API) identifierRoutes() {
	words := Base + "/programs/{id}/identifier-words"
	handle(a, Route{Method: "POST", Path: Base + "/identifier-checks", ID: "check-identifiers", Act: access.CheckText, tag: "practicum", summary: "See, as you type, what in a text could identify a person"},
		func(ctx context.Context, in *checkInput) (*reply[checkView], error) {
			return shown(viewFound)(a.Vetting.Check(ctx, in.Body.Program, in.Body.Text))
		})
	handle(a, Route{Method: "GET", Path: words, ID: "identifier-words", Act: access.KeepWords, tag: "programs", summary: "List the words that are no identifiers in a program"},
		func(ctx context.Context, in *ByID) (*reply[wordsView], error) {
			return shown(viewWords)(a.Vetting.Words(ctx, in.ID))
		})
	handle(a, Route{Method: "PUT", Path: words, ID: "set-identifier-words", Act: access.KeepWords, tag: "programs", summary: "Set the words that are no identifiers in a program"},
		func(ctx context.Context, in *wordsInput) (*reply[wordsView], error) {
			return shown(viewWords)(a.Vetting.SetWords(ctx, in.ID, in.Body.Words))
		})
}

type readingInput struct {
	ByID
	Body struct {
		Reason string `json:"reason" maxLength:"2000" doc:"10 to 500 characters; the author of the log reads it" example:"A complaint about this session is being looked into."`
	}
}

type readingView struct {
	Reader string    `json:"reader" doc:"a name"`
	Role   string    `json:"role" enum:"admin,director"`
	Reason string    `json:"reason"`
	ReadAt time.Time `json:"read_at"`
}

type readingsView struct {
	Items []readingView `json:"items"`
}

func viewReadings(all []*practicum.Reading) readingsView {
	v := readingsView{make([]readingView, len(all))}
	for i, r := range all {
		v.Items[i] = readingView{r.Reader, string(r.Role), r.Reason, r.At.Time}
	}
	return v
}

// A removalView says what becomes of a text that identifies somebody.
type removalView struct {
	DestroyedAfter time.Time `json:"destroyed_after" doc:"until then it lies sealed, and for as long as a hold is open"`
	InBackupsUntil time.Time `json:"in_backups_until" doc:"later where a hold keeps it"`
}

type removedView struct {
	removalView
	State string `json:"state" enum:"asked,opened" doc:"asked: a second person has to ask too"`
	Text  string `json:"text" doc:"empty until it is opened"`
}

func viewRemoved(r *practicum.Removal) removedView {
	v := removedView{removalView{r.DestroyAt.Time, r.InBackupsUntil()}, "asked", r.Text}
	if r.Opened() {
		v.State = "opened"
	}
	return v
}

func (a *API) readingRoutes() {
	handle(a, Route{Method: "POST", Path: Base + "/logs/{id}/removed-text/opening", ID: "open-removed-text", Act: access.BreakGlass, tag: "practicum", summary: "Ask for a text that was removed for identifiers; the second of two people opens it"},
		func(ctx context.Context, in *readingInput) (*reply[removedView], error) {
			return shown(viewRemoved)(a.Practicum.OpenRemoved(ctx, in.ID, in.Body.Reason))
		})
	handle(a, Route{Method: "POST", Path: Base + "/logs/{id}/reading", ID: "read-log-for-reason", Act: access.BreakGlass, tag: "practicum", summary: "Read a log that you neither wrote nor supervise; its author sees why"},
		func(ctx context.Context, in *readingInput) (*reply[logView], error) {
			return shownLog(a.Practicum.ReadFor(ctx, in.ID, in.Body.Reason))
		})
	handle(a, Route{Method: "GET", Path: Base + "/logs/{id}/readings", ID: "log-readings", Act: access.AskLog, tag: "practicum", summary: "See who read a log without supervising it, and why: your own, or one of your program"},
		func(ctx context.Context, in *ByID) (*reply[readingsView], error) {
			return shown(viewReadings)(a.Practicum.Readings(ctx, in.ID))
		})
}
