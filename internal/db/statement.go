package db

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/uptrace/bun"
)

// Statement runs one statement that writes, as a transaction of its own, and
// returns how many rows it wrote, once that is committed, durably. When the
// answer is cut off, database/sql may run it again on another connection, so it
// must be one that changes nothing the second time. It goes past bun, which
// would write the arguments into the statement's text: many rows go in as
// arguments, and the text is parsed once.
func (d *DB) Statement(ctx context.Context, statement string, args ...any) (int64, error) {
	d.tell(statement, args)
	s, err := d.writes.of(ctx, d.writer, statement)
	if err != nil {
		return 0, Check(err)
	}
	res, err := s.ExecContext(ctx, args...)
	if err != nil {
		return 0, Check(err)
	}
	n, err := res.RowsAffected()
	return n, Check(err)
}

// Rows runs one statement that only reads, and gives each row that it returns
// to read. Like Statement it is for what is asked all the time: its text is
// parsed once.
func (d *DB) Rows(ctx context.Context, query string, args []any, read func(*sql.Rows) error) error {
	d.tell(query, args)
	s, err := d.reads.of(ctx, d.DB, query)
	if err != nil {
		return Check(err)
	}
	rows, err := s.QueryContext(ctx, args...)
	if err != nil {
		return Check(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := read(rows); err != nil {
			return Check(err)
		}
	}
	return Check(rows.Err())
}

// AnyOf returns what stands behind a column in a condition of Rows that holds
// for each of the texts, as the argument with the given number, and that
// argument.
func (d *DB) AnyOf(number int, texts []string) (condition string, arg any, err error) {
	if d.Postgres() {
		return fmt.Sprintf(" = ANY($%d)", number), texts, nil
	}
	list, err := json.Marshal(texts)
	return fmt.Sprintf(" IN (SELECT value FROM json_each($%d))", number), string(list), err
}

// prepared are the statements of a pool that are parsed once and kept, by
// their texts. The pool closes them.
type prepared struct{ all sync.Map }

// of returns a statement of the pool.
func (p *prepared) of(ctx context.Context, pool *bun.DB, text string) (*sql.Stmt, error) {
	if s, ok := p.all.Load(text); ok {
		return s.(*sql.Stmt), nil
	}
	s, err := pool.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	kept, there := p.all.LoadOrStore(text, s.Stmt)
	if there {
		return kept.(*sql.Stmt), s.Close()
	}
	return s.Stmt, nil
}
