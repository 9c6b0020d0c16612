package results

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/tokentime/tokentime/metrics"
)

// FormatGenAIBench is what genai-bench, 2024 to 2026, writes for one run, that
// is for one scenario at one concurrency: a JSON object with the members
// aggregated_metrics, individual_request_metrics and, in newer files,
// _time_unit. The file experiment_metadata.json beside it holds the setup of
// all runs and is not one.
//
// How the individual metrics become requests:
//
//   - Times are in the unit that _time_unit states, "s" or "ms"; files without
//     it have seconds.
//   - The file does not say when requests were sent: each has its own origin.
//   - The first token came ttft after that. e2e_latency is the end of the
//     stream, and the last token is taken to have come with it, as the tool
//     itself does (warning "last-token-at-end"); it came earlier by what the
//     stream held behind it, such as the chunk with the usage.
//   - The answer has num_output_tokens tokens, which is UsageTokens. More than
//     two make the request Sparse: no time of a token in between is known.
//     Reasoning tokens, which newer files count apart, are not added (warning
//     "reasoning-tokens-apart").
//   - A request with an error_code has the Outcome of that HTTP status: 408 and
//     504 are TimedOut, 499 is Cancelled, 503, 529 and the other 4xx are
//     Rejected, the rest is Failed. It has no tokens, as the file holds no times
//     of it that could be trusted.
//   - A completed request without output tokens is an empty answer. That is
//     what tasks without a text, such as embeddings, look like.
//
// If the records hold another number of completed requests than the file
// states, the warning "completed-count-mismatch" says so.
//
// The tool leaves requests of more than 1000 tokens/s out of the file, and
// those of its warm-up and cool-down out of the aggregates but not out of the
// file. Aggregates of times are in the unit of the file.
//
// The tpot that a file states is the decode time divided by N in versions of
// 2024, by N - 1 since. Only the second is [metrics.GenAIBench].
//
// As the unit stands at the end, a run must be in memory before its first
// request can be yielded.
const FormatGenAIBench = "genai-bench"

func detectGenAIBench(h *Head) bool {
	return h.HasAny("individual_request_metrics", "aggregated_metrics") || isGenAIBenchExperiment(h)
}

// isGenAIBenchExperiment reports whether the file is the metadata of runs.
func isGenAIBenchExperiment(h *Head) bool {
	return h.HasAll("benchmark_version") && h.HasAny("experiment_folder_name", "traffic_scenario", "max_time_per_run_s")
}

// genAIBenchDecoder holds the records of a run.
type genAIBenchDecoder struct {
	w        *walker
	run      *Run
	records  []genAIBenchRecord
	inRecord bool   // the error, if there is one, is in records
	literals []byte // of the times of all records, until the unit is known
	unit     unit
	timed    []int // indexes in run.Reported of numbers in the unit
	index    int   // of the next request
	unread   []string
	metadata bool // the file has keys of an experiment
}

// genAIBenchRecord is an element of individual_request_metrics.
type genAIBenchRecord struct {
	ttft, latency             literal
	prompt, output, reasoning metrics.Count
	status                    int64 // HTTP status of an error, or 0
	failed                    bool
}

// literal is where a number stands in genAIBenchDecoder.literals. An empty one
// is unknown.
type literal struct{ start, end int }

func newGenAIBenchDecoder(content *Content) *genAIBenchDecoder {
	return &genAIBenchDecoder{w: newWalker(content), unit: second}
}

func (d *genAIBenchDecoder) NextRun() (*Run, error) {
	if d.run != nil {
		return nil, io.EOF
	}
	d.run = &Run{Convention: metrics.GenAIBench.Name}
	err := d.w.object(d.member)
	if err == nil {
		err = d.complete()
	}
	if err == nil {
		err = d.w.end()
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		if d.inRecord {
			d.w.request = len(d.records)
		}
		return nil, d.w.fail(err)
	}
	d.interpret()
	return d.run, nil
}

func (d *genAIBenchDecoder) member(name string) error {
	switch name {
	case "aggregated_metrics":
		return d.w.object(d.aggregate)
	case "individual_request_metrics":
		if d.records == nil {
			d.records = []genAIBenchRecord{} // not missing
		}
		d.inRecord = true
		err := d.w.array(func(int) error {
			var rec genAIBenchRecord
			if err := d.w.object(d.recordMember(&rec)); err != nil {
				return err
			}
			d.records = append(d.records, rec)
			return nil
		})
		d.inRecord = err != nil
		return err
	case "_time_unit":
		text, err := d.w.text()
		if err == nil {
			d.unit, err = unitOf(text)
		}
		return err
	case "benchmark_version", "experiment_folder_name", "traffic_scenario":
		d.metadata = true
	}
	if k := d.w.kind(); k == '[' || k == '{' {
		d.unread = append(d.unread, name)
	}
	return d.w.skip()
}

// recordMember returns the function that reads a member of a record.
func (d *genAIBenchDecoder) recordMember(rec *genAIBenchRecord) func(name string) error {
	return func(name string) (err error) {
		switch name {
		case "ttft":
			rec.ttft, err = d.time()
		case "e2e_latency":
			rec.latency, err = d.time()
		case "num_input_tokens":
			rec.prompt, err = d.w.count()
		case "num_output_tokens":
			rec.output, err = d.w.count()
		case "num_reasoning_tokens":
			rec.reasoning, err = d.w.count()
		case "error_code":
			var code metrics.Count
			code, err = d.w.count()
			rec.status, rec.failed = code.Get()
			rec.failed = rec.status != 0
		default:
			err = d.w.skip()
		}
		return err
	}
}

// time reads a number in a unit that is not known yet.
func (d *genAIBenchDecoder) time() (literal, error) {
	raw, err := d.w.raw()
	if err != nil || raw.Kind() == 'n' {
		return literal{}, err
	}
	if _, err := parseTime(raw, second); err != nil {
		return literal{}, err
	}
	start := len(d.literals)
	d.literals = append(d.literals, raw...)
	return literal{start, len(d.literals)}, nil
}

// complete checks that the file is a run.
func (d *genAIBenchDecoder) complete() error {
	switch {
	case d.records != nil || len(d.run.Reported) > 0:
		return nil
	case d.metadata:
		return errors.New("the metadata of an experiment, which is not a run; the runs are in files beside it")
	}
	return fmt.Errorf("%w (a JSON object without the keys of genai-bench)", ErrUnknownFormat)
}

// interpret decides what the file means as a whole.
func (d *genAIBenchDecoder) interpret() {
	for _, i := range d.timed {
		d.run.Reported[i].Unit = unitNames[d.unit]
	}
	if d.records == nil {
		d.run.AggregatesOnly = true
		d.run.notDerivable("the file holds aggregates only", "everything")
		return
	}
	d.run.clocksApart()
	d.run.gapsUnknown()
	var atEnd, reasoning, completed int
	for i := range d.records {
		rec := &d.records[i]
		n, _ := rec.output.Get()
		atEnd += btoi(!rec.failed && n > 1)
		completed += btoi(!rec.failed)
		k, _ := rec.reasoning.Get()
		reasoning += btoi(k > 0)
	}
	d.run.count("last-token-at-end", atEnd, "of %d requests the last token is taken to have come at the end of the stream, as the file has no instant of it")
	d.run.count("reasoning-tokens-apart", reasoning, "%d requests have reasoning tokens that the tool counts apart from its output tokens; they are not added")
	if stated, ok := d.run.Report(MetricCompleted, ""); ok && stated.Value != float64(completed) {
		d.run.warn("completed-count-mismatch", fmt.Sprintf("the file states %v completed requests, its records hold %d of %d",
			stated.Value, completed, len(d.records)))
	}
	if len(d.unread) > 0 {
		d.run.warn("keys-not-read", "the file has arrays or objects that this reader does not know: "+strings.Join(d.unread, ", "))
	}
}

// unitNames are the names of units in [Reported].
var unitNames = [...]string{nanosecond: "ns", microsecond: "us", millisecond: "ms", second: "s"}

func (d *genAIBenchDecoder) Next(r *metrics.Request) error {
	i := d.index
	if i >= len(d.records) {
		return io.EOF
	}
	rec := &d.records[i]
	*r = metrics.Request{
		ID: strconv.Itoa(i), Deliveries: r.Deliveries[:0], Sent: metrics.Known(time0),
		PromptTokens: rec.prompt,
	}
	var err error
	if rec.failed {
		r.Outcome = outcomeOfStatus(rec.status)
	} else {
		r.UsageTokens = rec.output
		err = d.times(r, rec)
	}
	if err != nil {
		d.w.request = i
		err = d.w.fail(err)
		var e *Error
		if errors.As(err, &e) {
			e.Offset = -1 // that of the end
		}
		return err
	}
	d.index++
	return nil
}
