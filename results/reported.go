package results

import "github.com/tokentime/tokentime/metrics"

// Reported is a number that the tool computed, under the tool's own name, such
// as "mean_ttft_ms". It is never mixed with what is computed from the records.
//
// Metric and Stat say in words common to all tools what it is, if they have
// such words: Metric is one of the constants below, Stat is "mean", "std",
// "min", "max", "p50", "p99", "p99.9" and so on, or "" for a Metric that is a
// single number. The names are the same, the formulas need not be: see
// [Run.Convention].
type Reported struct {
	Name  string
	Value float64 // finite
	Unit  string  // "ms", "tokens", "requests/s" and so on; "" if none

	Metric, Stat string
}

// What a [Reported] number can be. Those of the first group are distributions
// of times.
const (
	MetricTTFT            = "ttft"
	MetricTPOT            = "tpot"
	MetricITL             = "itl"
	MetricTTLT            = "ttlt"
	MetricEndToEnd        = "e2e"
	MetricNormalized      = "normalized_latency"
	MetricScheduleDelay   = "schedule_delay"     // sent - due
	MetricTTFTFromDue     = "ttft_from_schedule" // counted from the scheduled instant
	MetricEndToEndFromDue = "e2e_from_schedule"  // likewise
	MetricOutputLength    = "output_len"
	MetricPromptLength    = "prompt_len"

	MetricDuration       = "duration"
	MetricCompleted      = "completed"
	MetricFailed         = "failed"
	MetricPromptTokens   = "prompt_tokens"
	MetricOutputTokens   = "output_tokens"
	MetricRequestRate    = "request_rate" // achieved
	MetricOutputRate     = "output_rate"
	MetricTotalRate      = "total_token_rate"
	MetricOutputRateMax  = "output_rate_max" // of some interval
	MetricConcurrency    = "concurrency"     // mean
	MetricConcurrencyMax = "concurrency_max"
)

// NotDerivable says that the records of a run do not hold what a metric needs.
type NotDerivable struct {
	Metric string // as in [Reported], or in words: "fluidity index"
	Why    string
}

// Aggregate returns the reported number of that name, and whether there is one.
func (r *Run) Aggregate(name string) (float64, bool) {
	for _, a := range r.Reported {
		if a.Name == name {
			return a.Value, true
		}
	}
	return 0, false
}

// Report returns the reported number of that metric and statistic, and whether
// there is one.
func (r *Run) Report(metric, stat string) (Reported, bool) {
	for _, a := range r.Reported {
		if a.Metric == metric && a.Stat == stat {
			return a, true
		}
	}
	return Reported{}, false
}

// Nanoseconds returns the value of a time in nanoseconds, and whether the
// number is a time.
func (a Reported) Nanoseconds() (float64, bool) {
	u, err := unitOf(a.Unit)
	if err != nil {
		return 0, false
	}
	return a.Value * float64(powersOfTen[u]), true
}

// notDerivable notes that each of the metrics lacks what it needs.
func (r *Run) notDerivable(why string, metrics ...string) {
	for _, m := range metrics {
		r.NotDerivable = append(r.NotDerivable, NotDerivable{m, why})
	}
}

// gapsUnknown notes what cannot be had from the first and the last token.
func (r *Run) gapsUnknown() {
	r.notDerivable("the file holds the first and the last token of an answer only",
		"TBT", "largest gap", "fluidity index", "idle latency", "QoE")
}

// clocksApart notes what cannot be had without the instants of sending.
func (r *Run) clocksApart() {
	r.CommonClock = false
	r.notDerivable("the file does not say when requests were sent", "concurrency", "arrivals over time")
}

func (r *Run) report(name string, value float64, unit, metric, stat string) {
	r.Reported = append(r.Reported, Reported{name, value, unit, metric, stat})
}

func (r *Run) warn(code, message string) {
	r.Warnings = append(r.Warnings, metrics.Warning{Code: code, Message: message})
}
