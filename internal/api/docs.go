package api

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// docsPageData is what the documentation page shows: the OpenAPI document in
// the order in which people use it.
type docsPageData struct {
	Intro  string
	Groups []docsGroup
}

type docsGroup struct {
	Name       string
	Operations []docsOperation
}

type docsOperation struct {
	ID, Method, Path, Summary, Description string
	Parameters, Fields, Reply              []docsField
	Example                                string
}

type docsField struct{ Name, In, Type, Text string }

// groupOrder is the order of the page's sections.
var groupOrder = []string{"sign-in", "account", "progress", "study", "quiz", "practicum", "grading", "attendance", "standing", "people", "course", "cohorts", "certificates", "public", "audit"}

func docsOf(doc *huma.OpenAPI) docsPageData {
	groups := make(map[string][]docsOperation)
	for _, path := range slices.Sorted(maps.Keys(doc.Paths)) {
		item := doc.Paths[path]
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op != nil {
				groups[op.Tags[0]] = append(groups[op.Tags[0]], docsOf1(doc, path, op))
			}
		}
	}
	page := docsPageData{Intro: doc.Info.Description}
	for _, name := range groupOrder {
		if len(groups[name]) > 0 {
			page.Groups = append(page.Groups, docsGroup{name, groups[name]})
		}
	}
	return page
}

func docsOf1(doc *huma.OpenAPI, path string, op *huma.Operation) docsOperation {
	d := docsOperation{ID: op.OperationID, Method: op.Method, Path: path, Summary: op.Summary, Description: op.Description}
	for _, p := range op.Parameters {
		d.Parameters = append(d.Parameters, docsField{Name: p.Name, In: p.In, Text: p.Description})
	}
	if op.RequestBody != nil {
		if m := op.RequestBody.Content["application/json"]; m != nil {
			d.Fields = docsFields(doc, m.Schema, "")
			if text, err := json.MarshalIndent(m.Example, "", "  "); err == nil && m.Example != nil {
				d.Example = string(text)
			}
		}
	}
	for _, status := range []string{"200", "201"} {
		if r := op.Responses[status]; r != nil && r.Content["application/json"] != nil {
			d.Reply = docsFields(doc, r.Content["application/json"].Schema, "")
		}
	}
	return d
}

// docsFields lists the fields of a schema, nested ones with their path. It goes
// three deep: a requirement holds requirements.
func docsFields(doc *huma.OpenAPI, s *huma.Schema, under string) (all []docsField) {
	if s = resolve(doc, s); s == nil || strings.Count(under, ".") > 2 {
		return nil
	}
	if s.Type == huma.TypeArray {
		return docsFields(doc, s.Items, under)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		prop := resolve(doc, s.Properties[name])
		text := s.Properties[name].Description
		if len(prop.Enum) > 0 {
			values, _ := json.Marshal(prop.Enum) // plain strings
			text = strings.TrimSpace(text + " one of " + strings.Trim(string(values), "[]"))
		}
		all = append(all, docsField{Name: under + name, Type: typeName(prop), Text: text})
		all = append(all, docsFields(doc, prop, under+name+".")...)
	}
	return all
}

func resolve(doc *huma.OpenAPI, s *huma.Schema) *huma.Schema {
	if s != nil && s.Ref != "" {
		return doc.Components.Schemas.SchemaFromRef(s.Ref)
	}
	return s
}

func typeName(s *huma.Schema) string {
	if s.Format != "" {
		return s.Type + ", " + s.Format
	}
	return s.Type
}
