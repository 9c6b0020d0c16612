package results

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/metrics"
)

// inferencePerfRequest returns an element in the nesting of 2026 with the
// given times and counts.
func inferencePerfRequest(start, end, chunks, tokens string, output int, more ...string) string {
	return changed([]string{
		`"start_time": ` + start, `"end_time": ` + end, `"request": "{\"prompt\": \"[\\\"NaN\"}"`, `"response": "data: {}"`,
		`"info": {"request_metrics": {"text": {"input_tokens": 7}}, "response_metrics": {"output_tokens": ` + strconv.Itoa(output) +
			`, "server_usage": null, "response_chunks": ["{\"a\": [1]}"], "chunk_times": ` + chunks + `, "output_token_times": ` + tokens +
			`}, "extra_info": {}, "lora_adapter": null, "labels": {}, "input_tokens": 7}`,
		`"error": null`,
	}, more)
}

func TestInferencePerfRecords(t *testing.T) {
	request := func(end int64, usage int64, d ...metrics.Delivery) metrics.Request {
		return metrics.Request{ID: "0", Sent: known(0), End: known(end), Deliveries: d, PromptTokens: metrics.Known(int64(7)), UsageTokens: metrics.Known(usage)}
	}
	old := func(output int, times string) string {
		return fmt.Sprintf(`{"start_time": 100.5, "end_time": 101.5, "request": "{}", "info": {"input_tokens": 7, "output_tokens": %d, "output_token_times": %s}, "error": null}`, output, times)
	}
	sparse := request(1e9, 3, event(25e7, 1), event(75e7, 2))
	sparse.Sparse = true
	failed := func(o metrics.Outcome) []metrics.Request {
		return []metrics.Request{{ID: "0", Sent: known(0), End: known(1e9), Outcome: o}}
	}
	failure := func(errorType string) string {
		return `{"start_time": 1.0, "end_time": 2.0, "request": "{}", "info": null, "error": {"error_type": "` + errorType + `", "error_msg": "m"}}`
	}
	due := request(1e9, 1, event(25e7, 1))
	due.Due = known(-5e8)
	for _, test := range []struct {
		elements string
		want     []metrics.Request
		warnings string
		reason   string
	}{
		{inferencePerfRequest("100.5", "101.5", "[100.75, 101.0, 101.25]", "[100.75, 101.0, 101.25]", 3), []metrics.Request{
			request(1e9, 3, event(25e7, 1), event(5e8, 1), event(75e7, 1))}, "", "one token a chunk"},
		{inferencePerfRequest("100.5", "101.5", "[100.75, 101.0]", "[100.75, 101.0, 101.0, 101.0]", 4), []metrics.Request{
			request(1e9, 4, event(25e7, 1), event(5e8, 3))}, "", "three tokens came at once: the instant of the chunk is there three times"},
		{inferencePerfRequest("100.5", "101.5", "[100.75, 101.0, 101.25]", "[100.75, 101.25]", 2), []metrics.Request{
			request(1e9, 2, event(25e7, 1), event(5e8, 0), event(75e7, 1))}, "", "a chunk whose text is no token"},
		{inferencePerfRequest("100.5", "101.5", "[100.75, 101.0]", "[100.75, 100.75, 101.0, 101.0, 101.0]", 3), []metrics.Request{
			request(1e9, 3, event(25e7, 1), event(5e8, 2))}, "chunk-tokens-overcounted", "issue 564: one token too many a chunk; 5 - 2 are the 3 tokens stated"},
		{inferencePerfRequest("100.5", "101.5", "[100.75, 101.0]", "[100.75, 100.75, 101.0, 101.0, 101.0]", 5), []metrics.Request{
			request(1e9, 5, event(25e7, 2), event(5e8, 3))}, "", "the same instants for 5 tokens are right"},
		{inferencePerfRequest("100.5", "101.5", "[100.75, 101.0]", "[100.75, 100.75, 101.0]", 1), []metrics.Request{
			request(1e9, 1, event(25e7, 2), event(5e8, 1))}, "", "a chunk of one token cannot have one too many: the counts stay, and differ from the total"},
		{inferencePerfRequest("100.5", "101.5", "[100.75, 101.0]", "[]", 2), []metrics.Request{
			request(1e9, 2, event(25e7, 1), event(5e8, 1))}, "", "without the tool's count a chunk counts as one"},
		{inferencePerfRequest("100.5", "101.5", "[100.75, 101.0]", "[100.75, 100.875, 101.0]", 3), []metrics.Request{
			request(1e9, 3, event(25e7, 1), event(5e8, 1))}, "token-times-mismatch", "an instant at which nothing came"},
		{inferencePerfRequest("100.5", "101.5", `[101.0, 101.25], "reasoning_chunk_times": [100.75, 101.125]`, "[100.75, 100.75, 101.0, 101.125, 101.25]", 5), []metrics.Request{
			request(1e9, 5, event(25e7, 2), event(5e8, 1), event(625e6, 1), event(75e7, 1))}, "", "reasoning is output too"},
		{inferencePerfRequest("100.5", "101.5", "[]", "[]", 0), []metrics.Request{request(1e9, 0)}, "", "a streamed answer that showed nothing"},
		{inferencePerfRequest("100.5", "101.5", "[]", "[]", 4), []metrics.Request{request(1e9, 4)}, "", "likewise, though tokens are counted"},
		{`{"start_time": 100.5, "end_time": 101.5, "info": {"request_metrics": {"text": {"input_tokens": 7}},
			"response_metrics": {"output_tokens": 4, "server_usage": {"prompt_tokens": 9, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 1}}}}, "error": null}`, []metrics.Request{
			request(1e9, 5, event(1e9, 5))}, "token-counts-differ not-streamed", "no times of tokens: all came at the end; the server counted 5"},
		{old(3, "[100.75, 101.0, 101.25]"), []metrics.Request{request(1e9, 3, event(25e7, 1), event(5e8, 1), event(75e7, 1))}, "", "the old nesting"},
		{old(3, "[100.75, 101.0, 101.25, 101.375]"), []metrics.Request{request(1e9, 3, event(25e7, 1), event(5e8, 1), event(75e7, 1), event(875e6, 1))}, "",
			"a stamp more than tokens: the end marker, perhaps; the mismatch stays to be seen"},
		{old(3, "[100.75, 100.75004, 101.0, 101.00004, 101.25]"), []metrics.Request{sparse}, "token-times-of-lines", "5 stamps for 3 tokens are stamps of lines"},
		{old(2, "[100.75, 100.75, 101.0]"), []metrics.Request{request(1e9, 2, event(25e7, 2), event(5e8, 1))}, "", "equal neighbours are a chunk"},
		{old(4, "[]"), []metrics.Request{request(1e9, 4, event(1e9, 4))}, "not-streamed", "an empty array in the old nesting, which has one for answers that were not streamed"},
		{`{"start_time": 100.5, "end_time": 101.5, "computed_metrics": {"request_latency": 1.0, "time_to_first_token": 0.25, "inter_token_latencies": [0.25, 0.0, 0.25], "input_tokens": 7, "output_tokens": 4}, "error": null}`,
			[]metrics.Request{request(1e9, 4, event(25e7, 1), event(5e8, 2), event(75e7, 1))}, "", "without info the computed metrics hold the instants"},
		{`{"start_time": 100.5, "end_time": 101.5, "computed_metrics": {"time_to_first_token": null, "inter_token_latencies": [], "input_tokens": 7, "output_tokens": 4}, "error": null}`,
			[]metrics.Request{request(1e9, 4, event(1e9, 4))}, "not-streamed", "likewise, not streamed"},
		{failure("HTTP Error 429"), failed(metrics.Rejected), "", "too many requests"},
		{failure("HTTP Error 503"), failed(metrics.Rejected), "", "unavailable"},
		{failure("HTTP Error 504"), failed(metrics.TimedOut), "", "gateway timeout"},
		{failure("HTTP Error 500"), failed(metrics.Failed), "", "internal error"},
		{failure("TimeoutError"), failed(metrics.TimedOut), "", "the client's own timeout"},
		{failure("CancelledError"), failed(metrics.Cancelled), "", "given up"},
		{failure("ClientConnectorError"), failed(metrics.Failed), "", "anything else"},
		{inferencePerfRequest("100.5", "101.5", "[100.75]", "[100.75]", 1, `"scheduled_time": 100.0`), []metrics.Request{due}, "", "a version that writes the schedule"},
		{inferencePerfRequest("100.5", "101.5", "[100.75]", "[100.75]", 1, `"scheduled_time": 100.501`), []metrics.Request{request(1e9, 1, event(25e7, 1))}, "due-after-sent", "sent early"},
		{inferencePerfRequest("100.5", "101.5", "[100.75]", "[100.75]", 1, `"session_id": "s"`) + ",\n" + inferencePerfRequest("99.5", "100.5", "[100.0]", "[100.0]", 1),
			[]metrics.Request{request(1e9, 1, event(25e7, 1)), {ID: "1", Sent: known(-1e9), End: known(0), Deliveries: []metrics.Delivery{event(-5e8, 1)},
				PromptTokens: metrics.Known(int64(7)), UsageTokens: metrics.Known(int64(1))}}, "", "elements come in the order of ends: the origin is the first one's start"},
		{"", nil, "", "no requests"},
	} {
		got, err := readAllAfter("x", strings.NewReader("["+test.elements+"]"), Options{Format: FormatInferencePerf})
		if err != nil || len(got) != 1 {
			t.Errorf("%s: %v", test.reason, err)
			continue
		}
		if diff := cmp.Diff(test.want, got[0].Requests, compareOptional); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.reason, diff)
		}
		if codes := warningCodes(&got[0].Run); codes != test.warnings {
			t.Errorf("%s: warnings %v, want %s", test.reason, got[0].Run.Warnings, test.warnings)
		}
		if run := got[0].Run; !run.CommonClock || run.Convention != "inference-perf" || (len(run.NotDerivable) > 0) != strings.Contains(test.warnings, "of-lines") {
			t.Errorf("%s: %+v", test.reason, run)
		}
	}
}

// readAllAfter is readAll with the runs as they are when all is read.
func readAllAfter(name string, r *strings.Reader, opts Options) ([]record, error) {
	all, err := readAll(name, r, opts)
	if err != nil {
		return all, err
	}
	r.Seek(0, 0)
	rd, err := NewReader(name, r, opts)
	if err != nil {
		return all, err
	}
	for i := 0; rd.NextRun(); i++ {
		run := rd.Run()
		for rd.Next() {
		}
		all[i].Run = *run
	}
	return all, rd.Err()
}

// TestInferencePerfConvention works out the tool's figures of one request by
// hand: compute_request_latency_metrics of its reportgen.
func TestInferencePerfConvention(t *testing.T) {
	got, err := readAll("x", strings.NewReader("["+inferencePerfRequest("100.5", "101.75", "[100.75, 101.0, 101.5]", "[100.75, 101.0, 101.0, 101.5]", 4)+","+
		inferencePerfRequest("100.5", "101.0", "[100.75]", "[100.75]", 1)+"]"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := metrics.Summary{Options: metrics.SummaryOptions{Convention: metrics.InferencePerf}}
	for i := range got[0].Requests {
		if err := s.Add(&got[0].Requests[i]); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		d            *metrics.Distribution
		n            int64
		mean, median float64
		what         string
	}{
		{&s.Raw.TTFT, 1, 250e6, 250e6, "TTFT: none for one token"},
		{&s.Raw.EndToEnd, 2, 875e6, 875e6, "request latency 1.25 and 0.5 s"},
		{&s.Normalized.Latency, 2, 406.25e6, 406.25e6, "1.25/4 and 0.5/1"},
		{&s.Raw.TBT, 3, 250e6, 250e6, "gaps 0.25, 0, 0.5"},
	} {
		mean, _ := test.d.Stats().Mean.Get()
		median, _ := test.d.Quantile(0.5)
		if test.d.Stats().N != test.n || mean != test.mean || median != test.median {
			t.Errorf("%s: %d values, mean %v, median %v", test.what, test.d.Stats().N, mean, median)
		}
	}
}

func TestInferencePerfErrors(t *testing.T) {
	good := inferencePerfRequest("100.5", "101.5", "[100.75]", "[100.75]", 1)
	for _, test := range []struct {
		text, message string
		is            error
		reason        string
	}{
		{`[` + good + `, {"end_time": 1.0}]`, `x: request 1: start_time: missing`, ErrMissing, "no start"},
		{`[null]`, `x: request 0: start_time: missing`, ErrMissing, "no element"},
		{`[5]`, `x: request 0: wrong type: want an object, got a number`, ErrType, "a number for an element"},
		{`[` + inferencePerfRequest("100.5", "101.5", "[101.0, 100.75]", "[]", 2) + `]`, `x: request 0: info.response_metrics.chunk_times[1]: time runs backwards: 1m40.75s after 1m41s`, metrics.ErrTimeReversed, "chunks out of order"},
		{`[` + inferencePerfRequest("100.5", "101.5", "[100.25]", "[]", 1) + `]`, `x: request 0: chunk_times: before the arrival`, metrics.ErrBeforeArrival, "a chunk before the request"},
		{`[` + inferencePerfRequest("100.5", "101.5", "[102.0]", "[]", 1) + `]`, `x: request 0: chunk_times: after the end`, metrics.ErrAfterEnd, "a chunk behind the end"},
		{`[` + inferencePerfRequest("100.5", "99.5", "[]", "[]", 0) + `]`, `x: request 0: end_time: time runs backwards`, metrics.ErrTimeReversed, "an end before the start"},
		{`[` + inferencePerfRequest("100.5", "101.5", `[100.75, "x"]`, "[]", 1) + `]`, `x: request 0: info.response_metrics.chunk_times[1]: wrong type`, ErrType, "a text for an instant"},
		{`[` + inferencePerfRequest("100.5", "101.5", `[NaN]`, "[]", 1) + `]`, `x: request 0: info.response_metrics.chunk_times[0]: not a finite number: NaN`, ErrNotFinite, "no instant"},
		{`[` + inferencePerfRequest("-9e9", "101.5", `[]`, "[]", 1) + `,` + inferencePerfRequest("9e9", "9e9", `[]`, "[]", 1) + `]`, `x: request 0: end_time: out of range`, ErrRange, "285 years"},
		{`[` + inferencePerfRequest("100.5", "101.5", `[]`, "[]", -1) + `]`, `x: request 0: info.response_metrics.output_tokens: out of range: -1 tokens`, ErrRange, "a negative count"},
		{`[{"start_time": 1, "end_time": 2, "computed_metrics": {"time_to_first_token": 0.5, "inter_token_latencies": [0.1, -0.1]}}]`,
			`x: request 0: computed_metrics.inter_token_latencies[1]: negative time: -100ms`, ErrNegativeTime, "a negative gap"},
		{`[` + good + `] []`, `x: byte`, nil, "more behind the array"},
		{`[` + good, `x: byte`, nil, "cut behind an element"},
		{`{"start_time": 1}`, `x: byte 0: wrong type: want an array`, ErrType, "no array"},
		{`[{"start_time": 1, "start_time": 2}]`, `x: request 0: duplicate key: "start_time"`, ErrDuplicateKey, "a key twice"},
	} {
		_, err := readAll("x", strings.NewReader(test.text), Options{Format: FormatInferencePerf})
		checkError(t, err, test.message, test.is, test.reason)
	}
}

func FuzzInferencePerf(f *testing.F) {
	f.Add([]byte("[" + inferencePerfRequest("100.5", "101.5", "[100.75, 101.0]", "[100.75, 100.75, 101.0, 101.0, 101.0]", 3) + "]"))
	f.Add([]byte(`[{"start_time": 1.0, "end_time": 2.0, "info": {"input_tokens": 7, "output_tokens": 3, "output_token_times": [1.1, 1.2, 1.3, 1.4, 1.5]}, "error": {"error_type": "TimeoutError"}}]`))
	f.Add([]byte(`[{"start_time": 1, "end_time": 2, "computed_metrics": {"time_to_first_token": 0.5, "inter_token_latencies": [0.1, 0], "output_tokens": 3}}]`))
	f.Fuzz(func(t *testing.T, input []byte) { checkInvariants(t, input, Options{Format: FormatInferencePerf}) })
}

// inferencePerfInput returns a file with both arrays of instants, of 500,000
// numbers each with the sizes of the benchmarks.
func inferencePerfInput(requests, tokens int) []byte {
	rng := rand.New(rand.NewPCG(1, 2))
	var b bytes.Buffer
	for i := range requests {
		start := 12389.5 + float64(i)*0.01
		at, times := start+0.25, []byte("[")
		for j := range tokens {
			if j > 0 {
				times = append(times, ", "...)
			}
			times = pythonSeconds(times, at)
			at += rng.ExpFloat64() * 0.03
		}
		times = append(times, ']')
		b.WriteString(map[bool]string{true: "[", false: ",\n"}[i == 0])
		b.WriteString(inferencePerfRequest(string(pythonSeconds(nil, start)), string(pythonSeconds(nil, at)), string(times), string(times), tokens))
	}
	b.WriteString("]\n")
	return b.Bytes()
}

func BenchmarkReadInferencePerf(b *testing.B) {
	benchmarkReader(b, inferencePerfInput(benchRequests, benchTokens))
}

func BenchmarkEncodingJSONInferencePerf(b *testing.B) {
	input := inferencePerfInput(benchRequests, benchTokens)
	b.ReportAllocs()
	for b.Loop() {
		var elements []struct {
			Start float64 `json:"start_time"`
			End   float64 `json:"end_time"`
			Info  struct {
				Response struct {
					OutputTokens int       `json:"output_tokens"`
					ChunkTimes   []float64 `json:"chunk_times"`
					TokenTimes   []float64 `json:"output_token_times"`
				} `json:"response_metrics"`
				InputTokens int `json:"input_tokens"`
			} `json:"info"`
			Error *struct {
				Type string `json:"error_type"`
			} `json:"error"`
		}
		if err := json.Unmarshal(input, &elements); err != nil || len(elements) != benchRequests {
			b.Fatal(err)
		}
	}
	reportNumbers(b, input)
}
