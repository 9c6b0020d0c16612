package results

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/metrics"
)

func TestReproduceTotals(t *testing.T) {
	request := func(sent, end time.Duration, outcome metrics.Outcome, tokens int64) *metrics.Request {
		r := &metrics.Request{Sent: metrics.Known(sent), End: metrics.Known(end), Outcome: outcome, PromptTokens: metrics.Known(int64(10))}
		if tokens > 0 {
			r.Deliveries = []metrics.Delivery{{At: end, Tokens: int(tokens)}}
		}
		return r
	}
	whole := []*metrics.Request{request(0, 1e9, metrics.Completed, 3), request(1e9, 2e9, metrics.Completed, 0)}
	failed := append(whole[:2:2], request(1e9, 2e9, metrics.Failed, 0))
	partial := append(whole[:2:2], request(1e9, 2e9, metrics.Failed, 1))
	stated := func(metric string, v float64, unit string) Reported { return Reported{"x", v, unit, metric, ""} }
	for _, test := range []struct {
		requests   []*metrics.Request
		options    metrics.SummaryOptions
		convention string
		stated     Reported
		recomputed metrics.Optional[float64]
		want       Verdict
		reason     string
	}{
		{whole, metrics.SummaryOptions{}, "paper", stated(MetricCompleted, 2, "requests"), metrics.Known(2.), Reproduced, "an empty answer completed"},
		{whole, metrics.SummaryOptions{}, "paper", stated(MetricCompleted, 1, "requests"), metrics.Known(2.), NotReproducible, "one less"},
		{whole, metrics.SummaryOptions{}, "vllm", stated(MetricCompleted, 2, "requests"), metrics.Optional[float64]{}, NotCompared, "another convention"},
		{whole, metrics.SummaryOptions{}, "", stated(MetricCompleted, 2, "requests"), metrics.Optional[float64]{}, NotCompared, "no convention"},
		{partial, metrics.SummaryOptions{}, "paper", stated(MetricFailed, 1, "requests"), metrics.Known(1.), Reproduced, "one failed"},
		{whole, metrics.SummaryOptions{}, "paper", stated(MetricPromptTokens, 20, "tokens"), metrics.Known(20.), Reproduced, "two prompts"},
		{failed, metrics.SummaryOptions{}, "paper", stated(MetricPromptTokens, 20, "tokens"), metrics.Optional[float64]{}, NotCompared, "tools differ on the prompt of what failed"},
		{failed, metrics.SummaryOptions{}, "paper", stated(MetricOutputTokens, 3, "tokens"), metrics.Known(3.), Reproduced, "what failed delivered nothing"},
		{partial, metrics.SummaryOptions{}, "paper", stated(MetricOutputTokens, 3, "tokens"), metrics.Optional[float64]{}, NotCompared, "what failed delivered a token"},
		{whole, metrics.SummaryOptions{}, "paper", stated(MetricDuration, 2000.0000009, "ms"), metrics.Known(2000.), Reproduced, "0.9 ns off"},
		{whole, metrics.SummaryOptions{}, "paper", stated(MetricDuration, 2000.0000011, "ms"), metrics.Known(2000.), NotReproducible, "1.1 ns off"},
		{whole, metrics.SummaryOptions{Duration: metrics.Known(2 * time.Second)}, "paper", stated(MetricDuration, 2, "s"), metrics.Optional[float64]{}, NotCompared, "the summary was told"},
		{whole, metrics.SummaryOptions{SeparateClocks: true}, "paper", stated(MetricDuration, 2, "s"), metrics.Optional[float64]{}, NotCompared, "no common clock"},
		{whole, metrics.SummaryOptions{}, "paper", stated(MetricRequestRate, 1.0000000009, "requests/s"), metrics.Known(1.), Reproduced, "2 in 2 s, 0.9e-9 off"},
		{whole, metrics.SummaryOptions{}, "paper", stated(MetricRequestRate, 1.0000000011, "requests/s"), metrics.Known(1.), NotReproducible, "more than that"},
		{whole, metrics.SummaryOptions{SeparateClocks: true}, "paper", stated(MetricRequestRate, 1, "requests/s"), metrics.Optional[float64]{}, NotCompared, "no duration"},
		{whole, metrics.SummaryOptions{}, "paper", stated(MetricOutputRate, 1.5, "tokens/s"), metrics.Known(1.5), Reproduced, "3 tokens in 2 s"},
		{partial, metrics.SummaryOptions{}, "paper", stated(MetricOutputRate, 1.5, "tokens/s"), metrics.Optional[float64]{}, NotCompared, "what failed delivered a token"},
		{whole, metrics.SummaryOptions{}, "paper", stated(MetricTotalRate, 11.5, "tokens/s"), metrics.Known(11.5), Reproduced, "23 tokens in 2 s"},
	} {
		s := metrics.Summary{Options: test.options}
		s.Options.Convention = metrics.Paper
		for _, r := range test.requests {
			if err := s.Add(r); err != nil {
				t.Fatal(err)
			}
		}
		run := Run{Convention: test.convention, Reported: []Reported{test.stated, {"other", 1, "ms", MetricTTFT, "mean"}, {"x", 1, "", "", ""}}}
		reps := run.ReproduceTotals(&s)
		if len(reps) != 1 {
			t.Fatalf("%s: %v, want the total alone", test.reason, reps)
		}
		if diff := cmp.Diff(test.recomputed, reps[0].Recomputed); diff != "" || reps[0].Verdict != test.want {
			t.Errorf("%s: %v, want %v\n%s", test.reason, reps[0], test.want, diff)
		}
	}
}

// TestReproduceRecordedTotals demands that the totals in the recorded files of
// vLLM follow from their records, whichever can be compared.
func TestReproduceRecordedTotals(t *testing.T) {
	for _, test := range []struct {
		file        string
		totals      int
		notCompared string
		reason      string
	}{
		{"405b-h100-16qps.json.gz", 6, "[]", "379 empty answers completed, and have 0 tokens"},
		{"405b-mi300x-16qps.json.gz", 6, "[]", "378 of them"},
		{"405b-mi300x-983-failed.json.gz", 6, "[total_input_tokens total_token_throughput]", "the tool leaves out the prompts of what failed"},
		{"deepseek-a100-qps01.json.gz", 6, "[]", ""},
		{"deepseek-a100-qps16.json.gz", 6, "[]", ""},
		{"llama70b-a100-qps04.json.gz", 6, "[]", "25 answers hold a chunk of two tokens: the stated count stands"},
		{"llama70b-a100-qps16.json.gz", 6, "[]", ""},
		{"qwen05b-5070ti-c1.json.gz", 7, "[]", "new files state the failed ones too"},
		{"qwen05b-5070ti-c16.json.gz", 7, "[]", ""},
		{"qwen05b-5070ti-long-c4.json.gz", 7, "[]", ""},
	} {
		rd := openRecording(t, test.file)
		if !rd.NextRun() {
			t.Fatal(rd.Err())
		}
		run := rd.Run()
		s := metrics.Summary{Options: metrics.SummaryOptions{Convention: metrics.VLLM, Duration: run.Duration, SeparateClocks: !run.CommonClock}}
		for rd.Next() {
			if err := s.Add(rd.Request()); err != nil {
				t.Fatal(err)
			}
		}
		reps := run.ReproduceTotals(&s)
		var notCompared []string
		for _, rep := range reps {
			switch rep.Verdict {
			case NotCompared:
				notCompared = append(notCompared, rep.Name)
			case NotReproducible:
				t.Errorf("%s: %v", test.file, rep)
			}
		}
		if len(reps) != test.totals || fmt.Sprint(notCompared) != test.notCompared {
			t.Errorf("%s: %d totals, not compared %v; want %d, %s: %s", test.file, len(reps), notCompared, test.totals, test.notCompared, test.reason)
		}
	}
}
