package db

import (
	"context"

	"github.com/uptrace/bun"
)

// Watch has see told of every statement that d sends from now on, just before
// it is sent, with the arguments that do not stand in its text; the BEGIN,
// COMMIT and ROLLBACK of a transaction are among them. Several may be told at
// once. It is for tests, which hold what a request costs and how it is planned,
// and comes while nobody uses d.
func (d *DB) Watch(see func(statement string, args ...any)) {
	one := d.writer == d.DB
	d.DB, d.see = d.DB.WithQueryHook(watcher(see)), see
	if one {
		d.writer = d.DB
	} else {
		d.writer = d.writer.WithQueryHook(watcher(see))
	}
}

// tell tells who watches of a statement that goes past bun.
func (d *DB) tell(statement string, args []any) {
	if d.see != nil {
		d.see(statement, args...)
	}
}

// A watcher is told of what goes through bun. What Statement and Rows send goes
// past it: they call tell.
type watcher func(statement string, args ...any)

// BeforeQuery implements bun.QueryHook.
func (w watcher) BeforeQuery(ctx context.Context, e *bun.QueryEvent) context.Context {
	w(e.Query)
	return ctx
}

// AfterQuery implements bun.QueryHook.
func (watcher) AfterQuery(context.Context, *bun.QueryEvent) {}
