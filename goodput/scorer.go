package goodput

import (
	"time"

	"github.com/tokentime/tokentime/fluidity"
	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/slo"
)

// Scorer measures, for the parts "idle" and "fluidity" of an objective of
// package slo, what that package does not know how to measure. The zero
// Scorer is ready: a reader of 5 tokens/s, abandoned requests charged for the
// wait, and the published fluidity index.
type Scorer struct {
	Options   Options            // decide the idle latency
	Deadlines fluidity.Deadlines // Prefill and Decode come from the objective; the other fields hold
}

var _ slo.Scorer = Scorer{}

// Fluidity returns how many deadlines the request met and missed with D_p =
// prefill and D_d = decode, by [fluidity.Deadlines.Score]. It is not ok if
// there was none, or if these are no deadlines.
func (s Scorer) Fluidity(r *metrics.Request, prefill, decode time.Duration) (hits, misses int64, ok bool) {
	d := s.Deadlines
	d.Prefill, d.Decode = prefill, decode
	score, err := d.Score(r)
	return score.Hits, score.Misses, err == nil && score != fluidity.Score{}
}

// IdleLatency returns [Options.IdleLatency].
func (s Scorer) IdleLatency(r *metrics.Request) metrics.Span { return s.Options.IdleLatency(r) }
