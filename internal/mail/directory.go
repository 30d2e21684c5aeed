package mail

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// A directory keeps each letter as a file of its own, for its owner only.
type directory struct {
	writer
	path string
}

// Send writes the letter whole or not at all. One with the same key lies in
// its place.
func (d *directory) Send(_ context.Context, l Letter) (err error) {
	m, err := d.message(l)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if _, err := m.WriteTo(&b); err != nil {
		return fmt.Errorf("write a letter: %w", err)
	}
	if err := os.MkdirAll(d.path, 0o700); err != nil {
		return fmt.Errorf("the directory for letters: %w", err)
	}
	f, err := os.CreateTemp(d.path, ".letter-*") // 0600
	if err != nil {
		return fmt.Errorf("keep a letter: %w", err)
	}
	_, err = f.Write(b.Bytes())
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), filepath.Join(d.path, name(l)+".eml"))
	}
	if err != nil {
		return fmt.Errorf("keep a letter: %w", errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}
