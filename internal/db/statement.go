package db

import (
	"context"
	"database/sql"
)

// Statement runs one statement that writes, as a transaction of its own, and
// gives each row that it returns to read. It returns nil once that is
// committed, durably; what read was given counts only then. When the answer is
// cut off, database/sql may run it again on another connection, so it must be
// one that changes nothing the second time. It goes past bun, which would
// write the arguments into the statement's text: many rows go in as one
// argument, and the text is parsed once.
func (d *DB) Statement(ctx context.Context, statement string, args []any, read func(*sql.Rows) error) error {
	s, err := d.prepared(ctx, statement)
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
	// By itself it commits in the round trip that sends it, and only once the
	// last row is out is it known that it did.
	return Check(rows.Err())
}

// prepared returns a statement that is parsed once and kept.
func (d *DB) prepared(ctx context.Context, text string) (*sql.Stmt, error) {
	if s, ok := d.statements.Load(text); ok {
		return s.(*sql.Stmt), nil
	}
	s, err := d.writer.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	kept, there := d.statements.LoadOrStore(text, s.Stmt)
	if there {
		return kept.(*sql.Stmt), s.Close()
	}
	return s.Stmt, nil
}
