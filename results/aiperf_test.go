package results

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/metrics"
)

// aiperfLine returns a line of profile_export.jsonl: a request of three tokens
// with what is in metadata and metrics replaced, added or, when empty, left
// out.
func aiperfLine(metadata, metrics []string, failure string) string {
	m := members([]string{`"session_num": 45`, `"x_request_id": "r"`, `"conversation_id": "c"`, `"turn_index": 0`,
		`"request_start_ns": 1759813207532900363`, `"request_ack_ns": null`, `"request_end_ns": 1759813207832900363`,
		`"worker_id": "w"`, `"benchmark_phase": "profiling"`, `"was_cancelled": false`}, metadata)
	v := members([]string{`"input_sequence_length": {"value": 550, "unit": "tokens"}`,
		`"time_to_first_token": {"value": 255.88656799999998, "unit": "ms"}`,
		`"request_latency": {"value": 261.202574, "unit": "ms"}`,
		`"inter_chunk_latency": {"value": [4.898437, 0.417569], "unit": "ms"}`,
		`"output_sequence_length": {"value": 3, "unit": "tokens"}`,
		`"inter_token_latency": {"value": 2.658003, "unit": "ms"}`}, metrics)
	return `{"metadata": {` + m + `}, "metrics": {` + v + `}, "error": ` + failure + "}\n"
}

// members returns the members of an object, each with changes applied as in
// vllmFile.
func members(all, changes []string) string {
	for _, change := range changes {
		name, value, _ := strings.Cut(change, ":")
		found := false
		for i := len(all) - 1; i >= 0; i-- {
			if n, _, _ := strings.Cut(all[i], ":"); n == name {
				found = true
				if all[i] = change; value == "" {
					all = append(all[:i], all[i+1:]...)
				}
			}
		}
		if !found {
			all = append(all, change)
		}
	}
	return strings.Join(all, ", ")
}

func TestAIPerfRecords(t *testing.T) {
	type in = []string
	const none = "null"
	plain := metrics.Request{ID: "r", Sent: known(0), End: known(300e6),
		Deliveries:   []metrics.Delivery{event(255886568, 1), event(260785005, 1), event(261202574, 1)},
		PromptTokens: metrics.Known(int64(550)), UsageTokens: metrics.Known(int64(3))}
	with := func(change func(r *metrics.Request)) metrics.Request {
		r := plain
		change(&r)
		return r
	}
	at := func(d ...metrics.Delivery) func(r *metrics.Request) {
		return func(r *metrics.Request) { r.Deliveries = d }
	}
	noChunks := `"inter_chunk_latency":`
	for _, test := range []struct {
		metadata, metrics []string
		failure           string
		want              metrics.Request
		warnings          string
		reason            string
	}{
		{nil, nil, none, plain, "", "a streamed answer"},
		{in{`"x_request_id":`}, nil, none, with(func(r *metrics.Request) { r.ID = "0" }), "", "without an ID it is the number of the record"},
		{in{`"credit_issued_ns": 1759813207532900360`}, nil, none, with(func(r *metrics.Request) { r.Due = known(-3) }), "", "let go 3 ns before it was sent"},
		{in{`"credit_issued_ns": 1759813207532900363`}, nil, none, with(func(r *metrics.Request) { r.Due = known(0) }), "", "let go when it was sent"},
		{in{`"credit_issued_ns": 1759813207532900364`}, nil, none, plain, "due-after-sent", "let go 1 ns after it was sent: two clocks"},
		{in{`"credit_issued_ns": null`}, nil, none, plain, "", "null is unknown"},
		{in{`"request_start_ns":`, `"timestamp_ns": 1759813207532900363`, `"benchmark_phase":`, `"credit_phase": "profiling"`, `"request_end_ns":`},
			in{`"time_to_first_token":`, `"ttft": {"value": 255.886568, "unit": "ms"}`, `"ttst": {"value": 4.898437, "unit": "ms"}`}, none,
			with(func(r *metrics.Request) { r.End = metrics.Instant{} }), "", "the names of 2025, when the end was not written"},
		{nil, in{`"time_to_first_token": {"unit": "s", "value": 0.255886568}`, `"inter_chunk_latency": {"unit": "us", "value": [4898.437, 417.569]}`}, none,
			plain, "", "other units, and before the values"},
		{nil, in{`"inter_chunk_latency": {"value": [4898437, 417569], "unit": "ns"}`}, none, plain, "", "nanoseconds, whose unit comes behind the list"},
		{nil, in{`"output_sequence_length":`, `"output_token_count": {"value": 2, "unit": "tokens"}`, `"reasoning_token_count": {"value": 7.0, "unit": "tokens"}`}, none,
			with(func(r *metrics.Request) { r.UsageTokens = metrics.Known(int64(9)) }), "", "the parts of the output; whole numbers may be floats"},
		{nil, in{`"output_token_count": {"value": 2, "unit": "tokens"}`}, none, plain, "", "the total goes before its parts"},
		{nil, in{`"output_sequence_length":`}, none, with(func(r *metrics.Request) { r.UsageTokens = metrics.Count{} }), "", "nothing states the output"},
		{nil, in{noChunks}, none, with(func(r *metrics.Request) {
			r.Deliveries, r.Sparse = []metrics.Delivery{event(255886568, 1), event(261202574, 2)}, true
		}), "", "no list of chunks: sparse"},
		{nil, in{noChunks, `"output_sequence_length": {"value": 2, "unit": "tokens"}`}, none, with(func(r *metrics.Request) {
			r.Deliveries, r.UsageTokens = []metrics.Delivery{event(255886568, 1), event(261202574, 1)}, metrics.Known(int64(2))
		}), "", "of two tokens nothing is missing"},
		{nil, in{noChunks, `"output_sequence_length": {"value": 1, "unit": "tokens"}`}, none, with(func(r *metrics.Request) {
			r.Deliveries, r.UsageTokens = []metrics.Delivery{event(255886568, 1), event(261202574, 0)}, metrics.Known(int64(1))
		}), "", "a chunk behind the only token held none"},
		{nil, in{noChunks, `"output_sequence_length":`}, none, with(func(r *metrics.Request) {
			r.Deliveries, r.UsageTokens = []metrics.Delivery{event(255886568, 1)}, metrics.Count{}
		}), "", "an unknown number of tokens behind the first is not made up"},
		{nil, in{noChunks, `"request_latency": {"value": 255.886568, "unit": "ms"}`}, none, with(at(event(255886568, 3))), "",
			"first and last content are one chunk: it held all three tokens"},
		{nil, in{noChunks, `"request_latency":`}, none, with(at(event(255886568, 1))), "", "a TTFT is all there is"},
		{nil, in{noChunks, `"time_to_first_token":`}, none, with(at(event(261202574, 3))), "not-streamed", "all at once"},
		{nil, in{noChunks, `"time_to_first_token":`, `"output_sequence_length": {"value": 0, "unit": "tokens"}`}, none, with(func(r *metrics.Request) {
			r.Deliveries, r.UsageTokens = nil, metrics.Known(int64(0))
		}), "", "an empty answer has no delivery"},
		{nil, in{`"inter_chunk_latency": {"value": [], "unit": "ms"}`, `"request_latency":`}, none, with(at(event(255886568, 1))), "", "one chunk"},
		{nil, in{`"request_latency": {"value": 261.202578, "unit": "ms"}`}, none, plain, "", "off by 4 ns, what rounding 4 numbers can do"},
		{nil, in{`"request_latency": {"value": 261.202579, "unit": "ms"}`}, none, plain, "latency-mismatch", "off by 5 ns"},
		{in{`"request_end_ns": 1759813207794102934`}, nil, none, with(func(r *metrics.Request) { r.End = known(261202574) }), "", "three chunks may pass the end by 3 ns"},
		{in{`"request_end_ns": 1759813207794102933`}, nil, none, with(func(r *metrics.Request) { r.End = known(261202574) }), "end-before-last-event", "by 4 ns it is worth a warning"},
		{in{`"request_end_ns": 1759813207794092937`}, nil, none, with(func(r *metrics.Request) { r.End = known(261202574) }), "end-before-last-event", "up to 10 µs"},
	} {
		got, err := readAll("x", strings.NewReader(aiperfLine(test.metadata, test.metrics, test.failure)), Options{})
		if err != nil || len(got) != 1 || got[0].Run.Format != FormatAIPerf {
			t.Errorf("%s: %v, %d runs", test.reason, err, len(got))
			continue
		}
		if diff := cmp.Diff([]metrics.Request{test.want}, got[0].Requests, compareOptional); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.reason, diff)
		}
		if warned := codes(t, aiperfLine(test.metadata, test.metrics, test.failure)); warned != test.warnings {
			t.Errorf("%s: warnings %q, want %q", test.reason, warned, test.warnings)
		}
	}
}

// codes returns the codes of the warnings of all runs when all is read.
func codes(t *testing.T, content string) string {
	t.Helper()
	var all []string
	for _, run := range finished(t, strings.NewReader(content)) {
		for _, w := range run.Warnings {
			all = append(all, w.Code)
		}
	}
	return strings.Join(all, " ")
}

func TestAIPerfOutcomes(t *testing.T) {
	for _, test := range []struct {
		cancelled, failure string
		want               metrics.Outcome
		reason             string
	}{
		{"false", "null", metrics.Completed, "no error"},
		{"true", "null", metrics.Cancelled, "given up, without an error"},
		{"true", `{"code": 500, "type": "E", "message": "m"}`, metrics.Cancelled, "given up goes before what came of it"},
		{"false", `{"code": 499, "type": "RequestCancellationError", "message": "m"}`, metrics.Cancelled, "the tool's code for giving up"},
		{"false", `{"code": 408, "type": "E", "message": "m"}`, metrics.TimedOut, "request timeout"},
		{"false", `{"code": 504, "type": "E", "message": "m"}`, metrics.TimedOut, "gateway timeout"},
		{"false", `{"code": 503, "type": "E", "message": "m"}`, metrics.Rejected, "service unavailable"},
		{"false", `{"code": 529, "type": "E", "message": "m"}`, metrics.Rejected, "overloaded"},
		{"false", `{"code": 429, "type": "E", "message": "m"}`, metrics.Rejected, "too many requests"},
		{"false", `{"code": 400, "type": "E", "message": "m"}`, metrics.Rejected, "bad request"},
		{"false", `{"code": 500, "type": "TimeoutError", "message": "m"}`, metrics.Failed, "the server failed: its code goes before the type"},
		{"false", `{"code": null, "type": "TimeoutError", "message": "m"}`, metrics.TimedOut, "no code: the type"},
		{"false", `{"type": "ServerTimeoutError", "message": "m"}`, metrics.TimedOut, "likewise"},
		{"false", `{"code": "x", "type": "CancelledError", "message": "m"}`, metrics.Cancelled, "a code that is no number"},
		{"false", `{"code": 200, "type": "InvalidInferenceResultError", "message": "m"}`, metrics.Failed, "an answer that the tool did not understand"},
		{"false", `{"message": "m"}`, metrics.Failed, "nothing tells"},
	} {
		line := aiperfLine([]string{`"was_cancelled": ` + test.cancelled},
			[]string{`"time_to_first_token":`, `"request_latency":`, `"inter_chunk_latency":`, `"output_sequence_length":`, `"input_sequence_length":`,
				`"error_isl": {"value": 7, "unit": "tokens"}`}, test.failure)
		got, err := readAll("x", strings.NewReader(line), Options{})
		want := []metrics.Request{{ID: "r", Sent: known(0), End: known(300e6), Outcome: test.want, PromptTokens: metrics.Known(int64(7))}}
		if err != nil {
			t.Errorf("%s: %v", test.reason, err)
		} else if diff := cmp.Diff(want, got[0].Requests, compareOptional); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.reason, diff)
		}
	}
}

// finished returns the runs as they are when all is read.
func finished(t *testing.T, r *strings.Reader) []*Run {
	t.Helper()
	rd, err := NewReader("x", r, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var all []*Run
	for rd.NextRun() {
		all = append(all, rd.Run())
	}
	if rd.Err() != nil {
		t.Fatal(rd.Err())
	}
	return all
}

func TestAIPerfWarmUp(t *testing.T) {
	start := func(ns string) string { return `"request_start_ns": ` + ns }
	warm := `"benchmark_phase": "warmup"`
	content := aiperfLine([]string{warm, start("1759813207000000000")}, nil, "null") +
		aiperfLine([]string{start("1759813207532900363"), `"x_request_id": "a"`}, nil, "null") +
		aiperfLine([]string{start("1759813207432900363"), `"x_request_id": "b"`}, nil, "null") +
		aiperfLine([]string{warm, start("1759813207000000000")}, nil, "null")
	rd, err := NewReader("x", strings.NewReader(content), Options{})
	if err != nil || !rd.NextRun() {
		t.Fatal(err, rd.Err())
	}
	run := rd.Run()
	check := func(when, n string) {
		t.Helper()
		if fact, _ := run.Stated(FactWarmup); fact.Value != n || len(run.Warnings) != 1 || !strings.HasPrefix(run.Warnings[0].Message, n+" requests of the warm-up") {
			t.Errorf("%s: fact %v, warnings %v; want %s", when, fact, run.Warnings, n)
		}
	}
	check("before the first request", "1")
	var sent []time.Duration
	for rd.Next() {
		at, _ := rd.Request().Sent.Get()
		sent = append(sent, at)
	}
	check("at the end", "2")
	if diff := cmp.Diff([]time.Duration{0, -100e6}, sent); diff != "" || rd.Err() != nil {
		t.Errorf("sent, from the first that is kept (-want +got):\n%s%v", diff, rd.Err())
	}
	if rd.NextRun() {
		t.Error("a second run")
	}
	got, err := readAll("x", strings.NewReader(aiperfLine([]string{warm}, nil, "null")), Options{})
	if err != nil || len(got) != 1 || len(got[0].Requests) != 0 || len(got[0].Run.Warnings) != 1 {
		t.Errorf("nothing but a warm-up: %+v, %v", got, err)
	}
}

func TestAIPerfErrors(t *testing.T) {
	type in = []string
	plain := aiperfLine(nil, nil, "null")
	for _, test := range []struct {
		text, message string
		is            error
		reason        string
	}{
		{plain + aiperfLine(in{`"request_start_ns":`}, nil, "null"), "x: request 1: metadata.request_start_ns: missing", ErrMissing, "no start"},
		{aiperfLine(in{`"timestamp_ns": 5`}, nil, "null"), "x: request 0: metadata.timestamp_ns: duplicate key", ErrDuplicateKey, "two starts"},
		{aiperfLine(in{`"request_start_ns": 1e30`}, nil, "null"), "x: request 0: metadata.request_start_ns: out of range", ErrRange, "no instant"},
		{aiperfLine(in{`"request_start_ns": 2305843009213693953`}, nil, "null"), "x: request 0: metadata.request_start_ns: out of range", ErrRange, "1 ns beyond the last instant"},
		{aiperfLine(in{`"request_start_ns": -1`}, nil, "null"), "x: request 0: metadata.request_start_ns: negative time", ErrNegativeTime, "before the epoch"},
		{aiperfLine(in{`"request_start_ns": "1759"`}, nil, "null"), "x: request 0: metadata.request_start_ns: wrong type", ErrType, "a string"},
		{aiperfLine(in{`"was_cancelled": 1`}, nil, "null"), "x: request 0: metadata.was_cancelled: wrong type", ErrType, "a number for a truth"},
		{aiperfLine(in{`"benchmark_phase": 1`}, nil, "null"), "x: request 0: metadata.benchmark_phase: wrong type", ErrType, "a number for a phase"},
		{aiperfLine(in{`"request_end_ns": 1759813207794092573`}, nil, "null"), "x: request 0: inter_chunk_latency[1]: after the end", metrics.ErrAfterEnd, "10,001 ns beyond the end"},
		{aiperfLine(in{`"request_end_ns": 1759813207532900362`}, nil, "null"), "x: request 0: request_end_ns: time runs backwards", metrics.ErrTimeReversed, "the end 1 ns before the start"},
		{aiperfLine(nil, in{`"time_to_first_token": {"value": -1, "unit": "ms"}`}, "null"), "x: request 0: metrics.time_to_first_token: negative time", ErrNegativeTime, "a negative TTFT"},
		{aiperfLine(nil, in{`"time_to_first_token": {"value": NaN, "unit": "ms"}`}, "null"), "x: request 0: metrics.time_to_first_token: not a finite number", ErrNotFinite, "NaN is no time"},
		{aiperfLine(nil, in{`"time_to_first_token": {"value": 1}`}, "null"), "x: request 0: metrics.time_to_first_token.unit: missing", ErrMissing, "no unit"},
		{aiperfLine(nil, in{`"time_to_first_token": {"value": 1, "unit": "tokens"}`}, "null"), `x: request 0: metrics.time_to_first_token.unit: unknown unit "tokens"`, nil, "no unit of time"},
		{aiperfLine(nil, in{`"ttft": {"value": 1, "unit": "ms"}`}, "null"), "x: request 0: metrics.ttft: duplicate key", ErrDuplicateKey, "one metric under two names"},
		{aiperfLine(nil, in{`"time_to_first_token":`}, "null"), "x: request 0: time_to_first_token: missing beside inter_chunk_latency", ErrMissing, "gaps behind nothing"},
		{aiperfLine(nil, in{`"inter_chunk_latency": {"value": [1, -0.5], "unit": "ms"}`}, "null"), "x: request 0: inter_chunk_latency[1]: negative time", ErrNegativeTime, "a negative gap"},
		{aiperfLine(nil, in{`"inter_chunk_latency": {"value": [1, null], "unit": "ms"}`}, "null"), "x: request 0: metrics.inter_chunk_latency.value[1]: wrong type", ErrType, "a gap that is none"},
		{aiperfLine(nil, in{`"inter_chunk_latency": {"value": 5, "unit": "ms"}`}, "null"), "x: request 0: metrics.inter_chunk_latency.value: wrong type", ErrType, "a number for a list"},
		{aiperfLine(nil, in{`"inter_chunk_latency": {"value": [1e15], "unit": "ms"}`}, "null"), "x: request 0: metrics.inter_chunk_latency.value[0]: out of range", ErrRange, "more than 64 bits"},
		{aiperfLine(nil, in{`"inter_chunk_latency": {"value": [2e12], "unit": "ms"}`, `"time_to_first_token": {"value": 1e12, "unit": "ms"}`}, "null"),
			"x: request 0: inter_chunk_latency[0]: out of range", ErrRange, "beyond the last instant, as a sum"},
		{aiperfLine(nil, in{`"inter_chunk_latency":`, `"request_latency": {"value": 255.886567, "unit": "ms"}`}, "null"), "x: request 0: request_latency: time runs backwards", metrics.ErrTimeReversed, "the last content before the first"},
		{plain + aiperfLine(nil, in{`"inter_chunk_latency": {"value": [1, null], "unit": "ms"}`}, "null"), "x: request 1: metrics.inter_chunk_latency.value[1]: wrong type", ErrType, "likewise in a later record"},
		{plain + aiperfLine(nil, in{`"inter_chunk_latency": {"value": [1], "unit": "us"}`}, "null"), `x: request 1: metrics.inter_chunk_latency.unit: wrong type: "us", behind lists in "ms"`, ErrType, "another unit than before"},
		{plain + aiperfLine(nil, in{`"inter_chunk_latency": {"value": [1]}`}, "null"), "x: request 1: metrics.inter_chunk_latency.unit: missing", ErrMissing, "no unit, in a later record"},
		{aiperfLine(nil, in{`"output_sequence_length": {"value": 2.5, "unit": "tokens"}`}, "null"), "x: request 0: metrics.output_sequence_length.value: not an integer", ErrNotInteger, "half a token"},
		{aiperfLine(nil, in{`"output_sequence_length": {"value": -1, "unit": "tokens"}`}, "null"), "x: request 0: metrics.output_sequence_length.value: out of range", ErrRange, "fewer than none"},
		{aiperfLine(nil, nil, `"boom"`), "x: request 0: error: wrong type", ErrType, "an error that is a text"},
		{strings.TrimSpace(plain) + strings.TrimSpace(plain[:40]), "x: ", nil, "cut off"},
		{plain + "rubbish", "x: request 1: malformed JSON: invalid character 'r'", nil, "rubbish behind a line"},
		{plain + `{"metadata": {"request_start_ns": 1}, "start_perf_ns": 5, "responses": []}`, "x: request 1: start_perf_ns: unknown key: a raw record among those of metrics",
			ErrUnknownKey, "files of two kinds put together"},
	} {
		_, err := readAll("x", strings.NewReader(test.text), Options{Format: FormatAIPerf})
		checkError(t, err, test.message, test.is, test.reason)
	}
}

// aiperfData is where recordings and samples of AIPerf lie beside the module.
const aiperfData = "../../shared/data"

func openAIPerf(t *testing.T, name string) *Reader {
	t.Helper()
	path := filepath.Join(aiperfData, name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("the recorded data is not there: %v", err)
	}
	rd, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { rd.Close() })
	return rd
}

// TestAIPerfSample reads the sample of the tool's documentation, which repeats
// a key with another value.
func TestAIPerfSample(t *testing.T) {
	rd := openAIPerf(t, "formats/aiperf/doc_sample_profile_export.jsonl")
	if rd.NextRun() {
		t.Error("a record in which a key is repeated was read")
	}
	checkError(t, rd.Err(), filepath.Join(aiperfData, "formats/aiperf/doc_sample_profile_export.jsonl")+
		`: request 0: metrics: duplicate key: "time_to_first_token"`, ErrDuplicateKey, "the last value is the time to the second token")
}

// TestAIPerfRecording demands that every aggregate in the tool's summary of a
// run follows from its records.
func TestAIPerfRecording(t *testing.T) {
	records := openAIPerf(t, "aiperf/gptoss20b-burst100.jsonl.gz")
	s := metrics.Summary{Options: metrics.SummaryOptions{Convention: metrics.AIPerf}}
	for records.NextRun() {
		for records.Next() {
			if err := s.Add(records.Request()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if records.Err() != nil {
		t.Fatal(records.Err())
	}
	file := openAIPerf(t, "aiperf/gptoss20b-burst100.summary.json")
	if !file.NextRun() {
		t.Fatal(file.Err())
	}
	run := file.Run()
	compared := map[string]int{}
	for _, rep := range run.Reproduce(&s) {
		compared[rep.Metric]++
		unit, _ := unitOf(rep.Unit)
		v, ok := rep.Recomputed.Get()
		if off := math.Abs(v-rep.Value) * float64(powersOfTen[unit]); !ok || off > 1 && (rep.Unit == "ms" || rep.Unit == "sec") || rep.Verdict != Reproduced {
			t.Errorf("%v: off by %v ns", rep, off)
		}
	}
	for _, metric := range []string{MetricTTFT, MetricTPOT, MetricITL, MetricEndToEnd} {
		if compared[metric] != 12 {
			t.Errorf("%d aggregates of %s compared, want mean, min, max, std and 8 percentiles", compared[metric], metric)
		}
	}
	// The records state no end, so that the duration ends with the last
	// content, as the tool's does.
	verdicts := map[string]Verdict{}
	for _, rep := range run.ReproduceTotals(&s) {
		verdicts[rep.Metric] = rep.Verdict
	}
	want := map[string]Verdict{MetricCompleted: Reproduced, MetricFailed: Reproduced, MetricOutputTokens: Reproduced, MetricDuration: Reproduced,
		MetricRequestRate: Reproduced, MetricOutputRate: Reproduced,
		MetricPromptTokens: NotCompared} // 11 requests were cancelled
	if diff := cmp.Diff(want, verdicts); diff != "" {
		t.Errorf("totals (-want +got):\n%s", diff)
	}
	if prompt, _ := run.Report(MetricPromptTokens, ""); prompt.Value != float64(s.PromptTokens) {
		t.Errorf("%v prompt tokens are stated, the records have %d: those cancelled state none", prompt.Value, s.PromptTokens)
	}
	for kind, fact := range map[FactKind]string{FactModel: "openai/gpt-oss-20b", FactMaxConcurrency: "100", FactArrivals: "concurrency_burst", FactDate: "2025-10-03T13:13:39.146443"} {
		if f, _ := run.Stated(kind); f.Value != fact {
			t.Errorf("fact %d is %v, want %s", kind, f, fact)
		}
	}
}

func FuzzAIPerf(f *testing.F) {
	f.Add([]byte(aiperfLine(nil, nil, "null") + aiperfLine([]string{`"benchmark_phase": "warmup"`}, nil, "null")))
	f.Add([]byte(aiperfLine([]string{`"credit_issued_ns": 1759813207532900364`}, []string{`"inter_chunk_latency":`}, `{"code": 499}`)))
	f.Add([]byte(aiperfLine(nil, []string{`"inter_chunk_latency":`, `"time_to_first_token":`}, "null")))
	f.Fuzz(func(t *testing.T, input []byte) { checkInvariants(t, input, Options{Format: FormatAIPerf}) })
}
