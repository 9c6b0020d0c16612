package metrics

import (
	"encoding/json"
	"fmt"
)

// TokenCounts holds the tokens of a run: those of prompts as stated, and
// those of answers.
type TokenCounts struct {
	Prompt int64 `json:"prompt"`
	Output int64 `json:"output"`
}

// RawStats describes the distributions of [RawDistributions], in
// nanoseconds. One without any value is nil, and null in JSON.
type RawStats struct {
	ClientDelay     *Stats `json:"client_delay_ns"`
	SchedulingDelay *Stats `json:"scheduling_delay_ns"`
	Prefill         *Stats `json:"prefill_ns"`
	TTFT            *Stats `json:"ttft_ns"`
	TTLT            *Stats `json:"ttlt_ns"`
	TBT             *Stats `json:"tbt_ns"` // pooled over all gaps
	Stall           *Stats `json:"stall_ns"`
	Decode          *Stats `json:"decode_ns"`
	EndToEnd        *Stats `json:"end_to_end_ns"`
}

// NormalizedStats describes the distributions of [NormalizedDistributions],
// in nanoseconds per token and as a share.
type NormalizedStats struct {
	TPOT              *Stats `json:"tpot_ns"`
	Latency           *Stats `json:"normalized_latency_ns"`
	LatencyScheduling *Stats `json:"normalized_scheduling_ns"`
	LatencyPrefill    *Stats `json:"normalized_prefill_ns"`
	LatencyDecode     *Stats `json:"normalized_decode_ns"`
	FixedShare        *Stats `json:"fixed_share"`
}

// Throughput holds the rates of a run over its duration.
type Throughput struct {
	OutputTokens Optional[float64] `json:"output_tokens_per_s"` // sum of N / duration
	Requests     Optional[float64] `json:"requests_per_s"`      // completed, non-empty / duration
}

// SummaryStats is a [Summary] in numbers. Both views are always in it.
type SummaryStats struct {
	Convention Convention      `json:"convention"`
	Requests   RequestCounts   `json:"requests"`
	Sparse     int64           `json:"sparse_requests,omitempty"` // [Summary.Sparse]
	Tokens     TokenCounts     `json:"tokens"`
	Duration   Span            `json:"duration_ns"`
	Raw        RawStats        `json:"raw"`
	Normalized NormalizedStats `json:"normalized"`
	Throughput Throughput      `json:"throughput"`
}

// Stats returns the summary in numbers. With exact distributions its cost is
// that of finding quantiles among all values.
func (s *Summary) Stats() SummaryStats {
	r, n := &s.Raw, &s.Normalized
	v := SummaryStats{
		Convention: s.Options.Convention,
		Requests:   s.Requests,
		Sparse:     s.Sparse,
		Tokens:     TokenCounts{Prompt: s.PromptTokens, Output: s.OutputTokens},
		Duration:   s.Duration(),
		Raw: RawStats{
			ClientDelay:     r.ClientDelay.stats(),
			SchedulingDelay: r.SchedulingDelay.stats(),
			Prefill:         r.Prefill.stats(),
			TTFT:            r.TTFT.stats(),
			TTLT:            r.TTLT.stats(),
			TBT:             r.TBT.stats(),
			Stall:           r.Stall.stats(),
			Decode:          r.Decode.stats(),
			EndToEnd:        r.EndToEnd.stats(),
		},
		Normalized: NormalizedStats{
			TPOT:              n.TPOT.stats(),
			Latency:           n.Latency.stats(),
			LatencyScheduling: n.LatencyScheduling.stats(),
			LatencyPrefill:    n.LatencyPrefill.stats(),
			LatencyDecode:     n.LatencyDecode.stats(),
			FixedShare:        n.FixedShare.stats(),
		},
	}
	if v.Raw.TBT != nil {
		v.Raw.TBT.Intervals = nil // the gaps of one request are not independent
	}
	if v.Normalized.TPOT != nil && s.Options.Convention.TPOTWeight != WeightRequest {
		v.Normalized.TPOT.Intervals = nil // nor is one value repeated
	}
	v.Throughput = Throughput{
		OutputTokens: PerSecond(s.OutputTokens, v.Duration),
		Requests:     PerSecond(s.Requests.Completed, v.Duration),
	}
	return v
}

// MarshalJSON encodes [Summary.Stats].
func (s *Summary) MarshalJSON() ([]byte, error) { return json.Marshal(s.Stats()) }

// stats returns the Stats, or nil if there is no value.
func (d *Distribution) stats() *Stats {
	if d.N() == 0 {
		return nil
	}
	s := d.Stats()
	return &s
}

// Codes of the warnings of a [Summary].
const (
	WarnCountsEmpty   = "convention-counts-empty"
	WarnTokenMismatch = "token-count-mismatch"
	WarnEmpty         = "empty-answers"
	WarnPartial       = "partial-answers"
	WarnSendTime      = "counted-from-send"
	WarnSparse        = "gaps-not-recorded"
)

// Warnings returns what is doubtful about the summary's numbers, the gravest
// first.
func (s *Summary) Warnings() []Warning {
	var w []Warning
	add := func(code, format string, args ...any) {
		w = append(w, Warning{Code: code, Message: fmt.Sprintf(format, args...)})
	}
	c, n := s.Options.Convention, s.Requests
	if n.Empty > 0 && c.Empty != EmptyUndefined {
		add(WarnCountsEmpty, "convention %s counts %d empty answers as %v; it is a number of that tool, not a wait that anybody had",
			c.Name, n.Empty, c.Empty)
	}
	if n.Empty > 0 {
		add(WarnEmpty, "%d of %d requests are called completed but delivered no token; they have no latency and are not in the throughput of requests", n.Empty, n.Offered)
	}
	if s.Mismatched > 0 {
		add(WarnTokenMismatch, "in %d of %d requests the stated token count differs from the tokens delivered; the stated one divides TPOT and normalized latency", s.Mismatched, n.Offered)
	}
	if s.Sparse > 0 {
		add(WarnSparse, "of %d of %d requests only the first and the last token have an instant: they are in no distribution of gaps and of largest gaps, and a stall in them is not seen", s.Sparse, n.Offered)
	}
	if s.Partial > 0 && !c.CompletedOnly {
		add(WarnPartial, "%d requests delivered tokens but did not complete; their TTFT and gaps count, and their TTLT and end-to-end are those of a cut answer", s.Partial)
	}
	if n.Offered > 0 && s.dueKnown == 0 && c.Zero == FromArrival {
		add(WarnSendTime, "no request says when it was due: latencies count from sending, and a client that sent late hides that wait")
	}
	return append(w, s.distributionWarnings()...)
}

func (s *Summary) distributionWarnings() []Warning {
	var w []Warning
	r, n := &s.Raw, &s.Normalized
	for _, d := range []struct {
		name string
		*Distribution
	}{
		{"TTFT", &r.TTFT}, {"TBT", &r.TBT}, {"stall", &r.Stall}, {"TTLT", &r.TTLT}, {"TPOT", &n.TPOT},
	} {
		values := d.N()
		if d.Distribution == &n.TPOT && s.Options.Convention.TPOTWeight != WeightRequest {
			values = s.Requests.Offered - d.Undefined() // those of a request are one, repeated
		}
		w = append(w, d.warnings(d.name, values)...)
	}
	return w
}

// TooFewSamples reports whether fewer than 10 of n values lie beyond the
// p-quantile: n (1 - p) < 10 (our definition), so that it is a property of a
// few of them. A product within 1e-9 of 10 counts as 10.
func TooFewSamples(n int64, p float64) bool { return float64(n)*(1-p) < minTail-1e-9 }
