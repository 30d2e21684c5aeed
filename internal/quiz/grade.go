package quiz

import (
	"fmt"
	"math/big"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
)

// A score is how an attempt ended.
type score struct {
	correct, asked int // items with full credit, of all
	percent        int // of all items, with the parts that count; rounded down once
	passed         bool
	criticalMissed []curriculum.ObjectiveID // in the order of the module
}

// grade marks answers, canonical responses by the ids of their items, against
// the items as they were drawn. Each item counts alike, and earns the credit
// that its kind and its bank say; one without an answer earns nothing. A
// critical item without full credit fails the attempt whatever its score.
func grade(m *curriculum.Module, questions []question, answers answers, rules curriculum.QuizRules) (score, error) {
	s := score{asked: len(questions), criticalMissed: []curriculum.ObjectiveID{}}
	missed := make(map[curriculum.ObjectiveID]bool)
	earned := make([]curriculum.Credit, len(questions))
	for i, q := range questions {
		c, err := q.credit(answers[q.id].response)
		if err != nil {
			return score{}, fmt.Errorf("grade: %w", err)
		}
		switch {
		case c.Full():
			s.correct++
		case q.item.Critical:
			missed[q.item.Objective] = true
		}
		earned[i] = c
	}
	for _, o := range m.Objectives {
		if missed[o.ID] {
			s.criticalMissed = append(s.criticalMissed, o.ID)
		}
	}
	s.percent = percent(earned)
	s.passed = s.percent >= rules.PassPercent && len(missed) == 0
	return s, nil
}

// percent returns what credits make together, of one full credit each. They
// are added as fractions, and the sum is rounded down: three thirds are one
// whole, and 79.99 percent are 79.
func percent(earned []curriculum.Credit) int {
	sum := new(big.Rat)
	for _, c := range earned {
		sum.Add(sum, big.NewRat(int64(c.Got), int64(c.Of)))
	}
	sum.Mul(sum, big.NewRat(100, int64(len(earned))))
	return int(new(big.Int).Quo(sum.Num(), sum.Denom()).Int64())
}
