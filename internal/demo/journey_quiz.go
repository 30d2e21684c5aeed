package demo

import (
	"fmt"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
)

func (j *journey) study([]Account) error {
	status, have, need, err := j.progress()
	if err != nil {
		return err
	}
	if status != "not_met" || have != 0 {
		return fmt.Errorf("a trainee who has begun nothing stands at %s, %d of %d", status, have, need)
	}
	lessons := 0
	for _, m := range j.course.Modules {
		for _, l := range m.Lessons {
			path := j.path("modules/%s/lessons/%s", m.Key, l.ID)
			var lesson struct {
				HTML string `json:"html"`
			}
			if err := j.trainee.want(j.ctx, 200, "GET", path, nil, &lesson); err != nil {
				return err
			}
			if len(lesson.HTML) < 1000 {
				return fmt.Errorf("lesson %s has only %d characters", l.ID, len(lesson.HTML))
			}
			if err := j.trainee.want(j.ctx, 200, "PUT", path+"/completion", nil, nil); err != nil {
				return err
			}
			lessons++
		}
	}
	if _, have, need, err = j.progress(); err != nil {
		return err
	}
	j.say("trainee", "reads %d lessons in %d modules; progress: %d of %d requirements met", lessons, len(j.course.Modules), have, need)
	return nil
}

type attempt struct {
	ID       string     `json:"id"`
	State    string     `json:"state"`
	Revision int        `json:"revision"`
	Items    []Question `json:"items"`
	Answers  map[string]struct {
		Response []string `json:"response"`
		Revision int      `json:"revision"`
	} `json:"answers"`
}

func (j *journey) quizzes([]Account) error {
	for i, m := range j.course.Modules {
		var a attempt
		if err := j.trainee.want(j.ctx, 201, "POST", j.path("modules/%s/attempts", m.Key), nil, &a); err != nil {
			return err
		}
		half := len(a.Items) / 2
		if err := j.answer(a, 0, half); err != nil {
			return err
		}
		if i == 0 { // the page is reloaded in the middle
			if err := j.reload(m.Key, a, half); err != nil {
				return err
			}
		}
		if err := j.answer(a, half, len(a.Items)); err != nil {
			return err
		}
		var r struct {
			State   string `json:"state"`
			Percent int    `json:"score_percent"`
			Passed  bool   `json:"passed"`
		}
		if err := j.trainee.want(j.ctx, 200, "POST", "/api/v1/attempts/"+a.ID+"/submission", nil, &r); err != nil {
			return err
		}
		if !r.Passed || r.State != "submitted" {
			return fmt.Errorf("quiz %s ended as %+v", m.Key, r)
		}
		j.say("trainee", "hands in the quiz “%s”: %d %%, passed", m.Title, r.Percent)
	}
	return nil
}

func (j *journey) answer(a attempt, from, to int) error {
	for _, item := range a.Items[from:to] {
		var saved struct {
			Revision int `json:"revision"`
		}
		in := map[string]any{"response": j.key.Right(item), "revision": 0}
		if err := j.trainee.want(j.ctx, 200, "PUT", "/api/v1/attempts/"+a.ID+"/answers/"+item.ID, in, &saved); err != nil {
			return err
		}
		if saved.Revision != 1 {
			return fmt.Errorf("the first save of an answer has revision %d", saved.Revision)
		}
	}
	return nil
}

// reload begins the quiz again, as a second device would, and finds every
// answer where it was.
func (j *journey) reload(module curriculum.ModuleKey, before attempt, answered int) error {
	var a attempt
	if err := j.trainee.want(j.ctx, 200, "POST", j.path("modules/%s/attempts", module), nil, &a); err != nil {
		return err
	}
	if a.ID != before.ID || len(a.Answers) != answered {
		return fmt.Errorf("after a reload the attempt is %s with %d answers, not %s with %d", a.ID, len(a.Answers), before.ID, answered)
	}
	j.say("trainee", "reloads in the middle of a quiz: %d answers are still there", answered)
	return nil
}
