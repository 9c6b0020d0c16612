package tap_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/tap"
)

// model is a server that streams three tokens.
func model(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	for _, data := range []string{
		`{"choices":[{"delta":{"role":"assistant","content":""}}]}`,
		`{"choices":[{"delta":{"content":"Hello"}}]}`,
		`{"choices":[{"delta":{"content":", "}}]}`,
		`{"choices":[{"delta":{"content":"world"}}]}`,
		`{"choices":[{"delta":{},"finish_reason":"stop"}]}`,
		`{"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3}}`,
		`[DONE]`,
	} {
		fmt.Fprintf(w, "data: %s\n\n", data)
		w.(http.Flusher).Flush()
	}
}

// Any client is measured by its Transport.
func ExampleTap_Transport() {
	server := httptest.NewServer(http.HandlerFunc(model))
	defer server.Close()

	t := tap.Tap{Done: func(r *http.Request, x tap.Exchange) {
		_, hasTTFT := x.Request.Raw().TTFT.Get()
		fmt.Printf("%s: %v, %v, %d tokens of %v, TTFT known: %v\n",
			r.URL.Path, x.Form, x.Request.Outcome, x.Request.Tokens(), x.Request.UsageTokens, hasTTFT)
	}}
	client := &http.Client{Transport: t.Transport(nil)} // to be given to an SDK

	resp, err := client.Post(server.URL+"/v1/chat/completions", "application/json", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	// Output:
	// /v1/chat/completions: stream, completed, 3 tokens of 3, TTFT known: true
}

// A reverse proxy in front of any server is measured on both sides: what its
// users wait for, and what the server took.
func ExampleTap_Handler() {
	server := httptest.NewServer(http.HandlerFunc(model))
	defer server.Close()
	target, _ := url.Parse(server.URL)

	var upstream, user metrics.Request
	done := make(chan bool)
	proxy := httptest.NewServer(tap.Tap{
		Done: func(_ *http.Request, x tap.Exchange) { user = x.Request; close(done) },
	}.Handler(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Header.Del("Accept-Encoding") // a compressed stream cannot be read
		},
		Transport: tap.Tap{
			Done: func(_ *http.Request, x tap.Exchange) { upstream = x.Request },
		}.Transport(nil),
	}))
	defer proxy.Close()

	resp, err := http.Post(proxy.URL+"/v1/chat/completions", "application/json", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	<-done

	fmt.Println("upstream:", upstream.Outcome, upstream.Tokens(), "tokens")
	fmt.Println("user:", user.Outcome, user.Tokens(), "tokens")
	waited, _ := user.Raw().TTFT.Get()
	took, _ := upstream.Raw().TTFT.Get()
	fmt.Println("the user waits longer:", waited >= took)
	// Output:
	// upstream: completed 3 tokens
	// user: completed 3 tokens
	// the user waits longer: true
}
