//go:build go1.25

package tap

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tokentime/tokentime/metrics"
)

// pipes is a network of net.Pipe: whoever dials is accepted.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) Dial(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	p.conns <- server
	return client, nil
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "unix"} }

// step is what a server of a test sends, and when.
type step struct {
	at   time.Duration
	data string
}

const us = time.Microsecond

// exchangeInBubble plays the steps from a handler to a client, both tapped,
// and returns what the taps saw. read reads the client's body.
func exchangeInBubble(t *testing.T, steps []step, read func(io.ReadCloser)) (client, server Exchange) {
	t.Helper()
	network := newPipes()
	var wg sync.WaitGroup
	wg.Add(2)
	tapTo := func(x *Exchange) Tap {
		return Tap{Done: func(_ *http.Request, got Exchange) { *x = got; wg.Done() }}
	}
	start := time.Now()
	srv := &http.Server{Handler: tapTo(&server).Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for _, s := range steps {
			select {
			case <-time.After(s.at - time.Since(start)):
			case <-r.Context().Done():
				return
			}
			io.WriteString(w, s.data)
			w.(http.Flusher).Flush()
		}
	}))}
	go srv.Serve(network)
	base := &http.Transport{DialContext: network.Dial}
	resp, err := (&http.Client{Transport: tapTo(&client).Transport(base)}).Post("http://model/v1/chat/completions", "application/json", nil)
	if err != nil {
		t.Fatal(err)
	}
	read(resp.Body)
	wg.Wait()
	base.CloseIdleConnections()
	srv.Close()
	return client, server
}

func readAll(b io.ReadCloser) {
	io.Copy(io.Discard, b)
	b.Close()
}

// The two servers of one simulator, with the instants that were measured. A
// role chunk at once is no first token, unless for a convention that says so.
func TestExactTimes(t *testing.T) {
	newServer := []step{
		{203150 * us, chunk(`{"role":"assistant"}`)},
		{203160 * us, chunk(`{"content":"Testing"}`)},
		{253120 * us, chunk(`{"content":", "}`)},
		{303670 * us, chunk(`{"content":"testing "}`)},
		{354210 * us, chunk(`{"content":"1"}`)},
		{404910 * us, chunk(`{"content":","}`)},
		{455440 * us, chunk(`{"content":"2"}`)},
		{455530 * us, `data: {"choices":[{"index":0,"finish_reason":"length","delta":{}}]}` + "\n\n"},
		{455850 * us, `data: {"usage":{"prompt_tokens":7,"completion_tokens":6,"total_tokens":13},"choices":[]}` + "\n\n"},
		{455870 * us, "data: [DONE]\n\n"},
	}
	oldServer := append([]step{{2280 * us, chunk(`{"role":"assistant","content":""}`)}, {203350 * us, chunk(`{"content":"Testing"}`)}}, newServer[2:]...)
	for _, tt := range []struct {
		name               string
		steps              []step
		ttft, vllm, decode time.Duration
	}{
		{"role chunk with the first token", newServer, 203160 * us, 203150 * us, (455440 - 203160) * us},
		{"role chunk at once", oldServer, 203350 * us, 2280 * us, (455440 - 203350) * us},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, server := exchangeInBubble(t, tt.steps, readAll)
				if diff := cmp.Diff(client, server); diff != "" {
					t.Errorf("client and server differ (-client +server)\n%s", diff)
				}
				r := &client.Request
				if err := r.Validate(); err != nil {
					t.Error(err)
				}
				want := metrics.Request{
					Sent: metrics.Known(time.Duration(0)), End: metrics.Known(455870 * us),
					PromptTokens: metrics.Known(int64(7)), UsageTokens: metrics.Known(int64(6)),
				}
				for i, s := range tt.steps[:8] {
					k := 1
					if i == 0 || i == 7 { // role and finish are no tokens
						k = 0
					}
					want.Deliveries = append(want.Deliveries, metrics.Delivery{At: s.at, Tokens: k})
				}
				if diff := cmp.Diff(want, *r); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
				raw := r.Raw()
				if raw.TTFT != metrics.Known(tt.ttft) || raw.Decode != metrics.Known(tt.decode) || client.FirstAnswer != metrics.Known(tt.ttft) {
					t.Errorf("TTFT %v, decode %v, first answer %v; want %v, %v", raw.TTFT, raw.Decode, client.FirstAnswer, tt.ttft, tt.decode)
				}
				if got := metrics.VLLM.Raw(r).TTFT; got != metrics.Known(tt.vllm) {
					t.Errorf("TTFT of vLLM's client %v, want %v", got, tt.vllm)
				}
			})
		})
	}
}

// A client that goes away in mid-stream: both sides say so, and both keep what
// was seen before.
func TestClientLeaves(t *testing.T) {
	steps := []step{
		{10 * time.Millisecond, chunk(`{"content":"a"}`)},
		{20 * time.Millisecond, chunk(`{"content":"b"}`)},
		{time.Hour, chunk(`{"content":"c"}`)},
	}
	synctest.Test(t, func(t *testing.T) {
		client, server := exchangeInBubble(t, steps, func(b io.ReadCloser) {
			p := make([]byte, 1<<10)
			b.Read(p)
			b.Read(p)
			time.Sleep(30 * time.Millisecond)
			b.Close()
		})
		for name, x := range map[string]Exchange{"client": client, "server": server} {
			want := metrics.Request{
				Sent: metrics.Known(time.Duration(0)), End: metrics.Known(50 * time.Millisecond), Outcome: metrics.Cancelled,
				Deliveries: []metrics.Delivery{{At: 10 * time.Millisecond, Tokens: 1}, {At: 20 * time.Millisecond, Tokens: 1}},
			}
			if diff := cmp.Diff(want, x.Request); diff != "" {
				t.Errorf("%s: (-want +got)\n%s", name, diff)
			}
		}
	})
}
