package results

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// FormatAIPerfSummary is profile_export_aiperf.json of AIPerf, to schema 1.5,
// and its forerunners: the form of 2025 that holds the metrics under "records",
// and profile_export_genai_perf.json of genai-perf. It is one run of aggregates
// only ([Run.AggregatesOnly]); the requests are in the file of [FormatAIPerf]
// beside it.
//
//   - A member that is an object with a "unit" is a metric. Each of its
//     statistics is reported as "tag.statistic" with that unit, for one
//     "request_latency.p99". The tool's avg is our mean; where it is the only
//     statistic it is a single number. Nulls are left out.
//   - Duration is benchmark_duration.
//   - input_config, run_info and other members that hold no metric are facts,
//     under their names without the outer one: "loadgen.concurrency". A list
//     of the model_names is one fact. The metrics of the warm-up, the telemetry
//     of devices and servers and the list of errors are left out.
//   - A number that is not finite is left out (warning "non-finite-number").
const FormatAIPerfSummary = "aiperf-summary"

func detectAIPerfSummary(h *Head) bool {
	tags := []string{"request_latency", "request_count", "time_to_first_token", "inter_token_latency", "request_throughput"}
	for _, tag := range tags {
		if h.HasAll(tag+".unit", tag+".avg") && h.HasAny("input_config", "schema_version", "aiperf_version") ||
			h.HasAll("records."+tag+".unit", "records."+tag+".avg") {
			return true
		}
	}
	return false
}

type aiperfSummaryDecoder struct {
	w        *walker
	run      *Run
	stats    []Reported // of the metric that is being read
	duration []byte     // its text
}

func newAIPerfSummaryDecoder(content *Content) *aiperfSummaryDecoder {
	return &aiperfSummaryDecoder{w: newWalker(content)}
}

func (d *aiperfSummaryDecoder) NextRun() (*Run, error) {
	if d.w.kind() == 0 {
		if err := d.w.end(); err != nil {
			return nil, d.w.fail(err)
		}
		return nil, io.EOF
	}
	d.run, d.duration = &Run{Convention: aiperfConvention, AggregatesOnly: true}, nil
	if err := d.w.object(d.member); err != nil {
		return nil, d.w.fail(err)
	}
	if len(d.run.Reported) == 0 {
		return nil, d.w.fail(fmt.Errorf("metrics %w", ErrMissing))
	}
	d.run.notDerivable("the file holds aggregates only; profile_export.jsonl beside it holds the requests", "everything")
	return d.run, nil
}

func (d *aiperfSummaryDecoder) Next(*metrics.Request) error { return io.EOF }

// member reads a member of the outer object.
func (d *aiperfSummaryDecoder) member(name string) error {
	switch name {
	case "records":
		return d.w.object(d.metric)
	case "input_config", "run_info":
		return d.w.object(d.fact)
	case "warmup_metrics", "telemetry_data", "server_metrics_data", "error_summary":
		return d.w.skip()
	}
	if d.w.kind() == '{' {
		return d.metric(name)
	}
	return d.fact(name)
}

// fact reads a fact; a list of names is one.
func (d *aiperfSummaryDecoder) fact(name string) error {
	switch d.w.kind() {
	case '{':
		return d.w.object(func(member string) error { return d.fact(name + "." + member) })
	case '[':
		if !strings.HasSuffix("."+name, ".model_names") {
			return d.w.skip()
		}
		var names []string
		err := d.w.array(func(int) error {
			s, err := d.w.text()
			names = append(names, s)
			return err
		})
		d.run.Facts = append(d.run.Facts, Fact{name, strings.Join(names, ", ")})
		return err
	}
	return d.w.fact(d.run, name)
}

// metric reads an object, which is a metric if it has a unit.
func (d *aiperfSummaryDecoder) metric(tag string) error {
	unit, isMetric := "", false
	d.stats = d.stats[:0]
	err := d.w.object(func(name string) (err error) {
		switch name {
		case "unit":
			isMetric = true
			unit, err = d.w.word()
			return err
		case "tag", "header":
			return d.w.skip()
		}
		return d.statistic(tag, name)
	})
	if err != nil || !isMetric {
		return err
	}
	values := 0 // that are no counts
	for _, s := range d.stats {
		values += btoi(s.Stat != "count")
	}
	for _, s := range d.stats {
		s.Unit, s.Metric = unit, aiperfMetric(tag)
		switch {
		case s.Stat == "count":
			s.Unit, s.Metric = "", "" // of requests or of chunks
		case values == 1 && s.Stat == "mean":
			s.Stat = ""
		}
		d.run.Reported = append(d.run.Reported, s)
	}
	if tag == "benchmark_duration" && d.duration != nil {
		return d.setDuration(unit)
	}
	return nil
}

// statistic reads a member of a metric, which is a statistic if it is a
// number.
func (d *aiperfSummaryDecoder) statistic(tag, name string) error {
	if k := d.w.kind(); k != '0' && k != '"' {
		return d.w.skip()
	}
	raw, err := d.w.raw()
	if err != nil {
		return err
	}
	if word, nonFinite := nonFiniteWord(raw); nonFinite {
		d.run.warn("non-finite-number", fmt.Sprintf("the file states %s.%s as %s: it is left out", tag, name, word))
		return nil
	}
	if raw.Kind() == '"' {
		return nil
	}
	if tag == "benchmark_duration" && name == "avg" {
		d.duration = append([]byte{}, raw...)
	}
	v, err := parseFloat(raw)
	r := Reported{Name: tag + "." + name, Value: v, Stat: name}
	if name == "avg" {
		r.Stat = "mean"
	}
	d.stats = append(d.stats, r)
	return err
}

// setDuration takes the duration from its text: in a float64 it is not exact.
func (d *aiperfSummaryDecoder) setDuration(unit string) error {
	u, err := unitOf(unit)
	if err != nil {
		return inside("unit", err)
	}
	ns, err := parseTime(d.duration, u)
	if err == nil && ns < 0 {
		err = negative(ns)
	}
	if err == nil && time.Duration(ns) > metrics.MaxInstant {
		err = outOfRange(d.duration)
	}
	d.run.Duration = metrics.Known(time.Duration(ns))
	return err
}

// aiperfMetric returns the common word for a metric of the tool, or "".
func aiperfMetric(tag string) string {
	switch tag {
	case "time_to_first_token", "ttft":
		return MetricTTFT
	case "inter_token_latency":
		return MetricTPOT
	case "inter_chunk_latency":
		return MetricITL
	case "request_latency":
		return MetricEndToEnd
	case "input_sequence_length":
		return MetricPromptLength
	case "output_sequence_length":
		return MetricOutputLength
	case "benchmark_duration":
		return MetricDuration
	case "request_count":
		return MetricCompleted
	case "error_request_count":
		return MetricFailed
	case "total_isl":
		return MetricPromptTokens
	case "total_osl": // total_output_tokens leaves out reasoning
		return MetricOutputTokens
	case "request_throughput":
		return MetricRequestRate
	case "output_token_throughput":
		return MetricOutputRate
	case "total_token_throughput":
		return MetricTotalRate
	}
	return ""
}
