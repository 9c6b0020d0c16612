package results

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/metrics"
)

// paFile returns a file of one experiment with these requests.
func paFile(requests ...string) string {
	return `{"experiments": [{"experiment": {"mode": "concurrency", "value": 10}, "requests": [` + strings.Join(requests, ", ") +
		`], "window_boundaries": [1, 2]}], "version": "2.59.0", "service_kind": "openai", "endpoint": "v1/chat/completions"}`
}

// paRequest returns a request sent at 1,000,001 ns with these responses, the
// first of them 10 ns later and each further one 10 ns after the one before.
func paRequest(outputs ...string) string {
	var at []string
	for i := range outputs {
		at = append(at, fmt.Sprint(1_000_011+10*i))
	}
	return `{"timestamp": 1000001, "request_inputs": {"payload": "{\"model\":\"m\"}"}, "response_timestamps": [` + strings.Join(at, ", ") +
		`], "response_outputs": [` + strings.Join(outputs, ", ") + `]}`
}

// paResponse returns an output that is a piece of a stream.
func paResponse(piece string) string { return fmt.Sprintf(`{"response": %q}`, piece) }

// paData returns one that is an event, or events.
func paData(data ...string) string {
	var all string
	for _, d := range data {
		all += "data: " + d + "\n\n"
	}
	return paResponse(all)
}

func TestPerfAnalyzerRecords(t *testing.T) {
	role := `{"choices":[{"delta":{"role":"assistant"},"finish_reason":null}]}`
	text := func(s string) string { return `{"choices":[{"delta":{"content":"` + s + `"},"finish_reason":null}]}` }
	usage := `{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":5}}`
	stop := `{"choices":[{"delta":{},"finish_reason":"stop"}]}`
	request := func(outcome metrics.Outcome, end int64, d ...metrics.Delivery) metrics.Request {
		return metrics.Request{ID: "0", Sent: known(0), End: known(end), Outcome: outcome, Deliveries: d}
	}
	counted := func(r metrics.Request, prompt, usage int64) metrics.Request {
		r.PromptTokens, r.UsageTokens = metrics.Known(prompt), metrics.Known(usage)
		return r
	}
	for _, test := range []struct {
		request  string
		want     metrics.Request
		warnings string
		reason   string
	}{
		{paRequest(paData(role), paData(text("a")), paData(text("b")), paData(usage), paData("[DONE]")),
			counted(request(metrics.Completed, 50, event(10, 0), event(20, 1), event(30, 1)), 9, 5), "", "a chat: the role is no token, usage and end are no deliveries"},
		{paRequest(paData(text("a"), text("b")), paData("[DONE]")), request(metrics.Completed, 20, event(10, 1), event(10, 1)), "", "two events in one response"},
		{paRequest(paResponse("data: "+text("a")[:20]), paResponse(text("a")[20:]+"\n"), paResponse("\ndata: [DO"), paResponse("NE]\n\n")),
			request(metrics.Completed, 40, event(30, 1)), "", "events cut anywhere became visible with their last piece"},
		{paRequest(paData(text("a")), paData("[DONE]"), paData(text("b"))), request(metrics.Completed, 20, event(10, 1)), "", "nobody reads on behind the end"},
		{paRequest(paData(text("a")), paData(stop)), request(metrics.Completed, 20, event(10, 1), event(20, 0)), "", "a reason to finish is an end too"},
		{paRequest(paData(text("a")), paResponse("data: [DONE]")), request(metrics.Completed, 20, event(10, 1)), "", "no blank line behind the end"},
		{paRequest(paData(text("a"))), request(metrics.Failed, 10, event(10, 1)), "stream-without-end", "the stream breaks off"},
		{paRequest(paResponse("data: "+text("a")), `{"output_ids": 4}`), request(metrics.Failed, 20, event(20, 1), event(20, 1)), "stream-without-end", "an event without its blank line became visible with what came last"},
		{paRequest(paData(text("a")), paData(`{"error":{"message":"m"}}`), paData("[DONE]")), request(metrics.Failed, 30, event(10, 1)), "", "the server says that it failed"},
		{paRequest(paResponse(`{"choices":[{"message":{"content":"a b c"}}],`), paResponse(`"usage":{"prompt_tokens":9,"completion_tokens":3}}`), paResponse("")),
			counted(request(metrics.Completed, 30, event(20, 3)), 9, 3), "", "not streamed: all tokens with the last piece that held any"},
		{paRequest(`{"text_output": "I"}`, `{"text_output": ""}`, `{"text_output": " like"}`, "{}"),
			request(metrics.Completed, 40, event(10, 1), event(20, 0), event(30, 1), event(40, 0)), "", "Triton's own: a text each, the last response may be empty"},
		{paRequest(`{"output_ids": [1, 2, 3]}`, `{"output_ids": 4, "sequence_length": 4}`), request(metrics.Completed, 20, event(10, 3), event(20, 1)), "", "tokens as such"},
		{paRequest(), metrics.Request{ID: "0", Sent: known(0), Outcome: metrics.Failed}, "no-response", "no response"},
		{paRequest(paData(`{"text_output":"a"}`), paData(`{"text_output":""}`)), request(metrics.Completed, 20, event(10, 1), event(20, 0)), "", "Triton's generate_stream does not tell its end"},
		{paRequest(paData(`{"text_output":"a"}`), paResponse(`data: {"text_ou`)), request(metrics.Failed, 20, event(10, 1)), "unreadable-events stream-without-end", "but half an event is none"},
		{paRequest(paData(`{"text_output":"a"}`), paData(`{"error":"m"}`)), request(metrics.Failed, 20, event(10, 1)), "", "and an error is an error"},
		{paRequest(paData(`{"token":{"text":"a"},"generated_text":null}`), paData(`{"token":{"text":"</s>","special":true},"generated_text":"a","details":{"finish_reason":"eos_token","generated_tokens":2,"input_length":9}}`)),
			counted(request(metrics.Completed, 20, event(10, 1), event(20, 0)), 9, 2), "", "TGI: what is special is not shown, but counted"},
		{paRequest(paData(`{"results":[{"generated_text":"a"}]}`), paData("[DONE]")), request(metrics.Completed, 20, event(10, 0)), "no-output-recognised", "an API that package sse does not know"},
		{paRequest(paData("rubbish"), paData(text("a")), paData("[DONE]")), request(metrics.Completed, 30, event(20, 1)), "unreadable-events", "an event that is no JSON"},
	} {
		got, err := readAll("x", strings.NewReader(paFile(test.request)), Options{})
		if err != nil || len(got) != 1 || got[0].Run.Format != FormatPerfAnalyzer {
			t.Errorf("%s: %v, %d runs", test.reason, err, len(got))
			continue
		}
		if diff := cmp.Diff([]metrics.Request{test.want}, got[0].Requests, compareOptional); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.reason, diff)
		}
		if warned := codes(t, paFile(test.request)); warned != test.warnings {
			t.Errorf("%s: warnings %q, want %q", test.reason, warned, test.warnings)
		}
	}
}

// TestPerfAnalyzerRuns holds that each experiment is a run, whatever the order
// of its parts, and which facts each has.
func TestPerfAnalyzerRuns(t *testing.T) {
	one := `{"response_outputs": [{"text_output": "a"}], "response_timestamps": [7], "timestamp": 5}`
	two := `{"timestamp": 3, "response_timestamps": [6], "response_outputs": [{"text_output": "a"}]}`
	content := `{"endpoint": "", "experiments": [{"experiment": {"mode": "concurrency", "value": 10}, "requests": [` + one + "," + two + `]},
 {"window_boundaries": [], "requests": [], "experiment": {"value": 2.0, "mode": "request_rate"}}], "version": "2.59.0"}`
	runs := finished(t, strings.NewReader(content))
	want := [][]Fact{{{"endpoint", ""}, {"experiment.concurrency", "10"}}, {{"experiment.request_rate", "2.0"}, {"version", "2.59.0"}}}
	var facts [][]Fact
	for _, run := range runs {
		facts = append(facts, run.Facts)
		if !run.CommonClock || run.Convention != "aiperf" {
			t.Errorf("run %+v", run)
		}
	}
	if diff := cmp.Diff(want, facts); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
	got, err := readAll("x", strings.NewReader(content), Options{})
	if err != nil {
		t.Fatal(err)
	}
	sent := []metrics.Instant{got[0].Requests[0].Sent, got[0].Requests[1].Sent}
	if diff := cmp.Diff([]metrics.Instant{known(0), known(-2)}, sent, compareOptional); diff != "" {
		t.Errorf("sent, from the first request (-want +got):\n%s", diff)
	}
	if got, err := readAll("x", strings.NewReader(`{"experiments": []}`), Options{Format: FormatPerfAnalyzer}); err != nil || len(got) != 0 {
		t.Errorf("no experiment: %v, %v", got, err)
	}
}

func TestPerfAnalyzerErrors(t *testing.T) {
	plain := paRequest(`{"text_output": "a"}`, `{"text_output": "b"}`)
	file := func(old, new string) string { return paFile(plain, strings.Replace(plain, old, new, 1)) }
	for _, test := range []struct {
		text, message string
		is            error
		reason        string
	}{
		{file(`"timestamp": 1000001, `, ""), "x: request 1: timestamp: missing", ErrMissing, "no start"},
		{file(`1000021`, `1000021, 1000031`), "x: request 1: response_outputs: arrays of different lengths: 2 response_outputs, 3 response_timestamps", ErrLengths, "more instants than responses"},
		{file(`1000021`, `1000010`), "x: request 1: response_timestamps[1]: time runs backwards", metrics.ErrTimeReversed, "a response before the one before it"},
		{file(`1000011`, `1000000`), "x: request 1: response_timestamps: before the arrival", metrics.ErrBeforeArrival, "1 ns before the request"},
		{file(`1000011`, `-1`), "x: request 1: response_timestamps[0]: out of range", ErrRange, "before the epoch"},
		{file(`1000011`, `NaN`), "x: request 1: response_timestamps[0]: not a finite number", ErrNotFinite, "no instant"},
		{file(`[1000011, 1000021]`, `5`), "x: request 1: response_timestamps: wrong type", ErrType, "a number for a list"},
		{file(`{"text_output": "b"}`, `5`), "x: request 1: response_outputs[1]: wrong type", ErrType, "a number for an output"},
		{file(`{"text_output": "b"}`, `{"a": 1, "a": 2}`), "x: request 1: response_outputs[1]: duplicate key", ErrDuplicateKey, "a key twice"},
		{`{"version": "1"}`, "x: experiments: byte", ErrMissing, "no experiments"},
		{`{"experiments": [5]}`, "x: experiments: byte", ErrType, "a number for an experiment"},
		{`{"experiments": [{"experiment": {"mode": 5}}]}`, "x: experiment.mode: byte", ErrType, "a number for a mode"},
		{`{"experiments": [{"experiment": {"mode": "concurrency"}}]}`, "x: experiments.requests: byte", ErrMissing, "no requests"},
		{`{"experiments": [{"requests": [], "requests": []}]}`, "x: byte", ErrDuplicateKey, "two lists of requests"},
		{paFile(plain) + "{}", "x: byte", nil, "a second document"},
		{`[]`, "x: byte", ErrType, "no object"},
	} {
		_, err := readAll("x", strings.NewReader(test.text), Options{Format: FormatPerfAnalyzer})
		checkError(t, err, test.message, test.is, test.reason)
	}
}

func FuzzPerfAnalyzer(f *testing.F) {
	f.Add([]byte(paFile(paRequest(paData(`{"choices":[{"delta":{"content":"a"}}]}`), paData("[DONE]")), paRequest(`{"text_output": "a"}`, `{"output_ids": [1]}`))))
	f.Add([]byte(paFile(paRequest(paResponse(`{"choices":[{"text":"a"}]}`)), paRequest())))
	f.Add([]byte(`{"experiments": [], "version": "1"}`))
	f.Fuzz(func(t *testing.T, input []byte) { checkInvariants(t, input, Options{Format: FormatPerfAnalyzer}) })
}
