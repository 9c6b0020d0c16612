package results

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tokentime/tokentime/metrics"
)

// recordings lists the recorded files of vLLM that lie beside the module. See
// data/SOURCES.md there for where they come from.
const recordings = "../../shared/data/vllm"

func openRecording(t testing.TB, name string) *Reader {
	t.Helper()
	path := filepath.Join(recordings, name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("the recorded data is not there: %v", err)
	}
	rd, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { rd.Close() })
	return rd
}

// endToEnd are aggregates that need the end of the stream.
var endToEnd = []string{"mean_e2el_ms", "median_e2el_ms", "std_e2el_ms", "p50_e2el_ms", "p90_e2el_ms", "p95_e2el_ms", "p99_e2el_ms"}

func TestRecordings(t *testing.T) {
	for _, test := range []struct {
		file                       string
		requests, failed, empty    int
		roleChunks                 int
		commonClock                bool
		outputTokens, promptTokens int64
		notReproducible            []string
		reason                     string
	}{
		{"405b-h100-16qps.json.gz", 1000, 0, 379, 0, false, 120689, 215196,
			[]string{"mean_tpot_ms", "median_tpot_ms", "std_tpot_ms", "p99_tpot_ms"},
			"the client of 2024 timed TPOT to the end marker, which the file does not hold"},
		{"405b-mi300x-16qps.json.gz", 1000, 0, 378, 0, false, 122774, 215196,
			[]string{"mean_tpot_ms", "median_tpot_ms", "std_tpot_ms", "p99_tpot_ms"},
			"likewise, with stalls of up to 69 s"},
		{"405b-mi300x-983-failed.json.gz", 1000, 983, 17, 34, false, 0, 215196, nil,
			"aggregates of 0.0 stand for 17 empty answers and for empty sets; 34 requests failed after one event, no token by the file's total of 0"},
		{"deepseek-a100-qps01.json.gz", 200, 0, 0, 0, false, 42693, 47195, nil, "1-token answers have no gaps"},
		{"deepseek-a100-qps16.json.gz", 200, 0, 0, 0, false, 42547, 47195, nil, "likewise"},
		{"llama70b-a100-qps04.json.gz", 200, 0, 0, 0, false, 42449, 42659, nil, "25 answers hold a chunk of two tokens"},
		{"llama70b-a100-qps16.json.gz", 200, 0, 0, 0, false, 42770, 42659, nil, "one event a token"},
		{"qwen05b-5070ti-c1.json.gz", 64, 0, 0, 64, true, 4096, 10048, endToEnd, "a chat endpoint with role chunks"},
		{"qwen05b-5070ti-c16.json.gz", 64, 0, 0, 64, true, 4096, 10048, endToEnd, "likewise"},
		{"qwen05b-5070ti-long-c4.json.gz", 16, 0, 0, 16, true, 4096, 33232, endToEnd, "likewise"},
	} {
		t.Run(test.file, func(t *testing.T) {
			rd := openRecording(t, test.file)
			s := metrics.Summary{Options: metrics.SummaryOptions{Convention: metrics.VLLM}}
			paper := metrics.Summary{}
			if !rd.NextRun() {
				t.Fatal(rd.Err())
			}
			run := rd.Run()
			roleChunks := 0
			for rd.Next() {
				r := rd.Request()
				for _, sum := range []*metrics.Summary{&s, &paper} {
					if err := sum.Add(r); err != nil {
						t.Fatal(err)
					}
				}
				if len(r.Deliveries) > 0 && r.Deliveries[0].Tokens == 0 {
					roleChunks++
				}
				if v, ok := r.Raw().TTFT.Get(); ok && v == 0 {
					t.Errorf("request %s has a TTFT of 0", r.ID)
				}
			}
			if rd.NextRun() {
				t.Error("a second run")
			}
			if rd.Err() != nil {
				t.Fatal(rd.Err())
			}
			type facts struct {
				requests, failed, empty, roleChunks int
				commonClock                         bool
				outputTokens, promptTokens          int64
			}
			got := facts{int(s.Requests.Offered), int(s.Requests.Failed), int(s.Requests.Empty), roleChunks,
				run.CommonClock, s.OutputTokens, s.PromptTokens}
			want := facts{test.requests, test.failed, test.empty, test.roleChunks,
				test.commonClock, test.outputTokens, test.promptTokens}
			if got != want {
				t.Errorf("%s\ngot  %+v\nwant %+v", test.reason, got, want)
			}
			checkReproduction(t, run, &s, test.notReproducible, test.reason)
			if minimum, ok := paper.Raw.TTFT.Stats().Min.Get(); ok && minimum <= 0 {
				t.Errorf("smallest TTFT under paper: %v", minimum)
			}
		})
	}
}

// checkReproduction demands that all compared aggregates are reproduced but
// the named ones, which must be found not to be.
func checkReproduction(t *testing.T, run *Run, s *metrics.Summary, notReproducible []string, reason string) {
	t.Helper()
	compared := map[string]int{}
	var missed []string
	for _, rep := range run.Reproduce(s) {
		_, metric, _ := statistic(rep.Name)
		compared[metric]++
		if rep.Verdict != Reproduced {
			missed = append(missed, rep.Name)
			t.Log(rep)
		}
	}
	if fmt.Sprint(missed) != fmt.Sprint(notReproducible) {
		t.Errorf("not reproduced: %v, want %v: %s", missed, notReproducible, reason)
	}
	for _, metric := range []string{"ttft", "itl", "tpot"} {
		if compared[metric] < 4 {
			t.Errorf("%d aggregates of %s compared, want at least mean, median, std and p99", compared[metric], metric)
		}
	}
}

func TestRecordedFacts(t *testing.T) {
	rd := openRecording(t, "qwen05b-5070ti-c16.json.gz")
	if !rd.NextRun() {
		t.Fatal(rd.Err())
	}
	run := rd.Run()
	for name, want := range map[string]string{
		"date": "20260620-214558", "endpoint_type": "openai-chat", "model_id": "models/Qwen/Qwen2.5-0.5B-Instruct",
		"request_rate": "inf", "burstiness": "1.0", "max_concurrency": "16",
	} {
		if got, ok := run.Fact(name); !ok || got != want {
			t.Errorf("fact %s = %q, want %q", name, got, want)
		}
	}
	if _, ok := run.Fact("label"); ok {
		t.Error("a null label is a fact")
	}
	if got, _ := run.Duration.Get(); got != 637126793 {
		t.Errorf("duration %d ns, want 637126793 (0.6371267930007889 s)", got)
	}
	if got, _ := run.Aggregate("max_output_tokens_per_s"); got != 4160 {
		t.Errorf("max_output_tokens_per_s = %v", got)
	}
	if len(run.Warnings) != 1 || run.Warnings[0].Code != "role-chunk-first-token" || !strings.Contains(run.Warnings[0].Message, "64 of 64") {
		t.Errorf("warnings: %v", run.Warnings)
	}
	if !rd.Next() {
		t.Fatal(rd.Err())
	}
	first := rd.Request()
	if sent, _ := first.Sent.Get(); sent != 0 || first.End.Known() || first.Due.Known() {
		t.Errorf("sent %v, end %v, due %v: want 0 and two unknown", first.Sent, first.End, first.Due)
	}
	if d := first.Deliveries[:2]; d[0] != (metrics.Delivery{At: 11702346, Tokens: 0}) || d[1] != (metrics.Delivery{At: 11707696, Tokens: 1}) {
		t.Errorf("first deliveries %v, want the role chunk at 0.011702346 s and a token 5.35 us later", d)
	}
	if !rd.Next() {
		t.Fatal(rd.Err())
	}
	if sent, _ := rd.Request().Sent.Get(); sent != 79531 {
		t.Errorf("second request sent at %d, want 12423.793914873 s - 12423.793835342 s", sent)
	}
}
