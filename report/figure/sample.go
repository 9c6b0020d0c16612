package figure

import (
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// maxExact is up to how many values a sample is exact: 8 MB.
const maxExact = 1 << 20

// sample is a distribution of lengths of time: every value up to maxExact of
// them, a histogram beyond.
type sample struct {
	exact metrics.Exact
	hdr   metrics.HDR
	zeros int64
}

func (s *sample) add(d time.Duration) { s.addN(d, 1) }

func (s *sample) addN(d time.Duration, n int64) {
	wasExact := s.isExact()
	s.hdr.RecordN(int64(d), n)
	if d == 0 {
		s.zeros += n
	}
	switch {
	case s.isExact():
		s.exact.AddN(float64(d), n)
	case wasExact:
		s.exact = metrics.Exact{}
	}
}

// n returns the number of values.
func (s *sample) n() int64 { return s.hdr.Len() }

// isExact reports whether quantiles have no error.
func (s *sample) isExact() bool { return s.n() <= maxExact }

// max returns the largest value, exact in any case; 0 if there is none.
func (s *sample) max() float64 {
	v, _ := s.hdr.Max()
	return float64(v)
}

// quantiles returns the quantile for each p, under the kind as far as the
// sample is exact; nil if there is no value. That of 1 is the largest value,
// and that of 0 the least.
func (s *sample) quantiles(kind metrics.QuantileKind, ps []float64) []float64 {
	if s.isExact() {
		return s.exact.Quantiles(kind, ps...)
	}
	out := make([]float64, len(ps))
	for i, v := range s.hdr.Quantiles(ps...) {
		out[i] = float64(v)
		switch ps[i] {
		case 0:
			least, _ := s.hdr.Min()
			out[i] = float64(least)
		case 1:
			out[i] = s.max()
		}
	}
	return out
}

// zeroShare returns the share of values that are 0.
func (s *sample) zeroShare() float64 {
	if s.n() == 0 {
		return 0
	}
	return float64(s.zeros) / float64(s.n())
}
