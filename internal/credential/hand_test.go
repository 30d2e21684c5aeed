package credential_test

import (
	"errors"
	"testing"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/credential"
)

// CHECKS PH-06: who signed the practice does not also sign the completion.
func TestWhoSignedThePracticeDoesNotSignTheCompletion(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		_, id := s.graduate(t, "Noor Vance")
		both := access.From(s.Instructor)
		both.Grants = append([]access.Grant{{Role: access.Director}}, both.Grants...)
		out, err := s.credentials.Issue(access.With(t.Context(), both), []string{id})
		if err != nil || !errors.Is(out[0].Refused, credential.ErrOwnHand) || out[0].Certificate != nil {
			t.Errorf("Issue by the signer = %+v, %v; want ErrOwnHand", out, err)
		}
		s.issue(t, id)
	})
}
