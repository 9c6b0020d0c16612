package main

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// recordings is the folder of recorded files beside the module; where they
// come from is in SOURCES.md there.
const recordings = "../../../shared/data"

// recordingPath returns the path of a recording, or skips the test.
func recordingPath(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(recordings, name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("the recorded data is not there: %v", err)
	}
	return path
}

// recorded is what the program prints of a recording. Numbers are in ns, as
// exact fractions computed from the file by other means give them; 0 stands
// for null.
type recorded struct {
	file               string
	format             string
	audit              int // exit status
	offered, completed int64
	output             int64
	duration           float64
	ttft, tbt99, stall float64 // P50, P99 and the largest
	tpot               float64 // mean
	scheduling         float64 // P50
	guidellm           float64 // mean TPOT under that convention: sum of (t_N - sent) / sum of N
}

// TestRecordings runs the commands on each recording that can be read and has
// records.
func TestRecordings(t *testing.T) {
	for _, want := range []recorded{
		{"vllm/405b-h100-16qps.json.gz", "vllm", exitWrong, 1000, 621, 120689, 100667414089,
			956389699, 290838477.2, 410657033, 104749119.8557959, 0, 111250764.67794912},
		{"vllm/405b-mi300x-16qps.json.gz", "vllm", exitWrong, 1000, 622, 122774, 200416154863,
			2383748671.5, 469035521.7, 68857862916, 1563814014.4454043, 0, 399209313.8676511},
		{"vllm/405b-mi300x-983-failed.json.gz", "vllm", exitWrong, 1000, 0, 0, 43597667614, 0, 0, 0, 0, 0, 0},
		{"vllm/deepseek-a100-qps01.json.gz", "vllm", exitDone, 200, 200, 42693, 309591726133,
			215084809, 286317020.52, 1922007516, 139813510.1583554, 0, 139243463.40121332},
		{"vllm/deepseek-a100-qps16.json.gz", "vllm", exitDone, 200, 200, 42547, 136219121212,
			242183120, 723513844.36, 1863729427, 235883361.23218724, 0, 161201009.43316802},
		{"vllm/llama70b-a100-qps04.json.gz", "vllm", exitDone, 200, 200, 42449, 62988329924,
			49500056.5, 29629998.06, 65407574, 27083323.279906247, 0, 27197338.28730948},
		{"vllm/llama70b-a100-qps16.json.gz", "vllm", exitDone, 200, 200, 42770, 31579363266,
			58100001, 40342799.74, 69294398, 31575135.02978048, 0, 31387180.353074584},
		{"vllm/qwen05b-5070ti-c1.json.gz", "vllm", exitWrong, 64, 64, 4096, 8585661731,
			8096963.5, 2088860.4, 2659732, 1998321.6693948412, 0, 2094223.7490234375},
		{"vllm/qwen05b-5070ti-c16.json.gz", "vllm", exitWrong, 64, 64, 4096, 637126793,
			20686009, 2901746.7, 5184813, 2192113.107886905, 0, 2468129.3720703125},
		{"vllm/qwen05b-5070ti-long-c4.json.gz", "vllm", exitWrong, 16, 16, 4096, 2611541138,
			68324976.5, 2428664, 23713718, 2310486.4338235296, 0, 2546430.2204589844},
		{"aiperf/gptoss20b-burst100.jsonl.gz", "aiperf", exitDone, 100, 89, 21624, 9317788951,
			2369317693, 140534294.76, 164617523, 27763065.454471808, 0, 37287701.736034036},
		{"serverside/RTX4090_Llama-3.1-8B.requests.jsonl", "server-stamps", exitDone, 300, 300, 195753, 183567455512,
			60110935613, 0, 0, 32446637.20608877, 59956711315, 132684945.4801459},
		{"serverside/RTXPRO6000_Qwen3-32B.requests.jsonl", "server-stamps", exitDone, 300, 300, 199486, 159653211826,
			40701775212.5, 0, 0, 80311132.90394074, 40278617894, 135961507.57990035},
		{"specdecode-rounds/s1_dflash_fresh.rounds.jsonl.gz", "specdecode", exitDone, 96, 96, 22256, 0,
			43878000, 46879230, 70386000, 10246738.263733797, 0, 10168561.646297628},
		{"specdecode-rounds/s1t0_dspark_fresh.rounds.jsonl.gz", "specdecode", exitDone, 96, 96, 22278, 0,
			44526000, 46344190, 59541000, 8613205.521258926, 0, 8675034.563246252},
		{"formats/genai-bench/mock_run_data.json", "genai-bench", exitDone, 2, 2, 200, 0,
			351487485, 0, 0, 18432858.26262626, 0, 21763404.53},
		{"formats/llmperf/doc_sample_individual_responses.json", "llmperf", exitDone, 2, 2, 202, 0,
			111528855.5, 0, 0, 9558797.28926282, 0, 10570418.50990099},
		{"formats/veeksha/doc_sample_request_level_metrics.jsonl", "veeksha", exitDone, 1, 1, 7, 66190000,
			24440000, 8077500, 8140000, 6881666.666666667, 0, 9370000},
	} {
		t.Run(strings.ReplaceAll(want.file, "/", " "), func(t *testing.T) {
			path := recordingPath(t, want.file)
			checkRecordedReport(t, path, &want)
			checkRecordedConventions(t, path, &want)
			checkRecordedAudit(t, path, &want)
		})
	}
}

// succeed runs the program, which must do so without a word on stderr.
func succeed(t *testing.T, status int, args ...string) string {
	t.Helper()
	stdout, stderr, got := tokentime(t, "", args...)
	if got != status || stderr != "" || stdout == "" {
		t.Fatalf("%v: status %d, want %d; %d bytes, stderr %q", args, got, status, len(stdout), stderr)
	}
	return stdout
}

// near holds a number that is printed against the exact one, which a float64
// can miss by its last digits. nil is null.
func near(t *testing.T, name string, got *float64, want float64) {
	t.Helper()
	switch {
	case got == nil && want == 0:
	case got == nil:
		t.Errorf("%s is null, want %v", name, want)
	case math.Abs(*got-want) > 1e-12*want:
		t.Errorf("%s = %v, want %v", name, *got, want)
	}
}

// jsonDist is a distribution of a document, whose fields are nil if it is null.
type jsonDist struct{ Mean, P50, P99, Max *float64 }

func checkRecordedReport(t *testing.T, path string, want *recorded) {
	t.Helper()
	var doc struct {
		Runs []struct {
			Source, Format string
			Duration       *float64 `json:"duration_ns"`
			Requests       struct{ Offered, Completed int64 }
			Tokens         struct{ Output int64 }
			Raw            struct {
				TTFT       jsonDist `json:"ttft_ns"`
				TBT        jsonDist `json:"tbt_ns"`
				Stall      jsonDist `json:"stall_ns"`
				Scheduling jsonDist `json:"scheduling_delay_ns"`
			}
			Normalized struct {
				TPOT jsonDist `json:"tpot_ns"`
			}
		}
	}
	if err := json.Unmarshal([]byte(succeed(t, exitDone, "report", "-format", "json", path)), &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Runs) != 1 {
		t.Fatalf("%d runs", len(doc.Runs))
	}
	run := doc.Runs[0]
	if run.Source != path || run.Format != want.format || run.Requests.Offered != want.offered ||
		run.Requests.Completed != want.completed || run.Tokens.Output != want.output {
		t.Errorf("got %s %s %+v %+v, want %+v", run.Source, run.Format, run.Requests, run.Tokens, want)
	}
	near(t, "duration", run.Duration, want.duration)
	near(t, "TTFT P50", run.Raw.TTFT.P50, want.ttft)
	near(t, "TBT P99", run.Raw.TBT.P99, want.tbt99)
	near(t, "largest gap", run.Raw.Stall.Max, want.stall)
	near(t, "TPOT mean", run.Normalized.TPOT.Mean, want.tpot)
	near(t, "scheduling delay P50", run.Raw.Scheduling.P50, want.scheduling)

	text := succeed(t, exitDone, "report", path)
	if !strings.Contains(text, path+"  "+want.format) || !strings.Contains(text, "requests offered") {
		t.Errorf("the text does not say what it is about:\n%.300s", text)
	}
	forced := succeed(t, exitDone, "report", "-input", want.format, path)
	if forced != text {
		t.Error("another report if the format is named")
	}
}

func checkRecordedConventions(t *testing.T, path string, want *recorded) {
	t.Helper()
	var doc struct {
		Runs []struct {
			Conventions []struct {
				Convention struct{ Name string }
				TPOT       jsonDist `json:"tpot_ns"`
			}
		}
	}
	if err := json.Unmarshal([]byte(succeed(t, exitDone, "conventions", "-format", "json", path)), &doc); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, c := range doc.Runs[0].Conventions {
		switch c.Convention.Name {
		case "paper":
			near(t, "TPOT mean of paper", c.TPOT.Mean, want.tpot)
		case "guidellm":
			near(t, "TPOT mean of guidellm", c.TPOT.Mean, want.guidellm)
		default:
			continue
		}
		seen++
	}
	if seen != 2 {
		t.Errorf("%d of the 2 conventions", seen)
	}
}

func checkRecordedAudit(t *testing.T, path string, want *recorded) {
	t.Helper()
	text := succeed(t, want.audit, "audit", path)
	if found := strings.Contains(text, "\n  ERROR  "); found != (want.audit == exitWrong) || !strings.HasPrefix(text, path+"  ("+want.format+")\n") {
		t.Errorf("status %d beside\n%s", want.audit, text)
	}
}

// TestRecordedAggregates runs the commands on recordings without records: what
// they state is shown and audited, and nothing is computed.
func TestRecordedAggregates(t *testing.T) {
	for _, want := range []struct {
		file, format string
		audit        int
		text         string // of the report, with single spaces
		finding      string
	}{
		{"aiperf/gptoss20b-burst100.summary.json", "aiperf-summary", exitDone, "TPOT 34.9 ms 33.7 ms", "too-few-samples"},
		{"formats/guidellm/guidellm_report_v2.json", "guidellm", exitDone, "TPOT 2.51 ms", "too-few-samples"},
		{"formats/inference-perf/stage_0_lifecycle_metrics.json", "inference-perf-summary", exitWrong, "5.78 ms", "reported-tpot-fraction"},
		{"formats/inference-perf/stage_1_kubecon_vllm_baseline.json", "inference-perf-summary", exitWrong, "3.98 ms", "reported-tpot-fraction"},
		{"formats/inference-perf/summary_lifecycle_metrics.json", "inference-perf-summary", exitWrong, "16.0 ms", "client-lag"},
		{"formats/mlperf/mlperf_log_detail.txt.gz", "mlperf", exitWrong, "TPOT 3.30 s 284 ms 193 ms", "implausible-rate"},
		{"formats/mlperf/mlperf_log_summary.txt", "mlperf-summary", exitDone, "TPOT 3.30 s 284 ms 193 ms", "nothing found"},
	} {
		t.Run(strings.ReplaceAll(want.file, "/", " "), func(t *testing.T) {
			path := recordingPath(t, want.file)
			if text := strings.Join(strings.Fields(succeed(t, exitDone, "report", path)), " "); !strings.Contains(text, "NOT COMPUTED") || !strings.Contains(text, want.text) || strings.Contains(text, "requests offered") {
				t.Errorf("want %q in\n%s", want.text, text)
			}
			if text := succeed(t, exitDone, "conventions", path); !strings.Contains(text, "nothing can be computed") {
				t.Errorf("conventions of no records:\n%s", text)
			}
			if text := succeed(t, want.audit, "audit", path); !strings.Contains(text, want.finding) || !strings.Contains(text, "("+want.format+")") {
				t.Errorf("want %q in\n%s", want.finding, text)
			}
		})
	}
}

// TestRecordedRefusals runs the commands on recordings that are no results of
// a run, or are wrong: they end with a reason and print nothing.
func TestRecordedRefusals(t *testing.T) {
	for _, want := range []struct{ file, says string }{
		{"formats/aiperf/doc_sample_profile_export.jsonl", `request 0: metrics: duplicate key: "time_to_first_token"`},
		{"formats/genai-bench/mock_experiment_data.json", "the metadata of an experiment, which is not a run"},
		{"formats/inference-perf/stage_0_prometheus_metrics.json", "figures of the server, from Prometheus"},
		{"formats/llm-d/br_v0_2_1_example.yaml", "not a format that is known"},
		{"formats/llm-d/br_v0_2_1_json_schema.json", "not a format that is known"},
		{"serverside/RTX4090_Llama-3.1-8B.meta.json", "not a format that is known"},
		{"serverside/RTX4090_Llama-3.1-8B.timeseries.csv", "not a format that is known"},
		{"serverside/RTXPRO6000_Qwen3-32B.meta.json", "not a format that is known"},
		{"serverside/RTXPRO6000_Qwen3-32B.timeseries.csv", "not a format that is known"},
		{"specdecode-rounds/s1_dflash_fresh.summary.json", "not a format that is known"},
		{"specdecode-rounds/s1t0_dspark_fresh.summary.json", "not a format that is known"},
		{"traces/azure-code-2023.csv.gz", "not a format that is known"},
		{"traces/azure-conv-2023.csv.gz", "not a format that is known"},
		{"traces/mooncake-conversation.jsonl.gz", "not a format that is known"},
	} {
		t.Run(strings.ReplaceAll(want.file, "/", " "), func(t *testing.T) {
			path := recordingPath(t, want.file)
			for _, command := range []string{"report", "conventions", "audit"} {
				stdout, stderr, status := tokentime(t, "", command, path)
				if status != exitInput || stdout != "" || !strings.Contains(stderr, path) || !strings.Contains(stderr, want.says) {
					t.Errorf("%s: status %d, %d bytes, stderr %q; want %q", command, status, len(stdout), stderr, want.says)
				}
			}
		})
	}
}
