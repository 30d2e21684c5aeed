package curriculum

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
)

// Archive returns the course's files as a ZIP. The same course gives the same
// bytes: nothing is compressed, for compressors change with their versions, and
// no times are kept.
func (c *Course) Archive() ([]byte, error) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(c.files)) {
		f, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err == nil {
			_, err = f.Write(c.files[name])
		}
		if err != nil {
			return nil, fmt.Errorf("archive course: %w", err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("archive course: %w", err)
	}
	return b.Bytes(), nil
}

// archive is how faults name an archive that is wrong as a whole.
const archive = "archive"

// FromArchive reads what Archive wrote. The archive may come from anywhere: an
// entry that is no file of a course, stands there twice or is too large is a
// fault, and nothing leaves the memory. Its error is Faults.
func FromArchive(data []byte) (*Course, error) {
	l := newLoader()
	if len(data) > 2*maxTotal {
		l.fault(archive, 0, "it has more than %d MiB; a course is smaller", 2*maxTotal>>20)
		return nil, l.err()
	}
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		l.fault(archive, 0, "it cannot be opened (%v); make it again", err)
		return nil, l.err()
	}
	for _, f := range r.File {
		_, twice := l.files[f.Name]
		switch {
		case limitOf(f.Name) == 0 || !f.Mode().IsRegular():
			l.fault(archive, 0, "%q is no file of a course; remove it", short(f.Name))
		case twice || l.spoiled[f.Name]:
			l.fault(archive, 0, "%s is there twice; remove one", f.Name)
		default:
			l.take(f.Name, func() (io.ReadCloser, error) { return f.Open() })
		}
	}
	return l.build()
}
