package bench

import (
	"math/rand/v2"
	"time"
)

// A deed is one thing that somebody does in an exam.
type deed int

const (
	begins    deed = iota
	answers        // chooses an answer to another question
	autosaves      // the page saves the question it shows, changed or not
	reloads        // asks for the whole sheet
	tabs           // a second tab saves on top of what it last saw
	hands          // hands in
	stays          // is silent to the end, and the clock closes the attempt
	deeds
)

// A shape is what all of an exam have in common. Its times are real ones:
// those of the exam divided by its speed.
type shape struct {
	length    time.Duration // from the first start to the last hand-in
	starting  time.Duration // within which all start who are in time
	handing   time.Duration // before the end, within which all hand in
	speed     float64
	trainees  int
	lostReply float64 // the share of saves whose reply never arrives
}

// The habits of trainees, in exam time: one answer a minute and an autosave
// every 15 seconds are the demand that PROMISES reckons with.
const (
	answerEvery   = time.Minute
	autosaveEvery = 15 * time.Second
	reloadEvery   = 10 * time.Minute
	tabEvery      = 5 * time.Minute

	lateShare   = .05 // join late, in the first third
	tabShare    = .10 // have a second tab
	silentShare = .10 // never hand in
)

// shapeOf scales the bursts: all start in 10 s up to 2,000 trainees and at the
// same rate beyond; all hand in within 1 s up to 500, within 5 s up to 2,000
// and at that rate beyond. In a short exam both get shorter, and so harder.
func shapeOf(trainees int, minutes float64, length time.Duration) shape {
	beyond := max(1, float64(trainees)/2000)
	s := shape{
		length: length, trainees: trainees, speed: minutes * float64(time.Minute) / float64(length), lostReply: .02,
		starting: time.Duration(10 * beyond * float64(time.Second)), handing: time.Duration(5 * beyond * float64(time.Second)),
	}
	if trainees <= 500 {
		s.handing = time.Second
	}
	s.starting, s.handing = min(s.starting, length/4), min(s.handing, length/4)
	return s
}

// scaled turns exam time into real time.
func (s *shape) scaled(d time.Duration) time.Duration { return time.Duration(float64(d) / s.speed) }

// A script says what one trainee does and when. It is made as it goes: an hour
// of 20,000 would not fit into memory.
type script struct {
	*shape
	rng  *rand.Rand
	at   [deeds]time.Duration // when each deed comes next; 0 for never
	tab  bool
	late bool
}

// scriptOf writes the script of trainee n. The same seed gives the same one.
func scriptOf(s *shape, seed uint64, n int) *script {
	p := &script{shape: s, rng: rand.New(rand.NewPCG(seed, uint64(n)))}
	p.late, p.tab = p.rng.Float64() < lateShare, p.rng.Float64() < tabShare
	silent := p.rng.Float64() < silentShare
	begin := p.between(0, s.starting)
	if p.late {
		begin = p.between(s.starting, s.length/3)
	}
	end := p.between(s.length-s.handing, s.length)
	p.at[begins] = begin
	p.at[answers] = begin + p.about(answerEvery)
	p.at[autosaves] = begin + p.between(0, s.scaled(autosaveEvery))
	p.at[reloads] = begin + p.about(reloadEvery)
	if p.tab {
		p.at[tabs] = begin + p.about(tabEvery)
	}
	if silent {
		p.at[stays] = end
	} else {
		p.at[hands] = end
	}
	return p
}

// between draws from a stretch of time, its start left out.
func (p *script) between(from, to time.Duration) time.Duration {
	return from + 1 + time.Duration(p.rng.Int64N(int64(max(1, to-from))))
}

// about draws a think time: exponential, as people who do not know of each
// other are.
func (p *script) about(mean time.Duration) time.Duration {
	return max(1, time.Duration(p.rng.ExpFloat64()*float64(p.scaled(mean))))
}

// next returns the next deed and when it is due, from the begin of the exam.
// The last one is hands or stays.
func (p *script) next() (deed, time.Duration) {
	first := deed(-1)
	for d, at := range p.at {
		if at > 0 && (first < 0 || at < p.at[first]) {
			first = deed(d)
		}
	}
	due := p.at[first]
	switch first {
	case begins:
		p.at[begins] = 0
	case answers:
		p.at[answers] = due + p.about(answerEvery)
	case autosaves:
		p.at[autosaves] = due + max(1, p.scaled(autosaveEvery))
	case reloads:
		p.at[reloads] = due + p.about(reloadEvery)
	case tabs:
		p.at[tabs] = due + p.about(tabEvery)
	}
	return first, due
}
