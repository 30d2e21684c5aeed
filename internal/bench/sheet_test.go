package bench

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"
)

func TestASaveIsWrittenAsJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		response := rapid.SliceOf(rapid.StringMatching(`[a-z0-9:]{1,8}`)).Draw(t, "response")
		revision := rapid.IntRange(0, 1_000_000).Draw(t, "revision")
		var in struct {
			Response []string `json:"response"`
			Revision *int     `json:"revision"`
		}
		body := saveBody([]byte("left over"), response, revision)
		if err := json.Unmarshal(body, &in); err != nil || in.Revision == nil || *in.Revision != revision || len(in.Response) != len(response) {
			t.Fatalf("%s: %v", body, err)
		}
		if got := saved(body); got != revision {
			t.Fatalf("saved(%s) = %d", body, got)
		}
	})
	for body, want := range map[string]int{`{"revision":12,"saved_at":"x"}`: 12, `{"code":"x"}`: 0, ``: 0, `{"revision":"x"}`: 0} {
		if got := saved([]byte(body)); got != want {
			t.Errorf("saved(%s) = %d, want %d", body, got, want)
		}
	}
}

func TestASheetIsAnOpenAttempt(t *testing.T) {
	s, err := readSheet([]byte(`{"id":"a","state":"open","items":[{"id":"i","stem":"S?","options":[{"id":"x","text":"X"}]},{"id":"k"}],"answers":{"k":{"response":["y"],"revision":4}}}`))
	if err != nil || s.id != "a" || len(s.slots) != 2 || s.slots[1].revision != 4 || s.slots[1].response[0] != "y" || s.slots[0].path != "/api/v1/attempts/a/answers/i" {
		t.Errorf("readSheet = %+v, %v", s, err)
	}
	for _, body := range []string{"", "{}", `{"id":"a","state":"submitted","items":[{}]}`, `{"id":"a","state":"open"}`, `[]`} {
		if _, err := readSheet([]byte(body)); err == nil {
			t.Errorf("%q passed for an open attempt", body)
		}
	}
}

func FuzzReadSheet(f *testing.F) {
	f.Add([]byte(`{"id":"a","state":"open","items":[{"id":"i"}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if s, err := readSheet(body); err == nil && (s.id == "" || len(s.slots) == 0) {
			t.Errorf("readSheet(%q) = %+v", body, s)
		}
		saved(body)
	})
}
