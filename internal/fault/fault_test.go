package fault

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

var errClosed = New(Conflict, "closed", "It is closed.")

func TestACopyIsTheSameFault(t *testing.T) {
	cause := errors.New("row gone")
	got := errClosed.At("x").With("n", 1).After(time.Second).Because(cause)
	if !errors.Is(got, errClosed) {
		t.Errorf("errors.Is(%v, errClosed) = false, want true", got)
	}
	if !errors.Is(got, cause) {
		t.Errorf("errors.Is(%v, cause) = false, want true", got)
	}
	if errors.Is(errClosed, New(Conflict, "other", "")) {
		t.Error("faults of different codes are equal")
	}
}

func TestACopyLeavesTheOriginalAlone(t *testing.T) {
	one := errClosed.With("a", 1)
	two := one.With("b", 2)
	if len(errClosed.Details) != 0 || len(one.Details) != 1 || len(two.Details) != 2 {
		t.Errorf("details = %v, %v, %v; want none, one, two", errClosed.Details, one.Details, two.Details)
	}
	if errClosed.Field != "" || errClosed.Why != nil || errClosed.RetryAfter != 0 {
		t.Errorf("the original changed: %+v", errClosed)
	}
}

func TestOfFindsAFaultUnderWrapping(t *testing.T) {
	for _, tt := range []struct {
		name string
		err  error
		want *Fault
	}{
		{"wrapped", fmt.Errorf("save: %w", errClosed), errClosed},
		{"our own failure", errors.New("disk"), nil},
		{"no error", nil, nil},
	} {
		if got := Of(tt.err); got != tt.want {
			t.Errorf("%s: Of = %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestErrorNamesCodeFieldAndCause(t *testing.T) {
	got := errClosed.At("week").Because(errors.New("why")).Error()
	if want := "closed (week): why"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
}
