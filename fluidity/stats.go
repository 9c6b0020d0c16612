package fluidity

import (
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// Stats is a [Summary] in numbers: the object "fluidity" of the program's
// report.
type Stats struct {
	Prefill time.Duration `json:"prefill_deadline_ns"` // D_p; the slack on the curve's prediction if there is a curve
	Decode  time.Duration `json:"decode_deadline_ns"`  // D_d

	Index        *metrics.Stats            `json:"index"` // over requests; nil, and null in JSON, if no request has one
	Pooled       metrics.Optional[float64] `json:"pooled_index"`
	Hits         int64                     `json:"hits"`
	Misses       int64                     `json:"misses"`
	ShareReached metrics.Optional[float64] `json:"share_at_least_0_9"` // [Summary.ShareReached], at the default target
	TokenRate    metrics.Optional[float64] `json:"token_rate_per_s"`
}

// Stats returns the summary in numbers. With exact distributions its cost is
// that of finding quantiles among all values.
func (s *Summary) Stats() Stats {
	v := Stats{
		Prefill:      s.Options.Deadlines.Prefill,
		Decode:       s.Options.Deadlines.Decode,
		Pooled:       s.Pooled.Index(),
		Hits:         s.Pooled.Hits,
		Misses:       s.Pooled.Misses,
		ShareReached: s.ShareReached(),
		TokenRate:    s.TokenRate(),
	}
	if s.Index.N() > 0 {
		index := s.Index.Stats()
		v.Index = &index
	}
	return v
}
