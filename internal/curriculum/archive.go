package curriculum

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
)

// Archive returns the course's files as one deterministic ZIP: the same course
// gives the same bytes.
func (c *Course) Archive() ([]byte, error) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(c.files)) {
		f, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate})
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

// maxTotal bounds what an archive may unfold into.
const maxTotal = 64 << 20

// FromArchive reads what Archive wrote. An archive with other files than a
// course has, or larger ones, is refused.
func FromArchive(data []byte) (*Course, error) {
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, fmt.Errorf("open course archive: %w", err)
	}
	if len(r.File) > maxFiles {
		return nil, fmt.Errorf("open course archive: it has %d files", len(r.File))
	}
	files := make(map[string][]byte, len(r.File))
	total := 0
	for _, f := range r.File {
		dir := path.Dir(f.Name)
		if path.Clean(f.Name) != f.Name || !belongs(f.Name) || dir != "programs" && !folderName.MatchString(dir) || files[f.Name] != nil {
			return nil, fmt.Errorf("open course archive: %q does not belong in a course", f.Name)
		}
		text, err := unzip(f)
		if err != nil {
			return nil, fmt.Errorf("open course archive: %s: %w", f.Name, err)
		}
		if total += len(text); total > maxTotal {
			return nil, fmt.Errorf("open course archive: it is too large")
		}
		files[f.Name] = text
	}
	return fromFiles(files)
}

func unzip(f *zip.File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	limit := limitOf(f.Name)
	text, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(text)) > limit {
		err = fmt.Errorf("larger than %d KiB", limit>>10)
	}
	return text, err
}
