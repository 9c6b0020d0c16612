package compare

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/tokentime/tokentime/metrics"
)

// A resample is a run in which request i occurs w_i times, with
//
//	w_i independent, Poisson with mean 1
//
// and everything that a request brings (its latencies, all of its gaps, its
// tokens) occurs as often. It is the bootstrap of Efron & Tibshirani, "An
// Introduction to the Bootstrap", Chapman & Hall 1993, over requests, with
// the number of requests drawn too, so that a rate varies as one of random
// arrivals does. Source of the Poisson weights: Hanley & MacGibbon, "Creating
// non-parametric bootstrap samples using Poisson frequencies", Computer
// Methods and Programs in Biomedicine 83(1), 2006.

// drawer draws numbers that are Poisson with mean 1.
type drawer struct {
	random     *rand.PCG
	thresholds [16]uint64 // draw k for 32 random bits u in [thresholds[k-1], thresholds[k])
	guess      [256]uint8 // the least draw for each first byte of u
}

// newDrawer returns the drawer of the stream-th sequence of the seed. Its
// probabilities are those of the Poisson distribution within 2^-32.
func newDrawer(seed, stream uint64) *drawer {
	d := &drawer{random: rand.NewPCG(seed, stream)}
	term, sum := math.Exp(-1), 0.0
	for k := range d.thresholds {
		sum += term
		term /= float64(k + 1)
		d.thresholds[k] = uint64(math.Round(sum * (1 << 32)))
	}
	d.thresholds[len(d.thresholds)-1] = 1 << 32
	for b := range d.guess {
		d.guess[b] = d.draw(uint32(b)<<24, 0)
	}
	return d
}

func (d *drawer) draw(u uint32, k uint8) uint8 {
	for uint64(u) >= d.thresholds[k%16] {
		k++
	}
	return k
}

// fill draws the weights of a resample.
func (d *drawer) fill(weights []uint8) {
	for i := 0; i+1 < len(weights); i += 2 {
		bits := d.random.Uint64()
		lo, hi := uint32(bits), uint32(bits>>32)
		weights[i] = d.draw(lo, d.guess[lo>>24])
		weights[i+1] = d.draw(hi, d.guess[hi>>24])
	}
	if n := len(weights); n%2 == 1 {
		u := uint32(d.random.Uint64())
		weights[n-1] = d.draw(u, d.guess[u>>24])
	}
}

// sample is a run ready to be compared: its columns, and what its resamples
// gave for each statistic.
type sample struct {
	run     *Run
	columns []*column // in the order of metricOf
	exact   []*exactColumn

	// resampled[m][k][b] is statistic k of metric m in resample b: the
	// quantiles of the column, then its mean.
	resampled [][][]float64
	rates     [numRates][]float64
}

// exactColumn holds the figures of the sample itself.
type exactColumn struct {
	quantiles []float64 // nil if there is no value
	mean      metrics.Optional[float64]
	worst     metrics.Optional[float64]
}

// The columns are those of perRequest, with the pooled one after the first.
const (
	pooledColumn = 1
	numColumns   = numPerRequest + 1
)

// metricOf returns the metric of column m.
func metricOf(m int) metric {
	if m == pooledColumn {
		return pooled
	}
	return perRequest[latencyOf(m)]
}

// latencyOf returns the index into perRequest of column m, which is not the
// pooled one.
func latencyOf(m int) int {
	if m < pooledColumn {
		return m
	}
	return m - 1
}

// newSample sorts and resamples. The stream separates the base's draws from
// those of a run that it is compared with.
func newSample(r *Run, o *Options, stream uint64) *sample {
	s := &sample{run: r}
	kind := o.Report.Convention.Quantile
	for m := range numColumns {
		what := metricOf(m)
		ps := what.quantiles(o.Conditions)
		var c *column
		switch {
		case m == pooledColumn:
			c = newPooledColumn(slices.Clone(r.gaps), r.len(), kind, ps)
		case latencyOf(m) == tpot && r.weights != nil:
			c = newWeightedColumn(r.latencies[tpot], r.weights, kind, ps)
		default:
			c = newColumn(r.latencies[latencyOf(m)], kind, ps)
		}
		s.columns = append(s.columns, c)
		s.exact = append(s.exact, exactOf(c, what))
	}
	s.resample(newDrawer(o.seed(), stream), o.resamples())
	return s
}

// exactOf takes the figures from the distribution that package metrics makes
// of the values, as the report does.
func exactOf(c *column, m metric) *exactColumn {
	e := c.exact()
	x := &exactColumn{quantiles: e.Quantiles(c.kind, c.ps...), mean: known(e.Mean()), worst: known(e.Max())}
	if m.worst() == "min" {
		x.worst = known(e.Min())
	}
	return x
}

func known(v float64, ok bool) metrics.Optional[float64] {
	if !ok {
		return metrics.Optional[float64]{}
	}
	return metrics.Known(v)
}

func (s *sample) resample(d *drawer, resamples int) {
	weights := make([]uint8, s.run.len())
	for _, c := range s.columns {
		byStat := make([][]float64, len(c.ps)+1)
		for k := range byStat {
			byStat[k] = make([]float64, resamples)
		}
		s.resampled = append(s.resampled, byStat)
	}
	for i := range s.rates {
		s.rates[i] = make([]float64, resamples)
	}
	seconds := math.NaN()
	if t, ok := s.run.Metrics.Duration().Get(); ok && t > 0 {
		seconds = t.Seconds()
	}
	out := make([]float64, maxSegments)
	for b := range resamples {
		d.fill(weights)
		for m, c := range s.columns {
			stats := out[:len(c.ps)+1]
			c.weighted(weights, stats)
			for k, v := range stats {
				s.resampled[m][k][b] = v
			}
		}
		for i, values := range s.run.sums {
			sum := 0.0
			for j, w := range weights {
				sum += float64(float64(w) * values[j])
			}
			s.rates[i][b] = sum / seconds
		}
	}
}
