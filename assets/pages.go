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

func hours(minutes int) string {
	if minutes%60 == 0 {
		return fmt.Sprintf("%d h", minutes/60)
	}
	return fmt.Sprintf("%d h %d min", minutes/60, minutes%60)
}
