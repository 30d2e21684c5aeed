package api

import (
	"context"
	"time"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/quiz"
)

// An ownChallengeView is a challenge as its trainee sees it: by the attempt's
// own ids.
type ownChallengeView struct {
	ID         string     `json:"id"`
	AttemptID  string     `json:"attempt_id"`
	Item       string     `json:"item" doc:"its id in the attempt"`
	Text       string     `json:"text"`
	MadeAt     time.Time  `json:"made_at"`
	Decision   string     `json:"decision" enum:",upheld,declined" doc:"empty until it is answered; upheld changes no score by itself"`
	Answer     string     `json:"answer"`
	AnsweredAt *time.Time `json:"answered_at"`
	Version    int64      `json:"version"`
}

func viewOwnChallenge(c *quiz.Challenge) ownChallengeView {
	return ownChallengeView{c.ID, c.AttemptID, c.Item, c.Text, c.MadeAt.Time, string(c.Decision), c.Answer, moment(c.AnsweredAt), c.Version}
}

// A challengeView is a challenge as staff see it: by the bank's ids.
type challengeView struct {
	ownChallengeView
	EnrollmentID string `json:"enrollment_id"`
	Module       string `json:"module"`
	BankItem     string `json:"bank_item" doc:"the question's id in the bank"`
	CourseHash   string `json:"course_hash" doc:"the version of the question: the course that the attempt was drawn from"`
	AnsweredBy   string `json:"answered_by" doc:"a person's id; empty until it is answered"`
}

func viewChallenge(c *quiz.Challenge) challengeView {
	return challengeView{viewOwnChallenge(c), c.EnrollmentID, string(c.Module), string(c.BankItem), c.CourseHash, c.AnsweredBy}
}

type challengeInput struct {
	ByID
	Item string `path:"item" maxLength:"64"`
	Body struct {
		Text string `json:"text" maxLength:"2000" doc:"one sentence, of 10 to 500 characters; never a detail of a client" example:"Two of the options say the same in other words."`
	}
}

type challengesInput struct {
	Page
	Waiting bool `query:"waiting" doc:"only those that are not answered yet"`
}

type challengeAnswerInput struct {
	ByID
	Body struct {
		Decision string `json:"decision" enum:"upheld,declined" example:"declined"`
		Text     string `json:"text" maxLength:"2000" doc:"of 10 to 500 characters. The trainee reads it at once, perhaps before the key is open to them and while they may still try again: do not say which response is right." example:"The two options differ in who decides; the lesson on roles says how."`
	}
}

func (a *API) challengeRoutes() {
	handle(a, Route{Method: "POST", Path: Base + "/attempts/{id}/items/{item}/challenge", ID: "challenge-item", Act: access.TakeQuiz, tag: "quiz", status: 201, summary: "Say what is wrong with a question of an attempt of yours that is handed in; once for each"},
		func(ctx context.Context, in *challengeInput) (*reply[ownChallengeView], error) {
			return shown(viewOwnChallenge)(a.Quizzes.Challenge(ctx, in.ID, in.Item, in.Body.Text))
		})
	handle(a, Route{Method: "GET", Path: Base + "/attempts/{id}/challenges", ID: "attempt-challenges", Act: access.TakeQuiz, tag: "quiz", summary: "What you said against questions of this attempt, and what was answered"},
		func(ctx context.Context, in *ByID) (*listOf[ownChallengeView], error) {
			rows, err := a.Quizzes.ChallengesOf(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			return pageOf(rows, 0, nil, viewOwnChallenge), nil
		})
	handle(a, Route{Method: "GET", Path: Base + "/challenges", ID: "list-challenges", Act: access.AnswerChallenge, tag: "grading", summary: "What trainees of yours say against questions, oldest first"},
		func(ctx context.Context, in *challengesInput) (*listOf[challengeView], error) {
			after, err := in.after()
			if err != nil {
				return nil, err
			}
			rows, err := a.Quizzes.Challenges(ctx, in.Waiting, after, in.Limit)
			if err != nil {
				return nil, err
			}
			return pageOf(rows, in.Limit, func(c *quiz.Challenge) string { return c.ID }, viewChallenge), nil
		})
	handle(a, Route{Method: "POST", Path: Base + "/challenges/{id}/answer", ID: "answer-challenge", Act: access.AnswerChallenge, tag: "grading", summary: "Answer a challenge, once; it changes no score"},
		func(ctx context.Context, in *challengeAnswerInput) (*reply[challengeView], error) {
			return shown(viewChallenge)(a.Quizzes.AnswerChallenge(ctx, in.ID, quiz.Decision(in.Body.Decision), in.Body.Text))
		})
}
