package audit

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/results"
)

// recordings is the folder of recorded files beside the module; where they
// come from is in SOURCES.md there.
const recordings = "../../../shared/data"

func auditRecording(t *testing.T, name string) []*Audit {
	t.Helper()
	path := filepath.Join(recordings, name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("the recorded data is not there: %v", err)
	}
	rd, err := results.Open(path, results.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer rd.Close()
	audits, err := Read(rd, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return audits
}

// TestRecordings holds what is found in each of the recorded files: the
// defects that are known of it, and nothing that a look at it does not bear
// out.
func TestRecordings(t *testing.T) {
	for _, tt := range []struct {
		file   string
		want   []string // codes, of the first run
		reason string
	}{
		{"vllm/405b-h100-16qps.json.gz", []string{"error zero-ttft", "error empty-successes",
			"warning normalization-hides-delay", "warning beyond-interactive", "warning too-few-samples", "warning queue-growing"},
			"379 of 1000 answers are empty and count as 0 s; TTFT grows from 0.4 to 7 s, 9 of 621 wait more than 10 s"},
		{"vllm/405b-mi300x-16qps.json.gz", []string{"error zero-ttft", "error empty-successes",
			"warning normalization-hides-delay", "warning tpot-hides-stall", "warning pooled-tbt-hides-stalls",
			"warning beyond-interactive", "warning beyond-interactive", "warning too-few-samples", "info token-count-mismatch"},
			"likewise 378; half of the answers stand still for 36 s, and the median TPOT is 417 ms"},
		{"vllm/405b-mi300x-983-failed.json.gz", []string{"error zero-ttft", "error empty-successes", "warning failed-requests"},
			"983 failed, 17 are empty, and every stated latency is 0"},
		{"vllm/deepseek-a100-qps01.json.gz", []string{"warning tpot-hides-stall", "warning pooled-tbt-hides-stalls", "warning too-few-samples"},
			"10 of 162 answers stand still for 1 to 2 s at a TPOT of 140 ms; a P99 of 200"},
		{"vllm/deepseek-a100-qps16.json.gz", []string{"warning tpot-hides-stall", "warning too-few-samples"},
			"34 of 162 stand still for more than 1 s; the pooled P99 of 0.72 s shows it"},
		{"vllm/llama70b-a100-qps04.json.gz", []string{"warning too-few-samples", "info token-count-mismatch"},
			"25 answers hold a chunk of two tokens"},
		{"vllm/llama70b-a100-qps16.json.gz", []string{"warning too-few-samples"}, "a sound run that is too short for its P99"},
		{"vllm/qwen05b-5070ti-c1.json.gz", []string{"error concurrency-above-cap", "warning too-few-samples", "warning role-chunk", "info outputs-at-limit"},
			"a stated peak of 9 under a limit of 1; every answer has 64 tokens"},
		{"vllm/qwen05b-5070ti-c16.json.gz", []string{"error peak-below-average", "error concurrency-above-cap",
			"warning too-few-samples", "warning role-chunk", "info outputs-at-limit"},
			"a stated peak of 64 under a limit of 16, and of 4160 tokens/s below the mean of 6429"},
		{"vllm/qwen05b-5070ti-long-c4.json.gz", []string{"error concurrency-above-cap", "warning too-few-samples", "warning role-chunk"},
			"a stated peak of 12 under a limit of 4; 16 answers are too few to speak of their lengths"},
		{"aiperf/gptoss20b-burst100.jsonl.gz", []string{"warning failed-requests", "info token-count-mismatch", "info outputs-at-limit"},
			"11 of 100 were cancelled, 55 of the others have exactly 247 tokens"},
		{"aiperf/gptoss20b-burst100.summary.json", []string{"warning too-few-samples", "warning failed-requests"}, "the same run, by its figures alone"},
		{"formats/inference-perf/stage_0_lifecycle_metrics.json",
			[]string{"error reported-tpot-fraction", "warning bimodal-tbt", "warning too-few-samples"}, "half of the TPOT, a median ITL of 38 us, 60 requests"},
		{"formats/inference-perf/stage_1_kubecon_vllm_baseline.json",
			[]string{"error reported-tpot-fraction", "warning bimodal-tbt", "warning too-few-samples"}, "likewise; 1884 requests are too few for a P99.9"},
		{"formats/inference-perf/summary_lifecycle_metrics.json",
			[]string{"error reported-tpot-fraction", "error client-lag", "warning bimodal-tbt", "warning coordinated-omission"},
			"likewise; one request in a hundred was sent 25 s late or later, and the TTFT counts from there"},
		{"formats/guidellm/guidellm_report_v2.json", []string{"warning too-few-samples"}, "quantiles up to P99.9 of 2 requests"},
		{"formats/llmperf/doc_sample_individual_responses.json", []string{}, "two sound records"},
		{"formats/genai-bench/mock_run_data.json", []string{"warning too-few-samples"}, "figures of 32 requests beside records of 2: nothing to compare"},
		{"formats/mlperf/mlperf_log_detail.txt.gz", []string{"error implausible-rate"}, "result_token_throughput is 6.9e-09"},
		{"formats/mlperf/mlperf_log_summary.txt", []string{}, "the summary has no such figure"},
		{"formats/veeksha/doc_sample_request_level_metrics.jsonl", []string{}, "one sound record"},
		{"serverside/RTX4090_Llama-3.1-8B.requests.jsonl", []string{"warning beyond-interactive", "warning queue-growing"},
			"the queue grows from 1 s to 2 min"},
		{"serverside/RTXPRO6000_Qwen3-32B.requests.jsonl", []string{"warning beyond-interactive", "warning queue-growing"},
			"the queue grows from 4 s to 82 s"},
		{"specdecode-rounds/s1_dflash_fresh.rounds.jsonl.gz", []string{"warning bimodal-tbt"}, "rounds of several tokens: most gaps are 0"},
		{"specdecode-rounds/s1t0_dspark_fresh.rounds.jsonl.gz", []string{"warning bimodal-tbt"}, "likewise"},
	} {
		t.Run(strings.ReplaceAll(tt.file, "/", " "), func(t *testing.T) {
			found := auditRecording(t, tt.file)[0].Findings()
			if diff := cmp.Diff(tt.want, codes(found)); diff != "" {
				t.Errorf("%s (-want +got)\n%s%s", tt.reason, diff, proofs(found))
			}
		})
	}
}

// TestRecordedNumbers holds numbers of proofs against those that were
// published, or computed before by other means.
func TestRecordedNumbers(t *testing.T) {
	for _, tt := range []struct {
		file, code, number string
		least, most        float64
		reason             string
	}{
		{"vllm/405b-h100-16qps.json.gz", CodeZeroTTFT, "stated mean TTFT", 1486e6, 1487e6, "published"},
		{"vllm/405b-h100-16qps.json.gz", CodeZeroTTFT, "mean over answers with a token", 2393e6, 2395e6, "without the empty ones"},
		{"vllm/405b-h100-16qps.json.gz", CodeEmptySuccesses, "of answers with a token", 6.16, 6.18, "9.93 requests/s published"},
		{"vllm/405b-mi300x-16qps.json.gz", CodePooledTBTHidesStalls, "pooled TBT P99", 469e6, 470e6, "published"},
		{"vllm/405b-mi300x-16qps.json.gz", CodePooledTBTHidesStalls, "largest gap of each answer, median", 36.3e9, 36.5e9, "what a user sees"},
		{"vllm/qwen05b-5070ti-c16.json.gz", CodePeakBelowAverage, "stated peak", 4160, 4160, "stated"},
		{"vllm/qwen05b-5070ti-c16.json.gz", CodeConcurrencyAboveCap, "true peak, from the records", 16, 16, "by the starts and ends"},
		{"vllm/qwen05b-5070ti-c1.json.gz", CodeConcurrencyAboveCap, "true peak, from the records", 1, 1, "one after the other"},
		{"formats/inference-perf/stage_0_lifecycle_metrics.json", CodeReportedTPOTFraction, "implied / stated", 2.00, 2.01, "by hand: 730.6 ms / 63 / 5.78 ms"},
		{"formats/inference-perf/stage_1_kubecon_vllm_baseline.json", CodeReportedTPOTFraction, "implied / stated", 2.05, 2.06, "by hand: 514.3 ms / 63 / 3.98 ms"},
		{"formats/inference-perf/summary_lifecycle_metrics.json", CodeReportedTPOTFraction, "implied / stated", 1.91, 1.93, "by hand: 1.964 s / 64 / 16.0 ms"},
		{"vllm/qwen05b-5070ti-c1.json.gz", CodeRoleChunk, "median first gap", 2e3, 13e3, "2 to 13 us in recordings"},
	} {
		seen := 0
		for _, f := range auditRecording(t, tt.file)[0].Findings() {
			for _, n := range f.Numbers {
				if f.Code != tt.code || n.Name != tt.number {
					continue
				}
				seen++
				if n.Value < tt.least || n.Value > tt.most {
					t.Errorf("%s: %s: %s = %v %s, want %v to %v: %s", tt.file, f.Code, n.Name, n.Value, n.Unit, tt.least, tt.most, tt.reason)
				}
			}
		}
		if seen != 1 {
			t.Errorf("%s: %s: %d numbers %q, want 1", tt.file, tt.code, seen, tt.number)
		}
	}
}
