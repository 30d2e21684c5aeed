// Package modules holds the course as its authors write it: a folder for each
// module and the program files. It is content, not code.
package modules

import "embed"

// FS holds the five modules, with their figures, and the programs.
//
//go:embed [0-9][0-9]-* programs
var FS embed.FS
