package main

import (
	"math/rand/v2"
	"time"
)

// engine is somebody else's system: a simulator of an inference server, with
// a clock of its own that starts at 0. It knows nothing of this library.
//
// Prompts are prefilled one after the other, answers decode side by side.
type engine struct {
	rng  *rand.Rand
	free time.Duration // when the last prompt so far is prefilled
}

func newEngine(seed uint64) *engine {
	return &engine{rng: rand.New(rand.NewPCG(seed, 0))}
}

const (
	prefillPerToken = 200 * time.Microsecond
	decodeStep      = 20 * time.Millisecond
	preemption      = 400 * time.Millisecond
)

// serve answers a request that arrives at an instant. It calls started when
// prefill begins, emit for each step, which yields one to three tokens, and
// returns when the answer is over. Arrivals must not run backwards.
func (e *engine) serve(arrival time.Duration, prompt, output int,
	started func(at time.Duration), emit func(at time.Duration, tokens int)) time.Duration {
	begin := max(arrival, e.free)
	started(begin)
	now := begin + time.Duration(prompt)*prefillPerToken
	e.free = now
	for left := output; left > 0; {
		k := min(left, 1+e.rng.IntN(3))
		emit(now, k)
		left -= k
		now += decodeStep + time.Duration(e.rng.IntN(4000))*time.Microsecond
		if e.rng.IntN(200) == 0 {
			now += preemption
		}
	}
	return now
}
