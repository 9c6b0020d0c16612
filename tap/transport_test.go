package tap

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/tokentime/tokentime/metrics"
)

func chunk(delta string) string {
	return `data: {"object":"chat.completion.chunk","choices":[{"index":0,"finish_reason":null,"delta":` + delta + "}]}\n\n"
}

// counted is a chunk that states the total so far, as vLLM's with
// continuous_usage_stats.
func counted(delta, total string) string {
	return `data: {"choices":[{"delta":` + delta + `}],"usage":{"prompt_tokens":5,"completion_tokens":` + total + "}}\n\n"
}

// ticking gives the tap a clock that advances 1 ms each time it is read, from
// 0.
func ticking(t Tap) Tap {
	now := time.Unix(0, 0).Add(-time.Millisecond)
	t.now = func() time.Time { now = now.Add(time.Millisecond); return now }
	return t
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// pieces is a body that comes in these pieces, one a Read, and then err.
type pieces struct {
	data []string
	err  error
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.data) == 0 {
		return 0, p.err
	}
	n := copy(b, p.data[0])
	p.data = p.data[1:]
	return n, nil
}

func (p *pieces) Close() error { return nil }

// answer plays an answer to a tapped client, whose clock ticks once for the
// start and once for each Read, and returns what the tap saw.
func answer(t *testing.T, tp Tap, r *http.Request, status int, header string, body io.ReadCloser, read func(io.ReadCloser)) Exchange {
	t.Helper()
	var got []Exchange
	tp.Done = func(_ *http.Request, x Exchange) { got = append(got, x) }
	tp = ticking(tp)
	resp, err := tp.Transport(roundTripper(func(*http.Request) (*http.Response, error) {
		h := http.Header{}
		h.Set("Content-Type", header)
		return &http.Response{StatusCode: status, Header: h, Body: body}, nil
	})).RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	read(resp.Body)
	resp.Body.Close()
	if len(got) != 1 {
		t.Fatalf("Done was called %d times, want once", len(got))
	}
	return got[0]
}

func drain(b io.ReadCloser) { io.Copy(io.Discard, b) }

func TestTransport(t *testing.T) {
	const done = "data: [DONE]\n\n"
	const stream, object = "text/event-stream", "application/json"
	const tritonEvent = `data: {"model_name":"m","model_version":"1","text_output":"a"}` + "\n\n"
	token := chunk(`{"content":"a"}`)
	known := metrics.Known[int64]
	closeOnly := func(io.ReadCloser) {}
	readOnce := func(b io.ReadCloser) { b.Read(make([]byte, 1<<10)) }
	for _, tt := range []struct {
		name, reason string
		status       int
		header       string
		body         []string // one Read each, the first at 1 ms
		end          error
		read         func(io.ReadCloser)
		want         metrics.Request // without Sent
		form         Form
		err          error
		warnings     []string
	}{
		{"stream", "End is the end event, not the end of the body", 200, stream, []string{chunk(`{"role":"assistant"}`), token, token, done, "\n"}, io.EOF, drain,
			metrics.Request{Deliveries: ds(1, 0, 2, 1, 3, 1), End: ms(4)}, Stream, nil, nil},
		{"closed at the end event", "SDKs do not read on", 200, stream, []string{token + done}, io.EOF, readOnce,
			metrics.Request{Deliveries: ds(1, 1), End: ms(1)}, Stream, nil, nil},
		{"closed behind the line of the end event", "before the blank line came", 200, stream, []string{token + "data: [DONE]\n", "\n"}, io.EOF, readOnce,
			metrics.Request{Deliveries: ds(1, 1), End: ms(1)}, Stream, nil, nil},
		{"closed before the end", "the client gave up; the half event is no doubt", 200, stream, []string{token + token[:20], token[20:]}, io.EOF, readOnce,
			metrics.Request{Deliveries: ds(1, 1), End: ms(2), Outcome: metrics.Cancelled}, Stream, ErrClosed, nil},
		{"closed when one choice of two had finished", "a finish reason ends its choice, and the stream if nothing follows", 200, stream,
			[]string{`data: {"choices":[{"index":0,"finish_reason":"stop","delta":{}}]}` + "\n\n", token}, io.EOF, readTwice,
			metrics.Request{Deliveries: ds(1, 0, 2, 1), End: ms(3), Outcome: metrics.Cancelled}, Stream, ErrClosed, nil},
		{"closed unread", "likewise", 200, stream, []string{token}, io.EOF, closeOnly,
			metrics.Request{End: ms(1), Outcome: metrics.Cancelled}, Stream, ErrClosed, nil},
		{"connection lost", "no fault of the client", 200, stream, []string{token}, io.ErrUnexpectedEOF, drain,
			metrics.Request{Deliveries: ds(1, 1), End: ms(2), Outcome: metrics.Failed}, Stream, io.ErrUnexpectedEOF, nil},
		{"deadline", "of the connection", 200, stream, []string{token}, os.ErrDeadlineExceeded, drain,
			metrics.Request{Deliveries: ds(1, 1), End: ms(2), Outcome: metrics.TimedOut}, Stream, os.ErrDeadlineExceeded, nil},
		{"several events in one read", "one delivery each: conventions count chunks", 200, stream, []string{token + token + token, done}, io.EOF, drain,
			metrics.Request{Deliveries: ds(1, 1, 1, 1, 1, 1), End: ms(2)}, Stream, nil, nil},
		{"usage at the end", "it settles N", 200, stream, []string{token, `data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4}}` + "\n\n", done}, io.EOF, drain,
			metrics.Request{Deliveries: ds(1, 1), End: ms(3), PromptTokens: known(3), UsageTokens: known(4)}, Stream, nil, nil},
		{"usage before the end", "Anthropic's first event states 1 output token: no final count", 200, stream,
			[]string{`data: {"type":"message_start","message":{"usage":{"input_tokens":9,"output_tokens":1}}}` + "\n\n",
				`data: {"type":"content_block_delta","delta":{"text":"a"}}` + "\n\n"}, io.EOF, readTwice,
			metrics.Request{Deliveries: ds(2, 1), End: ms(3), Outcome: metrics.Cancelled, PromptTokens: known(9)}, Stream, ErrClosed, nil},
		{"running totals", "a delivery is what the total grew by", 200, stream,
			[]string{counted(`{"role":"assistant"}`, "0"), counted(`{"content":"a b c"}`, "3"), counted(`{"content":"d"}`, "4"), counted(`{"content":"e"}`, "4"), done}, io.EOF, drain,
			metrics.Request{Deliveries: ds(1, 0, 2, 3, 3, 1, 4, 1), End: ms(5), PromptTokens: known(5), UsageTokens: known(4)}, Stream, nil, nil},
		{"total in the last chunk only", "nobody can tell which chunk held how many", 200, stream,
			[]string{token, counted(`{"content":"b"}`, "9"), done}, io.EOF, drain,
			metrics.Request{Deliveries: ds(1, 1, 2, 1), End: ms(3), PromptTokens: known(5), UsageTokens: known(9)}, Stream, nil, nil},
		{"hidden reasoning", "counted, never sent", 200, stream,
			[]string{token, `data: {"usage":{"completion_tokens":90,"completion_tokens_details":{"reasoning_tokens":89}}}` + "\n\n" + done}, io.EOF, drain,
			metrics.Request{Deliveries: ds(1, 1), End: ms(2), UsageTokens: known(90)}, Stream, nil, []string{"hidden-reasoning"}},
		{"shown reasoning", "counted and sent", 200, stream,
			[]string{chunk(`{"reasoning":"a"}`), `data: {"usage":{"completion_tokens":1,"completion_tokens_details":{"reasoning_tokens":1}}}` + "\n\n" + done}, io.EOF, drain,
			metrics.Request{Deliveries: ds(1, 1), End: ms(2), UsageTokens: known(1)}, Stream, nil, nil},
		{"unreadable event", "nothing is dropped unseen", 200, stream, []string{"data: <html>\n\n" + token + done}, io.EOF, drain,
			metrics.Request{Deliveries: ds(1, 1), End: ms(1)}, Stream, nil, []string{"unreadable-events"}},
		{"cut off event", "likewise", 200, stream, []string{token + token[:20]}, io.EOF, drain,
			metrics.Request{Deliveries: ds(1, 1), End: ms(2), Outcome: metrics.Failed}, Stream, ErrNoEnd, []string{"unreadable-events"}},
		{"Triton", "its streams end with their body", 200, stream, []string{tritonEvent, tritonEvent}, io.EOF, drain,
			metrics.Request{Deliveries: ds(1, 1, 2, 1), End: ms(3)}, Stream, nil, nil},
		{"Triton, closed before the end", "nothing but the body tells it", 200, stream, []string{tritonEvent, tritonEvent}, io.EOF, readOnce,
			metrics.Request{Deliveries: ds(1, 1), End: ms(2), Outcome: metrics.Cancelled}, Stream, ErrClosed, nil},
		{"Triton, cut off event", "half an event is no end", 200, stream, []string{tritonEvent + tritonEvent[:20]}, io.EOF, drain,
			metrics.Request{Deliveries: ds(1, 1), End: ms(2), Outcome: metrics.Failed}, Stream, ErrNoEnd, []string{"unreadable-events"}},
		{"TGI", "the last event has a finish reason", 200, stream,
			[]string{`data:{"token":{"text":"a","special":false},"generated_text":null}` + "\n\n", `data:{"token":{"text":"</s>","special":true},"generated_text":"a","details":{"finish_reason":"eos_token","generated_tokens":2}}` + "\n\n"}, io.EOF, readTwice,
			metrics.Request{Deliveries: ds(1, 1, 2, 0), End: ms(3), UsageTokens: known(2)}, Stream, nil, nil},
		{"output behind the end event", "nobody reads on", 200, stream, []string{token + done, token}, io.EOF, drain,
			metrics.Request{Deliveries: ds(1, 1), End: ms(1)}, Stream, nil, nil},
		{"whole", "delivered when it was complete", 200, object, []string{`{"choices":[{"message":{"content":"Hi"}}],`, `"usage":{"completion_tokens":2}}`}, io.EOF, drain,
			metrics.Request{Deliveries: ds(2, 2), End: ms(2), UsageTokens: known(2)}, Whole, nil, nil},
		{"whole, closed when it was complete", "a reader of JSON stops at the brace", 200, object, []string{`{"choices":[{"message":{"content":"Hi"}}],"usage":{"completion_tokens":2}}`}, io.EOF, readOnce,
			metrics.Request{Deliveries: ds(1, 2), End: ms(1), UsageTokens: known(2)}, Whole, nil, nil},
		{"whole, closed before", "half an answer is none", 200, object, []string{`{"choices":[{`}, io.EOF, readOnce,
			metrics.Request{End: ms(2), Outcome: metrics.Cancelled}, Whole, ErrClosed, nil},
		{"whole without usage", "one token, and a doubt", 200, object, []string{`{"choices":[{"message":{"content":"Hi"}}]}`}, io.EOF, drain,
			metrics.Request{Deliveries: ds(1, 1), End: ms(1)}, Whole, nil, []string{"unknown-tokens"}},
		{"whole, an error", "with a good status", 200, object, []string{`{"error":{"message":"boom"}}`}, io.EOF, drain,
			metrics.Request{End: ms(1), Outcome: metrics.Failed}, Whole, ErrStream, nil},
		{"whole, too long", "memory is bounded", 200, object, []string{strings.Repeat("{", 1000), strings.Repeat("{", 1000)}, io.EOF, drain,
			metrics.Request{End: ms(3)}, Opaque, nil, []string{"opaque-body"}},
		{"no JSON", "though it says so", 200, object, []string{"hello"}, io.EOF, drain,
			metrics.Request{End: ms(2)}, Opaque, nil, []string{"opaque-body"}},
		{"other type", "not looked at", 200, "text/html", []string{token}, io.EOF, drain,
			metrics.Request{End: ms(2)}, Opaque, nil, []string{"opaque-body"}},
		{"overloaded", "Anthropic's status", 529, object, []string{`{"type":"error"}`}, io.EOF, drain,
			metrics.Request{End: ms(2), Outcome: metrics.Rejected}, NoAnswer, nil, nil},
		{"bad request", "the server refused", 400, object, nil, io.EOF, closeOnly,
			metrics.Request{End: ms(1), Outcome: metrics.Rejected}, NoAnswer, nil, nil},
		{"bad gateway", "the system broke", 502, object, nil, io.EOF, drain,
			metrics.Request{End: ms(1), Outcome: metrics.Failed}, NoAnswer, nil, nil},
		{"gateway timeout", "a time limit ended it", 504, object, nil, io.EOF, drain,
			metrics.Request{End: ms(1), Outcome: metrics.TimedOut}, NoAnswer, nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := answer(t, Tap{MaxEvent: 1500}, httptest.NewRequest("POST", "/", nil), tt.status, tt.header, &pieces{tt.body, tt.end}, tt.read)
			tt.want.Sent = ms(0)
			if diff := cmp.Diff(tt.want, got.Request); diff != "" {
				t.Errorf("%s: (-want +got)\n%s", tt.reason, diff)
			}
			if err := got.Request.Validate(); err != nil {
				t.Error(err)
			}
			var codes []string
			for _, w := range got.Warnings {
				codes = append(codes, w.Code)
			}
			if got.Form != tt.form || !errors.Is(got.Err, tt.err) || !cmp.Equal(codes, tt.warnings) || got.Status != tt.status {
				t.Errorf("form %v, error %v, warnings %v, status %d", got.Form, got.Err, got.Warnings, got.Status)
			}
		})
	}
}

func readTwice(b io.ReadCloser) {
	p := make([]byte, 1<<10)
	b.Read(p)
	b.Read(p)
}

func TestStatus(t *testing.T) {
	for status, want := range map[int]metrics.Outcome{
		200: metrics.Completed, 204: metrics.Completed,
		400: metrics.Rejected, 401: metrics.Rejected, 408: metrics.TimedOut, 429: metrics.Rejected, 499: metrics.Rejected,
		500: metrics.Failed, 502: metrics.Failed, 503: metrics.Rejected, 504: metrics.TimedOut, 529: metrics.Rejected,
	} {
		x := answer(t, Tap{}, httptest.NewRequest("POST", "/", nil), status, "text/plain", &pieces{err: io.EOF}, drain)
		if x.Request.Outcome != want || x.Err != nil || x.Status != status {
			t.Errorf("%d: %v, error %v; want %v", status, x.Request.Outcome, x.Err, want)
		}
	}
}

// A client may close a body while another goroutine reads it. Done is called
// once, and what it was given is its own.
func TestCloseWhileReading(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for r.Context().Err() == nil {
			io.WriteString(w, chunk(`{"content":"a"}`))
			w.(http.Flusher).Flush()
		}
	}))
	defer srv.Close()
	exchanges := make(chan Exchange, 2)
	client := &http.Client{Transport: Tap{Done: func(_ *http.Request, x Exchange) { exchanges <- x }}.Transport(nil)}
	resp, err := client.Post(srv.URL, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	read := make(chan bool)
	go func() { drain(resp.Body); close(read) }()
	resp.Body.Close()
	x := <-exchanges
	if x.Request.Outcome != metrics.Cancelled {
		t.Errorf("%v, want cancelled", x.Request.Outcome)
	}
	if err := x.Request.Validate(); err != nil {
		t.Error(err)
	}
	<-read
	if len(exchanges) > 0 {
		t.Error("Done was called twice")
	}
}

func TestFirstAnswerAfterReasoning(t *testing.T) {
	x := answer(t, Tap{}, httptest.NewRequest("POST", "/", nil), 200, "text/event-stream",
		&pieces{[]string{chunk(`{"reasoning_content":"hm"}`), chunk(`{"reasoning":"hm"}`), chunk(`{"content":"a"}`), "data: [DONE]\n\n"}, io.EOF}, drain)
	if x.Request.Raw().TTFT != ms(1) || x.FirstAnswer != ms(3) {
		t.Errorf("TTFT %v, first answer %v; want 1ms, 3ms", x.Request.Raw().TTFT, x.FirstAnswer)
	}
}

func TestOrigin(t *testing.T) {
	x := answer(t, Tap{Origin: time.Unix(0, 0).Add(-time.Second)}, httptest.NewRequest("POST", "/", nil), 200, "text/event-stream",
		&pieces{[]string{chunk(`{"content":"a"}`), "data: [DONE]\n\n"}, io.EOF}, drain)
	want := metrics.Request{Sent: ms(1000), Deliveries: ds(1001, 1), End: ms(1002)}
	if diff := cmp.Diff(want, x.Request); diff != "" || !x.Start.Equal(time.Unix(0, 0)) {
		t.Errorf("start %v (-want +got)\n%s", x.Start, diff)
	}
}

// Beyond MaxDeliveries the record is that of the beginning of the stream.
func TestMaxDeliveries(t *testing.T) {
	data := append(strings.SplitAfter(strings.Repeat(chunk(`{"content":"a"}`), 5), "\n\n")[:5],
		`data: {"usage":{"completion_tokens":5}}`+"\n\n", "data: [DONE]\n\n")
	for limit, want := range map[int]metrics.Request{
		5: {Sent: ms(0), Deliveries: ds(1, 1, 2, 1, 3, 1, 4, 1, 5, 1), End: ms(7), UsageTokens: metrics.Known(int64(5))},
		4: {Sent: ms(0), Deliveries: ds(1, 1, 2, 1, 3, 1, 4, 1), End: ms(7)},
	} {
		x := answer(t, Tap{MaxDeliveries: limit}, httptest.NewRequest("POST", "/", nil), 200, "text/event-stream", &pieces{data, io.EOF}, drain)
		if diff := cmp.Diff(want, x.Request); diff != "" {
			t.Errorf("limit %d (-want +got)\n%s", limit, diff)
		}
		if capped := len(x.Warnings) == 1 && x.Warnings[0].Code == "deliveries-capped"; capped != (limit < 5) {
			t.Errorf("limit %d: warnings %v", limit, x.Warnings)
		}
		if n, _ := x.Usage.Output.Get(); n != 5 {
			t.Errorf("limit %d: usage %v", limit, x.Usage)
		}
	}
}

func TestRoundTripError(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want metrics.Outcome
	}{
		{errors.New("connection refused"), metrics.Failed},
		{context.Canceled, metrics.Cancelled},
		{context.DeadlineExceeded, metrics.TimedOut},
		{iotest.ErrTimeout, metrics.Failed}, // it only looks like a timeout: it has no method Timeout
		{os.ErrDeadlineExceeded, metrics.TimedOut},
	} {
		var x Exchange
		tp := ticking(Tap{Done: func(_ *http.Request, got Exchange) { x = got }})
		_, err := tp.Transport(roundTripper(func(*http.Request) (*http.Response, error) { return nil, tt.err })).RoundTrip(httptest.NewRequest("POST", "/", nil))
		want := metrics.Request{Sent: ms(0), End: ms(1), Outcome: tt.want}
		if diff := cmp.Diff(want, x.Request); diff != "" || err != tt.err || x.Err != tt.err || x.Form != NoAnswer {
			t.Errorf("%v: error %v, form %v (-want +got)\n%s", tt.err, x.Err, x.Form, diff)
		}
	}
}

// What the tap does not measure passes untouched.
func TestUnmeasured(t *testing.T) {
	for _, tt := range []struct {
		name   string
		tap    Tap
		method string
		status int
	}{
		{"GET", Tap{}, "GET", 200},
		{"not selected", Tap{Select: func(*http.Request) bool { return false }}, "POST", 200},
		{"redirection", Tap{}, "POST", 307},
		{"upgrade", Tap{}, "POST", 101},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.tap.Done = func(*http.Request, Exchange) { t.Error("measured") }
			body := &pieces{err: io.EOF}
			resp, _ := tt.tap.Transport(roundTripper(func(*http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: tt.status, Body: body}, nil
			})).RoundTrip(httptest.NewRequest(tt.method, "/", nil))
			if resp.Body != body {
				t.Error("the body was wrapped")
			}
			tt.tap.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(tt.status)
			})).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(tt.method, "/", nil))
		})
	}
}

// http.Transport decompresses what it asked for. A client that asks itself
// gets what cannot be read, and is told so.
func TestGzip(t *testing.T) {
	var compressed bytes.Buffer
	z := gzip.NewWriter(&compressed)
	io.WriteString(z, chunk(`{"content":"a"}`)+"data: [DONE]\n\n")
	z.Close()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(compressed.Bytes())
	}))
	defer srv.Close()
	for _, asks := range []bool{false, true} {
		var x Exchange
		tp := Tap{Done: func(_ *http.Request, got Exchange) { x = got }}
		r, _ := http.NewRequest("POST", srv.URL, nil)
		if asks {
			r.Header.Set("Accept-Encoding", "gzip")
		}
		resp, err := tp.Transport(nil).RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		readToEnd(t, resp.Body)
		want := Exchange{Form: Stream, Request: metrics.Request{Deliveries: ds(0, 1)}}
		if asks {
			want = Exchange{Form: Opaque, Warnings: []metrics.Warning{{Code: "opaque-body", Message: "the answer is compressed with gzip; tokens in it were not seen"}}}
		}
		ignored := cmp.Options{cmpopts.IgnoreFields(Exchange{}, "Start", "Status", "FirstAnswer"),
			cmpopts.IgnoreFields(metrics.Request{}, "Sent", "End"), cmpopts.IgnoreFields(metrics.Delivery{}, "At")}
		if diff := cmp.Diff(want, x, ignored); diff != "" {
			t.Errorf("the client asks for gzip: %v (-want +got)\n%s", asks, diff)
		}
	}
}

func readToEnd(t *testing.T, b io.ReadCloser) {
	t.Helper()
	if _, err := io.Copy(io.Discard, b); err != nil {
		t.Error(err)
	}
	b.Close()
}

// The zero Tap tells nobody and changes nothing.
func TestZeroTap(t *testing.T) {
	srv := httptest.NewServer(Tap{}.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		io.WriteString(w, "data: [DONE]\n\n")
	})))
	defer srv.Close()
	resp, err := (&http.Client{Transport: Tap{}.Transport(nil)}).Post(srv.URL, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(resp.Body); err != nil || string(b) != "data: [DONE]\n\n" {
		t.Errorf("%q, %v", b, err)
	}
}

// The context of a request that ran out tells a close from a time limit.
func TestCloseAfterDeadline(t *testing.T) {
	ctx, cancel := context.WithDeadline(context.Background(), time.Unix(0, 0))
	defer cancel()
	r := httptest.NewRequest("POST", "/", nil).WithContext(ctx)
	x := answer(t, Tap{}, r, 200, "text/event-stream", &pieces{[]string{chunk(`{"content":"a"}`)}, io.EOF}, func(io.ReadCloser) {})
	if x.Request.Outcome != metrics.TimedOut || x.Err != context.DeadlineExceeded {
		t.Errorf("%v, %v", x.Request.Outcome, x.Err)
	}
}

// On the way of the bytes nothing is allocated, but for the list of deliveries
// as it grows.
func TestAllocations(t *testing.T) {
	tp := Tap{MaxDeliveries: 1}
	data := []byte(chunk(`{"content":"a"}`))
	m := newMeter(&tp, httptest.NewRequest("POST", "/", nil), false)
	m.header(200, http.Header{"Content-Type": {"text/event-stream"}})
	m.bytes(data, tp.time())
	if n := testing.AllocsPerRun(100, func() { m.bytes(data, tp.time()) }); n != 0 {
		t.Errorf("%v allocations an event, want none", n)
	}
}

// Whatever a server sends, in whatever pieces, however it is read: the record
// is valid, and a client and a server that flushes agree about it.
func FuzzExchange(f *testing.F) {
	f.Add([]byte(chunk(`{"role":"assistant"}`)+counted(`{"content":"a"}`, "7")+counted(`{"content":"a"}`, "2147483648")+"data: [DONE]\n\n"), uint16(50), true)
	f.Add([]byte(chunk(`{"content":"a"}`)+`data: {"error":1}`), uint16(9), true)
	f.Add([]byte(`{"choices":[{"message":{"content":"Hi"}}],"usage":{"completion_tokens":2}}`), uint16(20), false)
	f.Fuzz(func(t *testing.T, data []byte, cut uint16, stream bool) {
		header := "application/json"
		if stream {
			header = "text/event-stream"
		}
		i := min(int(cut), len(data))
		tp := Tap{MaxDeliveries: 100, MaxEvent: 1 << 10}
		client := answer(t, tp, httptest.NewRequest("POST", "/", nil), 200, header,
			&pieces{[]string{string(data[:i]), string(data[i:])}, io.EOF}, drainLarge)
		if err := client.Request.Validate(); err != nil {
			t.Fatal(err)
		}
		if u, ok := client.Request.UsageTokens.Get(); ok && metrics.Known(u) != client.Usage.Output {
			t.Fatalf("usage %v of %v", u, client.Usage)
		}
		if client.Request.Outcome == metrics.Completed && client.Err != nil {
			t.Fatal(client.Err)
		}
		var server Exchange
		tp.Done = func(_ *http.Request, x Exchange) { server = x }
		ticking(tp).Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", header)
			w.Write(data[:i])
			w.Write(data[i:])
		})).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/", nil))
		ignored := cmp.Options{cmpopts.IgnoreFields(metrics.Delivery{}, "At"), cmpopts.IgnoreFields(metrics.Request{}, "End"),
			cmpopts.IgnoreFields(Exchange{}, "FirstAnswer"), cmpopts.EquateErrors()}
		if diff := cmp.Diff(client, server, ignored); diff != "" {
			t.Fatalf("(-client +server)\n%s", diff)
		}
	})
}

func drainLarge(b io.ReadCloser) {
	p := make([]byte, 1<<20)
	for {
		if _, err := b.Read(p); err != nil {
			return
		}
	}
}

func TestFormString(t *testing.T) {
	for form, want := range map[Form]string{NoAnswer: "no answer", Stream: "stream", Whole: "whole", Opaque: "opaque", 9: "Form(9)"} {
		if got := form.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
