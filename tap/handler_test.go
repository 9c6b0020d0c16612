package tap

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/tokentime/tokentime/metrics"
)

// brokenWriter fails after so many writes and flushes.
type brokenWriter struct {
	http.ResponseWriter
	calls int
	err   error
}

func (w *brokenWriter) Write(p []byte) (int, error) {
	if w.calls--; w.calls < 0 {
		return 0, w.err
	}
	return len(p), nil
}

func (w *brokenWriter) FlushError() error {
	if w.calls--; w.calls < 0 {
		return w.err
	}
	return nil
}

func (w *brokenWriter) Flush() { w.FlushError() }

// serve has a tapped handler answer into w, with a clock that advances 1 ms
// each time it is read, and returns what the tap saw.
func serve(t *testing.T, w http.ResponseWriter, r *http.Request, next http.HandlerFunc) Exchange {
	t.Helper()
	var got []Exchange
	tp := ticking(Tap{Done: func(_ *http.Request, x Exchange) { got = append(got, x) }})
	func() {
		defer func() { recover() }()
		tp.Handler(next).ServeHTTP(w, r)
	}()
	if len(got) != 1 {
		t.Fatalf("Done was called %d times, want once", len(got))
	}
	return got[0]
}

func ds(pairs ...int) []metrics.Delivery {
	var d []metrics.Delivery
	for i := 0; i < len(pairs); i += 2 {
		d = append(d, metrics.Delivery{At: time.Duration(pairs[i]) * time.Millisecond, Tokens: pairs[i+1]})
	}
	return d
}

func ms(n int) metrics.Instant { return metrics.Known(time.Duration(n) * time.Millisecond) }

func TestHandler(t *testing.T) {
	stream := func(w http.ResponseWriter) { w.Header().Set("Content-Type", "text/event-stream; charset=utf-8") }
	write := func(w http.ResponseWriter, data string) { io.WriteString(w, data) }
	flush := func(w http.ResponseWriter) { w.(http.Flusher).Flush() }
	token, role, done := chunk(`{"content":"a"}`), chunk(`{"role":"assistant"}`), "data: [DONE]\n\n"
	reset := errors.New("connection reset by peer")
	for _, tt := range []struct {
		name, reason string
		w            http.ResponseWriter
		next         http.HandlerFunc
		want         metrics.Request // without Sent
		form         Form
		err          error
	}{
		{"flush", "a token is delivered by the flush behind it", nil, func(w http.ResponseWriter, _ *http.Request) {
			stream(w)
			write(w, role)  // at 1 ms
			flush(w)        // 2
			write(w, token) // 3
			write(w, token) // 4
			flush(w)        // 5
			write(w, done)  // 6
			flush(w)        // 7
		}, metrics.Request{Deliveries: ds(2, 0, 5, 1, 5, 1), End: ms(7)}, Stream, nil},
		{"no flush", "delivered when the handler returns", nil, func(w http.ResponseWriter, _ *http.Request) {
			stream(w)
			write(w, token)
			write(w, done)
		}, metrics.Request{Deliveries: ds(3, 1), End: ms(3)}, Stream, nil},
		{"flush within an event", "it is not complete before the rest is there", nil, func(w http.ResponseWriter, _ *http.Request) {
			stream(w)
			write(w, token[:30])
			flush(w)
			write(w, token[30:]+done)
			flush(w)
		}, metrics.Request{Deliveries: ds(4, 1), End: ms(4)}, Stream, nil},
		{"broken write", "what failed was not delivered", &brokenWriter{calls: 3, err: reset}, func(w http.ResponseWriter, _ *http.Request) {
			stream(w)
			write(w, token)
			flush(w)
			write(w, token)
			write(w, done)
		}, metrics.Request{Deliveries: ds(2, 1), End: ms(5), Outcome: metrics.Cancelled}, Stream, ErrGone},
		{"broken flush", "likewise what was written before it", &brokenWriter{calls: 3, err: reset}, func(w http.ResponseWriter, _ *http.Request) {
			stream(w)
			write(w, token)
			flush(w)
			write(w, token+done)
			flush(w)
		}, metrics.Request{Deliveries: ds(2, 1), End: ms(5), Outcome: metrics.Cancelled}, Stream, ErrGone},
		{"broken before finish and usage", "what was not delivered does not count as said", &brokenWriter{calls: 3, err: reset}, func(w http.ResponseWriter, _ *http.Request) {
			stream(w)
			write(w, token)
			flush(w)
			write(w, `data: {"choices":[{"finish_reason":"stop","delta":{}}],"usage":{"prompt_tokens":3,"completion_tokens":9}}`+"\n\n")
			flush(w)
		}, metrics.Request{Deliveries: ds(2, 1), End: ms(5), Outcome: metrics.Cancelled}, Stream, ErrGone},
		{"content length", "a fault of the handler, not of the client", &brokenWriter{calls: 1, err: http.ErrContentLength}, func(w http.ResponseWriter, _ *http.Request) {
			stream(w)
			write(w, token)
			write(w, token)
		}, metrics.Request{End: ms(3), Outcome: metrics.Failed}, Stream, http.ErrContentLength},
		{"write deadline", "of the connection", &brokenWriter{calls: 1, err: os.ErrDeadlineExceeded}, func(w http.ResponseWriter, _ *http.Request) {
			stream(w)
			write(w, token)
			write(w, token)
		}, metrics.Request{End: ms(3), Outcome: metrics.TimedOut}, Stream, ErrGone},
		{"http.TimeoutHandler", "it has answered in the handler's place", &brokenWriter{calls: 0, err: http.ErrHandlerTimeout}, func(w http.ResponseWriter, _ *http.Request) {
			stream(w)
			write(w, token)
		}, metrics.Request{End: ms(2), Outcome: metrics.TimedOut}, Stream, http.ErrHandlerTimeout},
		{"broken after the end", "what happens afterwards takes nothing away", &brokenWriter{calls: 2, err: reset}, func(w http.ResponseWriter, _ *http.Request) {
			stream(w)
			write(w, token+done)
			flush(w)
			write(w, "\n")
		}, metrics.Request{Deliveries: ds(2, 1), End: ms(2)}, Stream, nil},
		{"panic", "the connection is cut with what was not flushed", nil, func(w http.ResponseWriter, _ *http.Request) {
			stream(w)
			write(w, token)
			flush(w)
			write(w, token)
			panic(http.ErrAbortHandler)
		}, metrics.Request{Deliveries: ds(2, 1), End: ms(4), Outcome: metrics.Failed}, Stream, ErrPanic},
		{"error event", "though [DONE] follows", nil, func(w http.ResponseWriter, _ *http.Request) {
			stream(w)
			write(w, token+"data: {\"error\":{}}\n\n"+done)
		}, metrics.Request{Deliveries: ds(2, 1), End: ms(2), Outcome: metrics.Failed}, Stream, ErrStream},
		{"no end", "the answer was cut short", nil, func(w http.ResponseWriter, _ *http.Request) {
			stream(w)
			write(w, token)
		}, metrics.Request{Deliveries: ds(2, 1), End: ms(2), Outcome: metrics.Failed}, Stream, ErrNoEnd},
		{"finish reason without end event", "it says that all was sent", nil, func(w http.ResponseWriter, _ *http.Request) {
			stream(w)
			write(w, token+`data: {"choices":[{"finish_reason":"stop","delta":{}}]}`+"\n\n")
		}, metrics.Request{Deliveries: ds(2, 1, 2, 0), End: ms(2)}, Stream, nil},
		{"whole", "one delivery when it was complete; no time to first token is made up", nil, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			write(w, `{"choices":[{"message":{"content":"Hi"}}],`)
			write(w, `"usage":{"prompt_tokens":3,"completion_tokens":20}}`)
		}, metrics.Request{Deliveries: ds(3, 20), End: ms(3), PromptTokens: metrics.Known(int64(3)), UsageTokens: metrics.Known(int64(20))}, Whole, nil},
		{"rejected", "the status says it", nil, func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, `{"error":"slow down"}`, http.StatusTooManyRequests)
		}, metrics.Request{End: ms(2), Outcome: metrics.Rejected}, NoAnswer, nil},
		{"nothing written", "an empty answer", nil, func(http.ResponseWriter, *http.Request) {},
			metrics.Request{End: ms(1)}, Opaque, nil},
		{"other type", "no token is seen, none is denied", nil, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/x-ndjson")
			write(w, token)
		}, metrics.Request{End: ms(2)}, Opaque, nil},
		{"early hints", "an informational status is not the answer's", &brokenWriter{calls: 99}, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusEarlyHints)
			stream(w)
			w.WriteHeader(http.StatusOK)
			write(w, token+done)
		}, metrics.Request{Deliveries: ds(2, 1), End: ms(2)}, Stream, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := tt.w
			switch broken := w.(type) {
			case nil:
				w = httptest.NewRecorder()
			case *brokenWriter:
				broken.ResponseWriter = httptest.NewRecorder()
			}
			got := serve(t, w, httptest.NewRequest("POST", "/", nil), tt.next)
			tt.want.Sent = ms(0)
			if diff := cmp.Diff(tt.want, got.Request, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s: (-want +got)\n%s", tt.reason, diff)
			}
			if err := got.Request.Validate(); err != nil {
				t.Error(err)
			}
			if got.Form != tt.form || !errors.Is(got.Err, tt.err) {
				t.Errorf("form %v, error %v; want %v, %v", got.Form, got.Err, tt.form, tt.err)
			}
		})
	}
}

// A deadline of the request does not cut the connection: what was written when
// the handler gave up is delivered. A cancelled request has nobody to deliver
// to.
func TestHandlerContext(t *testing.T) {
	deadline, cancelDeadline := context.WithDeadline(context.Background(), time.Unix(0, 0))
	defer cancelDeadline()
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	for ctx, want := range map[context.Context]metrics.Request{
		deadline:  {Sent: ms(0), Deliveries: ds(2, 1), End: ms(2), Outcome: metrics.TimedOut},
		cancelled: {Sent: ms(0), End: ms(2), Outcome: metrics.Cancelled},
	} {
		x := serve(t, httptest.NewRecorder(), httptest.NewRequest("POST", "/", nil).WithContext(ctx), func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			io.WriteString(w, chunk(`{"content":"a"}`))
		})
		if diff := cmp.Diff(want, x.Request, cmpopts.EquateEmpty()); diff != "" || x.Err != ctx.Err() {
			t.Errorf("%v: error %v (-want +got)\n%s", ctx.Err(), x.Err, diff)
		}
	}
}

// A handler asks for an http.Flusher before it streams: it must not be told
// that there is one if there is none.
func TestFlusherIsNotInvented(t *testing.T) {
	for _, has := range []bool{true, false} {
		var w http.ResponseWriter = httptest.NewRecorder()
		if !has {
			w = struct{ http.ResponseWriter }{w}
		}
		serve(t, w, httptest.NewRequest("POST", "/", nil), func(w http.ResponseWriter, _ *http.Request) {
			if _, ok := w.(http.Flusher); ok != has {
				t.Errorf("the server's writer is a Flusher: %v, the tap's: %v", has, ok)
			}
			if err := http.NewResponseController(w).Flush(); (err == nil) != has {
				t.Errorf("Flush = %v although the server has it: %v", err, has)
			}
		})
	}
}

// On a real server everything that http.ResponseController offers works, and
// a hijacked connection is no exchange.
func TestController(t *testing.T) {
	tp := Tap{Done: func(*http.Request, Exchange) { t.Error("a hijacked connection was measured") }}
	srv := httptest.NewServer(tp.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := http.NewResponseController(w)
		if err := errors.Join(c.EnableFullDuplex(), c.SetReadDeadline(time.Time{}), c.SetWriteDeadline(time.Time{})); err != nil {
			t.Error(err)
		}
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nhello")
		conn.Close()
	})))
	defer srv.Close()
	conn, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: x\r\nContent-Length: 0\r\n\r\n")
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
		t.Errorf("%v, %v", resp, err)
	}
}

// A reverse proxy is measured on both of its sides, and what passes is the
// same.
func TestReverseProxy(t *testing.T) {
	const text = "data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		io.WriteString(w, text)
	}))
	defer upstream.Close()
	target, _ := url.Parse(upstream.URL)
	exchanges := make(chan Exchange, 2)
	tp := Tap{Done: func(_ *http.Request, x Exchange) { exchanges <- x }}
	proxy := httptest.NewServer(tp.Handler(&httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport: tp.Transport(nil),
	}))
	defer proxy.Close()
	resp, err := http.Post(proxy.URL, "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(resp.Body)
	if err != nil || string(got) != text {
		t.Errorf("%q, %v", got, err)
	}
	inner, outer := <-exchanges, <-exchanges
	for _, x := range []Exchange{inner, outer} {
		if x.Request.Tokens() != 1 || x.Request.Outcome != metrics.Completed || x.Form != Stream {
			t.Errorf("%+v", x)
		}
	}
	if outer.Start.After(inner.Start) {
		t.Error("the proxy asked before it was asked")
	}
}

// A client that goes away is noticed on a real connection.
func TestDisconnect(t *testing.T) {
	exchanges := make(chan Exchange, 1)
	flushed := make(chan struct{}) // what a Flush sent does not count if the client leaves before it returns
	tp := Tap{Done: func(_ *http.Request, x Exchange) { exchanges <- x }}
	srv := httptest.NewServer(tp.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		io.WriteString(w, chunk(`{"content":"a"}`))
		w.(http.Flusher).Flush()
		close(flushed)
		<-r.Context().Done()
		io.WriteString(w, chunk(`{"content":"b"}`))
		w.(http.Flusher).Flush()
	})))
	defer srv.Close()
	resp, err := http.Post(srv.URL, "application/json", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Read(make([]byte, 1))
	<-flushed
	resp.Body.Close()
	x := <-exchanges
	if x.Request.Outcome != metrics.Cancelled || x.Request.Tokens() != 1 {
		t.Errorf("%v with %d tokens, want cancelled with 1", x.Request.Outcome, x.Request.Tokens())
	}
}
