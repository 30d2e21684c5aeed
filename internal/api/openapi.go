package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"
	"github.com/gofiber/fiber/v2"

	"github.com/kapstone-lms/kapstone/assets"
	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/edge"
	"github.com/kapstone-lms/kapstone/internal/fault"
)

// config sets Huma up: strict input, our own problems, no links to schemas, no
// page of its own that would load scripts from elsewhere.
func (a *API) config() huma.Config {
	ourProblems()
	c := huma.DefaultConfig("Kapstone", "1")
	c.Info.Description = "The API of a training system for ketamine-assisted psychotherapy programs."
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "", "", ""
	c.CreateHooks, c.Transformers = nil, nil // they add $schema links
	c.RejectUnknownQueryParameters = true
	c.Formats = map[string]huma.Format{ // the latter for application/problem+json
		"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat,
	}
	c.DefaultFormat = "application/json"
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer", BearerFormat: "JWT"}}
	return c
}

// ourProblems makes Huma speak in our problems when it refuses input. Its
// error constructors are package variables, so this is done once for the
// process.
var ourProblems = sync.OnceFunc(func() {
	huma.DefaultArrayNullable = false
	huma.ValidateStrictCasing = true
	huma.NewErrorWithContext = func(ctx huma.Context, status int, msg string, errs ...error) huma.StatusError {
		p := refusal(status, errs)
		p.RequestID = edge.RequestID(ctx.Context())
		return p
	}
	huma.NewError = func(status int, msg string, errs ...error) huma.StatusError { return refusal(status, errs) }
})

// refusal is the problem for input that Huma refused: the field and the rule,
// never the value.
func refusal(status int, errs []error) *edge.Problem {
	var fields []map[string]string
	f := edge.ForStatus(status)
	for _, err := range errs {
		if own := fault.Of(err); own != nil {
			f = own
			continue
		}
		var d *huma.ErrorDetail
		if detailer, ok := err.(huma.ErrorDetailer); ok {
			d = detailer.ErrorDetail()
		} else {
			continue // a parser's words may quote what was sent
		}
		name := strings.TrimPrefix(d.Location, "body.")
		if missing, ok := strings.CutPrefix(d.Message, "expected required property "); ok {
			name, f = strings.TrimSuffix(missing, " to be present"), edge.ErrMissingField
		}
		if d.Message == validation.MsgUnexpectedProperty || strings.HasPrefix(d.Message, "unknown query") {
			f = edge.ErrUnknownField
		}
		fields = append(fields, map[string]string{"field": name, "rule": rule(d)})
	}
	p := edge.ProblemOf(context.Background(), nil, f)
	if len(fields) > 0 {
		p.Field = fields[0]["field"]
		p.Details = map[string]any{"errors": fields}
	}
	return p
}

// rule is Huma's sentence about a field. Only messages built from the schema
// pass: some others carry what was sent.
func rule(d *huma.ErrorDetail) string {
	if strings.HasPrefix(d.Message, "expected ") || strings.HasPrefix(d.Message, "unexpected ") || strings.HasPrefix(d.Message, "required ") {
		return d.Message
	}
	return "has the wrong form"
}

func operation(r Route) huma.Operation {
	op := huma.Operation{
		Method: r.Method, Path: r.Path, OperationID: r.ID, Summary: r.summary, Tags: []string{r.tag}, DefaultStatus: r.status,
		Description: "Who: " + strings.Join(access.Who(r.Act), ", ") + ".",
		Errors:      []int{400, 422, 500, 503},
	}
	if !access.Anyone(r.Act) {
		op.Security = []map[string][]string{{"token": {}}}
		op.Errors = append(op.Errors, 401, 403)
	}
	if strings.Contains(r.Path, "{") {
		op.Errors = append(op.Errors, 404)
	}
	if r.Method != http.MethodGet {
		op.Errors = append(op.Errors, 409, 415, 429)
	}
	slices.Sort(op.Errors)
	return op
}

// giveExamples gives every parameter and request body an example: the one in
// the field's tag, or the one that Options.Examples has for this server.
func (a *API) giveExamples() {
	doc := a.huma.OpenAPI()
	for _, item := range doc.Paths {
		for _, op := range []*huma.Operation{item.Get, item.Put, item.Post, item.Patch, item.Delete} {
			if op == nil {
				continue
			}
			for _, p := range op.Parameters {
				if v, ok := a.example(op.OperationID, p.Name); ok {
					p.Example = v
				}
			}
			if op.RequestBody != nil {
				a.bodyExample(op, op.RequestBody.Content["application/json"])
			}
		}
	}
}

func (a *API) example(op, name string) (any, bool) {
	if v, ok := a.Examples[op+"."+name]; ok {
		return v, true
	}
	v, ok := a.Examples[name]
	return v, ok
}

func (a *API) bodyExample(op *huma.Operation, m *huma.MediaType) {
	if m == nil || m.Schema == nil {
		return
	}
	s := m.Schema
	if s.Ref != "" {
		s = a.huma.OpenAPI().Components.Schemas.SchemaFromRef(s.Ref)
	}
	body := make(map[string]any)
	for name, prop := range s.Properties {
		if v, ok := a.example(op.OperationID, name); ok {
			if v != nil {
				body[name] = v
			}
		} else if len(prop.Examples) > 0 {
			body[name] = prop.Examples[0]
		}
	}
	m.Example = body
}

// documentRoutes serves the OpenAPI document and a page to read it on.
func (a *API) documentRoutes() {
	var doc, page []byte
	render := sync.OnceFunc(func() {
		var err error
		if doc, err = json.Marshal(a.huma.OpenAPI()); err == nil {
			page, err = docsPage(a.huma.OpenAPI())
		}
		if err != nil {
			a.Log.Error("render the API document", "err", err)
		}
	})
	a.raw(Route{Method: "GET", Path: "/openapi.json", ID: "openapi", Act: access.Look}, nil, func(c *fiber.Ctx) error {
		render()
		c.Set(fiber.HeaderContentType, "application/openapi+json")
		return c.Send(doc)
	})
	a.raw(Route{Method: "GET", Path: "/docs", ID: "docs", Act: access.Look}, nil, func(c *fiber.Ctx) error {
		render()
		c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
		return c.Send(page)
	})
}

// docsPage renders the document as a plain page.
func docsPage(doc *huma.OpenAPI) ([]byte, error) {
	t, err := assets.Template("docs.html")
	if err != nil {
		return nil, fmt.Errorf("docs page: %w", err)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, docsOf(doc)); err != nil {
		return nil, fmt.Errorf("docs page: %w", err)
	}
	return b.Bytes(), nil
}
