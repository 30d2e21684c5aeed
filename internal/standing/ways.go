package standing

// The ways of waivers and holds, as tables: where it stands, what is done and
// who does it give where it goes, or why it does not.

// A party is what somebody is to a waiver or a hold.
type party int

// The parties, in the order of the tables' columns. Whoever else they are, to
// the trainee it is their own.
const (
	trainee      party = iota
	helper             // staff who did not begin it and do not administer the program
	opener             // who began it
	openingChief       // who began it and administers the program
	decider            // who decided it first
	chief              // another who administers the program
	parties
)

// An end is where it goes, or why not.
type end[S ~string] struct {
	to   S
	fail error
}

// A row says what becomes of it, by party.
type row[S ~string] [parties]end[S]

func goes[S ~string](s S) end[S] { return end[S]{to: s} }

// A waiverVerb is what somebody does to a waiver.
type waiverVerb string

const (
	approve  waiverVerb = "approve"
	decline  waiverVerb = "decline"
	withdraw waiverVerb = "withdraw"
)

// Why nothing becomes of a waiver.
var (
	wOwn     = end[WaiverState]{fail: ErrOwnWaiver}
	wNot     = end[WaiverState]{fail: ErrWaiverNot}
	wSecond  = end[WaiverState]{fail: ErrWaiverSecond}
	wDecided = end[WaiverState]{fail: ErrWaiverDecided}
)

var waiverWays = map[WaiverState]map[waiverVerb]row[WaiverState]{
	//         trainee, helper, opener, opening chief, decider, chief
	Proposed: {
		approve:  {wOwn, wNot, wNot, wSecond, goes(Approved), goes(Approved)},
		decline:  {wOwn, wNot, wNot, wSecond, goes(Declined), goes(Declined)},
		withdraw: {wOwn, wNot, goes(Withdrawn), goes(Withdrawn), goes(Withdrawn), goes(Withdrawn)},
	},
	Approved: {
		approve:  {wOwn, wNot, wNot, wDecided, wDecided, wDecided},
		decline:  {wOwn, wNot, wNot, wDecided, wDecided, wDecided},
		withdraw: {wOwn, wNot, wNot, goes(Withdrawn), goes(Withdrawn), goes(Withdrawn)},
	},
	Declined: {
		approve:  {wOwn, wNot, wNot, wDecided, wDecided, wDecided},
		decline:  {wOwn, wNot, wNot, wDecided, wDecided, wDecided},
		withdraw: {wOwn, wNot, wDecided, wDecided, wDecided, wDecided},
	},
	Withdrawn: {
		approve:  {wOwn, wNot, wNot, wDecided, wDecided, wDecided},
		decline:  {wOwn, wNot, wNot, wDecided, wDecided, wDecided},
		withdraw: {wOwn, wNot, wDecided, wDecided, wDecided, wDecided},
	},
}

// A holdVerb is what somebody does to a hold.
type holdVerb string

const (
	reply        holdVerb = "reply"
	remediate    holdVerb = "remediate" // say what was agreed on the way
	clearIt      holdVerb = "clear"
	uphold       holdVerb = "uphold"
	appeal       holdVerb = "appeal"
	clearAppeal  holdVerb = "clear on appeal"
	upholdAppeal holdVerb = "uphold on appeal"
)

// A stage is where a hold stands, finer than its state.
type stage string

const (
	answerable stage = "open, the trainee may reply"
	answered   stage = "open, with a reply"
	unanswered stage = "open, the time to reply is over"
	cleared    stage = "cleared"
	appealable stage = "upheld, the trainee may appeal"
	appealed   stage = "upheld, with an appeal"
	settled    stage = "upheld, the time to appeal is over"
	final      stage = "upheld on appeal"
)

// Why nothing becomes of a hold.
var (
	hOwn = end[HoldState]{fail: ErrOwnHold}
	hNot = end[HoldState]{fail: ErrHoldNot}
)

// byTrainee is a row of what only the trainee does.
func byTrainee(e end[HoldState]) row[HoldState] {
	return row[HoldState]{e, hNot, hNot, hNot, hNot, hNot}
}

// byStaff is a row of what any staff may do.
func byStaff(e end[HoldState]) row[HoldState] { return row[HoldState]{hOwn, e, e, e, e, e} }

// byChief is a row of what those do who administer the program: somebody else
// than the opener.
func byChief(e end[HoldState]) row[HoldState] {
	second := end[HoldState]{fail: ErrOpener}
	if e.fail != nil {
		second = e // nothing to be done by anybody: who does it does not matter
	}
	return row[HoldState]{hOwn, hNot, second, second, e, e}
}

// byThird is a row of what is done by neither the opener nor who decided.
func byThird(e end[HoldState]) row[HoldState] {
	second := end[HoldState]{fail: ErrAppealSecond}
	return row[HoldState]{hOwn, hNot, second, second, second, e}
}

func fails(err error) end[HoldState] { return end[HoldState]{fail: err} }

var holdWays = map[stage]map[holdVerb]row[HoldState]{
	answerable: {
		reply: byTrainee(goes(Open)), remediate: byStaff(goes(Open)), clearIt: byChief(goes(Cleared)), uphold: byChief(fails(ErrReplyOpen)),
		appeal: byTrainee(fails(ErrNotUpheld)), clearAppeal: byChief(fails(ErrNoAppeal)), upholdAppeal: byChief(fails(ErrNoAppeal)),
	},
	answered: {
		reply: byTrainee(fails(ErrReplied)), remediate: byStaff(goes(Open)), clearIt: byChief(goes(Cleared)), uphold: byChief(goes(Upheld)),
		appeal: byTrainee(fails(ErrNotUpheld)), clearAppeal: byChief(fails(ErrNoAppeal)), upholdAppeal: byChief(fails(ErrNoAppeal)),
	},
	unanswered: {
		reply: byTrainee(fails(ErrReplyOver)), remediate: byStaff(goes(Open)), clearIt: byChief(goes(Cleared)), uphold: byChief(goes(Upheld)),
		appeal: byTrainee(fails(ErrNotUpheld)), clearAppeal: byChief(fails(ErrNoAppeal)), upholdAppeal: byChief(fails(ErrNoAppeal)),
	},
	cleared: {
		reply: byTrainee(fails(ErrHoldDecided)), remediate: byStaff(fails(ErrHoldDecided)), clearIt: byChief(fails(ErrHoldDecided)),
		uphold: byChief(fails(ErrHoldDecided)), appeal: byTrainee(fails(ErrNotUpheld)), clearAppeal: byChief(fails(ErrNoAppeal)),
		upholdAppeal: byChief(fails(ErrNoAppeal)),
	},
	appealable: {
		reply: byTrainee(fails(ErrHoldDecided)), remediate: byStaff(goes(Upheld)), clearIt: byChief(fails(ErrHoldDecided)),
		uphold: byChief(fails(ErrHoldDecided)), appeal: byTrainee(goes(Upheld)), clearAppeal: byChief(fails(ErrNoAppeal)),
		upholdAppeal: byChief(fails(ErrNoAppeal)),
	},
	appealed: {
		reply: byTrainee(fails(ErrHoldDecided)), remediate: byStaff(goes(Upheld)), clearIt: byChief(fails(ErrHoldDecided)),
		uphold: byChief(fails(ErrHoldDecided)), appeal: byTrainee(fails(ErrAppealed)), clearAppeal: byThird(goes(Cleared)),
		upholdAppeal: byThird(goes(Upheld)),
	},
	settled: {
		reply: byTrainee(fails(ErrHoldDecided)), remediate: byStaff(goes(Upheld)), clearIt: byChief(fails(ErrHoldDecided)),
		uphold: byChief(fails(ErrHoldDecided)), appeal: byTrainee(fails(ErrAppealOver)), clearAppeal: byChief(fails(ErrNoAppeal)),
		upholdAppeal: byChief(fails(ErrNoAppeal)),
	},
	final: {
		reply: byTrainee(fails(ErrHoldDecided)), remediate: byStaff(goes(Upheld)), clearIt: byChief(fails(ErrHoldDecided)),
		uphold: byChief(fails(ErrHoldDecided)), appeal: byTrainee(fails(ErrAppealed)), clearAppeal: byChief(fails(ErrHoldDecided)),
		upholdAppeal: byChief(fails(ErrHoldDecided)),
	},
}
