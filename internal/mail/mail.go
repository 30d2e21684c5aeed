// Package mail sends letters: by SMTP, or into a directory for those who look
// at what would be sent. What may stand in a letter is decided by who writes
// it; this package sees only that it arrives whole, to one person, and that
// neither the letter nor the address gets into an error.
package mail

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// A Letter is plain text to one person.
type Letter struct {
	To      string // an address
	Subject string
	Text    string
	// Key names the letter. Sent once more it has the same Message-ID, by which
	// the reader's program can tell, and in a directory the same file.
	Key string
}

// A Sender sends letters. It returns ErrAddress for a letter that nobody can
// be sent, ErrNone where no mail is set up, and for what may pass an error
// that holds neither the letter nor the address.
type Sender interface {
	Send(ctx context.Context, l Letter) error
}

// The errors that trying again does not mend.
var (
	ErrNone    = errors.New("no mail is set up; set KAPSTONE_SMTP_URL")
	ErrAddress = errors.New("the letter has no address that a letter can go to, or its subject is no single line")
)

// Open returns the sender that the settings name: an SMTP server's address, or
// a directory, or neither, where every letter is refused with ErrNone. From is
// the address that letters come from, with a name or without.
func Open(smtpURL, dir, from string, now func() time.Time) (Sender, error) {
	if smtpURL == "" && dir == "" {
		return nowhere{}, nil
	}
	sender, err := mail.ParseAddress(from)
	if err != nil {
		return nil, fmt.Errorf("the address that letters come from cannot be read; set KAPSTONE_MAIL_FROM to one such as training@example.org")
	}
	w := writer{from: sender, now: now}
	if smtpURL != "" {
		return newServer(smtpURL, w)
	}
	return &directory{writer: w, path: dir}, nil
}

// nowhere is no mail at all.
type nowhere struct{}

func (nowhere) Send(context.Context, Letter) error { return ErrNone }

// A writer makes messages of letters.
type writer struct {
	from *mail.Address
	now  func() time.Time
}

// message is a letter as it goes out.
func (w writer) message(l Letter) (*gomail.Msg, error) {
	to, err := mail.ParseAddress(l.To)
	if err != nil || l.Subject == "" || strings.ContainsAny(l.Subject, "\r\n") {
		return nil, ErrAddress
	}
	m := gomail.NewMsg()
	m.SetAddrHeaderFromMailAddress(gomail.HeaderFrom, w.from)
	m.SetAddrHeaderFromMailAddress(gomail.HeaderTo, to)
	m.Subject(l.Subject)
	m.SetDateWithValue(w.now().UTC())
	_, domain, _ := strings.Cut(w.from.Address, "@")
	m.SetMessageIDWithValue(name(l) + "@" + domain)
	m.SetGenHeader("Auto-Submitted", "auto-generated") // no "I am away" comes back
	m.SetBodyString(gomail.TypeTextPlain, l.Text)
	return m, nil
}

// name tells a letter from every other and says nothing about it.
func name(l Letter) string {
	sum := sha256.Sum256([]byte(l.Key + "\x00" + l.To))
	return hex.EncodeToString(sum[:16])
}
