package api

import (
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/fault"
)

// The shapes that inputs share. A path parameter keeps its name over all
// routes, so that its example does too.

// ByID is a path with an {id}. Embedded parameters are exported because Huma
// reads no others.
type ByID struct {
	ID string `path:"id" maxLength:"64"`
}

// A Page asks for a stretch of a list.
type Page struct {
	Cursor string `query:"cursor" maxLength:"64" doc:"next_cursor of the page before"`
	Limit  int64  `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

// errCursor reports a cursor that no page gave out.
var errCursor = fault.New(fault.Invalid, "bad_cursor", "Send the next_cursor of the page before, or none.").At("cursor")

// after returns the id to go on from.
func (p Page) after() (string, error) {
	if p.Cursor != "" && !db.IsID(p.Cursor) {
		return "", errCursor
	}
	return p.Cursor, nil
}

// A listOf is one page of a list.
type listOf[T any] struct {
	Body struct {
		Items      []T    `json:"items"`
		NextCursor string `json:"next_cursor" doc:"empty on the last page"`
	}
}

// pageOf shows a page: rows as view shows them, and where to go on when the
// page is full.
func pageOf[R, T any](rows []R, limit int64, id func(R) string, view func(R) T) *listOf[T] {
	out := new(listOf[T])
	out.Body.Items = make([]T, len(rows))
	for i, r := range rows {
		out.Body.Items[i] = view(r)
	}
	if limit > 0 && int64(len(rows)) == limit {
		out.Body.NextCursor = id(rows[len(rows)-1])
	}
	return out
}

// A reply is an answer with a body of one thing.
type reply[T any] struct {
	Body T
}

// shown returns what turns a feature's answer into a reply.
func shown[R, T any](view func(R) T) func(R, error) (*reply[T], error) {
	return func(r R, err error) (*reply[T], error) {
		if err != nil {
			return nil, err
		}
		return &reply[T]{view(r)}, nil
	}
}

// A made is a reply whose status says whether the thing is new.
type made[T any] struct {
	Status int
	Body   T
}

func madeOf[T any](isNew bool, body T) *made[T] {
	if isNew {
		return &made[T]{201, body}
	}
	return &made[T]{200, body}
}

type empty struct{}
