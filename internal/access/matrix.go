package access

import (
	"maps"
	"slices"
)

// An Act is something a person may ask the system to do.
type Act string

// The acts.
const (
	Look       Act = "look"        // pages, documents and health that anyone may see
	Verify     Act = "verify"      // check a certificate
	SignIn     Act = "sign in"     // prove who one is, or use what a sign-in gave
	UseAccount Act = "use account" // one's own profile, sessions and second factor

	SeeEnrollment Act = "see enrollment" // and its progress
	Study         Act = "study"
	TakeQuiz      Act = "take quiz"
	WriteLog      Act = "write log"
	ConfirmName   Act = "confirm name"
	ChooseOwnPath Act = "choose own path" // personal experience; nobody but the trainee
	ReadLog       Act = "read log"
	GradeLog      Act = "grade log" // grade or return
	SignLog       Act = "sign log"
	Delegate      Act = "delegate" // let a colleague supervise in one's place
	// CompareRaters is to see how second raters differ from the first, and to
	// name one.
	CompareRaters Act = "compare raters"
	AmendLog      Act = "amend log" // begin a new version of a signed one
	// NameOutside is to name a supervisor who signs without an account, and to
	// take them back; SendSignOff, to send them logs; SignOff, what they do with
	// the letters they get.
	NameOutside Act = "name outside supervisor"
	SendSignOff Act = "send sign-off"
	SignOff     Act = "sign off by letter"
	Remediate   Act = "remediate"  // grant one more try of a quiz
	WatchQuiz   Act = "watch quiz" // how far trainees are in one under way, and nothing of their answers
	// AnswerChallenge is to see and to answer what trainees say against a
	// question.
	AnswerChallenge Act = "answer challenge"
	ManagePeople    Act = "manage people"
	SeePeople       Act = "see people"
	SeeCohort       Act = "see cohort"
	SeePrograms     Act = "see programs"
	SeeEditions     Act = "see editions"   // what changed between editions of a program
	ManageCohorts   Act = "manage cohorts" // cohorts, enrollments, supervisors
	// ChangeEnrollment is a leave, an extension, a transfer, an end, a
	// readmission, another track or edition.
	ChangeEnrollment Act = "change enrollment"
	SeeCompletion    Act = "see completion"
	IssueCredential  Act = "issue credential" // issue, supersede
	Revoke           Act = "revoke credential"
	SeeCredentials   Act = "see credentials"
	ReadAudit        Act = "read audit"
	SeeRecords       Act = "see records"
	EnterRecord      Act = "enter record" // or correct one; which kinds: by role, in internal/records
	VouchRecord      Act = "vouch record" // enter one that counts at once
	SetClearance     Act = "set clearance"
	DecideRecord     Act = "decide record" // confirm, refuse or take back
	CarryOver        Act = "carry over"    // an opening balance from an earlier system
	// AcceptUnreviewed lets a module be taught that no clinician reviewed.
	AcceptUnreviewed Act = "accept unreviewed"
	TestHook         Act = "test hook"      // registered only in test mode
	SeeEvents        Act = "see events"     // what a cohort meets for
	ManageEvents     Act = "manage events"  // plan, change and cancel them
	ClaimPresence    Act = "claim presence" // say that one was there
	TakeRoster       Act = "take roster"    // enter, confirm, refuse and correct presences
	SeeStanding      Act = "see standing"   // waivers and holds; the facts of a hold never to the trainee
	ProposeWaiver    Act = "propose waiver"
	DecideWaiver     Act = "decide waiver"   // approve or decline
	WithdrawWaiver   Act = "withdraw waiver" // the own proposal; admins and directors any
	OpenHold         Act = "open hold"       // and record what was agreed on the way
	AnswerHold       Act = "answer hold"     // reply and appeal; nobody but the trainee
	DecideHold       Act = "decide hold"     // and its appeal
	// SeeAccommodation is a trainee's own extra time, and that of those whom
	// one teaches or whose program one runs: it may tell of their health.
	SeeAccommodation Act = "see accommodation"
	AccommodateQuiz  Act = "accommodate quiz" // give more time, tries or pauses, and take them back
	ScheduleQuiz     Act = "schedule quiz"    // say when a cohort may begin one

	Regrade         Act = "regrade" // mark attempts once more, by a corrected key
	SeeRegrades     Act = "see regrades"
	SeeItemAnalysis Act = "see item analysis" // how the items of a quiz did; it shows keys

	CheckText Act = "check text" // whether what one writes could identify a person
	KeepWords Act = "keep words" // that are no identifiers in a program

	AskLog     Act = "ask log"     // for a log; whose it is decides what one is told
	BreakGlass Act = "break glass" // read a log one neither wrote nor supervises, for a reason its author sees
)

// A rule says who may do an act. Grave acts ask staff for a second factor and
// a fresh sign-in where the installation requires them.
type rule struct {
	anyone   bool
	signedIn bool
	roles    []Role
	grave    bool
}

// matrix is the policy. An act that does not stand here is denied to all.
var matrix = map[Act]rule{
	Look:       {anyone: true},
	Verify:     {anyone: true},
	SignIn:     {anyone: true},
	TestHook:   {anyone: true},
	UseAccount: {signedIn: true},

	SeeEnrollment:    {roles: []Role{Trainee, Instructor, Supervisor, Admin, Director}},
	Study:            {roles: []Role{Trainee}},
	TakeQuiz:         {roles: []Role{Trainee}},
	WriteLog:         {roles: []Role{Trainee}},
	ConfirmName:      {roles: []Role{Trainee}},
	ChooseOwnPath:    {roles: []Role{Trainee}},
	ReadLog:          {roles: []Role{Trainee, Instructor, Supervisor}},
	GradeLog:         {roles: []Role{Instructor, Supervisor}, grave: true},
	SignLog:          {roles: []Role{Instructor, Supervisor}, grave: true},
	Delegate:         {roles: []Role{Instructor, Supervisor}, grave: true},
	CompareRaters:    {roles: []Role{Admin, Director}},
	AmendLog:         {roles: []Role{Trainee, Instructor, Supervisor}},
	NameOutside:      {roles: []Role{Instructor, Admin}, grave: true},
	SendSignOff:      {roles: []Role{Trainee, Instructor, Admin}},
	SignOff:          {anyone: true},
	Remediate:        {roles: []Role{Instructor}},
	AnswerChallenge:  {roles: []Role{Instructor, Admin}},
	WatchQuiz:        {roles: []Role{Instructor, Admin, Director}},
	ManagePeople:     {roles: []Role{Admin}, grave: true},
	SeePeople:        {roles: []Role{Admin, Director}},
	SeeCohort:        {roles: []Role{Admin, Director, Instructor}},
	SeePrograms:      {roles: []Role{Admin, Director, Instructor}},
	SeeEditions:      {roles: []Role{Admin, Director}},
	AcceptUnreviewed: {roles: []Role{Admin}, grave: true},
	ManageCohorts:    {roles: []Role{Admin}},
	ChangeEnrollment: {roles: []Role{Admin, Director}, grave: true},
	SeeCompletion:    {roles: []Role{Admin, Director}},
	IssueCredential:  {roles: []Role{Admin, Director}, grave: true},
	Revoke:           {roles: []Role{Admin, Director}, grave: true},
	SeeCredentials:   {roles: []Role{Trainee, Admin, Director}},
	ReadAudit:        {roles: []Role{Admin, Director, Operator}},
	SeeRecords:       {roles: []Role{Trainee, Instructor, Supervisor, Clearer, Admin, Director}},
	EnterRecord:      {roles: []Role{Trainee, Instructor, Supervisor, Clearer, Admin, Director}},
	VouchRecord:      {roles: []Role{Instructor, Supervisor, Admin, Director}, grave: true},
	SetClearance:     {roles: []Role{Clearer}, grave: true},
	DecideRecord:     {roles: []Role{Instructor, Supervisor, Admin, Director}, grave: true},
	CarryOver:        {roles: []Role{Admin}, grave: true},
	SeeEvents:        {roles: []Role{Trainee, Instructor, Admin, Director}},
	ManageEvents:     {roles: []Role{Instructor, Admin}},
	ClaimPresence:    {roles: []Role{Trainee}},
	TakeRoster:       {roles: []Role{Instructor, Admin}},
	SeeStanding:      {roles: []Role{Trainee, Instructor, Supervisor, Admin, Director}},
	ProposeWaiver:    {roles: []Role{Instructor, Supervisor, Admin, Director}},
	DecideWaiver:     {roles: []Role{Admin, Director}, grave: true},
	WithdrawWaiver:   {roles: []Role{Instructor, Supervisor, Admin, Director}},
	OpenHold:         {roles: []Role{Instructor, Supervisor, Admin, Director}},
	AnswerHold:       {roles: []Role{Trainee}},
	DecideHold:       {roles: []Role{Admin, Director}, grave: true},
	SeeAccommodation: {roles: []Role{Trainee, Instructor, Admin, Director}},
	AccommodateQuiz:  {roles: []Role{Instructor, Admin, Director}}, // in the middle of an exam
	ScheduleQuiz:     {roles: []Role{Instructor, Admin, Director}},
	Regrade:          {roles: []Role{Admin, Director}, grave: true},
	SeeRegrades:      {roles: []Role{Admin, Director}},
	SeeItemAnalysis:  {roles: []Role{Instructor, Admin, Director}},
	CheckText:        {signedIn: true},
	KeepWords:        {roles: []Role{Admin}},
	AskLog:           {signedIn: true},
	BreakGlass:       {roles: []Role{Admin, Director}, grave: true},
}

// Listed reports whether act stands in the matrix. A route whose act does not
// must not be registered.
func Listed(act Act) bool { _, ok := matrix[act]; return ok }

// Who says in words who may do act: "anyone", "signed in" or the roles.
func Who(act Act) []string {
	switch rule := matrix[act]; {
	case rule.anyone:
		return []string{"anyone"}
	case rule.signedIn:
		return []string{"signed in"}
	default:
		who := make([]string, len(rule.roles))
		for i, r := range rule.roles {
			who[i] = string(r)
		}
		return who
	}
}

// Anyone reports whether act needs no sign-in.
func Anyone(act Act) bool { return matrix[act].anyone }

// Acts lists every act of the matrix in alphabetical order.
func Acts() []Act { return slices.Sorted(maps.Keys(matrix)) }
