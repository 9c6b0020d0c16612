package results

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/metrics"
)

// capture returns a recording of lines, each "<µs> <text>": the time is that
// many microseconds after a second.
func capture(lines ...string) string {
	var b strings.Builder
	for _, line := range lines {
		micros, text, _ := strings.Cut(line, " ")
		b.WriteString("1759813207." + strings.Repeat("0", 6-len(micros)) + micros + " " + text + "\n")
	}
	return b.String()
}

func TestSSECapture(t *testing.T) {
	const (
		role  = `data: {"choices":[{"delta":{"role":"assistant","content":""}}]}`
		a     = `data: {"choices":[{"delta":{"content":"a"}}]}`
		stop  = `data: {"choices":[{"delta":{},"finish_reason":"stop"}]}`
		usage = `data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":5}}`
		done  = "data: [DONE]"
	)
	request := func(id string, sent metrics.Instant, end int64, outcome metrics.Outcome, d ...metrics.Delivery) metrics.Request {
		return metrics.Request{ID: id, Sent: sent, End: known(end), Outcome: outcome, Deliveries: d}
	}
	unknown := metrics.Instant{}
	counted := func(r metrics.Request) metrics.Request {
		r.PromptTokens, r.UsageTokens = metrics.Known(int64(9)), metrics.Known(int64(5))
		return r
	}
	for _, test := range []struct {
		content  string
		want     []metrics.Request
		warnings string
		reason   string
	}{
		{capture("100 : sent", "110 "+role, "111 ", "120 "+a, "121 ", "130 "+a, "131 ", "140 "+usage, "141 ", "150 "+done, "151 "),
			[]metrics.Request{counted(request("0", known(0), 51e3, metrics.Completed, event(11e3, 0), event(21e3, 1), event(31e3, 1)))}, "",
			"a chat; an event became visible with its blank line"},
		{capture("100 : sent first", "110 "+a, "111 ", "112 "+done, "113 ", "114 : ping", "115 ", "200 : sent second", "210 "+a, "211 ", "212 "+done, "213 "),
			[]metrics.Request{request("first", known(0), 13e3, metrics.Completed, event(11e3, 1)), request("second", known(100e3), 113e3, metrics.Completed, event(111e3, 1))}, "",
			"one after the other, with names, and a comment in between"},
		{capture("100 "+a, "101 ", "102 "+done, "103 ", "200 "+a, "201 ", "202 "+done, "203 "),
			[]metrics.Request{request("0", unknown, 3e3, metrics.Completed, event(1e3, 1)), request("1", unknown, 103e3, metrics.Completed, event(101e3, 1))}, "no-sent-line",
			"nobody said when they were sent"},
		{capture("100 : sent", "110 "+a, "111 ", "200 : sent", "210 "+a, "211 ", "212 "+stop, "213 "),
			[]metrics.Request{request("0", known(0), 11e3, metrics.Failed, event(11e3, 1)), request("1", known(100e3), 113e3, metrics.Completed, event(111e3, 1), event(113e3, 0))}, "stream-without-end",
			"the first breaks off; a reason to finish is an end"},
		{capture("100 : sent", "105 HTTP/1.1 200 OK", "106 content-type: text/event-stream", "107 ", "110 event: content_block_delta", "111 data: {\"type\":\"content_block_delta\",\"delta\":{\"text\":\"a\"}}", "112 ",
			"120 event: message_stop", "121 data: {\"type\":\"message_stop\"}", "122 "),
			[]metrics.Request{request("0", known(0), 22e3, metrics.Completed, event(12e3, 1))}, "", "headers, and Anthropic's events"},
		{capture("100 : sent", "110 "+a, "111 ", "120 data: {\"error\":{\"message\":\"m\"}}", "121 ", "130 "+done, "131 "),
			[]metrics.Request{request("0", known(0), 31e3, metrics.Failed, event(11e3, 1))}, "", "the server says that it failed"},
		{strings.TrimSuffix(capture("100 : sent", `110 {"error":{"code":429}}`), "\n"),
			[]metrics.Request{request("0", known(0), 10e3, metrics.Failed)}, "stream-without-end", "an answer that is no stream, without a line end"},
		{capture("100 : sent", `110 data: {"text_output":"a"}`, "111 "), []metrics.Request{request("0", known(0), 11e3, metrics.Completed, event(11e3, 1))}, "", "Triton's generate_stream does not tell its end"},
		{capture("100 : sent", "200 : sent"), []metrics.Request{request("0", known(0), 0, metrics.Failed), request("1", known(100e3), 100e3, metrics.Failed)}, "stream-without-end", "nothing came"},
		{capture("100 : sent", "110 data: rubbish", "111 ", "112 "+a, "113 ", "114 "+done, "115 "),
			[]metrics.Request{request("0", known(0), 15e3, metrics.Completed, event(13e3, 1))}, "unreadable-events", "an event that is no JSON"},
		{capture("100 : sent", "110 data: {\"choices\":[{\"delta\":", "111 data: {\"content\":\"a\"}}]}", "112 ", "113 "+done, "114 "),
			[]metrics.Request{request("0", known(0), 14e3, metrics.Completed, event(12e3, 1))}, "", "an event of two lines"},
		{strings.ReplaceAll(capture("100 : sent", "110 "+a, "111 ", "112 "+done, "113 "), " \n", "\r\n\n"),
			[]metrics.Request{request("0", known(0), 13e3, metrics.Completed, event(11e3, 1))}, "", "blank lines without the space, CR, lines that are empty altogether"},
	} {
		got, err := readAll("x", strings.NewReader(test.content), Options{})
		if err != nil || len(got) != 1 || got[0].Run.Format != FormatSSECapture {
			t.Errorf("%s: %v, %d runs", test.reason, err, len(got))
			continue
		}
		if diff := cmp.Diff(test.want, got[0].Requests, compareOptional); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.reason, diff)
		}
		if warned := codes(t, test.content); warned != test.warnings {
			t.Errorf("%s: warnings %q, want %q", test.reason, warned, test.warnings)
		}
		run := finished(t, strings.NewReader(test.content))[0]
		if run.Resolution != time.Microsecond || (len(run.NotDerivable) > 0) != (test.warnings == "no-sent-line") {
			t.Errorf("%s: resolution %v, not derivable %v", test.reason, run.Resolution, run.NotDerivable)
		}
	}
}

func TestSSECaptureErrors(t *testing.T) {
	const a = `data: {"choices":[{"delta":{"content":"a"}}]}`
	plain := capture("100 : sent", "110 "+a, "111 ")
	for _, test := range []struct {
		text, message string
		is            error
		reason        string
	}{
		{plain + "Oct 07 05:00:07 data: {}\n", "x: line 4: request 0: wrong type", ErrType, "ts without a format"},
		{plain + "\n\ndata: {}\n", "x: line 6: request 0: wrong type", ErrType, "a line without a time"},
		{plain + "-1.5 data: {}\n", "x: line 4: request 0: out of range", ErrRange, "before the epoch"},
		{plain + "3000000000.5 data: {}\n", "x: line 4: request 0: out of range", ErrRange, "95 years after"},
		{plain + capture("110 "+a), "x: line 4: request 0: time runs backwards", metrics.ErrTimeReversed, "the clock was set"},
		{plain + capture(`112 data: {"a":1,"b":{"c":1,"c":2}}`), `x: line 4: request 0: duplicate key: "c"`, ErrDuplicateKey, "a key twice"},
		{plain + "1759813207.000112 data: {\"choi", "x: line 4: request 0: cut off in the last line", io.ErrUnexpectedEOF, "cut off in an event"},
		{plain + "1759813207.000112", "x: line 4: request 0: cut off in the last line", io.ErrUnexpectedEOF, "cut off behind a time"},
		{plain + capture("120 "+a) + "1759813207.00012", "x: line 5: request 0: cut off in the last line", io.ErrUnexpectedEOF, "cut off in a time"},
	} {
		_, err := readAll("x", strings.NewReader(test.text), Options{Format: FormatSSECapture})
		checkError(t, err, test.message, test.is, test.reason)
	}
}

func FuzzSSECapture(f *testing.F) {
	f.Add([]byte(capture("100 : sent", `110 data: {"choices":[{"delta":{"content":"a"}}]}`, "111 ", "112 data: [DONE]", "113 ", "114 : sent x")))
	f.Add([]byte("1.5 event: message_stop\n1.6 data: {}\n1.6\n1.7 data: {\"a\":1}"))
	f.Fuzz(func(t *testing.T, input []byte) { checkInvariants(t, input, Options{Format: FormatSSECapture}) })
}
