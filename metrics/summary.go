package metrics

import (
	"errors"
	"fmt"
	"time"
)

// SummaryOptions says how a [Summary] computes. The zero value computes under
// [Paper] with exact distributions and takes the duration of the run from its
// requests.
type SummaryOptions struct {
	Convention Convention
	Method     Method // of every distribution

	// Duration of the run, if it is known from elsewhere. Otherwise it is
	// the time from the first arrival to the last end.
	Duration Span

	// SeparateClocks says that each request has an origin of its own, as in
	// files without start times. No instant of one is then compared with an
	// instant of another, and the duration is unknown unless given.
	SeparateClocks bool
}

// RequestCounts holds how many requests ended how. Completed and Empty are
// apart, so that Offered is the sum of the others.
type RequestCounts struct {
	Offered   int64 `json:"offered"`
	Completed int64 `json:"completed"` // with at least one token
	Empty     int64 `json:"empty"`     // completed without a token
	Failed    int64 `json:"failed"`
	Cancelled int64 `json:"cancelled"`
	TimedOut  int64 `json:"timed_out"`
	Rejected  int64 `json:"rejected"`
}

// Abandoned returns the number of requests that did not end normally.
func (c RequestCounts) Abandoned() int64 { return c.Failed + c.Cancelled + c.TimedOut + c.Rejected }

func (c *RequestCounts) add(o RequestCounts) {
	c.Offered += o.Offered
	c.Completed += o.Completed
	c.Empty += o.Empty
	c.Failed += o.Failed
	c.Cancelled += o.Cancelled
	c.TimedOut += o.TimedOut
	c.Rejected += o.Rejected
}

func (c *RequestCounts) count(r *Request, empty bool) {
	c.Offered++
	switch r.Outcome {
	case Completed:
		if empty {
			c.Empty++
		} else {
			c.Completed++
		}
	case Cancelled:
		c.Cancelled++
	case TimedOut:
		c.TimedOut++
	case Failed:
		c.Failed++
	case Rejected:
		c.Rejected++
	}
}

// RawDistributions holds the distributions of the values of [Raw] over
// requests, and of TBT pooled over all gaps of all requests. Pooled and
// per-request figures differ in kind: a stall that hits every request once is
// one gap among hundreds in TBT, and every value of Stall.
type RawDistributions struct {
	ClientDelay, SchedulingDelay, Prefill, TTFT, TTLT, TBT, Stall, Decode, EndToEnd Distribution
}

// NormalizedDistributions holds the distributions of the values of
// [Normalized] over requests. In TPOT a request counts as often as the
// convention's [WeightRule] says.
type NormalizedDistributions struct {
	TPOT, Latency, FixedShare Distribution

	// The parts of Latency.
	LatencyScheduling, LatencyPrefill, LatencyDecode Distribution
}

// LargestStall is the longest gap of a run and where it was.
type LargestStall struct {
	Gap      time.Duration
	ID       string        // of the request
	At       time.Duration // when the gap began, from the request's arrival
	Tokens   int64         // tokens that were visible before it
	Requests int64         // requests that have a gap at all
}

// Summary summarises many requests under one convention. The zero Summary is
// ready: exact, under [Paper].
//
// With exact distributions it keeps 8 bytes a token and about 120 a request;
// with HDR ones it has a constant size of a few megabytes. It is not safe for
// concurrent use; see [Aggregate], or let each goroutine fill its own and
// Merge them.
type Summary struct {
	Options SummaryOptions // not to be changed after the first Add

	Requests     RequestCounts
	PromptTokens int64 // as stated; requests that state none add nothing
	OutputTokens int64 // [Request.OutputTokens]
	Mismatched   int64 // requests whose usage count differs from their deliveries
	Partial      int64 // requests that did not complete but delivered tokens
	Sparse       int64 // requests with tokens whose gaps were not recorded: [Request.Sparse]

	Raw        RawDistributions
	Normalized NormalizedDistributions
	Largest    LargestStall

	dueKnown    int64
	first, last Instant // earliest arrival, latest end
	ready       bool
	gaps        []int64 // buffer of walk
}

func (s *Summary) prepare() {
	if s.ready {
		return
	}
	s.ready = true
	o := DistributionOptions{Method: s.Options.Method, Kind: s.Options.Convention.Quantile}
	for _, d := range s.distributions() {
		d.Options = o
	}
	s.Normalized.FixedShare.Options.Unit = Share
}

// distributions returns all of them in the order of the binary snapshot.
func (s *Summary) distributions() []*Distribution {
	r, n := &s.Raw, &s.Normalized
	return []*Distribution{
		&r.ClientDelay, &r.SchedulingDelay, &r.Prefill, &r.TTFT, &r.TTLT, &r.TBT, &r.Stall, &r.Decode, &r.EndToEnd,
		&n.TPOT, &n.Latency, &n.FixedShare, &n.LatencyScheduling, &n.LatencyPrefill, &n.LatencyDecode,
	}
}

// Add adds the request. It returns the [*RequestError] of [Request.Validate]
// for a record that contradicts itself, which then is not counted at all. It
// takes time proportional to the number of deliveries and, with HDR
// distributions, does not allocate.
//
// Each per-request distribution gets one value or one undefined from each
// request. TBT gets every gap, and one undefined from each request without;
// so does TPOT get its value N times where the convention weighs by tokens.
func (s *Summary) Add(r *Request) error {
	c := &s.Options.Convention
	e := s.walk(r)
	if err := r.validateWith(e.order, e.tokens); err != nil {
		return err
	}
	s.prepare()
	s.count(r, e)
	if c.CompletedOnly && r.Outcome != Completed {
		for _, d := range s.distributions() {
			d.AddUndefined(1)
		}
		return nil
	}
	v := c.normalized(r, e)
	s.addRaw(r, &v.Raw, e)
	s.addNormalized(&v, s.tpotWeight(r, e))
	return nil
}

func (s *Summary) count(r *Request, e extent) {
	n := r.outputTokens(e)
	s.Requests.count(r, n == 0 && e.tokens == 0)
	s.OutputTokens += n
	if p, ok := r.PromptTokens.Get(); ok {
		s.PromptTokens += p
	}
	if r.UsageTokens.Known() && n != e.tokens {
		s.Mismatched++
	}
	if r.Outcome != Completed && e.tokens > 0 {
		s.Partial++
	}
	if r.Sparse && e.tokens > 0 {
		s.Sparse++
	}
	if r.Due.Known() {
		s.dueKnown++
	}
	if s.Options.SeparateClocks {
		return
	}
	a, end := r.Arrival(), r.End
	if len(r.Deliveries) > 0 {
		end = end.orElse(Known(e.lastDelivery))
	}
	s.extend(a, end)
}

func (s *Summary) extend(first, last Instant) {
	if t, ok := first.Get(); ok && (!s.first.known || t < s.first.value) {
		s.first = first
	}
	if t, ok := last.Get(); ok && (!s.last.known || t > s.last.value) {
		s.last = last
	}
}

// Duration returns the duration of the run: as given in the options, else
// from the first arrival to the last end. A request whose end is unknown
// ends with its last delivery.
func (s *Summary) Duration() Span {
	return s.Options.Duration.orElse(since(s.last, s.first))
}

// ErrConvention says that two summaries have different conventions, so that
// their values have different meanings.
var ErrConvention = errors.New("summaries under different conventions cannot be merged")

// ErrOverflow says that a count of two summaries together is beyond 2^62,
// which only a forged snapshot can bring about.
var ErrOverflow = errors.New("summaries that count more than 2^62 of something cannot be merged")

// fits reports whether all counts of s and o together stay within maxCount.
func (s *Summary) fits(o *Summary) bool {
	within := func(a, b int64) bool { return a <= maxCount && b <= maxCount-a }
	theirs := o.counters()
	for i, n := range s.counters() {
		if !within(*n, *theirs[i]) {
			return false
		}
	}
	from := o.distributions()
	for i, d := range s.distributions() {
		if !within(d.N(), from[i].N()) || !within(d.Undefined(), from[i].Undefined()) {
			return false
		}
	}
	return within(s.Requests.Offered, o.Requests.Offered)
}

// Merge adds all that o holds. The result equals the Summary of the union of
// the requests, except that of two equal largest stalls the one in s stays.
// A given duration stays if both have the same one; else the duration is
// taken from the requests.
func (s *Summary) Merge(o *Summary) error {
	s.prepare()
	if s.Options.Convention != o.Options.Convention {
		return fmt.Errorf("%w: %s and %s", ErrConvention, s.Options.Convention.Name, o.Options.Convention.Name)
	}
	if s.Options.Method != o.Options.Method {
		return errors.New("an exact and a streaming summary cannot be merged")
	}
	if !o.ready {
		return nil // nothing was ever added
	}
	if !s.fits(o) {
		return ErrOverflow
	}
	from := o.distributions()
	for i, d := range s.distributions() {
		if err := d.Merge(from[i]); err != nil {
			return err
		}
	}
	s.Requests.add(o.Requests)
	s.PromptTokens += o.PromptTokens
	s.OutputTokens += o.OutputTokens
	s.Mismatched += o.Mismatched
	s.Partial += o.Partial
	s.Sparse += o.Sparse
	s.dueKnown += o.dueKnown
	n := s.Largest.Requests + o.Largest.Requests
	if o.Largest.Requests > 0 && (s.Largest.Requests == 0 || o.Largest.Gap > s.Largest.Gap) {
		s.Largest = o.Largest
	}
	s.Largest.Requests = n
	s.Options.SeparateClocks = s.Options.SeparateClocks || o.Options.SeparateClocks
	if s.Options.SeparateClocks {
		s.first, s.last = Instant{}, Instant{}
	} else {
		s.extend(o.first, o.last)
	}
	if s.Options.Duration != o.Options.Duration {
		s.Options.Duration = Span{}
	}
	return nil
}
