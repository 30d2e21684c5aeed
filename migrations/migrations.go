// Package migrations holds the steps of the database schema, one folder for
// each kind of database. A step, once released, never changes.
package migrations

import "embed"

// FS holds the folders sqlite and postgres with the same file names in both.
//
//go:embed sqlite/*.sql postgres/*.sql
var FS embed.FS
