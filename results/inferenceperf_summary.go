package results

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// FormatInferencePerfSummary is a lifecycle summary of inference-perf, 2025 to
// 2026: summary_lifecycle_metrics.json, stage_N_lifecycle_metrics.json or that
// of an adapter. It is one run of aggregates only ([Run.AggregatesOnly]); the
// requests are in the file of [FormatInferencePerf] beside it, if the tool was
// told to write it.
//
//   - Each number is reported under its path in the file, for one
//     "successes.latency.time_to_first_token.p99". Latencies are seconds; the
//     median is our p50. Nulls are left out.
//   - load_summary.requested_rate and load_summary.concurrency are what was
//     asked for: facts. Duration is benchmark_time_seconds, which older files
//     do not have.
//   - prompt_tokens of newer files and prompt_len of older ones are the lengths
//     of prompts; output_len is that of answers by the tool's tokenizer,
//     output_tokens by the server.
//   - Texts of errors (failures.by_label) are left out.
//   - A number that is not finite is left out (warning "non-finite-number").
//
// Files of the same shape with the figures of the server,
// stage_N_prometheus_metrics.json, are not what clients saw: they are
// [ErrUnknownFormat], and the error says so.
const FormatInferencePerfSummary = "inference-perf-summary"

func detectInferencePerfSummary(h *Head) bool {
	return h.Text[0] == '{' && h.HasAll("load_summary", "successes") &&
		h.HasAny("successes.latency", "successes.queue_len", "successes.kv_cache_usage_percentage")
}

type inferencePerfSummaryDecoder struct {
	w         *walker
	run       *Run
	nonFinite int // numbers
}

func newInferencePerfSummaryDecoder(content *Content) *inferencePerfSummaryDecoder {
	return &inferencePerfSummaryDecoder{w: newWalker(content)}
}

func (d *inferencePerfSummaryDecoder) NextRun() (*Run, error) {
	if d.run != nil {
		if err := d.w.end(); err != nil {
			return nil, d.w.fail(err)
		}
		return nil, io.EOF
	}
	d.run = &Run{Convention: metrics.InferencePerf.Name, AggregatesOnly: true}
	if err := d.w.object(func(name string) error { return d.member(name, name) }); err != nil {
		return nil, d.w.fail(err)
	}
	if len(d.run.Reported) == 0 {
		return nil, fmt.Errorf("%w (a JSON object without the figures of inference-perf)", ErrUnknownFormat)
	}
	d.run.notDerivable("the file holds aggregates only; per_request_lifecycle_metrics.json holds the requests, if the tool was told to write it", "everything")
	return d.run, nil
}

func (d *inferencePerfSummaryDecoder) Next(*metrics.Request) error { return io.EOF }

// member reads the member of that name at path.
func (d *inferencePerfSummaryDecoder) member(name, path string) error {
	switch path {
	case "successes.queue_len", "successes.kv_cache_usage_percentage":
		return fmt.Errorf("%w: these are figures of the server, from Prometheus; the lifecycle metrics beside them hold what clients saw", ErrUnknownFormat)
	case "load_summary.requested_rate", "load_summary.concurrency":
		return d.w.fact(d.run, path)
	case "benchmark_time_seconds":
		return d.duration(path)
	case "failures.by_label":
		return d.w.skip()
	}
	switch d.w.kind() {
	case '{':
		return d.w.object(func(name string) error { return d.member(name, path+"."+name) })
	case '[':
		return d.w.skip()
	}
	null := d.w.kind() == 'n'
	v, ok, err := d.w.number()
	if err == nil && !ok && !null {
		d.nonFinite++
		d.run.count("non-finite-number", d.nonFinite, "%d numbers are not finite, and are left out")
	}
	if err != nil || !ok {
		return err
	}
	unit, metric := inferencePerfMetric(strings.TrimSuffix(path, "."+name), path)
	stat := inferencePerfStat(name)
	if stat == "" && unit == "s" && metric != "" {
		metric = "" // no statistic that we know
	}
	d.run.report(path, v, unit, metric, stat)
	return nil
}

func (d *inferencePerfSummaryDecoder) duration(name string) error {
	raw, err := d.w.raw()
	if err != nil || raw.Kind() == 'n' {
		return err
	}
	ns, err := parseTime(raw, second)
	if err == nil && ns < 0 {
		err = negative(ns)
	}
	if err == nil && time.Duration(ns) > metrics.MaxInstant {
		err = outOfRange(raw)
	}
	if err != nil {
		return err
	}
	d.run.Duration = metrics.Known(time.Duration(ns))
	d.run.report(name, float64(ns)/1e9, "s", MetricDuration, "")
	return nil
}

// inferencePerfStat returns the common word for a statistic of the tool, or
// "" if name is none.
func inferencePerfStat(name string) string {
	if name == "median" {
		return "p50"
	}
	if isStatistic(name) {
		return name
	}
	return ""
}

// inferencePerfMetric returns the unit and the common word for the number at
// path, which is a statistic of what is at parent or a single number.
func inferencePerfMetric(parent, path string) (unit, metric string) {
	switch parent {
	case "load_summary.schedule_delay":
		return "s", MetricScheduleDelay
	case "successes.latency.request_latency":
		return "s", MetricEndToEnd
	case "successes.latency.normalized_time_per_output_token":
		return "s", MetricNormalized
	case "successes.latency.time_per_output_token":
		return "s", MetricTPOT
	case "successes.latency.time_to_first_token":
		return "s", MetricTTFT
	case "successes.latency.inter_token_latency":
		return "s", MetricITL
	case "failures.request_latency", "retries.wasted_sec":
		return "s", ""
	case "successes.prompt_len":
		return "tokens", MetricPromptLength
	case "successes.output_len":
		return "tokens", MetricOutputLength
	}
	switch path {
	case "successes.count":
		return "requests", MetricCompleted
	case "failures.count":
		return "requests", MetricFailed
	case "load_summary.count", "successes.token_count_mismatches":
		return "requests", ""
	case "load_summary.send_duration":
		return "s", ""
	case "load_summary.achieved_rate", "successes.goodput_metrics.request_goodput":
		return "requests/s", ""
	case "successes.goodput_metrics.token_goodput", "successes.throughput.input_tokens_per_sec":
		return "tokens/s", ""
	case "successes.throughput.output_tokens_per_sec":
		return "tokens/s", MetricOutputRate
	case "successes.throughput.total_tokens_per_sec":
		return "tokens/s", MetricTotalRate
	case "successes.throughput.requests_per_sec":
		return "requests/s", MetricRequestRate
	case "successes.prompt_tokens.total":
		return "tokens", MetricPromptTokens
	case "successes.output_tokens.total":
		return "tokens", MetricOutputTokens
	}
	switch {
	case parent == "successes.prompt_tokens" && !strings.HasSuffix(path, "cached"):
		return "tokens", MetricPromptLength
	case strings.HasSuffix(parent, "_tokens"):
		return "tokens", ""
	case strings.HasSuffix(path, "_percentage"):
		return "%", ""
	}
	return "", ""
}
