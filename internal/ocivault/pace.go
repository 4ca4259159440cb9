package ocivault

import "time"

const (
	// paceStep is the time over which the rate that OCI lets through is counted.
	paceStep = 500 * time.Millisecond
	// paceSteps is for how many of these the best rate is remembered. What the
	// callers happen to ask for in between says nothing about what OCI allows.
	paceSteps = 16
	// probing is how much more than that rate is asked for. It is above two, so
	// that a source that refuses every second request at any rate slows nobody down.
	probing = 2.2
	// slowest bounds the pause that follows from the rate.
	slowest = 100 * time.Millisecond
	// remembered is how long after the last refusal requests keep to a pace.
	remembered = 2 * time.Second
	// patience is the number of refusals in a row from which on each pause is a
	// fixed part of the time for which nothing got through.
	patience = 4
	// longest bounds that pause.
	longest = 15 * time.Second
)

// pace says how far apart requests are sent. As long as OCI refuses none for
// their number there is no pace at all.
//
// A limit and a lottery look alike in a single refusal. They differ in what
// follows: under a limit refusals come in a row and nothing helps but time, so
// each pause grows with the time since the last success, and what is lost
// after the limit lets something through again is a small part of what it took.
type pace struct {
	first     time.Time      // of all requests
	counts    [paceSteps]int // successes in the last steps, by step modulo their number
	step      int            // the present one, since the first request
	lastGood  time.Time      // the last success, or the first request
	refusedAt time.Time      // the last refusal
	inARow    int            // refusals since the last success
	sent      time.Time      // the last request
	hold      time.Time      // OCI said not to come back before
}

func (p *pace) send(now time.Time) {
	if p.first.IsZero() {
		p.first, p.lastGood = now, now
	}
	p.sent = now
}

func (p *pace) note(now time.Time, what outcome, retryAfter time.Duration) {
	switch what {
	case throttled:
		p.refusedAt = now
		p.inARow++
		if until := now.Add(retryAfter); until.After(p.hold) {
			p.hold = until
		}
	case answered:
		p.forget(now)
		p.counts[p.step%paceSteps]++
		p.lastGood, p.inARow = now, 0
	case unanswered:
	}
}

// forget makes the step of now the present one.
func (p *pace) forget(now time.Time) {
	present := int(now.Sub(p.first) / paceStep)
	for range min(present-p.step, paceSteps) {
		p.step++
		p.counts[p.step%paceSteps] = 0
	}
	p.step = max(p.step, present)
}

// spacing is the time between successes at the best rate of the last steps.
func (p *pace) spacing(now time.Time) time.Duration {
	p.forget(now)
	best := 0
	for _, count := range p.counts {
		best = max(best, count)
	}
	if best == 0 {
		return slowest
	}
	return min(now.Sub(p.first), paceStep) / time.Duration(best)
}

// wait is the time until the next request may be sent.
func (p *pace) wait(now time.Time) time.Duration {
	next := p.sent.Add(p.pause(now))
	if p.hold.After(next) {
		next = p.hold
	}
	return max(next.Sub(now), 0)
}

func (p *pace) pause(now time.Time) time.Duration {
	if p.refusedAt.IsZero() || (p.inARow == 0 && now.Sub(p.refusedAt) > remembered) {
		return 0
	}
	pause := min(time.Duration(float64(p.spacing(now))/probing), slowest)
	if p.inARow >= patience {
		dry := p.sent.Sub(p.lastGood)
		pause = max(pause, min(dry/4, longest))
	}
	return pause
}
