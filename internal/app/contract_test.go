package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/app"
	"github.com/kapstone-lms/kapstone/internal/demo"
)

type document struct {
	OpenAPI    string                          `json:"openapi"`
	Paths      map[string]map[string]operation `json:"paths"`
	Components struct {
		Schemas map[string]map[string]any `json:"schemas"`
	} `json:"components"`
}

type operation struct {
	OperationID string                `json:"operationId"`
	Security    []map[string][]string `json:"security"`
	Parameters  []struct {
		Name    string `json:"name"`
		In      string `json:"in"`
		Example any    `json:"example"`
	} `json:"parameters"`
	RequestBody *struct {
		Content map[string]struct {
			Schema  map[string]any `json:"schema"`
			Example map[string]any `json:"example"`
		} `json:"content"`
	} `json:"requestBody"`
	Responses map[string]any `json:"responses"`
}

func readDocument(t *testing.T, a *app.App) document {
	t.Helper()
	var d document
	(&caller{t: t, app: a}).want(200, "GET", "/openapi.json", nil, &d)
	return d
}

// pagesOnly are served and stand in no OpenAPI document: pages, and the
// document itself.
var pagesOnly = []string{"/openapi.json", "/docs", "/", "/verify", "/verify/{code}", "/style.css", "/_test/clock", "/_test/panic"}

// What is registered, what is documented and what the matrix allows are the
// same set.
func TestEveryRouteStandsInTheMatrix(t *testing.T) {
	a := open(t, app.Config{Data: t.TempDir(), TestMode: true})
	d := readDocument(t, a)
	if d.OpenAPI != "3.1.0" {
		t.Errorf("the document is OpenAPI %s", d.OpenAPI)
	}
	documented := make(map[string]operation)
	for path, methods := range d.Paths {
		for method, op := range methods {
			documented[strings.ToUpper(method)+" "+path] = op
		}
	}
	listed := make(map[string]bool)
	for _, r := range a.Routes() {
		key := r.Method + " " + r.Path
		listed[key] = true
		if !access.Listed(r.Act) || len(r.Who) == 0 {
			t.Errorf("%s has the act %q, which stands in no matrix", key, r.Act)
		}
		op, ok := documented[key]
		if ok == slices.Contains(pagesOnly, r.Path) {
			t.Errorf("%s: documented %v", key, ok)
		}
		if ok && (len(op.Security) == 0) != access.Anyone(r.Act) {
			t.Errorf("%s: security %v, but the act %q is for %v", key, op.Security, r.Act, r.Who)
		}
	}
	for key := range documented {
		if !listed[key] {
			t.Errorf("%s is documented and not listed", key)
		}
	}
	for _, stack := range a.Handler().Stack() {
		for _, r := range stack {
			if r.Method == http.MethodHead || r.Path == "/" && len(r.Handlers) > 0 && !listed[r.Method+" /"] {
				continue // HEAD comes with GET; middleware hangs on every method's root
			}
			if !listed[r.Method+" "+braces(r.Path)] {
				t.Errorf("Fiber serves %s %s, which is not listed", r.Method, r.Path)
			}
		}
	}
}

func braces(path string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if name, ok := strings.CutPrefix(p, ":"); ok {
			parts[i] = "{" + name + "}"
		}
	}
	return strings.Join(parts, "/")
}

// Strangers learn nothing: every route that is not for anyone answers 401,
// whatever is sent and before it is looked at.
func TestStrangersAreTurnedAwayFirst(t *testing.T) {
	a := open(t, app.Config{Data: t.TempDir(), TestMode: true})
	stranger := &caller{t: t, app: a, name: "a stranger"}
	for _, r := range a.Routes() {
		if access.Anyone(r.Act) {
			continue
		}
		path := strings.NewReplacer("{id}", "x", "{module}", "x", "{lesson}", "x", "{item}", "x", "{code}", "x").Replace(r.Path)
		for _, body := range []any{nil, `{"nonsense":`} {
			stranger.refused(401, "unauthenticated", r.Method, path, body)
		}
	}
}

// Every role against every route: by role alone, what is not allowed is 403.
func TestRolesAreTurnedAwayByTheMatrix(t *testing.T) {
	a := open(t, app.Config{Data: t.TempDir(), TestMode: true})
	for _, role := range access.Roles {
		who := person(t, a, string(role)+" person", access.Grant{Role: role})
		for _, r := range a.Routes() {
			if access.Anyone(r.Act) || slices.Contains(r.Who, "signed in") {
				continue
			}
			path := strings.NewReplacer("{id}", "x", "{module}", "x", "{lesson}", "x", "{item}", "x").Replace(r.Path)
			status, body := who.do(r.Method, path, nil)
			if allowed := slices.Contains(r.Who, string(role)); allowed == (status == 403) {
				t.Errorf("%s %s as %s = %d %s; the matrix says %v", r.Method, r.Path, role, status, body, r.Who)
			}
			if status >= 500 {
				t.Errorf("%s %s as %s = %d %s", r.Method, r.Path, role, status, body)
			}
		}
	}
}

// Before hand-in no field anywhere has a name that could hold a key.
func TestNoFieldOfAnOpenAttemptNamesAKey(t *testing.T) {
	a := open(t, app.Config{Data: t.TempDir(), TestMode: true})
	d := readDocument(t, a)
	for _, name := range []string{"AttemptView", "ItemView", "OptionView", "AnswerView"} {
		schema, ok := d.Components.Schemas[name]
		if !ok {
			t.Fatalf("there is no schema %s among %v", name, slices.Sorted(maps.Keys(d.Components.Schemas)))
		}
		for field := range schema["properties"].(map[string]any) {
			for _, word := range []string{"score", "passed", "result", "feedback", "correct", "key", "weight", "credit", "right", "why", "critical"} {
				if strings.Contains(field, word) {
					t.Errorf("%s has a field %s", name, field)
				}
			}
		}
	}
}

// Every request body and parameter of the demo's document has an example, and
// the reading ones work as they stand.
func TestTheDocumentsExamplesWorkOnTheDemo(t *testing.T) {
	demonstration, err := demo.Open(t.Context(), demo.Options{Config: app.Config{Data: t.TempDir(), Listen: "127.0.0.1:0"}})
	if err != nil {
		t.Fatal(err)
	}
	a := demonstration.App
	t.Cleanup(func() {
		if err := a.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	d := readDocument(t, a)
	people := make(map[string]*caller)
	for _, account := range demonstration.Sheet.Accounts {
		if people[account.Role] == nil {
			c := &caller{t: t, app: a, name: account.Role}
			var out struct {
				AccessToken string `json:"access_token"`
			}
			c.want(200, "POST", "/api/v1/auth/login", map[string]string{"email": account.Email, "password": account.Password}, &out)
			c.token = out.AccessToken
			people[account.Role] = c
		}
	}
	for path, methods := range d.Paths {
		for method, op := range methods {
			address := path
			for _, p := range op.Parameters {
				if p.In != "path" {
					continue
				}
				if p.Example == nil {
					t.Errorf("%s %s: parameter %s has no example", method, path, p.Name)
				}
				address = strings.ReplaceAll(address, "{"+p.Name+"}", fmt.Sprint(p.Example))
			}
			if op.RequestBody != nil && len(op.RequestBody.Content["application/json"].Example) == 0 {
				t.Errorf("%s %s: the body has no example", method, path)
			}
			if method == "get" && op.OperationID != "attempt" && op.OperationID != "attempt-challenges" { // somebody else's than these
				tryAll(t, people, address)
			}
		}
	}
}

// tryAll wants an address to work for at least one of the people.
func tryAll(t *testing.T, people map[string]*caller, path string) {
	t.Helper()
	var seen []string
	for role, who := range people {
		r := httptest.NewRequest("GET", path, nil)
		r.Header.Set("Authorization", "Bearer "+who.token)
		res, err := who.app.Handler().Test(r, -1)
		if err != nil {
			t.Fatal(err)
		}
		if res.Body.Close(); res.StatusCode == 200 {
			return
		}
		seen = append(seen, fmt.Sprint(role, " ", res.StatusCode))
	}
	t.Errorf("GET %s works for nobody: %v", path, seen)
}

// The save route stands outside Huma; its own decoder and the document must
// say the same.
func TestTheSaveRouteIsAsDocumented(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		s := newSchool(t, c)
		d := readDocument(t, s.App)
		op := d.Paths["/api/v1/attempts/{id}/answers/{item}"]["put"]
		schema := op.RequestBody.Content["application/json"].Schema
		if got := fmt.Sprint(schema["required"]); got != "[response revision]" || schema["additionalProperties"] != false {
			t.Errorf("the document says required %s, additional %v", got, schema["additionalProperties"])
		}
		a := s.start("science")
		one := a.Items[slices.IndexFunc(a.Items, func(i item) bool { return len(i.Options) > 0 && len(i.Prompts) == 0 })]
		path := "/api/v1/attempts/" + a.ID + "/answers/" + one.ID
		ok := one.choose(0)
		for name, tt := range map[string]struct {
			body   any
			status int
			code   string
		}{
			"an unknown field":    {map[string]any{"response": ok, "revision": 0, "score": 100}, 400, "unknown_field"},
			"another case":        {map[string]any{"Response": ok, "revision": 0}, 400, "unknown_field"},
			"no revision":         {map[string]any{"response": ok}, 422, "missing_field"},
			"no response":         {map[string]any{"revision": 0}, 422, "missing_field"},
			"a text as revision":  {map[string]any{"response": ok, "revision": "0"}, 422, "wrong_type"},
			"a negative revision": {map[string]any{"response": ok, "revision": -1}, 422, "bad_revision"},
			"a text as response":  {map[string]any{"response": "a", "revision": 0}, 422, "wrong_type"},
			"an unknown option":   {map[string]any{"response": []string{"z"}, "revision": 0}, 422, "unknown_option"},
			"a duplicate key":     {`{"response":["a"],"revision":0,"revision":1}`, 400, "duplicate_key"},
			"trailing data":       {`{"response":["a"],"revision":0} x`, 400, "bad_json"},
			"NUL":                 {`{"response":["\u0000"],"revision":0}`, 400, "bad_text"},
			"a stale revision":    {map[string]any{"response": ok, "revision": 7}, 409, "stale_revision"},
		} {
			p := s.trainee.refused(tt.status, tt.code, "PUT", path, tt.body)
			if p["detail"] == "" || p["request_id"] == "" {
				t.Errorf("%s: %v", name, p)
			}
		}
		s.trainee.refused(404, "no_item", "PUT", "/api/v1/attempts/"+a.ID+"/answers/q99", map[string]any{"response": ok, "revision": 0})
		var saved map[string]any
		s.trainee.want(200, "PUT", path, map[string]any{"response": ok, "revision": 0}, &saved)
		if text, _ := json.Marshal(slices.Sorted(maps.Keys(saved))); string(text) != `["revision","saved_at"]` {
			t.Errorf("the reply has the fields %s", text)
		}
	})
}
