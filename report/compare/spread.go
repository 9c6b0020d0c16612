package compare

import "math"

// spread follows how far the requests of both runs are apart at a value x
// that rises: the standard deviation of D(x) if there were no difference. See
// [Shape].
type spread struct {
	base, new progress
	squares   float64 // sum of m_i^2 over both runs
	scale     float64 // n/M^2 + k/N^2
	smaller   float64 // share of the requests that are in the smaller run
}

// progress holds how many of its values each request of one run has at or
// below x.
type progress struct {
	passed, sizes []uint32 // c_i, m_i

	values, all           int64   // sum of c_i, sum of m_i
	begun, done, requests int64   // requests with c_i > 0, with c_i = m_i > 0, with m_i > 0
	squares, products     float64 // sum of c_i^2, sum of c_i m_i
}

func newProgress(c *column) progress {
	p := progress{passed: make([]uint32, len(c.sums)), sizes: make([]uint32, len(c.sums)), all: c.n, requests: c.requests}
	for _, e := range c.entries {
		p.sizes[e.owner] += e.count
	}
	return p
}

// pass moves x to the value of the entry.
func (p *progress) pass(e entry) {
	c, m, k := float64(p.passed[e.owner]), float64(p.sizes[e.owner]), float64(e.count)
	if c == 0 {
		p.begun++
	}
	p.passed[e.owner] += e.count
	if p.passed[e.owner] == p.sizes[e.owner] {
		p.done++
	}
	p.values += int64(e.count)
	p.squares += float64(k * (2*c + k))
	p.products += float64(k * m)
}

func newSpread(base, new *column) *spread {
	s := &spread{base: newProgress(base), new: newProgress(new)}
	for _, p := range []*progress{&s.base, &s.new} {
		for _, m := range p.sizes {
			s.squares += float64(float64(m) * float64(m))
		}
		s.scale += float64(p.requests) / float64(p.all) / float64(p.all)
	}
	s.smaller = float64(min(s.base.requests, s.new.requests)) / float64(s.base.requests+s.new.requests)
	return s
}

// deviation returns s(x) sqrt(n/M^2 + k/N^2), and whether enough requests have
// values on either side of x.
func (s *spread) deviation() (float64, bool) {
	requests := s.base.requests + s.new.requests
	below, above := s.base.begun+s.new.begun, requests-s.base.done-s.new.done
	if float64(min(below, above))*s.smaller < minTail {
		return 0, false
	}
	h := float64(s.base.values+s.new.values) / float64(s.base.all+s.new.all)
	sum := s.base.squares + s.new.squares - float64(2*h*(s.base.products+s.new.products)) + float64(h*h*s.squares)
	return math.Sqrt(max(0, sum) / float64(requests) * s.scale), true
}
