package curriculum

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

// The page for authors is a module: what it shows loads, and has what it says.
func TestTheModuleInTheDocumentationLoads(t *testing.T) {
	page, err := os.ReadFile("../../docs/modules.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?ms)^```[a-z]+\n(.*?)^```$").FindAllSubmatch(page, -1)
	names := []string{"04-sample/module.yaml", "04-sample/sam-1-stopping.md", "04-sample/fig-stop.svg", "04-sample/bank.yaml"}
	if len(blocks) != len(names) {
		t.Fatalf("the page shows %d files, want %q", len(blocks), names)
	}
	files := testCourse(t)
	for i, b := range blocks {
		files[names[i]] = &fstest.MapFile{Data: b[1]}
	}
	c := load(t, files)
	m := c.Module("sample")
	if got := m.Tally(); got.Items != 6 || len(got.Kinds) != len(Kinds()) || got.Cases != 1 || got.Figures != 1 || !m.Reviewed() {
		t.Errorf("the module of the page has %+v", got)
	}
	for _, f := range Lint(c) {
		if strings.HasPrefix(f.File, "04-sample") && !strings.Contains(f.Text, "module sample has 6 items") && !strings.Contains(f.Text, "every attempt asks") {
			t.Errorf("the module of the page: %s", f)
		}
	}
	named := []string{"`quota`", "`reviews`", "`pages: many`", "`sequential: true`", "`partial: true`"}
	for _, k := range Kinds() {
		named = append(named, "`"+string(k)+"`")
		named = append(named, kinds[k].fields()...)
	}
	for _, name := range append(named, elementNames()...) {
		if !strings.Contains(string(page), name) {
			t.Errorf("the page does not name %s", name)
		}
	}
}

func elementNames() (all []string) {
	for name := range svgElements {
		all = append(all, name)
	}
	return all
}
