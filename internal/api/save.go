package api

import (
	"bytes"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/edge"
)

// saveRoute is the hot path: a handler of its own beside Huma, described in
// the same document. A test holds the two against each other.
func (a *API) saveRoute() {
	r := Route{Method: "PUT", Path: Base + "/attempts/{id}/answers/{item}", ID: "save-answer", Act: access.TakeQuiz, tag: "quiz", summary: "Save one answer"}
	op := operation(r)
	op.Parameters = []*huma.Param{pathParam("id"), pathParam("item")}
	zero := 0.0
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{
		Type: "object", Required: []string{"response", "revision"}, AdditionalProperties: false,
		Properties: map[string]*huma.Schema{
			"response": {Type: "array", Items: &huma.Schema{Type: "string"}, Description: responseForm, Examples: []any{[]string{"a"}}},
			"revision": {Type: "integer", Minimum: &zero, Description: "the revision you replace; 0 for the first save", Examples: []any{0}},
		},
	}}}}
	op.Responses = map[string]*huma.Response{"200": {Description: "Saved, durably", Content: map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{
		Type: "object", Required: []string{"revision", "saved_at"},
		Properties: map[string]*huma.Schema{
			"revision": {Type: "integer", Description: "the next save names it"},
			"saved_at": {Type: "string", Format: "date-time"},
		},
	}}}}}
	a.raw(r, &op, a.save)
}

// savedView is the reply to a save.
type savedView struct {
	Revision int       `json:"revision"`
	SavedAt  time.Time `json:"saved_at"`
}

func (a *API) save(c *fiber.Ctx) error {
	ctx := c.UserContext()
	if !a.Lift {
		if err := a.saves.Take(access.From(ctx).ID); err != nil {
			return err
		}
	}
	in, err := readSave(c)
	if err != nil {
		return err
	}
	saved, err := a.Quizzes.Save(ctx, c.Params("id"), c.Params("item"), in.response, in.revision)
	if err != nil {
		return err
	}
	c.Response().Header.SetContentType(fiber.MIMEApplicationJSON)
	c.Response().SetBodyRaw(savedView{saved.Revision, saved.SavedAt}.append(nil))
	return nil
}

// append writes a view as encoding/json would, which takes four times as long.
func (v savedView) append(b []byte) []byte {
	b = strconv.AppendInt(append(b, `{"revision":`...), int64(v.Revision), 10)
	b = v.SavedAt.AppendFormat(append(b, `,"saved_at":"`...), time.RFC3339Nano)
	return append(b, `"}`...)
}

// A saving is the body of a save.
type saving struct {
	response []string
	revision int
}

// readSave reads the body of a save. Nearly all are written the plain way,
// which is read in one pass; any other goes through the strict decoder, which
// has the last word. A fuzz test holds the two against each other.
func readSave(c *fiber.Ctx) (saving, error) {
	if string(c.Request().Header.ContentType()) == fiber.MIMEApplicationJSON {
		if in, ok := plainSave(c.Request().Body()); ok {
			return in, nil
		}
	}
	var in struct {
		Response *[]string `json:"response"`
		Revision *int      `json:"revision"`
	}
	if err := edge.Decode(c, &in, "response", "revision"); err != nil {
		return saving{}, err
	}
	switch {
	case in.Response == nil:
		return saving{}, edge.ErrMissingField.At("response")
	case in.Revision == nil:
		return saving{}, edge.ErrMissingField.At("revision")
	}
	return saving{*in.Response, *in.Revision}, nil
}

// plainSave reads {"response":["a"],"revision":0}: these two fields in this
// order, without spaces, with texts of printable ASCII that need no escape. It
// gives up on anything else.
func plainSave(body []byte) (in saving, ok bool) {
	rest, ok := bytes.CutPrefix(body, []byte(`{"response":[`))
	if !ok || len(body) > plainMost {
		return saving{}, false
	}
	in.response = []string{}
	for !bytes.HasPrefix(rest, []byte("]")) {
		if len(in.response) > 0 {
			if rest, ok = bytes.CutPrefix(rest, []byte(",")); !ok {
				return saving{}, false
			}
		}
		var text string
		if text, rest, ok = plainText(rest); !ok {
			return saving{}, false
		}
		in.response = append(in.response, text)
	}
	digits, ok := bytes.CutPrefix(rest, []byte(`],"revision":`))
	if ok {
		digits, ok = bytes.CutSuffix(digits, []byte("}"))
	}
	if !ok || len(digits) == 0 || len(digits) > 9 || digits[0] == '0' && len(digits) > 1 {
		return saving{}, false
	}
	for _, d := range digits {
		if d < '0' || d > '9' {
			return saving{}, false
		}
		in.revision = 10*in.revision + int(d-'0')
	}
	return in, true
}

// plainMost bounds a body that is read the plain way.
const plainMost = 4 << 10

// plainText reads a quoted text at the beginning of b and returns what follows
// it.
func plainText(b []byte) (text string, rest []byte, ok bool) {
	if len(b) == 0 || b[0] != '"' {
		return "", nil, false
	}
	for i, c := range b[1:] {
		switch {
		case c == '"':
			return string(b[1 : i+1]), b[i+2:], true
		case c < ' ' || c > '~' || c == '\\':
			return "", nil, false
		}
	}
	return "", nil, false
}
