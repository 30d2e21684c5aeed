package bench

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
)

// A sheet is an open attempt as its trainee knows it.
type sheet struct {
	id    string
	slots []slot
}

// A slot is an item of an attempt and what stands there by the last reply.
type slot struct {
	question
	path     string
	revision int
	response []string // the last one that was acknowledged
	dead     bool     // a save failed, so that the revision is unknown
}

// savePath is where an answer goes.
func savePath(attempt, item string) string { return "/api/v1/attempts/" + attempt + "/answers/" + item }

// readSheet reads a reply to a start or a resume.
func readSheet(body []byte) (*sheet, error) {
	var in struct {
		ID      string     `json:"id"`
		State   string     `json:"state"`
		Items   []question `json:"items"`
		Answers map[string]struct {
			Response []string `json:"response"`
			Revision int      `json:"revision"`
		} `json:"answers"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, fmt.Errorf("read attempt: %w", err)
	}
	if in.State != "open" || in.ID == "" || len(in.Items) == 0 {
		return nil, fmt.Errorf("this is no open attempt: state %q, %d items", in.State, len(in.Items))
	}
	s := &sheet{id: in.ID, slots: make([]slot, len(in.Items))}
	for i, q := range in.Items {
		a := in.Answers[q.ID]
		s.slots[i] = slot{question: q, path: savePath(in.ID, q.ID), revision: a.Revision, response: a.Response}
	}
	return s, nil
}

// saveBody writes the body of a save.
func saveBody(buf []byte, response []string, revision int) []byte {
	buf = append(buf[:0], `{"response":[`...)
	for i, id := range response {
		if i > 0 {
			buf = append(buf, ',')
		}
		buf = strconv.AppendQuote(buf, id)
	}
	buf = append(buf, `],"revision":`...)
	return append(strconv.AppendInt(buf, int64(revision), 10), '}')
}

// saved returns the revision of a reply to a save, 0 when it has none. It is
// asked for every save, so it reads no more than it must.
func saved(body []byte) int {
	_, rest, ok := bytes.Cut(body, []byte(`"revision":`))
	if !ok {
		return 0
	}
	n := 0
	for _, c := range rest {
		if c < '0' || c > '9' {
			break
		}
		n = n*10 + int(c-'0')
	}
	return n
}
