package results

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tokentime/tokentime/metrics"
)

// FormatMLPerf is mlperf_log_detail.txt of MLPerf LoadGen, 2020 to 2026: lines
// of ":::MLLOG " and a JSON object with a key and a value. The file is one run.
// It holds no requests: the run has aggregates only, and everything else is
// not derivable.
//
//   - Values of keys that begin with "result_" and are numbers are reported.
//     The unit is in the key, "_ns", "_ms", "_per_sec", "_per_second", and
//     taken from there. Only the keys of the mean, minimum and maximum of the
//     TPOT, such as "result_time_to_output_token_mean", lack it; these are in
//     nanoseconds like its percentiles, "result_time_per_output_token_99.00_percentile_ns".
//   - LoadGen counts every latency from the scheduled instant of the request,
//     which is [metrics.MLPerf].
//   - "result_token_throughput" is kept as it is, without a unit: the tool
//     divides tokens by the sum of all latencies in nanoseconds, so the number
//     is tokens per nanosecond of one user's wait, not the rate of the system,
//     which is "result_completed_tokens_per_second".
//   - All other values that are not arrays are facts under their key:
//     "effective_target_qps", "result_validity" and so on. Records of the build
//     ("loadgen_file_sha1", "loadgen_git_log_message") and of the logger itself
//     are left out. A key that comes again with another value keeps its first
//     one (warning "stated-again"), but a result that does is an error.
//   - Lines that the tool marks as errors or warnings become the warnings
//     "tool-error" and "tool-warning".
//   - LoadGen writes "num_errors" behind its results. A log without results is
//     an error; one with results but without that line may have been cut short
//     (warning "log-without-end").
const FormatMLPerf = "mlperf"

// mlperfPrefix begins each line of the detailed log.
const mlperfPrefix = ":::MLLOG"

func detectMLPerf(h *Head) bool { return bytes.HasPrefix(h.Text, []byte(mlperfPrefix+" ")) }

// mlperfDecoder reads a log.
type mlperfDecoder struct {
	lines *jsonLines
	run   *Run

	again            []string // keys that came again
	errors, warnings int
	ended            bool
}

func newMLPerfDecoder(content *Content) *mlperfDecoder {
	return &mlperfDecoder{lines: newJSONLines(content, mlperfPrefix)}
}

func (d *mlperfDecoder) NextRun() (*Run, error) {
	if d.run != nil {
		return nil, io.EOF
	}
	d.run = newMLPerfRun()
	for {
		err := d.lines.next()
		if err == io.EOF {
			break
		}
		if err == nil {
			err = d.entry()
		}
		if err != nil {
			return nil, d.lines.at(err)
		}
	}
	if len(d.run.Reported) == 0 {
		return nil, d.lines.at(fmt.Errorf("results %w: the test did not come to its end", ErrMissing))
	}
	if !d.ended {
		d.run.warn("log-without-end", `the log has no line "num_errors", which stands behind the results: it may have been cut short`)
	}
	if len(d.again) > 0 {
		d.run.warn("stated-again", "these keys come again with another value, the first one counts: "+strings.Join(d.again, ", "))
	}
	d.run.count("tool-error", d.errors, "the tool logged %d errors")
	d.run.count("tool-warning", d.warnings, "the tool logged %d warnings")
	return d.run, nil
}

func newMLPerfRun() *Run {
	run := &Run{Convention: metrics.MLPerf.Name, AggregatesOnly: true}
	run.notDerivable("LoadGen logs aggregates, no requests", "everything")
	return run
}

// Next has nothing to read.
func (d *mlperfDecoder) Next(*metrics.Request) error { return io.EOF }

// entry reads a line of the log.
func (d *mlperfDecoder) entry() error {
	var key string
	var value jsontext.Value
	err := d.lines.object(func(name string) (err error) {
		switch name {
		case "key":
			key, err = d.lines.text()
		case "value":
			var raw jsontext.Value
			raw, err = d.lines.raw()
			value = bytes.Clone(raw)
		case "metadata":
			err = d.lines.object(d.metadata)
		default:
			err = d.lines.skip()
		}
		return err
	})
	if err == nil {
		err = d.lines.end()
	}
	switch {
	case err != nil:
		return err
	case key == "":
		return inside("key", ErrMissing)
	case value == nil:
		return inside("value", ErrMissing)
	}
	return inKey(key, d.file(key, value))
}

// inKey says that err came up in the value of that key.
func inKey(key string, err error) error {
	if err == nil {
		return nil
	}
	return inside(key, err)
}

func (d *mlperfDecoder) metadata(name string) error {
	switch name {
	case "is_error", "is_warning":
		is, err := d.lines.boolean()
		if name == "is_error" {
			d.errors += btoi(is)
		} else {
			d.warnings += btoi(is)
		}
		return err
	}
	return d.lines.skip()
}

// file files the value of a key.
func (d *mlperfDecoder) file(key string, value jsontext.Value) error {
	switch {
	case value.Kind() == '[', value.Kind() == '{', value.Kind() == 'n',
		key == "generic_message", key == "loadgen_git_log_message", strings.HasPrefix(key, "logger_"):
		return nil
	case key == "num_errors":
		d.ended = true
	}
	if quantity, ok := strings.CutPrefix(key, "result_"); ok && value.Kind() == '0' {
		return d.result(key, quantity, value)
	}
	text := string(value)
	if value.Kind() == '"' {
		var err error
		if text, err = looseText(value); err != nil {
			return err
		}
	}
	if word, ok := nonFiniteWord(value); ok {
		text = word
	}
	if before, ok := d.run.Fact(key); !ok {
		d.run.Facts = append(d.run.Facts, Fact{key, text})
	} else if before != text {
		d.again = append(d.again, key)
	}
	return nil
}

func (d *mlperfDecoder) result(key, quantity string, value jsontext.Value) error {
	v, err := parseFloat(value)
	if err != nil {
		return err
	}
	if before, ok := d.run.Aggregate(key); ok {
		if before != v {
			return fmt.Errorf("%w: %v, and %v before", ErrDuplicateKey, v, before)
		}
		return nil
	}
	r := mlperfResult(quantity)
	r.Name, r.Value = key, v
	d.run.Reported = append(d.run.Reported, r)
	return nil
}

// mlperfResult returns what the result of that name, without "result_", is.
func mlperfResult(name string) Reported {
	switch name {
	case "query_count":
		return Reported{Unit: "requests", Metric: MetricCompleted}
	case "overlatency_query_count":
		return Reported{Unit: "requests"}
	case "completed_samples_per_sec", "samples_per_second", "qps_with_loadgen_overhead":
		return Reported{Unit: "requests/s", Metric: MetricRequestRate}
	case "scheduled_samples_per_sec", "qps_without_loadgen_overhead":
		return Reported{Unit: "requests/s"}
	case "completed_tokens_per_second", "tokens_per_second":
		return Reported{Unit: "tokens/s", Metric: MetricOutputRate}
	case "token_throughput_with_loadgen_overhead", "inferred_completed_tokens_per_second", "inferred_tokens_per_second":
		return Reported{Unit: "tokens/s"}
	}
	for _, tpot := range []string{"time_to_output_token_", "time_per_output_token_"} {
		if stat, ok := strings.CutPrefix(name, tpot); ok {
			r := Reported{Unit: "ns", Metric: MetricTPOT}
			r.Stat, ok = mlperfStat(strings.TrimSuffix(stat, "_ns"))
			if ok {
				return r
			}
		}
	}
	quantity, ok := strings.CutSuffix(name, "_latency_ns")
	if !ok {
		return Reported{Unit: mlperfUnit(name)}
	}
	r := Reported{Unit: "ns", Metric: MetricEndToEnd}
	if rest, ok := strings.CutPrefix(quantity, "first_token_"); ok {
		quantity, r.Metric = rest, MetricTTFT
	}
	if r.Stat, ok = mlperfStat(quantity); !ok {
		return Reported{Unit: "ns"} // of queries of several samples
	}
	return r
}

// mlperfUnit returns the unit that a key ends with.
func mlperfUnit(name string) string {
	for _, u := range []string{"ns", "ms"} {
		if strings.HasSuffix(name, "_"+u) {
			return u
		}
	}
	return ""
}

// mlperfStat returns the statistic that "mean" or "99.90_percentile" is.
func mlperfStat(name string) (string, bool) {
	switch name {
	case "mean", "min", "max":
		return name, true
	}
	digits, ok := strings.CutSuffix(name, "_percentile")
	p, err := strconv.ParseFloat(digits, 64)
	if !ok || err != nil || math.IsNaN(p) || p < 0 || p > 100 {
		return "", false
	}
	return "p" + strconv.FormatFloat(p, 'f', -1, 64), true
}
