package access

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"
)

func TestAnActIsDeniedUnlessTheMatrixAllowsIt(t *testing.T) {
	admin := Actor{ID: "a", Grants: []Grant{{Admin, "kap"}}}
	everywhere := Actor{ID: "a", Grants: []Grant{{Admin, ""}}}
	trainee := Actor{ID: "t", Grants: []Grant{{Trainee, "kap"}}}
	clearer := Actor{ID: "c", Grants: []Grant{{Clearer, "kap"}}}
	for _, tt := range []struct {
		name    string
		who     Actor
		act     Act
		program string // "" asks May
		want    error
	}{
		{"a stranger verifies", Actor{}, Verify, "", nil},
		{"a stranger studies", Actor{}, Study, "", ErrSignIn},
		{"somebody without a role uses the account", Actor{ID: "x"}, UseAccount, "", nil},
		{"somebody without a role studies", Actor{ID: "x"}, Study, "", ErrForbidden},
		{"a trainee studies", trainee, Study, "", nil},
		{"a trainee grades", trainee, GradeLog, "", ErrForbidden},
		{"a trainee of another program studies", trainee, Study, "other", ErrForbidden},
		{"an admin in the own program", admin, ManageCohorts, "kap", nil},
		{"an admin in another program", admin, ManageCohorts, "other", ErrForbidden},
		{"an admin of all programs", everywhere, ManageCohorts, "other", nil},
		{"an admin changes an enrollment", admin, ChangeEnrollment, "kap", nil},
		{"a director changes an enrollment", Actor{ID: "d", Grants: []Grant{{Director, "kap"}}}, ChangeEnrollment, "kap", nil},
		{"an instructor changes an enrollment", Actor{ID: "i", Grants: []Grant{{Instructor, ""}}}, ChangeEnrollment, "", ErrForbidden},
		{"a trainee changes an enrollment", trainee, ChangeEnrollment, "", ErrForbidden},
		{"an act nobody wrote down", everywhere, Act("fly"), "", ErrForbidden},
		{"an admin chooses a trainee's own path", everywhere, ChooseOwnPath, "", ErrForbidden},
		{"a trainee enters a record", trainee, EnterRecord, "kap", nil},
		{"a trainee decides on one", trainee, DecideRecord, "", ErrForbidden},
		{"a trainee enters one that counts", trainee, VouchRecord, "", ErrForbidden},
		{"an admin sets a clearance", everywhere, SetClearance, "", ErrForbidden},
		{"a clearer sets a clearance", clearer, SetClearance, "kap", nil},
		{"a clearer sees records", clearer, SeeRecords, "kap", nil},
		{"a clearer decides on one", clearer, DecideRecord, "kap", ErrForbidden},
		{"a clearer sees progress", clearer, SeeEnrollment, "kap", ErrForbidden},
		{"a trainee sees the own accommodation", trainee, SeeAccommodation, "kap", nil},
		{"a supervisor sees one", Actor{ID: "s", Grants: []Grant{{Supervisor, ""}}}, SeeAccommodation, "", ErrForbidden},
		{"an operator sees one", Actor{ID: "o", Grants: []Grant{{Operator, ""}}}, SeeAccommodation, "", ErrForbidden},
		{"a trainee gives time", trainee, AccommodateQuiz, "", ErrForbidden},
		{"an instructor gives time in the middle of an exam", Actor{ID: "i", Grants: []Grant{{Instructor, "kap"}}, RequireMFA: true}, AccommodateQuiz, "kap", nil},
		{"a supervisor sets a window", Actor{ID: "s", Grants: []Grant{{Supervisor, ""}}}, ScheduleQuiz, "", ErrForbidden},
		{"a director carries over", Actor{ID: "d", Grants: []Grant{{Director, ""}}}, CarryOver, "", ErrForbidden},
	} {
		got := tt.who.May(tt.act)
		if tt.program != "" {
			got = tt.who.MayIn(tt.act, tt.program)
		}
		if !errors.Is(got, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestAGraveActNeedsASecondFactorWhereRequired(t *testing.T) {
	for _, tt := range []struct {
		name    string
		require bool
		factor  bool
		since   time.Duration
		want    error
	}{
		{"not required", false, false, time.Hour, nil},
		{"required, none given", true, false, 0, ErrMFA},
		{"required and given", true, true, Fresh, nil},
		{"given too long ago", true, true, Fresh + 1, ErrReauth},
	} {
		a := Actor{ID: "a", Grants: []Grant{{Admin, ""}}, RequireMFA: tt.require, SecondFactor: tt.factor, SinceSignIn: tt.since}
		if got := a.May(IssueCredential); !errors.Is(got, tt.want) {
			t.Errorf("%s: May(IssueCredential) = %v, want %v", tt.name, got, tt.want)
		}
		for _, act := range []Act{VouchRecord, DecideRecord, CarryOver, ChangeEnrollment} {
			if got := a.May(act); !errors.Is(got, tt.want) {
				t.Errorf("%s: May(%s) = %v, want %v", tt.name, act, got, tt.want)
			}
		}
		if got := a.May(EnterRecord); got != nil {
			t.Errorf("%s: May(EnterRecord) = %v; a trainee needs no factor for that", tt.name, got)
		}
		if got := a.May(SeeCompletion); got != nil {
			t.Errorf("%s: May(SeeCompletion) = %v; that act is not grave", tt.name, got)
		}
	}
}

func TestProgramsNarrowAList(t *testing.T) {
	a := Actor{ID: "a", Grants: []Grant{{Trainee, "x"}, {Admin, "b"}, {Admin, "c"}}}
	if got, all := a.Programs(ManageCohorts); all || !slices.Equal(got, []string{"b", "c"}) {
		t.Errorf("Programs = %v, %v; want b and c", got, all)
	}
	a.Grants = append(a.Grants, Grant{Admin, ""})
	if got, all := a.Programs(ManageCohorts); !all {
		t.Errorf("Programs = %v, %v; want all", got, all)
	}
}

// Who may touch attendance and standing, role by role.
func TestAttendanceAndStandingAreForThoseConcerned(t *testing.T) {
	for act, want := range map[Act][]Role{
		SeeEvents:      {Trainee, Instructor, Admin, Director},
		ManageEvents:   {Instructor, Admin},
		ClaimPresence:  {Trainee},
		TakeRoster:     {Instructor, Admin},
		SeeStanding:    {Trainee, Instructor, Supervisor, Admin, Director},
		ProposeWaiver:  {Instructor, Supervisor, Admin, Director},
		DecideWaiver:   {Admin, Director},
		WithdrawWaiver: {Instructor, Supervisor, Admin, Director},
		OpenHold:       {Instructor, Supervisor, Admin, Director},
		AnswerHold:     {Trainee},
		DecideHold:     {Admin, Director},
	} {
		grave := act == DecideWaiver || act == DecideHold
		for _, r := range Roles {
			a := Actor{ID: "a", Grants: []Grant{{r, "kap"}}}
			if got := a.MayIn(act, "kap"); (got == nil) != slices.Contains(want, r) {
				t.Errorf("%s may %s: %v", r, act, got)
			}
			a.RequireMFA = true
			if got := a.MayIn(act, "kap"); slices.Contains(want, r) && errors.Is(got, ErrMFA) != grave {
				t.Errorf("%s may %s without a second factor: %v, grave %v", r, act, got, grave)
			}
		}
	}
}

func TestEveryActSaysWho(t *testing.T) {
	for _, act := range Acts() {
		if who := Who(act); len(who) == 0 || slices.Contains(who, "") {
			t.Errorf("Who(%q) = %v, want somebody", act, who)
		}
	}
	if Listed(Act("fly")) {
		t.Error(`Listed("fly") = true`)
	}
	if !Anyone(Verify) || Anyone(Study) {
		t.Error("Anyone: want verify and not study")
	}
}

func TestStaffAreAllButTrainees(t *testing.T) {
	for _, r := range Roles {
		if r.IsStaff() == (r == Trainee) {
			t.Errorf("%s.IsStaff() = %v", r, r.IsStaff())
		}
	}
	if !(Actor{Grants: []Grant{{Clearer, "p"}}}).Has(Clearer) {
		t.Error("Has(clearer) = false for a clearer")
	}
}

func TestTheContextCarriesTheActor(t *testing.T) {
	if got := From(context.Background()); got.ID != "" {
		t.Errorf("From(empty) = %+v, want a stranger", got)
	}
	if got := From(With(context.Background(), Actor{ID: "a"})); got.ID != "a" {
		t.Errorf("From = %+v, want a", got)
	}
}
