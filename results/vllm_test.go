package results

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/metrics"
)

// vllmFile returns a file of one run with the given members replaced or, when
// empty, left out, and others added at the end.
func vllmFile(changes ...string) string {
	members := []string{
		`"date": "20260101-000000"`, `"endpoint_type": "vllm"`, `"backend": "vllm"`, `"label": null`, `"model_id": "m"`,
		`"request_rate": Infinity`, `"duration": 2.5`, `"completed": 2`, `"total_output_tokens": 4`,
		`"input_lens": [10, 20, 30]`, `"output_lens": [3, 1, 0]`, `"ttfts": [0.5, 0.25, 0.0]`,
		`"itls": [[0.1, 9.05e-06], [], []]`, `"errors": ["", "", "boom"]`, `"mean_ttft_ms": 375.0`,
	}
	for _, change := range changes {
		name, _, _ := strings.Cut(change, ":")
		found := false
		for i, m := range members {
			if n, _, _ := strings.Cut(m, ":"); n == name {
				found = true
				if members[i] = change; strings.HasSuffix(change, ":") {
					members = append(members[:i], members[i+1:]...)
				}
				break
			}
		}
		if !found {
			members = append(members, change)
		}
	}
	return "{" + strings.Join(members, ", ") + "}"
}

func known(ns int64) metrics.Instant { return metrics.Known(time.Duration(ns)) }

func event(at int64, tokens int) metrics.Delivery {
	return metrics.Delivery{At: time.Duration(at), Tokens: tokens}
}

func TestVLLMRecords(t *testing.T) {
	request := func(id string, prompt, usage int64, sent int64, d ...metrics.Delivery) metrics.Request {
		return metrics.Request{ID: id, Sent: known(sent), Deliveries: d,
			PromptTokens: metrics.Known(prompt), UsageTokens: metrics.Known(usage)}
	}
	failed := func(id string, prompt int64, d ...metrics.Delivery) metrics.Request {
		r := request(id, prompt, 0, 0, d...)
		r.UsageTokens, r.Outcome = metrics.Count{}, metrics.Failed
		return r
	}
	plain := []metrics.Request{
		request("0", 10, 3, 0, event(5e8, 1), event(6e8, 1), event(600009050, 1)),
		request("1", 20, 1, 0, event(25e7, 1)),
		failed("2", 30),
	}
	with := func(change func(rs []metrics.Request)) []metrics.Request {
		rs := append([]metrics.Request(nil), plain...)
		change(rs)
		return rs
	}
	const chat = `"endpoint_type": "openai-chat"`
	for _, test := range []struct {
		changes     []string
		want        []metrics.Request
		commonClock bool
		warnings    string
		reason      string
	}{
		{nil, plain, false, "", "a file of 2024: each request has its own origin"},
		{[]string{`"errors":`}, with(func(rs []metrics.Request) { rs[2] = failed("2", 30) }), false, "failed-without-message",
			"no errors, but the stated number of completed requests tells"},
		{[]string{`"errors": null`, `"completed":`}, with(func(rs []metrics.Request) { rs[2] = request("2", 30, 0, 0) }), false, "",
			"nothing tells: an empty answer"},
		{[]string{`"errors": ["", "", ""]`}, plain, false, "failed-without-message", "a failure without a reason"},
		{[]string{`"errors": ["", "", ""]`, `"completed": 3`}, with(func(rs []metrics.Request) { rs[2] = request("2", 30, 0, 0) }), false, "",
			"an empty answer that the client calls completed"},
		{[]string{`"completed": 1`}, plain, false, "completed-count-mismatch", "the records hold another number"},
		{[]string{`"ttfts": [0.5, 0.25, 0.125]`}, with(func(rs []metrics.Request) { rs[2] = failed("2", 30, event(125e6, 0)) }), false, "failed-after-one-event",
			"the event of a request that failed after it is kept, and is no token"},
		{[]string{chat, `"ttfts": [0.5, 0.25, 0.125]`, `"itls": [[0.1, 9.05e-06], [], [0.1]]`},
			with(func(rs []metrics.Request) { rs[2] = failed("2", 30, event(125e6, 0), event(225e6, 1)) }), false, "role-chunk-first-token",
			"a chat that failed later: the role chunk is no token, what followed is"},
		{[]string{`"start_times": [12389.820754351, 12389.5, 12389.6]`}, with(func(rs []metrics.Request) {
			rs[0] = request("0", 10, 3, 320754351, event(820754351, 1), event(920754351, 1), event(920763401, 1))
			rs[1].Sent = known(0)
			rs[2].Sent = known(1e8)
		}), true, "", "start times: instants from the earliest"},
		{[]string{`"start_times": [1.5, 1.0, 0.0]`}, with(func(rs []metrics.Request) {
			rs[0] = request("0", 10, 3, 5e8, event(1e9, 1), event(11e8, 1), event(1100009050, 1))
			rs[1].Sent = known(0)
			rs[2].Sent = metrics.Instant{}
		}), true, "", "a request that failed before it began has no start, and no part in the earliest"},
		{[]string{`"start_times": [1.5, 1.0, 0.0]`, `"errors": ["", "", ""]`, `"completed": 3`}, with(func(rs []metrics.Request) {
			rs[0] = request("0", 10, 3, 15e8, event(2e9, 1), event(21e8, 1), event(2100009050, 1))
			rs[1] = request("1", 20, 1, 1e9, event(125e7, 1))
			rs[2] = request("2", 30, 0, 0)
		}), true, "", "0 is the start of a request that did not fail"},
		{[]string{`"start_times": [1.0, 1.0, 1.0]`, `"queue_times": [0.5, 0.0, 1e-09]`}, with(func(rs []metrics.Request) {
			rs[0].Due, rs[1].Due, rs[2].Due = known(-5e8), known(0), known(-1)
		}), true, "", "queue times: due before sent"},
		{[]string{`"latencies": [0.7, 0.25, 0.0]`}, with(func(rs []metrics.Request) {
			rs[0].End, rs[1].End = known(7e8), known(25e7)
		}), false, "", "latencies: ends; that of a failed request is a filler"},
		{[]string{`"latencies": [0.600009047, 0.25, 0.1]`}, with(func(rs []metrics.Request) {
			rs[0].End, rs[1].End, rs[2].End = known(600009050), known(25e7), known(1e8)
		}), false, "", "3 events may pass the end by 3 ns of rounding"},
		{[]string{`"latencies": [0.600009046, 0.25, 0.0]`}, with(func(rs []metrics.Request) {
			rs[0].End, rs[1].End = known(600009050), known(25e7)
		}), false, "end-before-last-event", "by 4 ns it is worth a warning"},
		{[]string{`"latencies": [0.599999050, 0.25, 0.0]`}, with(func(rs []metrics.Request) {
			rs[0].End, rs[1].End = known(600009050), known(25e7)
		}), false, "end-before-last-event", "by 10 us too"},
		{[]string{chat, `"output_lens": [2, 1, 0]`}, with(func(rs []metrics.Request) {
			rs[0].UsageTokens = metrics.Known(int64(2))
			rs[0].Deliveries = []metrics.Delivery{event(5e8, 0), event(6e8, 1), event(600009050, 1)}
		}), false, "role-chunk-first-token", "chat, one event more than tokens: the first is the role chunk"},
		{[]string{chat, `"output_lens": [1, 1, 0]`}, with(func(rs []metrics.Request) {
			rs[0].UsageTokens = metrics.Known(int64(1))
			rs[0].Deliveries = []metrics.Delivery{event(5e8, 0), event(6e8, 1), event(600009050, 0)}
		}), false, "role-chunk-first-token", "two more: the last is one without text"},
		{[]string{chat, `"output_lens": [2, 0, 0]`}, with(func(rs []metrics.Request) {
			rs[0].UsageTokens, rs[1].UsageTokens = metrics.Known(int64(2)), metrics.Known(int64(0))
			rs[0].Deliveries = []metrics.Delivery{event(5e8, 0), event(6e8, 1), event(600009050, 1)}
			rs[1].Deliveries = []metrics.Delivery{event(25e7, 0)}
		}), false, "role-chunk-first-token", "a role chunk alone is an empty answer"},
		{[]string{chat, `"output_lens": [0, 1, 0]`}, with(func(rs []metrics.Request) {
			rs[0].UsageTokens = metrics.Known(int64(0))
		}), false, "", "three more is no pattern that the reader knows"},
		{[]string{`"output_lens": [2, 1, 0]`}, with(func(rs []metrics.Request) {
			rs[0].UsageTokens = metrics.Known(int64(2))
		}), false, "", "no chat: the mismatch stays to be seen"},
		{[]string{`"per_user": {"a": [1, [2]]}`, `"rps_change_events": [{"rps": 1}]`, `"generated_texts": ["[NaN\"", "\\", "\ud800"]`}, plain, false,
			"keys-not-read", "what is unknown is named, texts are skipped"},
		{[]string{`"request_throughput": NaN`}, plain, false, "non-finite-number", "an aggregate that is no number"},
	} {
		got, err := readAll("x", strings.NewReader(vllmFile(test.changes...)), Options{})
		if err != nil || len(got) != 1 {
			t.Errorf("%s: %v", test.reason, err)
			continue
		}
		if diff := cmp.Diff(test.want, got[0].Requests, compareOptional); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.reason, diff)
		}
		if got[0].Run.CommonClock != test.commonClock {
			t.Errorf("%s: common clock %v", test.reason, got[0].Run.CommonClock)
		}
		var codes []string
		for _, w := range got[0].Run.Warnings {
			codes = append(codes, w.Code)
		}
		if strings.Join(codes, " ") != test.warnings {
			t.Errorf("%s: warnings %v, want %s", test.reason, got[0].Run.Warnings, test.warnings)
		}
	}
}

func TestVLLMRun(t *testing.T) {
	text := vllmFile(`"request_goodput:": 1.5`, `"p99.9_itl_ms": 7`, `"my_metadata": "\u221e \"x\""`, `"probe_p99_e2el_ms": 3`,
		`"max_concurrency": 16`, `"flag": true`, `"burstiness": -Infinity`)
	want := Run{Source: "x", Format: FormatVLLM, Convention: "vllm", Duration: known(25e8),
		Facts: []Fact{{"date", "20260101-000000"}, {"endpoint_type", "vllm"}, {"backend", "vllm"}, {"model_id", "m"},
			{"request_rate", "Infinity"}, {"my_metadata", "∞ \"x\""}, {"max_concurrency", "16"}, {"flag", "true"},
			{"burstiness", "-Infinity"}},
		Reported: []Reported{{"completed", 2, "requests", MetricCompleted, ""}, {"total_output_tokens", 4, "tokens", MetricOutputTokens, ""},
			{"mean_ttft_ms", 375, "ms", MetricTTFT, "mean"}, {"request_goodput", 1.5, "requests/s", "", ""}, {"p99.9_itl_ms", 7, "ms", MetricITL, "p99.9"}, {"probe_p99_e2el_ms", 3, "ms", "", ""}},
		NotDerivable: []NotDerivable{{"concurrency", "the file does not say when requests were sent"}, {"arrivals over time", "the file does not say when requests were sent"}},
	}
	got, err := readAll("x", strings.NewReader(text), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got[0].Run, compareOptional); diff != "" {
		t.Error(diff)
	}
}

func TestVLLMSeveralRuns(t *testing.T) {
	a, b := vllmFile(), vllmFile(`"model_id": "other"`, `"ttfts": [1, 2, 3]`)
	for _, between := range []string{"", "\n", " \r\n\t", "\n\n"} {
		got, err := readAll("x", strings.NewReader(a+between+b+between+a+"\n"), Options{})
		if err != nil || len(got) != 3 {
			t.Fatalf("between %q: %d runs, %v", between, len(got), err)
		}
		if m, _ := got[1].Run.Fact("model_id"); m != "other" || len(got[1].Requests) != 3 {
			t.Errorf("second run: %+v", got[1])
		}
		if diff := cmp.Diff(got[0], got[2], compareOptional); diff != "" {
			t.Errorf("the third run is the first again:\n%s", diff)
		}
	}
}

func TestVLLMErrors(t *testing.T) {
	for _, test := range []struct {
		text, message string
		is            error
		reason        string
	}{
		{vllmFile(`"ttfts": [0.5, -0.5, 0]`), `x: request 1: ttfts: negative time: -500ms`, ErrNegativeTime, "a negative time"},
		{vllmFile(`"itls": [[], [0.1, -1e-09], []]`), `x: request 1: itls[1]: negative time: -1ns`, ErrNegativeTime, "a negative gap"},
		{vllmFile(`"itls": [[0.1, NaN], [], []]`), `x: request 0: itls[1]: not a finite number: NaN`, ErrNotFinite, "NaN in an array"},
		{vllmFile(`"ttfts": [0.5, 0.25, -Infinity]`), `x: request 2: ttfts: not a finite number: -Infinity`, ErrNotFinite, "infinity in an array"},
		{vllmFile(`"itls": [[0.1], [1e300], []]`), `x: request 1: itls[0]: out of range: "1e300"`, ErrRange, "10^300"},
		{vllmFile(`"itls": [[9e9], [], []]`), `x: request 0: itls[0]: out of range: 2500000h0m0s after the event before it`, ErrRange, "a gap of 285 years"},
		{vllmFile(`"itls": [[2e9, 2e9], [], []]`), `x: request 0: itls[1]: out of range`, ErrRange, "gaps that overflow together"},
		{vllmFile(`"ttfts": [9e9, 1, 1]`), `x: request 0: ttfts: out of range`, ErrRange, "a TTFT of 285 years"},
		{vllmFile(`"start_times": [0.5, 9e9, 1]`), `x: request 1: start_times: out of range`, ErrRange, "starts too far apart"},
		{vllmFile(`"start_times": [-9e9, 9e9, 1]`), `x: request 1: start_times: out of range`, ErrRange, "starts whose distance overflows"},
		{vllmFile(`"queue_times": [-0.5, 0, 0]`), `x: request 0: queue_times: negative time`, ErrNegativeTime, "a negative queue time"},
		{vllmFile(`"latencies": [-0.5, 0, 0]`), `x: request 0: latencies: negative time`, ErrNegativeTime, "a negative latency"},
		{vllmFile(`"latencies": [0.599999049, 1, 1]`), `x: request 0: itls[0]: after the end of the stream: 600ms, end 599.999049ms`, metrics.ErrAfterEnd, "an end before the last event"},
		{vllmFile(`"latencies": [0.0, 1, 1]`), `x: request 0: ttfts: after the end`, metrics.ErrAfterEnd, "a completed request with latency 0"},
		{vllmFile(`"duration": -1`), `x: duration: negative time`, ErrNegativeTime, "a negative duration"},
		{vllmFile(`"duration": 1e300`), `x: duration: out of range`, ErrRange, "an endless duration"},
		{vllmFile(`"duration": "long"`), `x: duration: wrong type: want a number, got "\"long\""`, ErrType, "a duration as a text"},
		{vllmFile(`"output_lens": [3, -1, 0]`), `x: request 1: output_lens: out of range: -1`, ErrRange, "a negative count"},
		{vllmFile(`"output_lens": [3, 1.5, 0]`), `x: request 1: output_lens: not an integer: "1.5"`, ErrNotInteger, "a count with a fraction"},
		{vllmFile(`"input_lens": [3, 1, 3e9]`), `x: request 2: input_lens: not an integer`, ErrNotInteger, "a count with an exponent"},
		{vllmFile(`"input_lens": [3, 1, 3000000000]`), `x: request 2: input_lens: out of range: 3000000000 tokens`, ErrRange, "too many tokens"},
		{vllmFile(`"ttfts": [0.5, 0.25]`), `x: itls: arrays of different lengths: 3 itls, 2 ttfts`, ErrLengths, "arrays of different lengths"},
		{vllmFile(`"errors": [""]`), `x: errors: arrays of different lengths: 1 errors, 3 ttfts`, ErrLengths, "likewise an optional one"},
		{vllmFile(`"start_times": []`), `x: start_times: arrays of different lengths: 0 start_times, 3 ttfts`, ErrLengths, "an empty one is not absent"},
		{vllmFile(`"ttfts": 5`), `x: ttfts: wrong type: want an array, got a number`, ErrType, "no array"},
		{vllmFile(`"ttfts": [0.5, "0.25", 0]`), `x: request 1: ttfts: wrong type: want a number, got "\"0.25\""`, ErrType, "a number as a text"},
		{vllmFile(`"ttfts": [0.5, null, 0]`), `x: request 1: ttfts: wrong type: want a number, got "null"`, ErrType, "a null among numbers"},
		{vllmFile(`"itls": [0.5, 1, 2]`), `x: request 0: itls: wrong type: want an array of numbers, got a value that begins with '0'`, ErrType, "gaps without lists"},
		{vllmFile(`"itls": [[1], {}, []]`), `x: request 1: itls: wrong type`, ErrType, "an object among lists"},
		{vllmFile(`"errors": ["", 5, ""]`), `x: request 1: errors: wrong type: want a string, got a number`, ErrType, "a number among errors"},
		{vllmFile(`"mean_ttft_ms": "5"`), `x: mean_ttft_ms: wrong type: want a number`, ErrType, "an aggregate as a text"},
		{vllmFile(`"mean_ttft_ms": 1e999`), `x: mean_ttft_ms: out of range`, ErrRange, "an aggregate beyond float64"},
		{vllmFile(`"ttfts":`), `x: ttfts: missing beside the other arrays`, ErrMissing, "one array missing"},
		{vllmFile(`"itls": null`), `x: itls: missing beside the other arrays`, ErrMissing, "null is as good as absent"},
		{`{"ttfts": [1], "ttfts": [2]}`, `x: ttfts: byte 15: duplicate key: "ttfts"`, ErrDuplicateKey, "a repeated key"},
		{`{"experiments": [{"requests": []}]}`, `x: not a format that is known (a JSON object without the keys of vLLM)`, ErrUnknownFormat, "perf_analyzer"},
		{`{}`, `x: not a format that is known`, ErrUnknownFormat, "an empty object"},
		{vllmFile() + "{}", `x: run 1: not a format that is known`, ErrUnknownFormat, "a second object of another kind"},
		{vllmFile() + "x", `x: run 1: byte 355: malformed JSON: invalid character 'x'`, nil, "rubbish behind the object"},
		{vllmFile() + "[]", `x: run 1: wrong type: want an object, got an array`, ErrType, "an array behind the object"},
		{`{"ttfts": [0.5, 0.2`, `x: request 1: ttfts: malformed JSON: unexpected EOF`, io.ErrUnexpectedEOF, "cut in a number"},
		{`{"ttfts": [0.5`, `x: request 0: ttfts: malformed JSON: unexpected EOF`, io.ErrUnexpectedEOF, "cut in the first number"},
		{`{"ttfts": [`, `x: request 0: ttfts: malformed JSON: unexpected EOF`, io.ErrUnexpectedEOF, "cut in an array"},
		{`{"ttfts": [0.5]`, `x: byte 15: malformed JSON: unexpected EOF`, io.ErrUnexpectedEOF, "cut behind an array"},
		{`{"itls": [[0.5], [0.1, `, `x: request 1: itls[0]: malformed JSON: unexpected EOF`, io.ErrUnexpectedEOF, "cut in a list"},
		{`{"itls": [[0.5] [0.1]]`, `x: request 1: itls: malformed JSON: want ',' or ']'`, nil, "no comma between lists"},
		{`{"itls": [[0.5],]`, `x: request 1: itls: wrong type`, ErrType, "a comma and no list"},
		{`{"errors": ["", "abc`, `x: request 1: errors: malformed JSON: unexpected EOF`, io.ErrUnexpectedEOF, "cut in a text"},
		{`{"date": "2024`, `x: date: byte 14: malformed JSON: unexpected EOF`, io.ErrUnexpectedEOF, "cut in a fact"},
		{`{"date"`, `x: date: byte 7: malformed JSON: unexpected EOF`, io.ErrUnexpectedEOF, "cut behind a key"},
		{`{`, `x: byte 1: malformed JSON: unexpected EOF`, io.ErrUnexpectedEOF, "cut at once"},
		{`{"a": Nan}`, `x: a: byte 6: malformed JSON: invalid character 'N'`, nil, "a misspelt NaN"},
		{`{"a": "b` + "\x01" + `"}`, `x: a: byte 8: malformed JSON: invalid character '\x01'`, nil, "a control character"},
	} {
		_, err := readAll("x", strings.NewReader(test.text), Options{Format: FormatVLLM})
		var e *Error
		if !errors.As(err, &e) || !strings.HasPrefix(err.Error(), test.message) || test.is != nil && !errors.Is(err, test.is) {
			t.Errorf("%s\n%s\ngot  %v\nwant %s (%v)", test.reason, test.text, err, test.message, test.is)
		}
	}
}

func TestVLLMForced(t *testing.T) {
	got, err := readAll("x", strings.NewReader(vllmFile(`"mean_e2e_latency_ms": 5`)), Options{Format: FormatVLLM})
	if err != nil || len(got) != 1 {
		t.Errorf("a forced format reads what looks like another: %v", err)
	}
}

func TestVLLMAggregatesOnly(t *testing.T) {
	got, err := readAll("x", strings.NewReader(vllmFile(`"input_lens":`, `"output_lens":`, `"ttfts":`, `"itls":`)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	run := got[0].Run
	if !run.AggregatesOnly || len(run.NotDerivable) == 0 || len(got[0].Requests) != 0 {
		t.Errorf("a file without --save-detailed: %+v", got[0])
	}
	if ttft, ok := run.Report(MetricTTFT, "mean"); !ok || ttft.Value != 375 {
		t.Errorf("mean TTFT as reported: %v, %v", ttft, ok)
	}
}

func TestVLLMLongArrays(t *testing.T) {
	input := string(vllmInput(60, 100))
	want, err := readAll("x", strings.NewReader(input), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, shift := range []int{1, 2, 5, 7, 11, 40} {
		got, err := readAll("x", strings.NewReader(strings.Repeat(" ", shift)+strings.ReplaceAll(input, "], [", "]\n,"+strings.Repeat(" ", shift)+"[")), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, compareOptional); diff != "" {
			t.Fatal(diff)
		}
	}
	long := "0." + strings.Repeat("1", 60<<10)
	if _, err := readAll("x", strings.NewReader(vllmFile(`"ttfts": [`+long+`, 0.25, 0.0]`)), Options{}); err != nil {
		t.Errorf("a number of 60 KB: %v", err)
	}
	long = "0." + strings.Repeat("1", 70<<10)
	if _, err := readAll("x", strings.NewReader(vllmFile(`"ttfts": [`+long+`, 0.25, 0.0]`)), Options{}); !errors.Is(err, ErrRange) {
		t.Errorf("a number of 70 KB: %v", err)
	}
}
