package practicum

import (
	"context"
	"fmt"

	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/mail"
	"github.com/kapstone-lms/kapstone/internal/outbox"
)

// Letters returns what sends the letters of sign-offs. They go to the address
// that was named and say nothing of any log. base is the address of the server
// as people reach it.
func (s *Service) Letters(to mail.Sender, base string) func(context.Context, *outbox.Job) error {
	return func(ctx context.Context, job *outbox.Job) error {
		var j letterJob
		if err := job.Read(&j); err != nil {
			return err
		}
		so := new(SignOff)
		if err := s.db.NewSelect().Model(so).Where("id = ?", j.SignOffID).Scan(ctx); err != nil {
			return fmt.Errorf("a sign-off's letter: %w", db.Check(err))
		}
		o, err := outside(ctx, s.db, so.OutsideID)
		if err != nil {
			return fmt.Errorf("a sign-off's letter: %w", err)
		}
		if so.open(s.now()) != nil || !o.WithdrawnAt.IsZero() {
			return nil // it would lead nowhere
		}
		secret, err := s.ring.Unseal(j.place(), j.Sealed)
		if err != nil {
			return fmt.Errorf("a sign-off's letter: %w", err)
		}
		l := mail.Letter{To: o.Email, Key: job.Key}
		if j.Letter == linkLetter {
			l.Subject = "Practicum logs to sign"
			l.Text = fmt.Sprintf(linkText, base, secret, so.ExpiresAt.UTC().Format("2 January 2006"))
		} else {
			l.Subject, l.Text = "Your code for practicum logs", fmt.Sprintf(codeText, secret, so.CodeUntil.UTC().Format("15:04 on 2 January 2006"))
		}
		return to.Send(ctx, l)
	}
}

const (
	linkText = `A trainee whom you supervised asks you to look at practicum logs and to sign them, or to send them back.

%s/sign-off#%s

The link is for you alone, works until %s, and takes one answer. You need no account: it asks for the code that
comes in a second letter.

If you do not know what this is about, throw both letters away. Nothing is signed then.
`
	codeText = `Your code is %s

Enter it where the link of the other letter leads you. It works once, until %s (UTC). Give it to nobody else.
`
)
