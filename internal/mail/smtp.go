package mail

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// A server is an SMTP server that takes our letters. Each letter has its own
// connection: there are few, and none waits for another.
type server struct {
	writer
	host    string
	options []gomail.Option
}

// patience is how long a server may take to answer.
const patience = 10 * time.Second

var errURL = errors.New("KAPSTONE_SMTP_URL must read smtp://user:password@host:587, or smtps:// with port 465")

// newServer reads an address. smtps speaks TLS from the first byte; smtp asks
// for it, and goes on without it only to a server on this machine or on a
// private network, where no password is sent in the clear either.
func newServer(address string, w writer) (*server, error) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.Scheme != "smtp" && u.Scheme != "smtps" {
		return nil, errURL // the address holds a password
	}
	s := &server{writer: w, host: u.Hostname(), options: []gomail.Option{gomail.WithTimeout(patience)}}
	port := map[string]int{"smtp": 587, "smtps": 465}[u.Scheme]
	if p := u.Port(); p != "" {
		if port, err = strconv.Atoi(p); err != nil || port < 1 || port > 65535 {
			return nil, errURL
		}
	}
	s.options = append(s.options, gomail.WithPort(port))
	switch {
	case u.Scheme == "smtps":
		s.options = append(s.options, gomail.WithSSL())
	case near(s.host):
		s.options = append(s.options, gomail.WithTLSPolicy(gomail.TLSOpportunistic))
	default:
		s.options = append(s.options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if name := u.User.Username(); name != "" {
		password, _ := u.User.Password()
		s.options = append(s.options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(name), gomail.WithPassword(password))
	}
	if _, err := gomail.NewClient(s.host, s.options...); err != nil {
		return nil, errURL
	}
	return s, nil
}

// near reports whether a host is this machine, or a name without a dot such as
// a compose file's service.
func near(host string) bool {
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback() || ip == nil && !strings.Contains(host, ".")
}

// Send hands the letter to the server.
func (s *server) Send(ctx context.Context, l Letter) error {
	m, err := s.message(l)
	if err != nil {
		return err
	}
	c, err := gomail.NewClient(s.host, s.options...)
	if err != nil {
		return errURL
	}
	return why(c.DialAndSendWithContext(ctx, m))
}

// why tells what went wrong in words of our own: a server's answer may quote
// the address.
func why(err error) error {
	if err == nil {
		return nil
	}
	var refused *gomail.SendError
	if errors.As(err, &refused) {
		return fmt.Errorf("the mail server refused the letter with code %d", refused.ErrorCode())
	}
	var unreached net.Error
	if errors.As(err, &unreached) {
		return errors.New("the mail server cannot be reached, or does not answer in time")
	}
	return errors.New("the mail server cannot be spoken with: it has no TLS, or does not take our name and password")
}
