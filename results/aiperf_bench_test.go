package results

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"testing"
)

// aiperfInput returns lines of profile_export.jsonl, with gaps of six decimals
// or, as Python's floats come out, of 17 digits.
func aiperfInput(requests, tokens int) []byte {
	rng := rand.New(rand.NewPCG(1, 2))
	var b []byte
	for i := range requests {
		start := 1759813207532900363 + int64(i)*1e7
		b = fmt.Appendf(b, `{"metadata":{"session_num":%d,"x_request_id":"7609a2e7-aa53-4ab1-98f4-%012d","conversation_id":"c","turn_index":0,"credit_issued_ns":%d,`+
			`"request_start_ns":%d,"worker_id":"worker_359d423a","record_processor_id":"p","benchmark_phase":"profiling","was_cancelled":false},`+
			`"metrics":{"input_sequence_length":{"value":550,"unit":"tokens"},"time_to_first_token":{"value":255.88656799999998,"unit":"ms"},"inter_chunk_latency":{"value":[`,
			i, i, start-1000, start)
		for j := 1; j < tokens; j++ {
			if j > 1 {
				b = append(b, ',')
			}
			b = strconv.AppendFloat(b, float64(rng.Int64N(60e6))/1e6, 'f', -1, 64)
			if j%8 == 0 {
				b = append(b, "00000000001"...)
			}
		}
		b = fmt.Appendf(b, `],"unit":"ms"},"output_sequence_length":{"value":%d,"unit":"tokens"},"inter_token_latency":{"value":5.2048325,"unit":"ms"}},"error":null}`+"\n", tokens)
	}
	return b
}

func BenchmarkReadAIPerf(b *testing.B) { benchmarkReader(b, aiperfInput(benchRequests, benchTokens)) }

func BenchmarkEncodingJSONAIPerf(b *testing.B) {
	input := aiperfInput(benchRequests, benchTokens)
	b.ReportAllocs()
	for b.Loop() {
		type metric struct {
			Value float64 `json:"value"`
			Unit  string  `json:"unit"`
		}
		dec := json.NewDecoder(bytes.NewReader(input))
		for n := 0; ; n++ {
			var line struct {
				Metadata struct {
					ID     string `json:"x_request_id"`
					Issued int64  `json:"credit_issued_ns"`
					Start  int64  `json:"request_start_ns"`
					Phase  string `json:"benchmark_phase"`
				} `json:"metadata"`
				Metrics struct {
					TTFT   metric `json:"time_to_first_token"`
					Prompt metric `json:"input_sequence_length"`
					Output metric `json:"output_sequence_length"`
					Gaps   struct {
						Value []float64 `json:"value"`
						Unit  string    `json:"unit"`
					} `json:"inter_chunk_latency"`
				} `json:"metrics"`
				Error *struct {
					Code int `json:"code"`
				} `json:"error"`
			}
			if err := dec.Decode(&line); err == io.EOF && n == benchRequests {
				break
			} else if err != nil {
				b.Fatal(err)
			}
		}
	}
	reportNumbers(b, input)
}
