package quiz

import (
	"fmt"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
)

// A score is how an attempt ended.
type score struct {
	correct, asked int
	percent        int // rounded down
	passed         bool
	criticalMissed []curriculum.ObjectiveID // in the order of the module
}

// grade marks answers, canonical responses by the ids of their items, against
// the items as they were drawn. An item without an answer is wrong. A wrong
// critical item fails the attempt whatever its score.
func grade(m *curriculum.Module, questions []question, answers answers, rules curriculum.QuizRules) (score, error) {
	s := score{asked: len(questions), criticalMissed: []curriculum.ObjectiveID{}}
	missed := make(map[curriculum.ObjectiveID]bool)
	for _, q := range questions {
		right, err := q.right(answers[q.id].response)
		if err != nil {
			return score{}, fmt.Errorf("grade: %w", err)
		}
		switch {
		case right:
			s.correct++
		case q.item.Critical:
			missed[q.item.Objective] = true
		}
	}
	for _, o := range m.Objectives {
		if missed[o.ID] {
			s.criticalMissed = append(s.criticalMissed, o.ID)
		}
	}
	s.percent = 100 * s.correct / s.asked
	s.passed = s.percent >= rules.PassPercent && len(missed) == 0
	return s, nil
}
