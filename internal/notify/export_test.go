package notify

// Samples are the subjects and texts of every kind of letter.
func Samples(base string) (all [][2]string) {
	for _, n := range []notice{
		{Kind: LogReturned}, {Kind: LogGraded}, {Kind: LogDue}, {Kind: HoldOpened}, {Kind: HoldToStaff},
		{Kind: QueueDigest, Logs: 1}, {Kind: QueueDigest, Logs: 12, Flagged: 2, Overdue: 3},
	} {
		subject, text := n.words(base)
		all = append(all, [2]string{subject, text})
	}
	return all
}
