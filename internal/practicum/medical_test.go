package practicum

import (
	"errors"
	"testing"
)

func TestVitalSignsAreForAMedicalProvider(t *testing.T) {
	plain, vital := whole(Graded), whole(Graded)
	vital.Detail.Observation.Vitals = []Vital{{}}
	for license, medical := range map[string]bool{
		"physician": true, "nurse_practitioner": true, "physician_assistant": true, "registered_nurse": true,
		"psychologist": false, "clinical_social_worker": false, "professional_counselor": false, "marriage_family_therapist": false, "other": false,
	} {
		o := &Outside{LicenseType: license}
		if err := o.maySign(plain); err != nil {
			t.Errorf("%s, a log without vital signs: %v", license, err)
		}
		if err := o.maySign(vital); errors.Is(err, ErrMedical) == medical {
			t.Errorf("%s, a log with vital signs: %v", license, err)
		}
	}
	if err := (&Outside{LicenseType: "physician"}).maySign(whole(Submitted)); !errors.Is(err, ErrNotGraded) {
		t.Errorf("a log that is not graded: %v", err)
	}
}
