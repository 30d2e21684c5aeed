package progress

import "testing"

func TestKeysAreCalledByTheirWords(t *testing.T) {
	for key, want := range map[string]string{"didactic": "teaching", "phi": "client privacy", "boundaries_touch": "boundaries touch", "": ""} {
		if got := called(key); got != want {
			t.Errorf("called(%q) = %q, want %q", key, got, want)
		}
	}
}
