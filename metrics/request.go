package metrics

import (
	"errors"
	"fmt"
	"time"
)

// Delivery says that Tokens tokens became visible at the instant At, an
// offset from the origin of the run. Tokens = 0 is a control event, such as
// the role chunk that opens a chat stream: it is no token, and only the
// conventions of tools that take it for one look at it.
type Delivery struct {
	At     time.Duration
	Tokens int
}

// Request is the record of one request: when it was wanted, sent and
// scheduled, when its tokens became visible, and how it ended. All instants
// are offsets from one origin per run.
//
// Symbols of the papers: a is [Request.Arrival], t_1..t_N are the instants in
// Deliveries with each delivery of k tokens taken k times, N is
// [Request.Tokens], P is PromptTokens.
//
// The zero Request is a completed request of which nothing is known.
type Request struct {
	ID    string
	Class string // workload class such as "chat" or "code"; optional

	Due       Instant // when the user, or the load plan, wanted the request to start
	Sent      Instant // when the client sent it
	Scheduled Instant // when the engine began its prefill; usually known only on a server

	Deliveries []Delivery // in order of time

	// Sparse says that Deliveries hold the first and the last token only,
	// {t_1, 1} and {t_N, N-1}: when those between them became visible was not
	// recorded, as in the files of tools that keep a TTFT and a latency of
	// each request. What needs t_1, t_N and N is then known: TTFT, TTLT,
	// T_d, TPOT, normalized latency. What needs the instants between them is
	// undefined, and counted as such: TBT, the largest gap, fluidity, idle
	// latency, QoE. It is for answers of more than two tokens; those of fewer
	// lack nothing.
	Sparse bool

	End     Instant // when the stream ended, normally or not
	Outcome Outcome

	PromptTokens Count // P
	UsageTokens  Count // output tokens as the server or the client's tokenizer counted them
}

// Arrival returns a, the instant from which every latency counts unless a
// convention says otherwise: Due if known, else Sent. Counting from Due is
// the cure for coordinated omission.
func (r *Request) Arrival() Instant { return r.Due.orElse(r.Sent) }

// Tokens returns N, the number of tokens in Deliveries.
func (r *Request) Tokens() int64 {
	var n int64
	for _, d := range r.Deliveries {
		n += int64(d.Tokens)
	}
	return n
}

// OutputTokens returns the number of tokens of the answer by which totals are
// divided: UsageTokens when known, else [Request.Tokens]. The two differ when
// a chunk held several tokens and the file does not say how many.
func (r *Request) OutputTokens() int64 {
	if n, ok := r.UsageTokens.Get(); ok {
		return n
	}
	return r.Tokens()
}

// Empty reports whether the request completed without a token.
func (r *Request) Empty() bool {
	return r.Outcome == Completed && r.OutputTokens() == 0 && r.Tokens() == 0
}

// What can be wrong with a [Request]; a [*RequestError] says where.
var (
	ErrTimeReversed  = errors.New("time runs backwards")
	ErrBeforeArrival = errors.New("before the arrival of the request")
	ErrAfterEnd      = errors.New("after the end of the stream")
	ErrNegative      = errors.New("negative count")
	ErrRange         = errors.New("out of range")
	ErrOutcome       = errors.New("no such outcome")
	ErrSparse        = errors.New("a sparse request has at most two deliveries")
)

// MaxInstant bounds every instant of a valid Request, in both directions
// (about 73 years), and MaxTokens every count of tokens in one, so that
// differences and sums cannot overflow.
const (
	MaxInstant time.Duration = 1 << 61
	MaxTokens  int64         = 1 << 31
)

// RequestError reports what [Request.Validate] found, and where.
type RequestError struct {
	ID    string // Request.ID
	Field string // name of the field of Request
	Index int    // position in Deliveries, or -1
	Err   error  // wraps one of the Err variables
}

func (e *RequestError) Error() string {
	where := e.Field
	if e.Index >= 0 {
		where = fmt.Sprintf("%s[%d]", e.Field, e.Index)
	}
	return fmt.Sprintf("request %q: %s: %v", e.ID, where, e.Err)
}

// Unwrap returns e.Err.
func (e *RequestError) Unwrap() error { return e.Err }

// Validate reports the first contradiction in r as a [*RequestError], or nil.
// The known instants must not run backwards in the order Due, Sent,
// Scheduled, Deliveries, End; counts must not be negative; everything must be
// within [MaxInstant] and [MaxTokens]; a Sparse request must not have more
// than two deliveries. Nothing is repaired.
//
// Functions that compute a metric of a Request suppose that it is valid.
func (r *Request) Validate() error {
	var o order
	var n int64
	if ds := r.Deliveries; len(ds) > 0 {
		previous := ds[0].At
		for _, d := range ds {
			o.add(d, previous)
			previous = d.At
			n += int64(d.Tokens)
		}
	}
	return r.validateWith(o, n)
}

// validateWith is Validate for a caller that has walked the deliveries: it
// walks them again only to say what is wrong. n is the number of tokens.
func (r *Request) validateWith(o order, n int64) error {
	if err := r.validateFields(); err != nil {
		return err
	}
	if len(r.Deliveries) == 0 {
		return nil
	}
	first, last := r.Deliveries[0].At, r.Deliveries[len(r.Deliveries)-1].At
	inOrder := o.proven() && n <= MaxTokens && int64(len(r.Deliveries)) <= MaxTokens &&
		first >= -MaxInstant && last <= MaxInstant
	for _, start := range [...]Instant{r.Due, r.Sent, r.Scheduled} {
		inOrder = inOrder && (!start.known || start.value <= first)
	}
	if inOrder && (!r.End.known || last <= r.End.value) {
		return nil
	}
	return r.validateDeliveries()
}

func (r *Request) validateFields() error {
	if r.Outcome >= numOutcomes {
		return r.invalid("Outcome", -1, fmt.Errorf("%w: %d", ErrOutcome, r.Outcome))
	}
	if err := r.validateInstants(); err != nil {
		return err
	}
	if r.Sparse && len(r.Deliveries) > 2 {
		return r.invalid("Deliveries", 2, fmt.Errorf("%w: %d", ErrSparse, len(r.Deliveries)))
	}
	for _, c := range [...]struct {
		field string
		count Count
	}{{"PromptTokens", r.PromptTokens}, {"UsageTokens", r.UsageTokens}} {
		n, _ := c.count.Get()
		if n < 0 {
			return r.invalid(c.field, -1, fmt.Errorf("%w: %d", ErrNegative, n))
		}
		if n > MaxTokens {
			return r.invalid(c.field, -1, fmt.Errorf("%w: %d tokens", ErrRange, n))
		}
	}
	return nil
}

func (r *Request) validateInstants() error {
	var last Instant
	for _, f := range [...]struct {
		field string
		at    Instant
	}{{"Due", r.Due}, {"Sent", r.Sent}, {"Scheduled", r.Scheduled}, {"End", r.End}} {
		at, ok := f.at.Get()
		if !ok {
			continue
		}
		if at > MaxInstant || at < -MaxInstant {
			return r.invalid(f.field, -1, fmt.Errorf("%w: %v", ErrRange, at))
		}
		if prev, ok := last.Get(); ok && at < prev {
			return r.invalid(f.field, -1, fmt.Errorf("%w: %v after %v", ErrTimeReversed, at, prev))
		}
		last = f.at
	}
	return nil
}

// validateDeliveries finds the first delivery that is wrong.
func (r *Request) validateDeliveries() error {
	arrival, hasArrival := r.Arrival().Get()
	prev := -MaxInstant
	for _, start := range [...]Instant{r.Due, r.Sent, r.Scheduled} {
		if at, ok := start.Get(); ok {
			prev = at // in order already: validateInstants comes first
		}
	}
	end, hasEnd := r.End.Get()
	var n int64
	for i, d := range r.Deliveries {
		switch {
		case d.At > MaxInstant || d.At < -MaxInstant:
			return r.invalid("Deliveries", i, fmt.Errorf("%w: %v", ErrRange, d.At))
		case hasArrival && d.At < arrival:
			return r.invalid("Deliveries", i, fmt.Errorf("%w: %v, arrival %v", ErrBeforeArrival, d.At, arrival))
		case d.At < prev:
			return r.invalid("Deliveries", i, fmt.Errorf("%w: %v after %v", ErrTimeReversed, d.At, prev))
		case hasEnd && d.At > end:
			return r.invalid("Deliveries", i, fmt.Errorf("%w: %v, end %v", ErrAfterEnd, d.At, end))
		case d.Tokens < 0:
			return r.invalid("Deliveries", i, fmt.Errorf("%w: %d tokens", ErrNegative, d.Tokens))
		}
		if n += min(int64(d.Tokens), MaxTokens+1); n > MaxTokens {
			return r.invalid("Deliveries", i, fmt.Errorf("%w: more than %d tokens", ErrRange, MaxTokens))
		}
		prev = d.At
	}
	return nil
}

func (r *Request) invalid(field string, index int, err error) error {
	return &RequestError{ID: r.ID, Field: field, Index: index, Err: err}
}

// order gathers, without a branch, whether deliveries can be in disorder.
type order struct {
	gaps   time.Duration // negative if a gap is
	reach  time.Duration // has the high bits of the latest instant; negative if one is
	tokens int           // likewise of the largest count; negative if one is
}

func (o *order) add(d Delivery, previous time.Duration) {
	o.gaps |= d.At - previous
	o.reach |= d.At
	o.tokens |= d.Tokens
}

// proven reports that instants do not run backwards, none is negative, no
// count is, and nothing is so large that a sum or a difference overflowed.
// What is not proven may still be in order.
func (o order) proven() bool {
	return o.gaps >= 0 && o.reach >= 0 && o.reach <= 2*MaxInstant-1 && o.tokens >= 0 && int64(o.tokens) <= 2*MaxTokens-1
}
