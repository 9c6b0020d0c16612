package results

import (
	"fmt"
	"strings"
)

// header reads a member of a benchmark that is not its requests.
func (d *guideLLMDecoder) header(name string) (err error) {
	b := &d.bench
	switch name {
	case "config":
		return d.w.object(d.config)
	case "scheduler_metrics":
		return d.w.object(d.scheduler)
	case "metrics":
		return d.w.object(d.metric)
	case "start_time":
		if !b.start.Known() {
			b.start, err = d.w.span(second)
			return err
		}
	case "end_time":
		if !b.end.Known() {
			b.end, err = d.w.span(second)
			return err
		}
	case "args", "run_stats", "worker", "request_loader": // 0.2, 0.3
		b.old = true
		return d.w.object(func(member string) error { return d.oldHeader(name, member) })
	}
	return d.w.skip()
}

// config reads a member of the configuration of a benchmark.
func (d *guideLLMDecoder) config(name string) error {
	switch name {
	case "strategy":
		return d.strategy()
	case "backend":
		return guideLLMBackend(d.w, d.run)
	case "profile", "warmup", "cooldown", "constraints", "requests", "run_id", "run_index", "prefer_response_metrics":
		return d.w.fact(d.run, name)
	case "sample_size":
		n, ok, err := d.w.number()
		if ok {
			d.run.Facts = append(d.run.Facts, Fact{name, fmt.Sprintf("%v", n)})
			d.run.warn("requests-sampled", fmt.Sprintf("the file keeps a sample of at most %v requests of each outcome; "+
				"the tool's figures are of all of them", n))
		}
		return err
	}
	return d.w.skip()
}

// strategy reads the strategy, which says whether requests had a schedule.
func (d *guideLLMDecoder) strategy() error {
	if d.w.kind() != '{' {
		return d.w.fact(d.run, "strategy")
	}
	err := d.w.object(func(name string) error { return d.w.fact(d.run, "strategy."+name) })
	kind, _ := d.run.Fact("strategy.type_")
	switch kind {
	case "synchronous", "concurrent", "throughput":
		d.bench.noSchedule = true
	}
	return err
}

// guideLLMBackend reads what says how the server was asked. Keys and headers
// are secrets, and left out.
func guideLLMBackend(w *walker, run *Run) error {
	if w.kind() != '{' {
		return w.fact(run, "backend")
	}
	return w.object(func(name string) error {
		switch name {
		case "kind", "type_", "target", "model", "request_format", "stream", "max_tokens", "http2", "timeout":
			return w.fact(run, "backend."+name)
		}
		return w.skip()
	})
}

// guideLLMSpec reads what the whole report was asked to do.
func guideLLMSpec(w *walker, run *Run) error {
	return w.object(func(name string) error {
		switch name {
		case "tokenizer":
			return w.fact(run, name)
		case "data":
			if w.kind() != '[' {
				return w.fact(run, name)
			}
			return w.array(func(i int) error {
				path := name
				if i > 0 {
					path = fmt.Sprintf("%s[%d]", name, i)
				}
				return w.fact(run, path)
			})
		}
		return w.skip()
	})
}

// oldHeader reads a member of what versions 0.2 and 0.3 have for the
// configuration.
func (d *guideLLMDecoder) oldHeader(outer, name string) error {
	switch {
	case outer == "args" && name == "strategy":
		return d.strategy()
	case outer == "args" && name == "profile":
		return d.w.fact(d.run, name)
	case outer == "args" && d.w.kind() != '{':
		return d.w.fact(d.run, name)
	case outer == "worker" && strings.HasPrefix(name, "backend_") && d.w.kind() != '{':
		return d.w.fact(d.run, "backend."+strings.TrimPrefix(name, "backend_"))
	case outer == "run_stats" && strings.HasSuffix(name, "_avg"):
		return d.average(outer, name)
	case outer == "request_loader":
		return d.w.fact(d.run, outer+"."+name)
	}
	return d.w.skip()
}

// scheduler reads a member of scheduler_metrics.
func (d *guideLLMDecoder) scheduler(name string) (err error) {
	switch {
	case name == "measure_start_time":
		d.bench.start, err = d.w.span(second)
	case name == "measure_end_time":
		d.bench.end, err = d.w.span(second)
	case strings.HasSuffix(name, "_avg"):
		err = d.average("scheduler_metrics", name)
	default:
		err = d.w.skip()
	}
	return err
}

// average reads a mean of seconds. The tool writes -1 where there is none, and
// where it is 0.
func (d *guideLLMDecoder) average(outer, name string) error {
	v, ok, err := d.w.number()
	if err != nil || !ok || v == -1 {
		return err
	}
	metric := ""
	if name == "request_targeted_start_delay_avg" && !d.bench.noSchedule {
		metric = MetricScheduleDelay
	}
	d.run.report(outer+"."+name, v, "s", metric, "mean")
	return nil
}

// metric reads a member of metrics: a distribution for each outcome, or counts
// of requests. Those of texts, images and other media have parts, and are left
// out.
func (d *guideLLMDecoder) metric(name string) error {
	if d.w.kind() != '{' {
		return d.w.skip()
	}
	return d.w.object(func(outcome string) error {
		path := name + "." + outcome
		switch {
		case name == "request_totals":
			return d.total(outcome, path)
		case outcome == "successful" && d.w.kind() == '{':
			return d.w.object(func(stat string) error { return d.statistic(name, path, stat) })
		}
		return d.w.skip()
	})
}

// total reads a number of requests.
func (d *guideLLMDecoder) total(outcome, path string) error {
	v, ok, err := d.w.number()
	if err != nil || !ok {
		return err
	}
	metric := ""
	switch outcome {
	case "successful":
		metric = MetricCompleted
	case "total":
		d.bench.empty = v == 0
	}
	d.run.report(path, v, "requests", metric, "")
	return nil
}

// statistic reads a statistic of the metric at path, or its percentiles.
func (d *guideLLMDecoder) statistic(metric, path, name string) error {
	stat := ""
	switch name {
	case "mean", "min", "max":
		stat = name
	case "median":
		stat = "p50"
	case "std_dev":
		stat = "std"
	case "total_sum", "count":
	case "percentiles":
		return d.w.object(func(p string) error {
			stat, ok := guideLLMPercentile(p)
			if !ok || stat == "p50" { // that is the median
				return d.w.skip()
			}
			return d.reportStatistic(metric, path+"."+name+"."+p, stat)
		})
	default:
		return d.w.skip()
	}
	return d.reportStatistic(metric, path+"."+name, stat)
}

// guideLLMPercentile returns the percentile of a name such as "p001", which
// has two digits of the percentage and any behind the point: "p0.1".
func guideLLMPercentile(name string) (string, bool) {
	digits, ok := strings.CutPrefix(name, "p")
	if !ok || len(digits) < 2 || strings.Trim(digits, "0123456789") != "" {
		return "", false
	}
	whole := strings.TrimPrefix(digits[:2], "0")
	if whole == "" {
		whole = "0"
	}
	if len(digits) == 2 {
		return "p" + whole, true
	}
	return "p" + whole + "." + digits[2:], true
}

// reportStatistic reports the number that comes next, a statistic of a metric
// or, if stat is "", its sum or its count.
func (d *guideLLMDecoder) reportStatistic(name, path, stat string) error {
	v, ok, err := d.w.number()
	if err != nil || !ok {
		return err
	}
	unit, metric := d.meaning(name)
	switch {
	case stat == "" && strings.HasSuffix(path, ".total_sum") && metric == MetricOutputLength:
		metric = MetricOutputTokens
	case stat == "" && strings.HasSuffix(path, ".total_sum") && metric == MetricPromptLength:
		metric = MetricPromptTokens
	case stat == "" && strings.HasSuffix(path, ".count"):
		unit, metric = "", ""
	case stat == "":
		metric = ""
	}
	switch name { // of time, not of requests: only the mean is comparable
	case "requests_per_second", "output_tokens_per_second", "tokens_per_second", "request_concurrency":
		if stat != "mean" {
			metric = ""
		} else {
			stat = ""
		}
	}
	d.run.report(path, v, unit, metric, stat)
	return nil
}

// meaning returns the unit and the common word for a metric of the tool.
func (d *guideLLMDecoder) meaning(name string) (unit, metric string) {
	switch name {
	case "time_to_first_token_ms":
		return "ms", MetricTTFT
	case "time_per_output_token_ms":
		if d.bench.old {
			return "ms", ""
		}
		return "ms", MetricTPOT
	case "inter_token_latency_ms":
		return "ms", MetricITL
	case "request_latency":
		return "s", MetricEndToEnd
	case "prompt_token_count":
		return "tokens", MetricPromptLength
	case "output_token_count":
		return "tokens", MetricOutputLength
	case "requests_per_second":
		return "requests/s", MetricRequestRate
	case "request_concurrency":
		return "requests", MetricConcurrency
	case "output_tokens_per_second":
		return "tokens/s", MetricOutputRate
	case "tokens_per_second":
		return "tokens/s", MetricTotalRate
	}
	switch {
	case strings.HasSuffix(name, "_ms"):
		return "ms", ""
	case strings.HasSuffix(name, "_per_second"):
		return "tokens/s", ""
	case strings.HasSuffix(name, "_count"):
		return "tokens", ""
	}
	return "", ""
}
