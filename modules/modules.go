// Package modules holds the course as its authors write it: a folder for each
// module and the program files. It is content, not code.
package modules

import "embed"

// FS holds the five modules and the programs.
//
//go:embed */module.yaml */bank.yaml */*.md programs/*.yaml programs/examples/*.yaml
var FS embed.FS
