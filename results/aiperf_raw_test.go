package results

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/metrics"
)

// rawLine returns a line of profile_export_raw.jsonl whose request was sent at
// 1000 ns of the clock of its responses.
func rawLine(failure string, responses ...string) string {
	return `{"metadata": {"session_num": 0, "x_request_id": "r", "credit_issued_ns": 1759813207532900000, "request_start_ns": 1759813207532900363,
 "request_end_ns": 1759813207532901363, "benchmark_phase": "profiling"}, "start_perf_ns": 1000, "payload": {"messages": [{"model": "x"}], "model": "m"},
 "status": 200, "responses": [` + strings.Join(responses, ", ") + `], "error": ` + failure + "}\n"
}

// rawEvent returns a response that is one event.
func rawEvent(at int, data string) string {
	return fmt.Sprintf(`{"perf_ns": %d, "packets": [{"name": "data", "value": %q}]}`, at, data)
}

func TestAIPerfRaw(t *testing.T) {
	const none = "null"
	role := `{"choices":[{"delta":{"role":"assistant","content":""}}]}`
	text := func(s, rest string) string { return `{"choices":[{"delta":{"content":"` + s + `"}}]` + rest + `}` }
	usage := `{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":5}}`
	for _, test := range []struct {
		failure   string
		responses []string
		want      []metrics.Delivery
		usage     metrics.Count
		prompt    metrics.Count
		outcome   metrics.Outcome
		warnings  string
		reason    string
	}{
		{none, []string{rawEvent(1100, role), rawEvent(1200, text("a", "")), rawEvent(1300, text("b", "")), rawEvent(1310, usage), rawEvent(1320, "[DONE]")},
			[]metrics.Delivery{event(100, 0), event(200, 1), event(300, 1)}, metrics.Known(int64(5)), metrics.Known(int64(9)), metrics.Completed, "",
			"a chat: the role is no token, usage and end are no deliveries"},
		{none, []string{rawEvent(1200, text("a", `,"usage":{"completion_tokens":2}`)), rawEvent(1300, text("b", `,"usage":{"completion_tokens":7}`))},
			[]metrics.Delivery{event(200, 2), event(300, 5)}, metrics.Known(int64(7)), metrics.Count{}, metrics.Completed, "", "a running total says what each event held"},
		{none, []string{`{"packets": [{"value": "{\"type\":\"content_block_delta\",", "name": "data"}, {"name": "event", "value": "content_block_delta"},
 {"name": "comment", "value": "c"}, {"name": "data", "value": "\"delta\":{\"text\":\"a\"}}"}, {"name": "data"}], "perf_ns": 1200}`},
			[]metrics.Delivery{event(200, 1)}, metrics.Count{}, metrics.Count{}, metrics.Completed, "", "an event of several lines, its fields in any order"},
		{none, []string{`{"perf_ns": 1900, "text": "{\"choices\":[{\"message\":{\"content\":\"a b c\"}}],\"usage\":{\"completion_tokens\":3}}", "content_type": "application/json"}`},
			[]metrics.Delivery{event(900, 3)}, metrics.Known(int64(3)), metrics.Count{}, metrics.Completed, "", "not streamed: all tokens at once"},
		{none, []string{rawEvent(1200, text("a", "")), rawEvent(1300, `{"error":{"message":"m"}}`), rawEvent(1400, "[DONE]")},
			[]metrics.Delivery{event(200, 1)}, metrics.Count{}, metrics.Count{}, metrics.Failed, "", "the server says that it failed"},
		{`{"code": 499, "type": "RequestCancellationError"}`, []string{rawEvent(1200, text("a", ""))},
			[]metrics.Delivery{event(200, 1)}, metrics.Count{}, metrics.Count{}, metrics.Cancelled, "", "given up: what came is kept"},
		{none, []string{rawEvent(1200, text("a", "")), rawEvent(1300, "rubbish"), `{"perf_ns": 1400, "packets": []}`, `{"perf_ns": 1500, "text": null}`},
			[]metrics.Delivery{event(200, 1)}, metrics.Count{}, metrics.Count{}, metrics.Completed, "unreadable-events", "what is no JSON, and nothing at all"},
		{none, []string{rawEvent(1200, `{"text_output": "a"}`)}, []metrics.Delivery{event(200, 1)}, metrics.Count{}, metrics.Count{}, metrics.Completed, "", "Triton's generate_stream"},
		{none, []string{rawEvent(1200, `{"results":[{"generated_text":"a"}]}`)}, []metrics.Delivery{event(200, 0)}, metrics.Count{}, metrics.Count{}, metrics.Completed, "no-output-recognised",
			"an API that package sse does not know"},
		{none, nil, nil, metrics.Count{}, metrics.Count{}, metrics.Completed, "", "no response"},
	} {
		content := rawLine(test.failure, test.responses...)
		got, err := readAll("x", strings.NewReader(content), Options{})
		if err != nil || len(got) != 1 || got[0].Run.Format != FormatAIPerfRaw {
			t.Errorf("%s: %v, %d runs", test.reason, err, len(got))
			continue
		}
		want := []metrics.Request{{ID: "r", Due: known(-363), Sent: known(0), End: known(1000), Deliveries: test.want, Outcome: test.outcome,
			PromptTokens: test.prompt, UsageTokens: test.usage}}
		if diff := cmp.Diff(want, got[0].Requests, compareOptional); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.reason, diff)
		}
		if warned := codes(t, content); warned != test.warnings {
			t.Errorf("%s: warnings %q, want %q", test.reason, warned, test.warnings)
		}
		if model, _ := got[0].Run.Stated(FactModel); model.Value != "m" {
			t.Errorf("%s: model %v", test.reason, model)
		}
	}
}

func TestAIPerfRawErrors(t *testing.T) {
	plain := rawLine("null", rawEvent(1200, "{}"))
	for _, test := range []struct {
		text, message string
		is            error
		reason        string
	}{
		{strings.Replace(plain, `"start_perf_ns": 1000, `, "", 1), "x: request 0: start_perf_ns: missing", ErrMissing, "no instant to count from"},
		{strings.Replace(plain, `"perf_ns": 1200, `, "", 1), "x: request 0: responses[0].perf_ns: missing", ErrMissing, "a response at no instant"},
		{rawLine("null", rawEvent(999, "{}")), "x: request 0: responses: time runs backwards", metrics.ErrTimeReversed, "1 ns before the request was sent"},
		{rawLine("null", rawEvent(1300, "{}"), rawEvent(1299, "{}")), "x: request 0: responses: time runs backwards", metrics.ErrTimeReversed, "responses out of order"},
		{rawLine("null", rawEvent(12001, "{}")), "x: request 0: responses: after the end", metrics.ErrAfterEnd, "10,001 ns behind the end"},
		{strings.Replace(plain, `"value": "{}"`, `"value": "{}", "value": ""`, 1), "x: request 0: responses[0].packets[0]: duplicate key", ErrDuplicateKey, "a key twice"},
		{strings.Replace(plain, `"responses": [`, `"responses": 5, "x": [`, 1), "x: request 0: responses: wrong type", ErrType, "no list"},
	} {
		_, err := readAll("x", strings.NewReader(test.text), Options{Format: FormatAIPerfRaw})
		checkError(t, err, test.message, test.is, test.reason)
	}
}

func FuzzAIPerfRaw(f *testing.F) {
	f.Add([]byte(rawLine("null", rawEvent(1200, `{"choices":[{"delta":{"content":"a"}}]}`), rawEvent(1300, "[DONE]"))))
	f.Add([]byte(rawLine(`{"code": 499}`, `{"perf_ns": 1900, "text": "{\"choices\":[{\"message\":{\"content\":\"a\"}}]}"}`)))
	f.Fuzz(func(t *testing.T, input []byte) { checkInvariants(t, input, Options{Format: FormatAIPerfRaw}) })
}
