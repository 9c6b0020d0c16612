package metricstest

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// Format is the value of the key "format" of every file of vectors.
const Format = "tokentime.vectors/1"

//go:embed vectors/*.json
var files embed.FS

// Group is one file of vectors.
type Group struct {
	Format  string   `json:"format"`
	Group   string   `json:"group"`
	About   string   `json:"about"`
	Vectors []Vector `json:"vectors"`
}

// Vector is one stream of tokens, the parameters of the metrics, and the
// exact value of every metric. IMPLEMENTERS.md states the formulas.
type Vector struct {
	Name       string     `json:"name"` // group/row, unique
	Why        string     `json:"why"`  // which mistake or boundary the vector exists for
	Stream     Stream     `json:"request"`
	Parameters Parameters `json:"parameters"`
	Want       Want       `json:"want"`
}

// Parameters are the arguments of the metrics that have any.
type Parameters struct {
	PrefillDeadline time.Duration `json:"prefill_deadline_ns"` // D_p of the fluidity index
	DecodeDeadline  time.Duration `json:"decode_deadline_ns"`  // D_d of the fluidity index
	AttainmentTTFT  time.Duration `json:"attainment_ttft_ns"`  // TTFT* of the token attainment
	AttainmentTBT   time.Duration `json:"attainment_tbt_ns"`   // TBT* of the token attainment
	PerToken        time.Duration `json:"per_token_ns"`        // V of idle latency and benefit
	Tolerance       time.Duration `json:"tolerance_ns"`        // D_0 of idle latency and benefit
	Alpha           Rational      `json:"alpha"`               // alpha of the benefit; a float64 holds it exactly
	QoETTFT         time.Duration `json:"qoe_ttft_ns"`         // TTFT* of QoE
	QoEPerToken     time.Duration `json:"qoe_per_token_ns"`    // 1/r of QoE
}

// Want holds the exact values.
type Want struct {
	Conventions       map[string]Values `json:"conventions"` // by the names of metrics.Conventions
	Fluidity          Fluidity          `json:"fluidity"`
	MinDecodeDeadline metrics.Span      `json:"min_decode_deadline_ns"` // smallest D_d with decode-only index >= 9/10
	TokenAttainment   Score             `json:"token_attainment"`
	IdleLatency       IdleLatency       `json:"idle_latency_ns"`
	Benefit           Benefit           `json:"benefit"`
	QoE               Quotient          `json:"qoe"`
}

// Values are the metrics whose formulas depend on the convention.
type Values struct {
	TTFT              metrics.Span `json:"ttft_ns"`
	TTLT              metrics.Span `json:"ttlt_ns"`
	Decode            metrics.Span `json:"decode_ns"`
	Stall             metrics.Span `json:"stall_ns"`
	EndToEnd          metrics.Span `json:"end_to_end_ns"`
	SchedulingDelay   metrics.Span `json:"scheduling_delay_ns"`
	Prefill           metrics.Span `json:"prefill_ns"`
	ClientDelay       metrics.Span `json:"client_delay_ns"`
	TPOT              Quotient     `json:"tpot_ns"`
	NormalizedLatency Quotient     `json:"normalized_latency_ns"`
	FixedShare        Quotient     `json:"fixed_share"`
	TBT               []GapRun     `json:"tbt_ns"`
}

// Fluidity holds the fluidity index and the counts behind it, under the
// published choices (floor) and with one of them changed.
type Fluidity struct {
	Floor      Score `json:"floor"`
	Ceil       Score `json:"ceil"`        // lateness of m D_d costs m misses
	DecodeOnly Score `json:"decode_only"` // first token skipped
	Free       Score `json:"free"`        // first token a hit however late
	DropSlack  Score `json:"drop_slack"`  // time left before D_p lost
}

// Score counts deadlines met and missed; Index is hits / (hits + misses).
type Score struct {
	Hits   int64    `json:"hits"`
	Misses int64    `json:"misses"`
	Index  Quotient `json:"index"`
}

// IdleLatency is that of the tokens delivered, by the instant from which the
// reader counts.
type IdleLatency struct {
	FromArrival    metrics.Span `json:"from_arrival"`
	FromFirstToken metrics.Span `json:"from_first_token"`
}

// Benefit is N - alpha f(l), in tokens, counted from the arrival: by f, and by
// what an abandoned request is charged.
type Benefit struct {
	SecondsCharge      Quotient `json:"seconds_charge"`
	SecondsAsDelivered Quotient `json:"seconds_as_delivered"`
	TokensCharge       Quotient `json:"tokens_charge"`
	TokensAsDelivered  Quotient `json:"tokens_as_delivered"`
}

// GapRun is a gap that occurs Count times in a row; in JSON [gap, count].
type GapRun struct {
	Gap   time.Duration
	Count int64
}

// MarshalJSON encodes the run as an array of two integers.
func (r GapRun) MarshalJSON() ([]byte, error) {
	return json.Marshal([2]int64{int64(r.Gap), r.Count})
}

// UnmarshalJSON decodes what MarshalJSON encodes.
func (r *GapRun) UnmarshalJSON(b []byte) error {
	var pair []int64
	if err := json.Unmarshal(b, &pair); err != nil {
		return err
	}
	if len(pair) != 2 {
		return fmt.Errorf("metricstest: a run of gaps is [gap, count], got %s", b)
	}
	*r = GapRun{time.Duration(pair[0]), pair[1]}
	return nil
}

// Gaps returns the gaps of the runs one by one.
func Gaps(runs []GapRun) []time.Duration {
	var gaps []time.Duration
	for _, r := range runs {
		for range r.Count {
			gaps = append(gaps, r.Gap)
		}
	}
	return gaps
}

// Groups returns the files of vectors, in the order of their names.
func Groups() ([]Group, error) {
	entries, err := files.ReadDir("vectors")
	if err != nil {
		return nil, err
	}
	groups := make([]Group, len(entries))
	for i, e := range entries {
		content, err := files.ReadFile("vectors/" + e.Name())
		if err != nil {
			return nil, err
		}
		if groups[i], err = Decode(content); err != nil {
			return nil, fmt.Errorf("vectors/%s: %w", e.Name(), err)
		}
	}
	return groups, nil
}

// Vectors returns all vectors.
func Vectors() ([]Vector, error) {
	groups, err := Groups()
	if err != nil {
		return nil, err
	}
	var all []Vector
	for _, g := range groups {
		all = append(all, g.Vectors...)
	}
	return all, nil
}

// Decode reads one file of vectors. A key that it does not know is an error. A
// missing key is none: for that there is vectors.schema.json.
func Decode(content []byte) (Group, error) {
	var g Group
	d := json.NewDecoder(bytes.NewReader(content))
	d.DisallowUnknownFields()
	if err := d.Decode(&g); err != nil {
		return Group{}, err
	}
	if _, err := d.Token(); err != io.EOF {
		return Group{}, errors.New("metricstest: more than one value in a file of vectors")
	}
	if g.Format != Format {
		return Group{}, fmt.Errorf("metricstest: format %q is unknown; known: %q", g.Format, Format)
	}
	return g, nil
}
