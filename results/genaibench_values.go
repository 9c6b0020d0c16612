package results

import (
	"errors"
	"fmt"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// time0 is when a request was sent that has its own origin.
const time0 = time.Duration(0)

// span returns the time of a literal, which must not be negative.
func (d *genAIBenchDecoder) span(l literal, field string) (metrics.Span, error) {
	if l == (literal{}) {
		return metrics.Span{}, nil
	}
	ns, err := parseTime(d.literals[l.start:l.end], d.unit)
	if err == nil && ns < 0 {
		err = negative(ns)
	}
	if err == nil && time.Duration(ns) > metrics.MaxInstant {
		err = fmt.Errorf("%w: %v", ErrRange, time.Duration(ns))
	}
	if err != nil {
		return metrics.Span{}, inside(field, err)
	}
	return metrics.Known(time.Duration(ns)), nil
}

// times fills in the instants of a request that did not fail.
func (d *genAIBenchDecoder) times(r *metrics.Request, rec *genAIBenchRecord) error {
	ttft, err := d.span(rec.ttft, "ttft")
	if err != nil {
		return err
	}
	if r.End, err = d.span(rec.latency, "e2e_latency"); err != nil {
		return err
	}
	n, ok := rec.output.Get()
	if !ok {
		return inside("num_output_tokens", fmt.Errorf("%w, and no error_code", ErrMissing))
	}
	if n == 0 {
		return nil
	}
	first, ok := ttft.Get()
	if !ok {
		return inside("ttft", fmt.Errorf("%w beside %d tokens", ErrMissing, n))
	}
	last, ok := r.End.Get()
	if !ok {
		return inside("e2e_latency", fmt.Errorf("%w beside %d tokens", ErrMissing, n))
	}
	r.Deliveries = append(r.Deliveries, metrics.Delivery{At: first, Tokens: 1})
	if n > 1 {
		r.Deliveries = append(r.Deliveries, metrics.Delivery{At: last, Tokens: int(n - 1)})
	}
	r.Sparse = n > 2
	var re *metrics.RequestError
	if err = r.Validate(); errors.As(err, &re) {
		return &fieldError{"e2e_latency", -1, err}
	}
	return err
}

// outcomeOfStatus returns how a request with an HTTP status that is an error
// ended.
func outcomeOfStatus(status int64) metrics.Outcome {
	switch {
	case status == 408, status == 504:
		return metrics.TimedOut
	case status == 499:
		return metrics.Cancelled
	case status == 503, status == 529, status >= 400 && status < 500:
		return metrics.Rejected
	}
	return metrics.Failed
}

// aggregate reads a member of aggregated_metrics.
func (d *genAIBenchDecoder) aggregate(name string) error {
	switch name {
	case "stats":
		return d.w.object(func(metric string) error {
			return d.w.object(func(stat string) error { return d.statistic(metric, stat) })
		})
	case "run_duration":
		duration, err := d.w.wait(second) // whatever the unit of the file
		if v, ok := duration.Get(); ok && err == nil && v > 0 {
			if v > metrics.MaxInstant {
				return fmt.Errorf("%w: %v", ErrRange, v)
			}
			d.run.Duration = duration
		}
		return err
	}
	reported, ok := genAIBenchAggregate(name)
	if !ok {
		return d.w.fact(d.run, name)
	}
	return d.report(reported)
}

// report adds the number that comes next, if it is one.
func (d *genAIBenchDecoder) report(r Reported) error {
	v, ok, err := d.w.number()
	if ok {
		r.Value = v
		d.run.Reported = append(d.run.Reported, r)
	}
	return err
}

// genAIBenchAggregate returns what the aggregate of that name is.
func genAIBenchAggregate(name string) (Reported, bool) {
	r := Reported{Name: name}
	switch name {
	case "mean_output_throughput_tokens_per_s":
		r.Unit, r.Metric = "tokens/s", MetricOutputRate
	case "mean_input_throughput_tokens_per_s":
		r.Unit = "tokens/s"
	case "mean_total_tokens_throughput_tokens_per_s":
		r.Unit, r.Metric = "tokens/s", MetricTotalRate
	case "mean_total_chars_per_hour":
		r.Unit = "characters/h"
	case "requests_per_second":
		r.Unit, r.Metric = "requests/s", MetricRequestRate
	case "requests_per_minute":
		r.Unit = "requests/min"
	case "num_completed_requests":
		r.Unit, r.Metric = "requests", MetricCompleted
	case "num_error_requests":
		r.Unit, r.Metric = "requests", MetricFailed
	case "num_requests", "total_arrivals":
		r.Unit = "requests"
	case "error_rate":
	default:
		return r, false
	}
	return r, true
}

// statistic reads one number of stats.
func (d *genAIBenchDecoder) statistic(metric, stat string) error {
	r := Reported{Name: "stats." + metric + "." + stat, Stat: stat}
	if stat == "stddev" {
		r.Stat = "std"
	}
	timed := true
	switch metric {
	case "ttft":
		r.Metric = MetricTTFT
	case "tpot":
		r.Metric = MetricTPOT
	case "e2e_latency":
		r.Metric = MetricEndToEnd
	case "output_latency":
	default:
		timed = false
	}
	switch metric {
	case "num_input_tokens":
		r.Unit, r.Metric = "tokens", MetricPromptLength
	case "num_output_tokens":
		r.Unit, r.Metric = "tokens", MetricOutputLength
	case "total_tokens", "num_reasoning_tokens":
		r.Unit = "tokens"
	case "input_throughput", "output_throughput", "output_inference_speed":
		r.Unit = "tokens/s"
	}
	before := len(d.run.Reported)
	if err := d.report(r); err != nil {
		return err
	}
	if timed && len(d.run.Reported) > before {
		d.timed = append(d.timed, before)
	}
	return nil
}
