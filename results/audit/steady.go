package audit

import (
	"fmt"
	"math"
	"time"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/results"
)

// findWarmUp looks for first requests that are much slower than those later.
//
// With the requests in the order of arrival, those before the first that is
// not slow, at most a fifth of all, count as warm-up. A request is slow if its
// TTFT is at least WarmupFactor times the median, at least the P99, and at
// least ClientLag above the median of the last four fifths. By chance one
// request in a hundred is, and it is rarely the first.
func findWarmUp(a *Audit) []Finding {
	var order []*record
	for _, c := range a.inOrder() {
		if c.ttft.Known() {
			order = append(order, c)
		}
	}
	n := len(order)
	if !a.enough(n) {
		return nil
	}
	rest := ttftsOf(order[n/5:])
	ps := rest.Quantiles(metrics.Linear, 0.5, 0.99)
	limit := max(a.options.WarmupFactor*ps[0], ps[1], ps[0]+float64(a.options.ClientLag))
	var slow Requests
	for _, c := range order[:n/5] {
		if float64(span(c.ttft)) < limit {
			break
		}
		slow.add(c.id)
	}
	if slow.Count == 0 {
		return nil
	}
	return []Finding{{
		Severity: Warning,
		Message:  fmt.Sprintf("the first %d of %d requests are slower than those later: the warm-up is inside the measurement", slow.Count, n),
		Numbers: []Number{
			{"median TTFT of the first", quantile(ttftsOf(order[:slow.Count]), 0.5), Nanoseconds},
			{"median TTFT later", ps[0], Nanoseconds},
			{"P99 TTFT later", ps[1], Nanoseconds},
		},
		Requests: slow,
		Advice:   "warm the server up before measuring, or leave these requests out and say so",
	}}
}

func ttftsOf(records []*record) *metrics.Exact {
	var e metrics.Exact
	for _, c := range records {
		e.Add(float64(span(c.ttft)))
	}
	return &e
}

// trendBins is how many groups of equal size a run is cut into.
const trendBins = 20

// findGrowingQueue looks for a TTFT, or a number of requests in flight, that
// grows through the run.
func findGrowingQueue(a *Audit) []Finding {
	order := a.inOrder()
	if a.allAtOnce(order) {
		return nil // nothing to be steady
	}
	var ttfts []float64
	for _, c := range order {
		if v, ok := ttftOf(c); ok {
			ttfts = append(ttfts, v)
		}
	}
	const advice = "the load is above the capacity, or the run is too short: its figures depend on how long it lasts. Lower the rate, or measure longer"
	if t, ok := a.trend(ttfts, float64(a.options.ClientLag), true); ok {
		return []Finding{{
			Severity: Warning,
			Message:  "the TTFT grows through the run: there is no steady state",
			Numbers: []Number{
				{"median TTFT of the first quarter", t.first, Nanoseconds},
				{"median TTFT of the last quarter", t.last, Nanoseconds},
				{"Mann-Kendall Z", t.z, Count},
			},
			Advice: advice,
		}}
	}
	flight := a.inFlight()
	if len(flight.starts) == 0 {
		return nil
	}
	var counts []float64
	for _, start := range flight.starts {
		counts = append(counts, float64(flight.at(start)))
	}
	t, ok := a.trend(counts, 1, false)
	if !ok {
		return nil
	}
	return []Finding{{
		Severity: Warning,
		Message:  "ever more requests are in flight: there is no steady state",
		Numbers: []Number{
			{"median in flight, second quarter", t.first, RequestCount},
			{"median in flight, last quarter", t.last, RequestCount},
			{"Mann-Kendall Z", t.z, Count},
		},
		Advice: advice,
	}}
}

// allAtOnce reports whether the arrivals are a burst, or come as fast as they
// are let: then there is no rate that a server could keep up with or not.
func (a *Audit) allAtOnce(order []*record) bool {
	if len(order) == 0 {
		return true
	}
	if !a.run.CommonClock {
		rate, ok := a.run.Stated(results.FactRequestRate)
		_, finite := a.statedFact(results.FactRequestRate)
		return ok && !finite && rate.Value != ""
	}
	var latest time.Duration
	for _, c := range order {
		latest = max(latest, span(c.end))
	}
	first, last := span(order[0].arrival), span(order[len(order)-1].arrival)
	return last-first < (latest-first)/10
}

// growth is a trend that was found.
type growth struct{ z, first, last float64 }

// trend looks for growth in values that are in the order of time: by the
// Mann-Kendall test over the medians of groups, and by a factor of
// TrendFactor and least in absolute terms between the medians of the first
// and the last quarter. Without ramp the second quarter takes the place of
// the first, in which a run that begins with nothing fills.
func (a *Audit) trend(values []float64, least float64, ramp bool) (growth, bool) {
	const perBin = 5
	bins := min(trendBins, len(values)/perBin)
	if !a.enough(len(values)) || bins < 8 {
		return growth{}, false
	}
	quarter := func(q int) float64 { return median(values[q*len(values)/4 : (q+1)*len(values)/4]) }
	g := growth{first: quarter(0), last: quarter(3)}
	if !ramp {
		g.first = quarter(1)
	}
	medians := make([]float64, bins)
	for i := range medians {
		medians[i] = median(values[i*len(values)/bins : (i+1)*len(values)/bins])
	}
	g.z = mannKendall(medians)
	return g, g.z > a.options.TrendZ && g.last >= a.options.TrendFactor*g.first && g.last-g.first >= least
}

func median(values []float64) float64 {
	var e metrics.Exact
	for _, v := range values {
		e.Add(v)
	}
	return quantile(&e, 0.5)
}

// mannKendall returns the statistic Z of the test for a monotone trend (Mann
// 1945; Kendall 1975), which is about standard normal for 8 or more values
// without trend:
//
//	S   = sum over i < j of sign(x_j - x_i)
//	var = (n (n-1) (2n+5) - sum over groups of t equal values of t (t-1) (2t+5)) / 18
//	Z   = (S - sign(S)) / sqrt(var)
//
// Special cases are: Z = 0 if all values are equal, or there are fewer than
// two.
func mannKendall(x []float64) float64 {
	n := len(x)
	s, ties := 0, 0
	seen := map[float64]int{}
	for i, v := range x {
		seen[v]++
		for _, w := range x[i+1:] {
			switch {
			case w > v:
				s++
			case w < v:
				s--
			}
		}
	}
	for _, t := range seen {
		ties += t * (t - 1) * (2*t + 5)
	}
	variance := float64(n*(n-1)*(2*n+5)-ties) / 18
	switch {
	case s > 0:
		return float64(s-1) / math.Sqrt(variance)
	case s < 0:
		return float64(s+1) / math.Sqrt(variance)
	}
	return 0
}
