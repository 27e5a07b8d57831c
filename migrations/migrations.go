// Package migrations embeds the database schema, one numbered step a file.
package migrations

import "embed"

// FS holds NNNNNN_name.up.sql and their .down.sql.
//
//go:embed *.sql
var FS embed.FS
