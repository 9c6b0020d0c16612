package results

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/tokentime/tokentime/metrics"
)

// FormatMLPerfSummary is mlperf_log_summary.txt of MLPerf LoadGen, 2020 to
// 2026: a text with a line "name : value" for each number. It has the same
// results as the detailed log, [FormatMLPerf], and as little about requests.
//
//   - Of "Results Summary" and "Additional Stats", lines with a number are
//     reported, under the name as it stands with its unit: "Mean latency (ns)".
//     Here too TPOT has two names, "Time per Output Token" and "Time to Output
//     Token".
//   - Other lines with a colon, and all of "Test Parameters Used", are facts.
//     Lines without one are explanations, and left out. A line "WARNING: ..."
//     is the warning "tool-warning".
//   - A name that comes twice must have the same value.
//   - The last line says how many errors were met. Without it the file was cut
//     short, which is an error.
const FormatMLPerfSummary = "mlperf-summary"

func detectMLPerfSummary(h *Head) bool {
	begin := h.Text[:min(len(h.Text), 200)]
	return len(begin) > 0 && begin[0] == '=' && bytes.Contains(begin, []byte("MLPerf Results Summary"))
}

// mlperfSummaryDecoder reads a summary.
type mlperfSummaryDecoder struct {
	lines      lineReader
	run        *Run
	heading    bool // behind an odd number of lines of '='
	parameters bool // within the test parameters
	warnings   int
	ended      bool
	section    string // a name without a value, such as "TTFT Early Stopping Result"
}

func newMLPerfSummaryDecoder(content *Content) *mlperfSummaryDecoder {
	return &mlperfSummaryDecoder{lines: lineReader{src: content.src}}
}

// Next has nothing to read.
func (d *mlperfSummaryDecoder) Next(*metrics.Request) error { return io.EOF }

func (d *mlperfSummaryDecoder) NextRun() (*Run, error) {
	if d.run != nil {
		return nil, io.EOF
	}
	d.run = newMLPerfRun()
	for {
		line, err := d.lines.next()
		if err == io.EOF {
			break
		}
		if err == nil {
			err = d.entry(strings.ToValidUTF8(string(bytes.TrimSpace(line)), "\ufffd"))
		}
		if err != nil {
			return nil, d.fail(err)
		}
	}
	switch {
	case !d.ended:
		return nil, d.fail(fmt.Errorf("%w: want a last line that says how many errors there were", io.ErrUnexpectedEOF))
	case len(d.run.Reported) == 0:
		return nil, d.fail(fmt.Errorf("results %w", ErrMissing))
	}
	d.run.count("tool-warning", d.warnings, "the tool printed %d warnings")
	return d.run, nil
}

func (d *mlperfSummaryDecoder) fail(err error) error {
	return &Error{Request: -1, Line: d.lines.line, Offset: -1, Err: err}
}

// entry files a line.
func (d *mlperfSummaryDecoder) entry(line string) error {
	name, value, ok := strings.Cut(line, ":")
	name, value = strings.TrimSpace(name), strings.TrimSpace(value)
	switch {
	case d.ended:
		return fmt.Errorf("more behind the line that says how many errors there were: %s", quoted([]byte(line)))
	case strings.Trim(line, "=") == "":
		d.heading = !d.heading
	case d.heading:
		d.parameters = line == "Test Parameters Used"
	case strings.HasSuffix(line, ".") && strings.Contains(strings.ToLower(line), "error") && strings.Contains(line, "encountered"):
		d.ended = true
	case strings.HasPrefix(line, "WARNING:"):
		d.warnings++
	case !ok && strings.HasPrefix(line, "* ") && d.section != "":
		return d.fact(d.section, strings.TrimPrefix(line, "* "))
	case !ok || name == "":
	case value == "":
		d.section = name
	default:
		d.section = ""
		return d.pair(name, value)
	}
	return nil
}

// pair files a name with its value.
func (d *mlperfSummaryDecoder) pair(name, value string) error {
	v, err := parseFloat([]byte(value))
	if d.parameters || err != nil {
		return d.fact(name, value)
	}
	if before, ok := d.run.Aggregate(name); ok {
		if before != v {
			return fmt.Errorf("%w: %q is %v, and %v before", ErrDuplicateKey, name, v, before)
		}
		return nil
	}
	r := mlperfSummaryResult(name)
	r.Name, r.Value = name, v
	d.run.Reported = append(d.run.Reported, r)
	return nil
}

func (d *mlperfSummaryDecoder) fact(name, value string) error {
	before, ok := d.run.Fact(name)
	if ok && before != value {
		return fmt.Errorf("%w: %q is %s, and %s before", ErrDuplicateKey, name, quoted([]byte(value)), quoted([]byte(before)))
	}
	if !ok {
		d.run.Facts = append(d.run.Facts, Fact{name, value})
	}
	return nil
}

// mlperfSummaryResult returns what the number of that name is.
func mlperfSummaryResult(name string) Reported {
	var r Reported
	words := strings.ToLower(name)
	if rest, unit, ok := strings.Cut(words, " ("); ok {
		words, r.Unit = rest, strings.TrimSuffix(unit, ")")
	}
	switch words {
	case "completed samples per second", "samples per second", "qps w/ loadgen overhead":
		return Reported{Unit: "requests/s", Metric: MetricRequestRate}
	case "scheduled samples per second", "qps w/o loadgen overhead":
		return Reported{Unit: "requests/s"}
	case "completed tokens per second", "tokens per second":
		return Reported{Unit: "tokens/s", Metric: MetricOutputRate}
	case "tps w/ loadgen overhead", "tps w/o loadgen overhead":
		return Reported{Unit: "tokens/s"}
	}
	stat, metric, _ := strings.Cut(words, " ")
	if rest, ok := strings.CutPrefix(metric, "percentile "); ok {
		p, err := strconv.ParseFloat(stat, 64)
		if err != nil || !(p >= 0 && p <= 100) {
			return r
		}
		stat, metric = "p"+strconv.FormatFloat(p, 'f', -1, 64), rest
	} else if stat != "mean" && stat != "min" && stat != "max" {
		return r
	}
	switch metric {
	case "latency":
		r.Metric = MetricEndToEnd
	case "first token latency":
		r.Metric = MetricTTFT
	case "time to output token", "time per output token":
		r.Metric = MetricTPOT
	}
	if _, err := unitOf(r.Unit); r.Metric == "" || err != nil {
		return Reported{Unit: r.Unit}
	}
	r.Stat = stat
	return r
}
