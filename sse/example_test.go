package sse_test

import (
	"fmt"

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
