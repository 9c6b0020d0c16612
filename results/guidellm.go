package results

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// FormatGuideLLM is benchmarks.json of GuideLLM: of versions 0.5 to 0.8
// (metadata.version 1 and 2), and of 0.2 and 0.3, which had another layout. Each
// of its benchmarks is a run. The file is read in one pass, whatever its size.
//
// How a request becomes a record, with the names of 0.2 and 0.3 behind the
// slash:
//
//   - Instants are seconds since 1970 from time.time(), a clock that can be
//     set, as float64: Resolution is 240 ns. They count from measure_start_time /
//     start_time of the benchmark.
//   - Sent is request_start / start_time, End is request_end / end_time.
//   - Due is targeted_start / targeted_start_time, but only under a strategy
//     that has a schedule: under "synchronous", "concurrent" and "throughput"
//     it is no more than the earliest instant at which the tool would have
//     sent. A target later than Sent is taken as unknown (warning
//     "due-after-sent").
//   - The first token came at first_token_iteration / first_token_time. That
//     is the first content, reasoning or tool call, and what the tool's TTFT
//     ends at. first_output_token_iteration, which leaves out reasoning, is not
//     read: a user who sees thoughts sees output. The last token came at
//     last_token_iteration / last_token_time. Nothing between is in the file:
//     answers of more than two tokens are Sparse, unless token_iterations say
//     that all came in one chunk.
//   - UsageTokens is output_metrics.total_tokens / output_tokens, and without
//     it token_iterations, as in the tool: a chunk then counts as a token.
//     PromptTokens is input_metrics.total_tokens / prompt_tokens.
//   - requests.successful completed, requests.errored failed, and
//     requests.incomplete were cancelled: they had not ended when the benchmark
//     did.
//   - The tool's figures are of requests that overlap the measured window,
//     from measure_start_time to measure_end_time: it leaves out warm-up and
//     cool-down. So does this reader (warning "outside-measured-window").
//   - request_args, outputs and tracebacks are skipped and never held.
//
// Each distribution of metrics, of the successful requests, is reported as
// "name.successful.statistic". p001, p01 and p999 are the quantiles of 0.1, 1
// and 99.9 %. inter_token_latency_ms is the mean gap of each request, counted
// once for each of its gaps; time_per_output_token_ms includes the TTFT, and
// counts a request once for each token. In 0.2 and 0.3 it did not include the
// TTFT, and is comparable with nothing: it has no common Metric there.
//
// Means over the requests of a sample (sample_size) do not reproduce (warning
// "requests-sampled"). A benchmark without requests, which is what a file
// written with an empty sample has, has aggregates only.
//
// The tool also writes YAML. That is not read, and the error says what to do.
const FormatGuideLLM = "guidellm"

// guideLLMResolution is the distance of two float64 values of some 1.8e9 s.
const guideLLMResolution = 240 * time.Nanosecond

func detectGuideLLM(h *Head) bool {
	if h.Text[0] != '{' {
		return isGuideLLMYAML(h.Text)
	}
	return h.HasAny("metadata.guidellm_version") ||
		h.HasAll("benchmarks") && h.HasAny("benchmarks.run_stats", "benchmarks.scheduler_state", "benchmarks.scheduler_metrics")
}

// isGuideLLMYAML reports whether the text is the begin of the tool's YAML.
func isGuideLLMYAML(text []byte) bool {
	return len(text) > 0 && text[0] != '[' && (bytes.Contains(text, []byte("guidellm_version:")) || bytes.Contains(text, []byte("type_: generative_benchmark")))
}

type guideLLMDecoder struct {
	w       *walker
	yaml    bool
	run     *Run // of the current benchmark
	file    Run  // holds the facts of the whole file
	open    bool // the array of benchmarks has been opened
	inside  bool // a request comes next
	index   int  // of the benchmark
	list    string
	request int // in the run
	rec     guideLLMRecord
	bench   guideLLMBenchmark
}

// guideLLMBenchmark is what is known of the current benchmark.
type guideLLMBenchmark struct {
	start, end          metrics.Span // of the measured window
	noSchedule          bool
	old                 bool // layout of 0.2 and 0.3
	inRequests, inList  bool
	behind              bool // the requests have been begun
	empty               bool // by what the metrics state, there was no request
	dueAfterSent, outer int
}

func newGuideLLMDecoder(content *Content) *guideLLMDecoder {
	begin, _ := content.src.Peek(bufferSize)
	begin = bytes.TrimLeft(begin, " \t\r\n")
	return &guideLLMDecoder{w: newWalker(content), yaml: len(begin) > 0 && begin[0] != '{' && isGuideLLMYAML(begin), index: -1}
}

func (d *guideLLMDecoder) NextRun() (*Run, error) {
	d.w.request = -1
	if d.yaml {
		return nil, fmt.Errorf("%w: YAML of GuideLLM; convert it to JSON, or have the tool write benchmarks.json", ErrUnknownFormat)
	}
	if !d.open {
		if err := d.openBenchmarks(); err != nil {
			return nil, d.w.fail(err)
		}
	}
	if !d.w.more() {
		return nil, d.w.fail(d.finish())
	}
	d.index++
	if err := d.begin(); err != nil {
		return nil, d.w.fail(inside(fmt.Sprintf("benchmarks[%d]", d.index), err))
	}
	start, _ := d.bench.start.Get()
	if end, ok := d.bench.end.Get(); ok && end >= start && end-start <= metrics.MaxInstant {
		d.run.Duration = metrics.Known(end - start)
	}
	switch {
	case d.inside:
		d.run.gapsUnknown()
	case !d.bench.empty:
		d.run.AggregatesOnly = true
		d.run.notDerivable("the file holds aggregates only, as its lists of requests are empty; the tool keeps requests unless it is told to keep a sample of none", "everything")
	}
	return d.run, nil
}

// openBenchmarks reads up to the first benchmark.
func (d *guideLLMDecoder) openBenchmarks() error {
	if err := d.w.open('{'); err != nil {
		return err
	}
	for d.w.more() {
		name, err := d.w.name()
		if err != nil {
			return err
		}
		switch name {
		case "benchmarks":
			d.open = true
			return inField(name, d.w.open('['))
		case "metadata":
			err = d.w.fact(&d.file, name)
		case "config":
			err = d.w.object(func(name string) error {
				if name != "spec" {
					return d.w.skip()
				}
				return guideLLMSpec(d.w, &d.file)
			})
		default:
			err = d.w.skip()
		}
		if err != nil {
			return inside(name, err)
		}
	}
	if err := d.w.close(); err != nil {
		return err
	}
	return fmt.Errorf("%w (a JSON object without the benchmarks of GuideLLM)", ErrUnknownFormat)
}

// finish reads what is behind the last benchmark. It returns io.EOF if all is
// well.
func (d *guideLLMDecoder) finish() error {
	if err := d.w.close(); err != nil {
		return err
	}
	for d.w.more() {
		name, err := d.w.name()
		if err == nil {
			err = d.w.skip()
		}
		if err != nil {
			return inside(name, err)
		}
	}
	return d.w.finish()
}

// begin reads a benchmark up to its first request, or all of it if it has
// none.
func (d *guideLLMDecoder) begin() error {
	d.run = &Run{Convention: metrics.GuideLLM.Name, CommonClock: true, Resolution: guideLLMResolution}
	for _, f := range d.file.Facts {
		if f.Name != "metadata.version" { // of the layout, not of the tool
			f.Name = strings.TrimPrefix(f.Name, "metadata.")
		}
		d.run.Facts = append(d.run.Facts, f)
	}
	d.bench, d.request = guideLLMBenchmark{}, 0
	if err := d.w.open('{'); err != nil {
		return err
	}
	return d.advance()
}

// advance reads up to the next request of the benchmark, or to the end of the
// benchmark, and sets inside.
func (d *guideLLMDecoder) advance() error {
	b := &d.bench
	for {
		switch {
		case b.inList && d.w.more():
			d.inside = true
			return nil
		case b.inList:
			b.inList = false
			if err := d.w.close(); err != nil {
				return err
			}
		case !d.w.more():
			if err := d.w.close(); err != nil {
				return err
			}
			if !b.inRequests {
				d.inside = false
				return nil
			}
			b.inRequests = false
		default:
			if err := d.member(); err != nil {
				return err
			}
		}
	}
}

// member reads a member of the benchmark, or of its requests.
func (d *guideLLMDecoder) member() error {
	name, err := d.w.name()
	if err != nil {
		return err
	}
	b := &d.bench
	isList := name == "successful" || name == "errored" || name == "incomplete"
	switch {
	case b.inRequests && isList && d.w.kind() == '[':
		d.list, b.inList = name, true
		err = d.w.open('[')
	case b.inRequests:
		err = d.w.skip()
	case name == "requests" && d.w.kind() == '{':
		b.inRequests, b.behind = true, true
		err = d.w.open('{')
	case name == "metrics" && b.behind:
		err = errMetricsBehind
	default:
		err = d.header(name)
	}
	if err != nil {
		return inside(name, err)
	}
	return nil
}

func (d *guideLLMDecoder) Next(r *metrics.Request) error {
	for d.inside {
		d.w.request = d.request
		kept, err := d.read(r)
		if err != nil {
			return d.w.fail(inside("requests."+d.list, err))
		}
		d.request++
		d.w.request = -1
		if err := d.advance(); err != nil {
			return d.w.fail(inside(fmt.Sprintf("benchmarks[%d]", d.index), err))
		}
		if kept {
			return nil
		}
	}
	b := &d.bench
	d.run.count("due-after-sent", b.dueAfterSent, "%d requests were sent before their targeted start, which is taken as unknown")
	d.run.count("outside-measured-window", b.outer, "%d requests are left out, because they do not overlap the window that the tool measured: "+
		"they are of the warm-up or the cool-down")
	return io.EOF
}

// read reads one request, and reports whether it is of the measured window.
func (d *guideLLMDecoder) read(r *metrics.Request) (bool, error) {
	if err := d.rec.read(d.w); err != nil {
		return false, err
	}
	if !d.rec.overlaps(&d.bench) {
		d.bench.outer++
		return false, nil
	}
	if !d.bench.start.Known() {
		return false, fmt.Errorf("start_time of the benchmark: %w before its requests, from which their instants count", ErrMissing)
	}
	*r = metrics.Request{Deliveries: r.Deliveries[:0]}
	switch d.list {
	case "errored":
		r.Outcome = metrics.Failed
	case "incomplete":
		r.Outcome = metrics.Cancelled
	}
	dueAfterSent, err := d.rec.convert(r, &d.bench, d.request)
	d.bench.dueAfterSent += btoi(dueAfterSent)
	return true, err
}

// errMetricsBehind is for a file that somebody has put into another order.
var errMetricsBehind = errors.New("stands behind the requests, where a file that is read in one pass cannot use it")
