package sse

import (
	"bytes"
	"encoding/json"
	"testing"
)

// The stream of the benchmarks: 64 tokens, one an event, as of vLLM.
func benchStream() (stream []byte, events int) {
	var data []string
	for range 64 {
		data = append(data, delta(`{"content":"testing "}`))
	}
	return []byte(frame(data...)), len(data)
}

func BenchmarkWrite(b *testing.B) {
	stream, events := benchStream()
	var c Classifier
	tokens := 0
	c.Handle = func(e Event) {
		if e.Has(Output) {
			tokens++
		}
	}
	b.SetBytes(int64(len(stream)))
	b.ReportAllocs()
	for b.Loop() {
		c.Write(stream)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*events), "ns/token")
}

// Framing alone, without looking at the data.
func BenchmarkFraming(b *testing.B) {
	stream := bytes.Repeat([]byte("data: \n\n"), 64)
	var c Classifier
	b.SetBytes(int64(len(stream)))
	for b.Loop() {
		c.Write(stream)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*64), "ns/event")
}

// What encoding/json takes for the data of the same events, without framing.
func BenchmarkEncodingJSON(b *testing.B) {
	data := []byte(delta(`{"content":"testing "}`))
	type message struct {
		Choices []struct {
			FinishReason *string `json:"finish_reason"`
			Delta        struct{ Role, Content string }
		}
		Usage *struct {
			CompletionTokens int64 `json:"completion_tokens"`
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		var m message
		if err := json.Unmarshal(data, &m); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N), "ns/token")
}
