// Package web serves the pages that anyone may open: what this installation
// is, and whether a certificate is genuine. They work without JavaScript.
package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"html/template"
	"log/slog"

	"github.com/gofiber/fiber/v2"

	"github.com/kapstone-lms/kapstone/assets"
	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/credential"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/edge"
)

// Check looks up a certificate by its code for the public.
type Check func(ctx context.Context, code string) (*credential.Notice, error)

// A Route is one page and who may open it.
type Route struct {
	Method, Path, ID string
	Act              access.Act
}

// Pages are the registered pages.
type Pages struct {
	check  Check
	log    *slog.Logger
	pages  map[string]*template.Template
	routes []Route
}

// New registers the pages on app. It returns an error when a page's act stands
// in no permission matrix, or a template cannot be read.
func New(app *fiber.App, check Check, log *slog.Logger) (*Pages, error) {
	p := &Pages{check: check, log: log, pages: make(map[string]*template.Template)}
	for _, name := range []string{"home.html", "verify.html", "unknown.html", "fault.html"} {
		t, err := assets.Template(name)
		if err != nil {
			return nil, fmt.Errorf("page %s: %w", name, err)
		}
		p.pages[name] = t
	}
	for _, r := range []struct {
		Route
		show fiber.Handler
	}{
		{Route{"GET", "/", "home", access.Look}, p.home},
		{Route{"GET", "/verify", "verify-form", access.Verify}, p.form},
		{Route{"GET", "/verify/{code}", "verify-page", access.Verify}, p.verify},
		{Route{"GET", "/style.css", "style", access.Look}, p.style},
	} {
		if !access.Listed(r.Act) {
			return nil, fmt.Errorf("page %s: the act %q stands in no permission matrix", r.Path, r.Act)
		}
		p.routes = append(p.routes, r.Route)
		app.Add(r.Method, edge.FiberPath(r.Path), r.show)
	}
	return p, nil
}

// Routes lists the pages.
func (p *Pages) Routes() []Route { return p.routes }

func (p *Pages) home(c *fiber.Ctx) error { return p.show(c, "home.html", nil) }

// form takes a code typed by hand and leads to its page.
func (p *Pages) form(c *fiber.Ctx) error {
	code := c.Query("code")
	if !credential.IsCode(code) {
		return p.showStatus(c, fiber.StatusNotFound, "unknown.html", nil)
	}
	return c.Redirect("/verify/"+code, fiber.StatusSeeOther)
}

// A verifyPage is what the verification page shows.
type verifyPage struct {
	*credential.Notice
	Disclaimer string
}

func (p *Pages) verify(c *fiber.Ctx) error {
	n, err := p.check(c.UserContext(), c.Params("code"))
	switch {
	case errors.Is(err, db.ErrNone):
		return p.showStatus(c, fiber.StatusNotFound, "unknown.html", nil)
	case err != nil:
		return p.fault(c, err)
	}
	return p.show(c, "verify.html", verifyPage{n, credential.Disclaimer})
}

func (p *Pages) style(c *fiber.Ctx) error {
	css, err := assets.Pages.ReadFile("pages/style.css")
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "text/css; charset=utf-8")
	c.Set(fiber.HeaderCacheControl, "public, max-age=3600")
	return c.Send(css)
}

// fault shows an error as a page with one sentence.
func (p *Pages) fault(c *fiber.Ctx, err error) error {
	problem := edge.ProblemOf(c.UserContext(), p.log, err)
	for name, values := range problem.GetHeaders() {
		c.Set(name, values[0])
	}
	return p.showStatus(c, problem.Status, "fault.html", problem)
}

func (p *Pages) show(c *fiber.Ctx, name string, data any) error {
	return p.showStatus(c, fiber.StatusOK, name, data)
}

// showStatus renders first and sends then, so that half a page is never sent.
func (p *Pages) showStatus(c *fiber.Ctx, status int, name string, data any) error {
	var b bytes.Buffer
	if err := p.pages[name].Execute(&b, data); err != nil {
		return fmt.Errorf("render %s: %w", name, err)
	}
	c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	return c.Status(status).Send(b.Bytes())
}
