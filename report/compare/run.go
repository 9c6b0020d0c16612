package compare

import (
	"errors"
	"fmt"
	"math"

	"github.com/tokentime/tokentime/goodput"
	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/results"
	"github.com/tokentime/tokentime/slo"
)

// MaxRequests is how many requests a [Run] holds at most.
const MaxRequests = math.MaxInt32

// Run collects the requests of one run. It keeps every value: about 120 bytes
// for each request and 16 to 20 for each gap between tokens. [Compare] needs
// 350 more for each request and 16 for each gap, and 24 for each gap of the
// one run that it sorts at the moment. Equal gaps in a row, such as the zeros within a
// chunk of many tokens, are one.
type Run struct {
	Info    *results.Run    // what NewRun was given
	Metrics metrics.Summary // counts and rates; its distributions are histograms
	Goodput goodput.Summary
	SLO     slo.Summary

	options Options
	judged  bool // some part of the objective is about one request

	latencies [numPerRequest][]float64 // of each request; NaN: undefined
	sums      [numRates][]float64
	gaps      []entry
	weights   []uint32 // of each request's TPOT; nil: 1
	kinds     [numKinds]int64
	prompts   []float64 // lengths, of requests that state one
	outputs   []float64 // lengths, of completed answers

	arrivals    int64
	first, last metrics.Instant
}

// entry is a value that occurs count times in the request owner.
type entry struct {
	value float64
	owner int32
	count uint32
}

// ErrNoRecords says that a file holds aggregates only.
var ErrNoRecords = errors.New("no records of requests, only aggregates: nothing can be compared")

// NewRun returns an empty Run for what info describes. The error is the one
// of [Options.Validate], or says that the file has no records to compare.
func NewRun(info *results.Run, o Options) (*Run, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if info.AggregatesOnly {
		return nil, fmt.Errorf("%s: %w", info.Source, ErrNoRecords)
	}
	c, g := o.Report.Convention, o.Report.Goodput
	run := &Run{
		Info:    info,
		options: o,
		Metrics: metrics.Summary{Options: metrics.SummaryOptions{
			Convention:     c,
			Method:         metrics.HDRMethod,
			Duration:       info.Duration,
			SeparateClocks: !info.CommonClock,
		}},
		Goodput: goodput.Summary{Options: g, Method: metrics.HDRMethod},
		SLO: slo.Summary{
			Checker: slo.Checker{
				Objective:  o.Report.Objective,
				Convention: c,
				Scorer:     goodput.Scorer{Options: g, Deadlines: o.Report.Deadlines},
			},
			Method: metrics.HDRMethod,
		},
	}
	for _, part := range o.Report.Objective.Parts() {
		run.judged = run.judged || part.Scope == slo.PerRequest
	}
	return run, nil
}

// Add adds a request of the run. The error is that of metrics.Summary.Add, or
// says that there are too many.
func (r *Run) Add(req *metrics.Request) error {
	if r.Metrics.Requests.Offered >= MaxRequests {
		return fmt.Errorf("more than %d requests", int64(MaxRequests))
	}
	if err := r.Metrics.Add(req); err != nil {
		return err
	}
	attained := metrics.Optional[bool]{}
	if r.judged {
		v, err := r.SLO.Add(req)
		if err != nil {
			return err
		}
		attained = metrics.Known(v == slo.Met)
	}
	if err := r.Goodput.Add(req, attained); err != nil {
		return err
	}
	r.addLatencies(req)
	r.addPopulation(req)
	return nil
}

// addLatencies adds the values of the request, undefined ones too, so that
// all slices have one element for each request.
func (r *Run) addLatencies(req *metrics.Request) {
	c := r.options.Report.Convention
	owner := int32(len(r.latencies[ttft]))
	var v [numPerRequest]float64
	for i := range v {
		v[i] = math.NaN()
	}
	if !c.CompletedOnly || req.Outcome == metrics.Completed {
		n := c.Normalized(req)
		v[ttft], v[stall], v[ttlt], v[endToEnd] = span(n.Raw.TTFT), span(n.Raw.Stall), span(n.Raw.TTLT), span(n.Raw.EndToEnd)
		v[tpot], _ = n.TPOT.Nanoseconds()
		if !n.TPOT.Known() {
			v[tpot] = math.NaN()
		}
		if v[normalized], _ = n.Latency.Total.Nanoseconds(); !n.Latency.Total.Known() {
			v[normalized] = math.NaN()
		}
		for g, n := range c.TBTRuns(req) {
			r.addGap(float64(g), owner, uint32(n)) // n <= metrics.MaxTokens
		}
	}
	if c.TPOTWeight == metrics.WeightTokens {
		r.weights = append(r.weights, uint32(max(1, req.OutputTokens())))
	}
	v[idle] = span(r.options.Report.Goodput.IdleLatency(req))
	v[fluidityIndex] = r.fluidity(req)
	for i := range v {
		r.latencies[i] = append(r.latencies[i], v[i])
	}
	r.addSums(req)
}

func span(s metrics.Span) float64 {
	if d, ok := s.Get(); ok {
		return float64(d)
	}
	return math.NaN()
}

func (r *Run) addGap(g float64, owner int32, n uint32) {
	if last := len(r.gaps) - 1; last >= 0 {
		if e := &r.gaps[last]; e.owner == owner && e.value == g { // at most metrics.MaxTokens in all
			e.count += n
			return
		}
	}
	r.gaps = append(r.gaps, entry{g, owner, n})
}

// fluidity returns the request's index as fluidity.Summary has it by default:
// of complete answers only.
func (r *Run) fluidity(req *metrics.Request) float64 {
	if req.Outcome != metrics.Completed || req.Tokens() == 0 {
		return math.NaN()
	}
	score, err := r.options.Report.Deadlines.Score(req)
	if err != nil {
		return math.NaN() // NewRun has validated the deadlines
	}
	if x, ok := score.Index().Get(); ok {
		return x
	}
	return math.NaN()
}

// addSums adds what the request adds to the numerator of each rate.
func (r *Run) addSums(req *metrics.Request) {
	n := req.OutputTokens()
	done := 0.0
	if req.Outcome == metrics.Completed && !req.Empty() {
		done = 1
	}
	benefit, _ := r.options.Report.Goodput.Benefit(req)
	for i, x := range [numRates]float64{requestRate: done, outputRate: float64(n), smoothGoodput: benefit} {
		r.sums[i] = append(r.sums[i], x)
	}
}

func (r *Run) addPopulation(req *metrics.Request) {
	n := req.OutputTokens()
	r.kinds[kindOf(req, n)]++
	if p, ok := req.PromptTokens.Get(); ok {
		r.prompts = append(r.prompts, float64(p))
	}
	if req.Outcome == metrics.Completed && n > 0 {
		r.outputs = append(r.outputs, float64(n))
	}
	a, ok := req.Arrival().Get()
	if !ok || !r.Info.CommonClock {
		return
	}
	r.arrivals++
	if f, ok := r.first.Get(); !ok || a < f {
		r.first = metrics.Known(a)
	}
	if l, ok := r.last.Get(); !ok || a > l {
		r.last = metrics.Known(a)
	}
}

// len returns the number of requests.
func (r *Run) len() int { return len(r.latencies[ttft]) }

// arrivalRate returns (n-1) / (last arrival - first arrival), requests/s.
func (r *Run) arrivalRate() metrics.Optional[float64] {
	first, ok := r.first.Get()
	last, _ := r.last.Get()
	if !ok {
		return metrics.Optional[float64]{}
	}
	return metrics.PerSecond(r.arrivals-1, metrics.Known(last-first))
}

// warnings returns what is doubtful about the run as a whole.
func (r *Run) warnings() []metrics.Warning {
	w := append([]metrics.Warning{}, r.Info.Warnings...)
	for _, x := range append(r.Metrics.Warnings(), r.Goodput.Warnings()...) {
		if x.Code != metrics.WarnTooFewSamples { // each row says so itself
			w = append(w, x)
		}
	}
	return w
}
