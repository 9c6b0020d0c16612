package metricstest

import (
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// Stream is the record of one request, in the form of a line of the native
// format of package results. What is unknown is left out.
type Stream struct {
	ID           string          `json:"id,omitempty"`
	Due          metrics.Instant `json:"due_ns,omitzero"`
	Sent         metrics.Instant `json:"sent_ns,omitzero"`
	Scheduled    metrics.Instant `json:"scheduled_ns,omitzero"`
	At           []time.Duration `json:"at_ns,omitempty"`
	Tokens       []int           `json:"tokens,omitempty"` // of each delivery; absent if all are 1
	Repeat       []Repeat        `json:"repeat,omitempty"` // a long stream, instead of At and Tokens
	End          metrics.Instant `json:"end_ns,omitzero"`
	Outcome      metrics.Outcome `json:"outcome"`
	PromptTokens metrics.Count   `json:"prompt_tokens,omitzero"`
	UsageTokens  metrics.Count   `json:"usage_tokens,omitzero"`
}

// Repeat stands for Count deliveries of Tokens tokens each, at First,
// First + Gap, First + 2 Gap, ...
type Repeat struct {
	First  time.Duration `json:"first_ns"`
	Gap    time.Duration `json:"gap_ns"`
	Count  int64         `json:"count"`
	Tokens int           `json:"tokens"`
}

// Request returns a new record of the vector's stream.
func (v *Vector) Request() *metrics.Request { return v.Stream.Request() }

// Request returns a new record of the stream. If At and Tokens differ in
// length, it has as many deliveries as the shorter one.
func (s *Stream) Request() *metrics.Request {
	return &metrics.Request{
		ID:           s.ID,
		Due:          s.Due,
		Sent:         s.Sent,
		Scheduled:    s.Scheduled,
		Deliveries:   s.deliveries(),
		End:          s.End,
		Outcome:      s.Outcome,
		PromptTokens: s.PromptTokens,
		UsageTokens:  s.UsageTokens,
	}
}

func (s *Stream) deliveries() []metrics.Delivery {
	n := int64(len(s.At))
	for _, r := range s.Repeat {
		n += max(r.Count, 0)
	}
	if n == 0 {
		return nil
	}
	ds := make([]metrics.Delivery, 0, n)
	for i, at := range s.At {
		switch {
		case len(s.Tokens) == 0:
			ds = append(ds, metrics.Delivery{At: at, Tokens: 1})
		case i < len(s.Tokens):
			ds = append(ds, metrics.Delivery{At: at, Tokens: s.Tokens[i]})
		}
	}
	for _, r := range s.Repeat {
		for i := range r.Count {
			ds = append(ds, metrics.Delivery{At: r.First + time.Duration(i)*r.Gap, Tokens: r.Tokens})
		}
	}
	return ds
}
