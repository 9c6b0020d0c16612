package sse_test

import (
	"fmt"
	"time"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/sse"
)

// The first event is not the first token.
func Example() {
	c := sse.Classifier{Handle: func(e sse.Event) {
		fmt.Printf("byte %3d: %v", e.End, e.Kind)
		if n, ok := e.Usage.Output.Get(); ok {
			fmt.Printf(", %d tokens", n)
		}
		fmt.Println()
	}}
	for _, piece := range []string{ // as a connection gives them
		"data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\nda",
		"ta: {\"choices\":[{\"delta\":{\"content\":\"Hel",
		"lo\"}}]}\n\n",
		"data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
		"data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":1}}\n\ndata: [DONE]\n\n",
	} {
		c.Write([]byte(piece))
	}
	c.Close()
	// Output:
	// byte  65: role
	// byte 116: text
	// byte 173: finish
	// byte 245: usage, 1 tokens
	// byte 259: done
}

// An answer of two tokens, of which the server counts three.
func ExampleAnswer() {
	var a sse.Answer
	at := 100 * time.Millisecond // when the bytes arrived
	c := sse.Classifier{Handle: func(e sse.Event) { a.Add(at, e) }}
	for _, data := range []string{
		`{"choices":[{"delta":{"role":"assistant"}}]}`,
		`{"choices":[{"delta":{"content":"Hel"}}]}`,
		`{"choices":[{"delta":{"content":"lo"}}]}`,
		`{"choices":[],"usage":{"completion_tokens":3}}`,
		`[DONE]`,
	} {
		c.Write([]byte("data: " + data + "\n\n"))
		at += 20 * time.Millisecond
	}
	c.Close()
	r := metrics.Request{Sent: metrics.Known(time.Duration(0)), End: a.Done, Outcome: a.Outcome()}
	a.Fill(&r)
	for _, d := range r.Deliveries {
		fmt.Println(d.At, d.Tokens)
	}
	fmt.Println(r.UsageTokens, r.Outcome, "TTFT", r.Raw().TTFT)
	// Output:
	// 100ms 0
	// 120ms 1
	// 140ms 1
	// 3 completed TTFT 120ms
}

// A program that has split the stream itself classifies event by event.
func ExampleClassifier_Classify() {
	var c sse.Classifier
	for _, data := range []string{
		`{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}`,
	} {
		fmt.Println(c.Classify("", []byte(data)).Has(sse.Output))
	}
	// Output:
	// false
	// true
}
