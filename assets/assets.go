// Package assets holds embedded files: the fonts of the certificate, the pages
// and what they need. It has no logic of its own.
package assets

import "embed"

// FS holds the fonts, and beside them the license they come under.
//
//go:embed fonts/*.ttf fonts/OFL.txt
var FS embed.FS
