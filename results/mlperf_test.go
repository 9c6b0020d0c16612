package results

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func mllog(key, value string) string {
	return `:::MLLOG {"key": "` + key + `", "value": ` + value + `, "time_ms": 0.01, "metadata": {"is_error": false, "is_warning": false}}` + "\n"
}

func TestMLPerfResults(t *testing.T) {
	for _, test := range []struct {
		key, value string
		want       Reported
		reason     string
	}{
		{"mean_latency_ns", "43579602295", Reported{"", 43579602295, "ns", MetricEndToEnd, "mean"}, "the unit is in the key"},
		{"99.90_percentile_latency_ns", "1", Reported{"", 1, "ns", MetricEndToEnd, "p99.9"}, "a percentile"},
		{"50.00_percentile_latency_ns", "1", Reported{"", 1, "ns", MetricEndToEnd, "p50"}, "a whole one"},
		{"first_token_min_latency_ns", "1", Reported{"", 1, "ns", MetricTTFT, "min"}, "of the first token"},
		{"first_token_99.00_percentile_latency_ns", "1", Reported{"", 1, "ns", MetricTTFT, "p99"}, "its percentile"},
		{"time_per_output_token_97.00_percentile_ns", "1", Reported{"", 1, "ns", MetricTPOT, "p97"}, "TPOT"},
		{"time_to_output_token_mean", "144594078", Reported{"", 144594078, "ns", MetricTPOT, "mean"}, "its other name, without a unit"},
		{"completed_samples_per_sec", "81.6768", Reported{"", 81.6768, "requests/s", MetricRequestRate, ""}, "a rate"},
		{"samples_per_second", "81.6768", Reported{"", 81.6768, "requests/s", MetricRequestRate, ""}, "offline, a rate too"},
		{"completed_tokens_per_second", "24593.8", Reported{"", 24593.8, "tokens/s", MetricOutputRate, ""}, "tokens"},
		{"token_throughput", "6.90935e-09", Reported{"", 6.90935e-09, "", "", ""}, "kept as it is, and called nothing"},
		{"token_throughput_with_loadgen_overhead", "25263.4", Reported{"", 25263.4, "tokens/s", "", ""}, "another rate"},
		{"mean_query_latency_ns", "1", Reported{"", 1, "ns", "", ""}, "of queries of several samples"},
		{"time_to_output_token_mode", "1", Reported{"", 1, "", "", ""}, "not known"},
		{"101.00_percentile_latency_ns", "1", Reported{"", 1, "ns", "", ""}, "no percentile"},
		{"query_count", "73728", Reported{"", 73728, "requests", MetricCompleted, ""}, "requests"},
	} {
		text := mllog("result_"+test.key, test.value) + mllog("num_errors", "0")
		got, err := readAll("x", strings.NewReader(text), Options{})
		if err != nil {
			t.Errorf("%s: %v", test.key, err)
			continue
		}
		test.want.Name = "result_" + test.key
		if diff := cmp.Diff([]Reported{test.want}, got[0].Run.Reported); diff != "" {
			t.Errorf("%s: %s", test.reason, diff)
		}
	}
}

func TestMLPerfRun(t *testing.T) {
	result := mllog("result_mean_latency_ns", "5")
	for _, test := range []struct{ text, facts, warnings, reason string }{
		{result + mllog("num_errors", "0"), "num_errors=0", "", "a whole log"},
		{result, "", "log-without-end", "one that may have been cut short"},
		{mllog("effective_target_qps", "83.5") + mllog("effective_target_qps", "83.5") + result + mllog("num_errors", "0"), "effective_target_qps=83.5 num_errors=0", "", "said twice"},
		{mllog("a", "1") + mllog("a", "2") + result + mllog("num_errors", "0"), "a=1 num_errors=0", "stated-again", "said otherwise the second time"},
		{mllog("generic_message", `"x"`) + mllog("logger_tls", "1") + mllog("loadgen_git_log_message", `"y"`) + mllog("loaded_qsl_set", "[1]") + mllog("b", "null") + result + mllog("num_errors", "0"),
			"num_errors=0", "", "what is about the tool itself is left out"},
		{strings.Replace(mllog("e", `"oops"`), `"is_error": false`, `"is_error": true`, 1) + result + mllog("num_errors", "1"), "e=oops num_errors=1", "tool-error", "an error of the tool"},
		{strings.Replace(mllog("e", `"hm"`), `"is_warning": false`, `"is_warning": true`, 1) + result + mllog("num_errors", "0"), "e=hm num_errors=0", "tool-warning", "a warning of the tool"},
		{mllog("result_validity", `"VALID"`) + mllog("result_min_duration_met", "true") + result + mllog("num_errors", "0"), "result_validity=VALID result_min_duration_met=true num_errors=0", "", "results that are no numbers are facts"},
		{result + result + mllog("num_errors", "0"), "num_errors=0", "", "a result said twice"},
	} {
		got, err := readAll("x", strings.NewReader(test.text), Options{})
		if err != nil {
			t.Errorf("%s: %v", test.reason, err)
			continue
		}
		var facts []string
		for _, f := range got[0].Run.Facts {
			facts = append(facts, f.Name+"="+f.Value)
		}
		run := &got[0].Run
		if strings.Join(facts, " ") != test.facts || warningCodes(run) != test.warnings || !run.AggregatesOnly || run.Convention != "mlperf" {
			t.Errorf("%s: %+v", test.reason, run)
		}
	}
}

func TestMLPerfErrors(t *testing.T) {
	result := mllog("result_mean_latency_ns", "5")
	checkFileErrors(t, FormatMLPerf, []errorTest{
		{mllog("loadgen_version", `"5"`), "x: line 2: results missing: the test did not come to its end", ErrMissing, "no result"},
		{result + mllog("result_mean_latency_ns", "6"), "x: line 2: result_mean_latency_ns: duplicate key: 6, and 5 before", ErrDuplicateKey, "two results"},
		{result + "MLLOG {}", `x: line 2: want a line that begins with :::MLLOG, got "MLLOG {}"`, nil, "another line"},
		{result + ":::MLLOG", "x: line 2: malformed JSON: unexpected EOF", nil, "a line cut short"},
		{result + `:::MLLOG {"value": 1}`, "x: line 2: key: missing", ErrMissing, "no key"},
		{result + `:::MLLOG {"key": "a"}`, "x: line 2: value: missing", ErrMissing, "no value"},
		{result + `:::MLLOG {"key": "a", "key": "b"}`, `x: line 2: duplicate key: "key"`, ErrDuplicateKey, "two keys"},
		{mllog("result_mean_latency_ns", "1e999"), "x: line 1: result_mean_latency_ns: ", ErrRange, "more than a float64"},
	})
}

const summaryHead = "================================================\nMLPerf Results Summary\n================================================\n"

func TestMLPerfSummary(t *testing.T) {
	const end = "\nNo errors encountered during test.\n"
	const latency = "Mean latency (ns)                : 5\n"
	for _, test := range []struct{ text, reported, facts, warnings, reason string }{
		{latency + end, "Mean latency (ns)=5 ns e2e mean", "", "", "the unit is in parentheses"},
		{"99.90 percentile first token latency (ns)   : 7\n" + end, "99.90 percentile first token latency (ns)=7 ns ttft p99.9", "", "", "a percentile"},
		{"Min Time to Output Token (ns)  : 7\nMin Time per Output Token (ns): 8\n" + end, "Min Time to Output Token (ns)=7 ns tpot min, Min Time per Output Token (ns)=8 ns tpot min", "", "", "TPOT has two names"},
		{"Completed tokens per second: 2.5\nCompleted tokens per second                 : 2.5\n" + end, "Completed tokens per second=2.5 tokens/s output_rate ", "", "", "stated twice"},
		{latency + "SUT name : a: b\nTTFT Early Stopping Result:\n * Run successful.\n" + end, "Mean latency (ns)=5 ns e2e mean", "SUT name=a: b, TTFT Early Stopping Result=Run successful.", "", "texts are facts"},
		{latency + "================================================\nTest Parameters Used\n================================================\ntarget_qps : 83.5\nmin_duration (ms): 600\nWARNING: x was set.\nsome text\n" + end,
			"Mean latency (ns)=5 ns e2e mean", "target_qps=83.5, min_duration (ms)=600", "tool-warning", "parameters are facts too"},
		{"Mean speed (m): 5\nLuck: 7\n" + end, "Mean speed (m)=5 m  , Luck=7   ", "", "", "what is not known has no metric"},
		{latency + "1 ERROR encountered. See detailed log.\n", "Mean latency (ns)=5 ns e2e mean", "", "", "an error was met"},
	} {
		got, err := readAll("x", strings.NewReader(summaryHead+test.text), Options{})
		if err != nil {
			t.Errorf("%s: %v", test.reason, err)
			continue
		}
		var reported, facts []string
		for _, r := range got[0].Run.Reported {
			reported = append(reported, fmt.Sprintf("%s=%v %s %s %s", r.Name, r.Value, r.Unit, r.Metric, r.Stat))
		}
		for _, f := range got[0].Run.Facts {
			facts = append(facts, f.Name+"="+f.Value)
		}
		if r, f := strings.Join(reported, ", "), strings.Join(facts, ", "); r != test.reported || f != test.facts || warningCodes(&got[0].Run) != test.warnings {
			t.Errorf("%s:\nreported %s\nfacts %s\nwarnings %v", test.reason, r, f, got[0].Run.Warnings)
		}
	}
	checkFileErrors(t, FormatMLPerfSummary, []errorTest{
		{summaryHead + latency, "x: line 5: unexpected EOF: want a last line that says how many errors there were", nil, "cut short"},
		{summaryHead + end, "x: line 6: results missing", ErrMissing, "no result"},
		{summaryHead + latency + "Mean latency (ns): 6\n" + end, `x: line 5: duplicate key: "Mean latency (ns)" is 6, and 5 before`, ErrDuplicateKey, "two results"},
		{summaryHead + latency + end + "xyz\n", `x: line 7: more behind the line that says how many errors there were: "xyz"`, nil, "another file behind it"},
		{summaryHead + "a : b\na : c\n" + end, `x: line 5: duplicate key: "a" is "c", and "b" before`, ErrDuplicateKey, "two texts"},
	})
}

// TestRecordedMLPerf compares both logs of one recorded run: what both report
// under a common word must be the same number.
func TestRecordedMLPerf(t *testing.T) {
	var runs []*Run
	for _, name := range []string{"../formats/mlperf/mlperf_log_detail.txt.gz", "../formats/mlperf/mlperf_log_summary.txt"} {
		rd := openRecording(t, name)
		if !rd.NextRun() || rd.Next() || rd.NextRun() || rd.Err() != nil {
			t.Fatal(rd.Err())
		}
		runs = append(runs, rd.Run())
	}
	detail, summary := runs[0], runs[1]
	common := 0
	for _, a := range detail.Reported {
		b, ok := summary.Report(a.Metric, a.Stat)
		if !ok || a.Metric == "" {
			continue
		}
		common++
		if diff := a.Value - b.Value; a.Unit != b.Unit || diff > 0.04 || diff < -0.04 { // rates are rounded to 6 digits and to 0.01
			t.Errorf("%s: %v %s, %s: %v %s", a.Name, a.Value, a.Unit, b.Name, b.Value, b.Unit)
		}
	}
	if common != 29 { // 3 times 3 extremes and 6 percentiles, and 2 rates
		t.Errorf("%d numbers in common", common)
	}
	for kind, want := range map[FactKind]string{FactRequestRate: "83.5", FactEngine: "PySUT", FactArrivals: "Server"} {
		for _, run := range runs {
			if f, ok := run.Stated(kind); !ok || f.Value != want {
				t.Errorf("%s: fact %d is %q, want %s", run.Format, kind, f.Value, want)
			}
		}
	}
	if v, ok := detail.Aggregate("result_token_throughput"); !ok || v != 6.90935e-09 {
		t.Errorf("the slip of a unit is kept for an audit: %v", v)
	}
	if detail.Facts[0].Name != "loadgen_version" || warningCodes(detail) != "" || warningCodes(summary) != "tool-warning" {
		t.Errorf("%v %v", detail.Warnings, summary.Warnings)
	}
}

func FuzzMLPerf(f *testing.F) {
	f.Add([]byte(mllog("result_mean_latency_ns", "5") + mllog("result_first_token_99.90_percentile_latency_ns", "5") + mllog("a", `"b"`)))
	f.Fuzz(func(t *testing.T, input []byte) { checkInvariants(t, input, Options{Format: FormatMLPerf}) })
}

func FuzzMLPerfSummary(f *testing.F) {
	f.Add([]byte(summaryHead + "Mean latency (ns) : 5\na: b\n * c\nNo errors encountered during test.\n"))
	f.Fuzz(func(t *testing.T, input []byte) { checkInvariants(t, input, Options{Format: FormatMLPerfSummary}) })
}
