package credential

import (
	"net/url"
	"strings"

	"github.com/kapstone-lms/kapstone/internal/fault"
)

// An Issuer is in whose name certificates are issued. All of it but Specimen
// is printed.
type Issuer struct {
	BaseURL        string // where the public finds this installation, such as https://kap.example.org
	Name           string // the program's legal name
	Address        string
	SignatoryName  string
	SignatoryTitle string
	Specimen       bool // demo and test: SPECIMEN stands across every certificate
}

// ErrIncompleteIssuer reports that certificates would be nameless. Its detail
// "missing" lists the settings to set.
var ErrIncompleteIssuer = fault.New(fault.Conflict, "issuer_incomplete",
	"Certificates cannot be issued until the issuer is complete. Set the missing settings and start again.")

// complete returns ErrIncompleteIssuer when something to print is missing.
func (i Issuer) complete() error {
	var missing []string
	for _, f := range []struct{ setting, value string }{
		{"KAPSTONE_BASE_URL", i.BaseURL}, {"KAPSTONE_ISSUER_NAME", i.Name}, {"KAPSTONE_ISSUER_ADDRESS", i.Address},
		{"KAPSTONE_SIGNATORY_NAME", i.SignatoryName}, {"KAPSTONE_SIGNATORY_TITLE", i.SignatoryTitle},
	} {
		if strings.TrimSpace(f.value) == "" {
			missing = append(missing, f.setting)
		}
	}
	if len(missing) > 0 {
		return ErrIncompleteIssuer.With("missing", missing)
	}
	return nil
}

// Issuer is in whose name certificates are issued, as far as it is set.
func (s *Service) Issuer() Issuer { return s.issuer }

// verifyURL is the link that a certificate's QR code holds.
func (i Issuer) verifyURL(code string) string {
	return strings.TrimRight(i.BaseURL, "/") + "/verify/" + url.PathEscape(code)
}
