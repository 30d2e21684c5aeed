package api

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/kapstone-lms/kapstone/internal/edge"
)

func TestPlainSavesAreReadInOnePass(t *testing.T) {
	for body, want := range map[string]saving{
		`{"response":[],"revision":0}`:                 {[]string{}, 0},
		`{"response":["a"],"revision":7}`:              {[]string{"a"}, 7},
		`{"response":["1:b","2:c"],"revision":123456}`: {[]string{"1:b", "2:c"}, 123456},
		`{"response":["12.5 mg/kg"],"revision":3}`:     {[]string{"12.5 mg/kg"}, 3},
	} {
		if got, ok := plainSave([]byte(body)); !ok || !reflect.DeepEqual(got, want) {
			t.Errorf("%s was read as %v, %t; want %v", body, got, ok, want)
		}
	}
}

// What is not plain is left to the strict decoder, right or wrong.
func TestOtherSavesAreLeftToTheStrictDecoder(t *testing.T) {
	for _, body := range []string{
		``, `{}`, `[]`, `{"response":["a"]}`, `{"revision":0,"response":["a"]}`, `{ "response":["a"],"revision":0}`,
		`{"response":["a"],"revision":0} `, `{"response":["a"],"revision":0}}`, `{"response":["a"],"revision":0,"revision":1}`,
		`{"response":["a"],"revision":00}`, `{"response":["a"],"revision":-1}`, `{"response":["a"],"revision":1.0}`,
		`{"response":["a"],"revision":1e3}`, `{"response":["a"],"revision":}`, `{"response":["a"],"revision":"1"}`,
		`{"response":["a"],"revision":9999999999}`, `{"response":["a",],"revision":0}`, `{"response":[,"a"],"revision":0}`,
		`{"response":["a" "b"],"revision":0}`, `{"response":["\u0061"],"revision":0}`, "{\"response\":[\"\x00\"],\"revision\":0}",
		`{"response":["é"],"revision":0}`, `{"response":["a`, `{"response":["a"`, `{"response":[1],"revision":0}`,
		`{"response":["` + strings.Repeat("a", plainMost) + `"],"revision":0}`,
	} {
		if got, ok := plainSave([]byte(body)); ok {
			t.Errorf("%q was read as %v", body, got)
		}
	}
}

// Whatever is read in one pass the strict decoder would read the same.
func FuzzPlainSaves(f *testing.F) {
	for _, seed := range []string{
		`{"response":["a","b"],"revision":12}`, `{"response":[],"revision":0}`, `{"response":["\""],"revision":1}`,
		`{"response":["a"],"revision":01}`, `{"response":["]"],"revision":1}`, `{"response":["a"],"revision":1}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, ok := plainSave(body)
		if !ok {
			return
		}
		if err := edge.Strict(body); err != nil {
			t.Fatalf("%q was read, and is refused: %v", body, err)
		}
		var all map[string]json.RawMessage
		var response []string
		var revision int
		if json.Unmarshal(body, &all) != nil || len(all) != 2 ||
			json.Unmarshal(all["response"], &response) != nil || json.Unmarshal(all["revision"], &revision) != nil {
			t.Fatalf("%q was read, and is no save", body)
		}
		if !reflect.DeepEqual(got, saving{response, revision}) {
			t.Fatalf("%q was read as %v; it says %v, %d", body, got, response, revision)
		}
	})
}

func TestTheReplyToASaveIsWhatJSONSays(t *testing.T) {
	for _, v := range []savedView{
		{1, time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)},
		{123_456, time.Date(2026, 3, 1, 9, 30, 0, 120_000_000, time.UTC)},
		{2, time.Date(2026, 12, 31, 23, 59, 59, 999_000_000, time.FixedZone("", -5*3600))},
	} {
		want, err := json.Marshal(v)
		if got := v.append(nil); err != nil || string(got) != string(want) {
			t.Errorf("reply is %s, want %s (%v)", got, want, err)
		}
	}
}
