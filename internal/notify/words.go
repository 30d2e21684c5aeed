package notify

import "fmt"

// words are what a person reads. There is no name in them and nothing of a log.
func (n notice) words(base string) (subject, text string) {
	subject, text = said[n.Kind].subject, said[n.Kind].text
	if n.Kind == QueueDigest {
		subject, text = digestWords(n)
	}
	foot := "You can turn such letters off in your account."
	if n.Kind == HoldOpened || n.Kind == HoldToStaff {
		foot = "Letters about holds cannot be turned off."
	}
	return subject, fmt.Sprintf("%s\n\n%s\n\n-- \n%s Nobody reads answers to this letter.\n", text, base, foot)
}

var said = map[Kind]struct{ subject, text string }{
	LogReturned: {"A practicum log came back to you", "One of your practicum logs came back with a reason. Read it, mend the log and send it again."},
	LogGraded:   {"A practicum log of yours was graded", "One of your practicum logs was graded. Its grades and its feedback are there to read."},
	LogDue:      {"A practicum log should be graded soon", "A practicum log that waits for you should be graded within two days."},
	HoldOpened: {"There is a hold on your enrollment",
		"A hold was opened on your enrollment. Sign in to read what it is about and until when you can reply. Somebody else than who opened it decides."},
	HoldToStaff: {"A hold was opened", "A hold was opened on an enrollment of your program. Sign in to read what it is about."},
}

// digestWords say how much waits.
func digestWords(n notice) (subject, text string) {
	logs := "1 practicum log waits for you"
	if n.Logs != 1 {
		logs = fmt.Sprintf("%d practicum logs wait for you", n.Logs)
	}
	text = logs + "."
	if n.Flagged > 0 {
		text += fmt.Sprintf("\nWith a safety flag: %d.", n.Flagged)
	}
	if n.Overdue > 0 {
		text += fmt.Sprintf("\nOverdue: %d.", n.Overdue)
	}
	return logs, text
}
