package app_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/kapstone-lms/kapstone/internal/app"
)

// A CPU profile tells how the process works, so it is there for load tests
// only.
func TestProfilesAreTakenInTestModeOnly(t *testing.T) {
	for _, test := range []bool{true, false} {
		a := open(t, app.Config{Data: t.TempDir(), TestMode: test})
		for path, want := range map[string]int{"/metrics": 200, "/debug/pprof/profile?seconds=1": map[bool]int{true: 200, false: 404}[test], "/debug/pprof/heap": 404} {
			w := httptest.NewRecorder()
			a.MetricsServer().Handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
			if w.Code != want {
				t.Errorf("test mode %t: %s answers %d, want %d", test, path, w.Code, want)
			}
		}
	}
}
