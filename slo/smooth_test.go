package slo

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// reader takes one token per pace, from arrival: a naive Scorer.
type reader struct {
	fixed
	pace time.Duration
}

func (s reader) IdleLatency(r *metrics.Request) metrics.Span {
	a, ok := r.Arrival().Get()
	if !ok || r.Tokens() == 0 {
		return metrics.Span{}
	}
	var idle, i time.Duration
	for _, at := range instants(r) {
		i++
		idle = max(idle, at-a-s.pace*i)
	}
	return metrics.Known(idle)
}

func instants(r *metrics.Request) []time.Duration {
	var t []time.Duration
	for _, d := range r.Deliveries {
		for range d.Tokens {
			t = append(t, d.At)
		}
	}
	return t
}

// The deadline forms of arXiv:2410.14257 eq. 1-5, token by token, equal the
// objectives that the package doc states for them.
func TestDeadlineForms(t *testing.T) {
	const first, gap, mean, end, pace, tolerance = 8 * ms, 4 * ms, 2 * ms, 25 * ms, 3 * ms, 5 * ms
	forms := []struct {
		name, objective string
		// deadline of token i, from 0, at the instants t from arrival.
		deadline func(t []time.Duration, i int) time.Duration
		seen     [numVerdicts]int
	}{
		{name: "TTFT + TBT", objective: "ttft<=8ms,tbt.max<=4ms", deadline: func(t []time.Duration, i int) time.Duration {
			if i == 0 {
				return first
			}
			return t[i-1] + gap
		}},
		{name: "TPOT", objective: "tpot<=2ms", deadline: func(t []time.Duration, i int) time.Duration {
			if i < len(t)-1 {
				return t[i]
			}
			return t[0] + time.Duration(i)*mean
		}},
		{name: "end-to-end", objective: "ttlt<=25ms", deadline: func([]time.Duration, int) time.Duration { return end }},
		{name: "reading speed", objective: "idle<=0s", deadline: func(_ []time.Duration, i int) time.Duration {
			return pace * time.Duration(i+1)
		}},
		{name: "reading speed with tolerance", objective: "idle<=5ms", deadline: func(_ []time.Duration, i int) time.Duration {
			return pace*time.Duration(i+1) + tolerance
		}},
	}
	rng := rand.New(rand.NewPCG(6, 1))
	for range 10_000 {
		r := randomRequest(rng)
		r.Outcome, r.UsageTokens = metrics.Completed, metrics.Count{}
		a, ok := r.Arrival().Get()
		if !ok || r.Tokens() < 2 {
			continue // undefined; not what the forms are about
		}
		tokens := instants(r)
		for i := range tokens {
			tokens[i] -= a
		}
		for i := range forms {
			form := &forms[i]
			want := Met
			for i, at := range tokens {
				if at > form.deadline(tokens, i) {
					want = Missed
				}
			}
			c := &Checker{Objective: mustParse(t, form.objective), Scorer: reader{pace: pace}}
			if got := c.Verdict(r); got != want {
				t.Fatalf("%s: %s of tokens at %v: %v, want %v", form.name, form.objective, tokens, got, want)
			}
			form.seen[want]++
		}
	}
	for _, form := range forms {
		if form.seen[Met] < 100 || form.seen[Missed] < 100 {
			t.Errorf("%s: the random requests do not reach both verdicts: %v", form.name, form.seen)
		}
	}
}
