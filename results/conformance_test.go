package results_test

import (
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/results"
	"github.com/tokentime/tokentime/results/resultstest"
)

// TestConformance runs the suite that every format must pass, on samples
// written by hand. Their requests are worked out in the tables of each
// format's own test; Want is for what the suite cannot know.
func TestConformance(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves out the suite of all formats, which takes minutes under the race detector; no reader starts a goroutine")
	}
	samples := conformanceSamples()
	for _, format := range results.Formats() {
		t.Run(format.Name, func(t *testing.T) {
			if len(samples[format.Name]) == 0 {
				t.Fatal("a format without a sample")
			}
			resultstest.Run(t, format, samples[format.Name]...)
		})
	}
}

// conformanceSamples returns the samples of each format.
func conformanceSamples() map[string][]resultstest.Sample {
	return map[string][]resultstest.Sample{
		results.FormatNative: nativeSamples(),
		results.FormatVLLM:   vllmSamples(),

		results.FormatSGLang:               sglangSamples(),
		results.FormatGuideLLM:             guideLLMSamples(),
		results.FormatInferencePerf:        inferencePerfSamples(),
		results.FormatInferencePerfSummary: inferencePerfSummarySamples(),
		results.FormatLLMPerf:              llmPerfSamples(),

		results.FormatGenAIBench:    genAIBenchSamples(),
		results.FormatEtalon:        etalonSamples(),
		results.FormatVeeksha:       veekshaSamples(),
		results.FormatServerStamps:  serverStampsSamples(),
		results.FormatSpecDecode:    specDecodeSamples(),
		results.FormatMLPerf:        mlperfSamples(),
		results.FormatMLPerfSummary: mlperfSummarySamples(),

		results.FormatAIPerf:        {aiperfNew(), aiperfOld()},
		results.FormatAIPerfRaw:     {aiperfRawSample()},
		results.FormatAIPerfSummary: aiperfSummaries(),
		results.FormatPerfAnalyzer:  {perfAnalyzerSample()},
		results.FormatSSECapture:    {sseCaptureSample()},
	}
}

// request returns a completed request for Want, with a delivery of one token
// at each instant.
func request(id string, sent time.Duration, at ...time.Duration) metrics.Request {
	r := metrics.Request{ID: id, Sent: metrics.Known(sent)}
	for _, t := range at {
		r.Deliveries = append(r.Deliveries, metrics.Delivery{At: t, Tokens: 1})
	}
	return r
}

// endless yields head, then the lines of all numbers from 0.
func endless(head string, line func(i int) string) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for i, piece := 0, head; yield([]byte(piece)); i++ {
			piece = line(i)
		}
	}
}

func nativeSamples() []resultstest.Sample {
	return []resultstest.Sample{{
		Name: "two runs",
		Content: []byte(`{"tokentime":1,"convention":"vllm","clock":"run","duration_ns":900,"facts":{"model_id":"m"},` +
			`"reported":[{"name":"mean_ttft_ms","value":1.5,"unit":"ms","metric":"ttft","stat":"mean"}],"warnings":[{"code":"c","message":"m"}]}
{"id":"0","class":"chat","due_ns":-5,"sent_ns":0,"scheduled_ns":3,"at_ns":[10,20,30],"tokens":[0,4,1],"end_ns":31,"outcome":"completed","prompt_tokens":13,"usage_tokens":5}
{"id":"1","sent_ns":7,"outcome":"timed_out"}

{"tokentime":1,"clock":"request","resolution_ns":10000,"not_derivable":[{"metric":"TBT","why":"w"}]}
{"id":"0","sent_ns":0,"at_ns":[30,70],"tokens":[1,8],"outcome":"completed","sparse":true}
`),
		Want: [][]metrics.Request{{
			{ID: "0", Class: "chat", Due: metrics.Known(time.Duration(-5)), Sent: metrics.Known(time.Duration(0)),
				Scheduled: metrics.Known(time.Duration(3)), Deliveries: []metrics.Delivery{{At: 10}, {At: 20, Tokens: 4}, {At: 30, Tokens: 1}},
				End: metrics.Known(time.Duration(31)), PromptTokens: metrics.Known(int64(13)), UsageTokens: metrics.Known(int64(5))},
			{ID: "1", Sent: metrics.Known(time.Duration(7)), Outcome: metrics.TimedOut},
		}, {
			{ID: "0", Sent: metrics.Known(time.Duration(0)), Deliveries: []metrics.Delivery{{At: 30, Tokens: 1}, {At: 70, Tokens: 8}}, Sparse: true},
		}},
		Lines: true,
		Endless: endless(`{"tokentime":1,"clock":"run"}`, func(i int) string {
			return fmt.Sprintf("\n"+`{"id":"%d","sent_ns":%d,"at_ns":[%d,%d],"outcome":"completed"}`, i, 10*i, 10*i+1, 10*i+5)
		}),
	}}
}

func vllmSamples() []resultstest.Sample {
	return []resultstest.Sample{{
		Name: "2024, unlimited rate",
		Content: []byte(`{"date": "20241101-000000", "backend": "vllm", "model_id": "m", "request_rate": Infinity, "duration": 2.5, "completed": 2,
 "mean_ttft_ms": 375.0, "p99_itl_ms": NaN, "input_lens": [10, 20, 30], "output_lens": [3, 1, 0], "ttfts": [0.5, 0.25, 0.0],
 "itls": [[0.1, 9.05e-06], [], []], "generated_texts": ["[NaN\"", "", ""], "errors": ["", "", "boom"]}
`),
	}, {
		Name: "2026, appended",
		Content: []byte(`{"request_rate": "inf", "max_concurrency": null, "input_lens": [1, 2], "output_lens": [1, 2], "ttfts": [0.5, 0.25], "itls": [[], [0.5]], ` +
			`"start_times": [12389.5, 12389.0], "queue_times": [0.5, 0], "latencies": [0.5, 0.75], "errors": ["", ""]}
{"completed": 7, "mean_ttft_ms": 3.5}
`),
		Want: [][]metrics.Request{{
			{ID: "0", Due: metrics.Known(time.Duration(0)), Sent: metrics.Known(500 * time.Millisecond),
				Deliveries: []metrics.Delivery{{At: time.Second, Tokens: 1}}, End: metrics.Known(time.Second),
				PromptTokens: metrics.Known(int64(1)), UsageTokens: metrics.Known(int64(1))},
			{ID: "1", Due: metrics.Known(time.Duration(0)), Sent: metrics.Known(time.Duration(0)),
				Deliveries: []metrics.Delivery{{At: 250 * time.Millisecond, Tokens: 1}, {At: 750 * time.Millisecond, Tokens: 1}}, End: metrics.Known(750 * time.Millisecond),
				PromptTokens: metrics.Known(int64(2)), UsageTokens: metrics.Known(int64(2))},
		}, nil},
		Lines: true,
	}}
}
