package results

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/metrics"
)

// fileTest is a file of a format with what it must be read as.
type fileTest struct {
	content  string
	want     []metrics.Request
	warnings string
	reason   string
}

// checkFiles reads the files, whose format must be found.
func checkFiles(t *testing.T, format string, tests []fileTest) {
	t.Helper()
	for _, test := range tests {
		got, err := readAllAfter("x", strings.NewReader(test.content), Options{})
		if err != nil || len(got) != 1 || got[0].Run.Format != format {
			t.Errorf("%s: %v, %d runs\n%s", test.reason, err, len(got), test.content)
			continue
		}
		if diff := cmp.Diff(test.want, got[0].Requests, compareOptional); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.reason, diff)
		}
		if codes := warningCodes(&got[0].Run); codes != test.warnings {
			t.Errorf("%s: warnings %v, want %s", test.reason, got[0].Run.Warnings, test.warnings)
		}
	}
}

// errorTest is a file of a format that cannot be read.
type errorTest struct {
	content string
	message string // that the error begins with
	is      error  // nil: any
	reason  string
}

func checkFileErrors(t *testing.T, format string, tests []errorTest) {
	t.Helper()
	for _, test := range tests {
		_, err := readAll("x", strings.NewReader(test.content), Options{Format: format})
		checkError(t, err, test.message, test.is, test.reason)
	}
}

// finish fills in counts of a request for a table.
func finish(r metrics.Request, prompt, usage int64) metrics.Request {
	r.PromptTokens, r.UsageTokens = metrics.Known(prompt), metrics.Known(usage)
	return r
}

// sums are integer totals over the requests of a recording, in ns and tokens.
type sums struct {
	requests, deliveries                 int
	tokens, usage, prompt                int64
	schedulingDelay, ttft, ttlt, decode  int64
	maxSchedulingDelay, maxTTFT, maxStep int64 // step: between deliveries
}

func (s *sums) add(r *metrics.Request) {
	s.requests++
	s.deliveries += len(r.Deliveries)
	s.tokens += r.Tokens()
	usage, _ := r.UsageTokens.Get()
	prompt, _ := r.PromptTokens.Get()
	s.usage, s.prompt = s.usage+usage, s.prompt+prompt
	raw := r.Raw()
	for _, m := range []struct {
		span     metrics.Span
		sum, max *int64
	}{{raw.SchedulingDelay, &s.schedulingDelay, &s.maxSchedulingDelay}, {raw.TTFT, &s.ttft, &s.maxTTFT}, {raw.TTLT, &s.ttlt, new(int64)}, {raw.Decode, &s.decode, new(int64)}} {
		d, _ := m.span.Get()
		*m.sum += int64(d)
		*m.max = max(*m.max, int64(d))
	}
	for i := 1; i < len(r.Deliveries) && !r.Sparse; i++ {
		s.maxStep = max(s.maxStep, int64(r.Deliveries[i].At-r.Deliveries[i-1].At))
	}
}

// TestRecordedSums compares totals of recordings with the same computed by a
// Python program with the module decimal, from the text of the files.
func TestRecordedSums(t *testing.T) {
	for _, test := range []struct {
		file, format, warnings string
		want                   sums
	}{
		{"../serverside/RTX4090_Llama-3.1-8B.requests.jsonl", FormatServerStamps, "arrival-on-another-clock", sums{
			requests: 300, deliveries: 600, tokens: 195753, usage: 195753, prompt: 257239,
			schedulingDelay: 19557305255078, ttft: 19636972278051, ttlt: 25973476132575, decode: 6336503854524,
			maxSchedulingDelay: 137678094418, maxTTFT: 137843206842}},
		{"../serverside/RTXPRO6000_Qwen3-32B.requests.jsonl", FormatServerStamps, "arrival-on-another-clock", sums{
			requests: 300, deliveries: 600, tokens: 199486, usage: 199486, prompt: 258691,
			schedulingDelay: 10895328651587, ttft: 11071565989361, ttlt: 27122417301084, decode: 16050851311723,
			maxSchedulingDelay: 94350010038, maxTTFT: 94718188797}},
		{"../specdecode-rounds/s1_dflash_fresh.rounds.jsonl.gz", FormatSpecDecode, "prefill-not-recorded", sums{
			requests: 96, deliveries: 5114, tokens: 22256, usage: 22256, prompt: 10776,
			ttft: 4432067000, ttlt: 226311508000, decode: 226311508000 - 4432067000, maxTTFT: 197152000, maxStep: 70386000}},
		{"../specdecode-rounds/s1t0_dspark_fresh.rounds.jsonl.gz", FormatSpecDecode, "prefill-not-recorded", sums{
			requests: 96, deliveries: 4361, tokens: 22278, usage: 22278, prompt: 10776,
			ttft: 4429967000, ttlt: 193262420000, decode: 193262420000 - 4429967000, maxTTFT: 167151000, maxStep: 59541000}},
		{"../formats/veeksha/doc_sample_request_level_metrics.jsonl", FormatVeeksha, "", sums{
			requests: 1, deliveries: 7, tokens: 7, usage: 7, prompt: 6,
			ttft: 24300000 + 140000, ttlt: 65590000 + 140000, decode: 41290000, maxTTFT: 24440000, maxStep: 8140000}},
		{"../formats/genai-bench/mock_run_data.json", FormatGenAIBench, "last-token-at-end completed-count-mismatch", sums{
			requests: 2, deliveries: 4, tokens: 200, usage: 200, prompt: 181,
			ttft: 669535667 + 33439303, ttlt: 2530956199 + 1821724707, decode: 2530956199 - 669535667 + 1821724707 - 33439303, maxTTFT: 669535667}},
	} {
		t.Run(test.file, func(t *testing.T) {
			rd := openRecording(t, test.file)
			if !rd.NextRun() {
				t.Fatal(rd.Err())
			}
			run := rd.Run()
			var got sums
			for rd.Next() {
				got.add(rd.Request())
			}
			if rd.NextRun() || rd.Err() != nil {
				t.Fatal("a second run, or ", rd.Err())
			}
			if got != test.want {
				t.Errorf("got\n%+v, want\n%+v", got, test.want)
			}
			if codes := warningCodes(run); run.Format != test.format || codes != test.warnings {
				t.Errorf("format %s, warnings %v", run.Format, run.Warnings)
			}
		})
	}
}
