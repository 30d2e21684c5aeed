package app_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/kapstone-lms/kapstone/internal/app"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
	"github.com/kapstone-lms/kapstone/internal/keys"
)

// The texts open under the new master key and no longer under the old one,
// wherever a rotation was stopped before.
func TestTheMasterKeyIsRotated(t *testing.T) {
	const secret, next = "pGq0W2nH1m9sT4vX7yZ3bC6dE8fJ5kL0", "aR5tY7uI9oP1sD3fG5hJ7kL9zX1cV3bN"
	for name, set := range map[string]bool{"a setting": true, "a file": false} {
		t.Run(name, func(t *testing.T) {
			dbtest.EachURL(t, func(t *testing.T, url string) {
				c := app.Config{Data: t.TempDir(), TestMode: true}
				if db.IsPostgres(url) {
					c.DatabaseURL = url
				}
				given := ""
				if set {
					c.MasterKey, given = secret, next
				}
				opens := func(c app.Config) error {
					a, err := app.New(t.Context(), c)
					if err == nil {
						err = a.Close(context.Background())
					}
					return err
				}
				if err := opens(c); err != nil {
					t.Fatal(err)
				}
				old, _ := os.ReadFile(filepath.Join(c.Data, "master.key"))
				if n, err := app.RotateMaster(t.Context(), c, given); err != nil || n != len(keys.Uses) {
					t.Fatalf("RotateMaster = %d, %v; want every key", n, err)
				}
				if set {
					if err := opens(c); !errors.Is(err, keys.ErrMaster) {
						t.Errorf("under the old key: %v, want ErrMaster", err)
					}
					if n, err := app.RotateMaster(t.Context(), c, next); err != nil || n != 0 {
						t.Errorf("once more: %d, %v; want nothing to do", n, err)
					}
					c.MasterKey = next
				} else if fresh, err := os.ReadFile(filepath.Join(c.Data, "master.key")); err != nil || string(fresh) == string(old) {
					t.Errorf("the file holds the old key still, %v", err)
				}
				if err := opens(c); err != nil {
					t.Errorf("under the new key: %v", err)
				}
			})
		})
	}
}

// A rotation whose process ended between the database and the file goes on.
func TestARotationThatWasStoppedGoesOn(t *testing.T) {
	c := app.Config{Data: t.TempDir(), TestMode: true}
	a := open(t, c)
	old, err := os.ReadFile(filepath.Join(c.Data, "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	if _, err := app.RotateMaster(t.Context(), c, ""); err != nil {
		t.Fatal(err)
	}
	fresh, err := os.ReadFile(filepath.Join(c.Data, "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"master.key": old, "master.key.next": fresh} { // as if it had not been renamed
		if err := os.WriteFile(filepath.Join(c.Data, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := app.RotateMaster(t.Context(), c, ""); err != nil || n != 0 {
		t.Errorf("RotateMaster = %d, %v; want the file alone changed", n, err)
	}
	if got, err := os.ReadFile(filepath.Join(c.Data, "master.key")); err != nil || string(got) != string(fresh) {
		t.Errorf("the file is not the new one, %v", err)
	}
}
