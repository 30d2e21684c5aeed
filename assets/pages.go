package assets

import (
	"embed"
	"fmt"
	"html/template"
)

// Pages holds the templates of the pages and their stylesheet.
//
//go:embed pages
var Pages embed.FS

// Template returns the page template of that name. Templates may call hours,
// which writes minutes as people say them.
func Template(name string) (*template.Template, error) {
	return template.New(name).Funcs(template.FuncMap{"hours": hours}).ParseFS(Pages, "pages/"+name)
}

// hours writes minutes the way the paper does: in hours, rounded once to one
// decimal, halves up.
func hours(minutes int) string {
	tenths := (minutes*10 + 30) / 60
	switch {
	case tenths == 0 && minutes > 0:
		return "under 0.1 hours"
	case tenths%10 == 0:
		return fmt.Sprintf("%d hours", tenths/10)
	}
	return fmt.Sprintf("%d.%d hours", tenths/10, tenths%10)
}
