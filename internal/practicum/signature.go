package practicum

import (
	"encoding/json"

	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/keys"
)

// A signature is what a signer adds to a log.
type signature struct {
	signerID, name, license, meaning, method string
	at                                       db.Time
}

// canonical is the content of form 1, in which logs were signed until form 2:
// everything they held then, and the signer's own lines, as JSON with sorted
// keys and whole numbers. It is frozen; what joins a log joins content.
func (l *Log) canonical() []byte {
	text, err := json.Marshal(map[string]any{
		"form": "kapstone practicum log 1",
		"id":   l.ID, "enrollment": l.EnrollmentID, "kind": l.Kind, "phase": l.Phase, "format": l.Format, "participants": l.Participants,
		"week": l.Week, "minutes": l.Minutes, "contact": l.ContactMinutes, "role": l.Role, "frameworks": l.Frameworks,
		"supervisor": l.SupervisorID, "case_ref": l.Case.Ref, "case_seq": l.Case.Seq, "days": l.Case.Days, "year": l.Case.Year,
		"route": l.Route, "dose_band": l.DoseBand, "monitored_by": l.MonitoredBy, "knew_whom": l.KnewWhomToCall,
		"reflection": l.Reflection, "self_rating": l.SelfRating, "attested": l.Attested, "submitted_at": l.SubmittedAt.UnixMilli(),
		"grades": l.Grades, "feedback": l.Feedback, "observed_by": l.ObservedBy, "grader": l.GraderID, "graded_at": l.GradedAt.UnixMilli(),
		"signer": l.SignerID, "signer_name": l.SignerName, "signer_license": l.SignerLicense, "meaning": l.Meaning, "method": l.Method,
		"signed_at": l.SignedAt.UnixMilli(),
	})
	if err != nil {
		panic(err) // strings, numbers, lists and maps of them always marshal
	}
	return text
}

// sign puts a signature under a graded log.
func (s *Service) sign(l *Log, sig signature) error {
	if err := l.countersign(sig); err != nil {
		return err
	}
	l.Form = 2
	l.commit()
	content := l.signedContent()
	l.ContentHash = digest(content)
	l.SignatureKID, l.Signature = s.ring.Sign(keys.Records, content)
	return nil
}

// PublicKeys returns the keys that signatures are checked with, for anybody.
func (s *Service) PublicKeys() []keys.JWK { return s.ring.JWKs(keys.Records) }

// broken reports whether a signed log is no longer what was signed.
func (s *Service) broken(l *Log) bool {
	if l.Status != Countersigned {
		return false
	}
	content := l.signedContent()
	if l.Form == 2 && !l.committed() {
		return true
	}
	return digest(content) != l.ContentHash || !s.ring.Verify(keys.Records, l.SignatureKID, content, l.Signature)
}
