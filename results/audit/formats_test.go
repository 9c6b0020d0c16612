package audit

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/results"
)

// seconds writes a duration as decimal seconds, exactly.
func seconds(d time.Duration) string { return fmt.Sprintf("%d.%09d", d/time.Second, d%time.Second) }

// line is a request as the clients of tools see it: they count from sending.
type line struct {
	*metrics.Request
	id                    int
	sent, ttft, wait, end time.Duration // wait: to the last token
	gaps                  []string      // in seconds
	at                    []string      // of the tokens
	n, prompt             int64
}

// linesOf lists the requests of the run, whose clock began at base.
func linesOf(f *fixture, base time.Duration) []line {
	var lines []line
	for i := range f.reqs {
		r := &f.reqs[i]
		l := line{Request: r, id: i, sent: base + span(r.Sent), end: base + span(r.End), n: r.OutputTokens()}
		l.prompt, _ = r.PromptTokens.Get()
		for k, d := range r.Deliveries {
			l.at = append(l.at, seconds(base+d.At))
			if k > 0 {
				l.gaps = append(l.gaps, seconds(d.At-r.Deliveries[k-1].At))
			}
		}
		l.ttft = base + r.Deliveries[0].At - l.sent
		l.wait = base + r.Deliveries[len(r.Deliveries)-1].At - l.sent
		lines = append(lines, l)
	}
	return lines
}

// column joins what of returns for each line.
func column(lines []line, sep string, of func(*line) string) string {
	var parts []string
	for i := range lines {
		parts = append(parts, of(&lines[i]))
	}
	return strings.Join(parts, sep)
}

func list(values []string) string { return "[" + strings.Join(values, ", ") + "]" }

// detail are the arrays that clients of vLLM and SGLang write.
func detail(lines []line) string {
	return `"input_lens": [` + column(lines, ", ", func(l *line) string { return fmt.Sprint(l.prompt) }) +
		`], "output_lens": [` + column(lines, ", ", func(l *line) string { return fmt.Sprint(l.n) }) +
		`], "ttfts": [` + column(lines, ", ", func(l *line) string { return seconds(l.ttft) }) +
		`], "itls": [` + column(lines, ", ", func(l *line) string { return list(l.gaps) }) +
		`], "errors": [` + column(lines, ", ", func(*line) string { return `""` }) + `]`
}

// TestFormatsOfOneRun writes one run without a defect as several tools would,
// and demands that it is read as the same run, in which nothing is found.
func TestFormatsOfOneRun(t *testing.T) {
	const epoch = 1759813207 * time.Second
	f := steady(3)
	lines := linesOf(f, epoch)
	for _, tt := range []struct {
		format, content string
		due             bool // is in the file
	}{
		{results.FormatVLLM, `{"backend": "vllm", "request_rate": 5.0, "burstiness": 1.0, "start_times": [` +
			column(lines, ", ", func(l *line) string { return seconds(l.sent) }) + "], " + detail(lines) + "}", false},
		{results.FormatSGLang, `{"backend": "sglang-oai", "request_rate": 5.0, "total_output_tokens_retokenized": 1, ` + detail(lines) + "}\n", false},
		{results.FormatAIPerf, column(lines, "\n", func(l *line) string {
			return fmt.Sprintf(`{"metadata": {"x_request_id": "%d", "credit_issued_ns": %d, "request_start_ns": %d, "request_end_ns": %d, "benchmark_phase": "profiling"}, `+
				`"metrics": {"time_to_first_token": {"value": %s, "unit": "s"}, "inter_chunk_latency": {"value": %s, "unit": "s"}, "output_sequence_length": {"value": %d, "unit": "tokens"}}}`,
				l.id, epoch+span(l.Due), l.sent, l.end, seconds(l.ttft), list(l.gaps), l.n)
		}), true},
		{results.FormatInferencePerf, "[" + column(lines, ", ", func(l *line) string {
			return fmt.Sprintf(`{"start_time": %s, "end_time": %s, "request": "{}", "info": {"response_metrics": {"output_tokens": %d, "chunk_times": %s, "output_token_times": %s}}}`,
				seconds(l.sent), seconds(l.end), l.n, list(l.at), list(l.at))
		}) + "]", false},
		{results.FormatVeeksha, column(lines, "\n", func(l *line) string {
			return fmt.Sprintf(`{"request_id": %d, "scheduler_ready_at": %s, "client_picked_up_at": %s, "client_completed_at": %s, "num_output_tokens": %d, "is_stream": true, "ttfc": %s, "tbc": %s}`,
				l.id, seconds(epoch+span(l.Due)), seconds(l.sent), seconds(l.end), l.n, seconds(l.ttft), list(l.gaps))
		}), true},
		{results.FormatEtalon, `{"num_prompt_tokens": [` + column(lines, ", ", func(l *line) string { return fmt.Sprint(l.prompt) }) +
			`], "num_output_tokens": [` + column(lines, ", ", func(l *line) string { return fmt.Sprint(l.n) }) +
			`], "ttft": [` + column(lines, ", ", func(l *line) string { return seconds(l.ttft) }) +
			`], "tbt": [` + column(lines, ", ", func(l *line) string { return list(l.gaps) }) + "]}", false},
		{results.FormatServerStamps, column(lines, "\n", func(l *line) string {
			return fmt.Sprintf(`{"request_id": "%d", "output_toks": %d, "queued_ts": %s, "scheduled_ts": %s, "first_token_ts": %s, "last_token_ts": %s}`,
				l.id, l.n, seconds(l.sent), seconds(l.sent+1000), l.at[0], l.at[len(l.at)-1])
		}), false},
		{results.FormatGenAIBench, `{"individual_request_metrics": [` + column(lines, ", ", func(l *line) string {
			return fmt.Sprintf(`{"ttft": %s, "e2e_latency": %s, "num_input_tokens": %d, "num_output_tokens": %d}`, seconds(l.ttft), seconds(l.wait), l.prompt, l.n)
		}) + `], "_time_unit": "s"}`, false},
	} {
		t.Run(tt.format, func(t *testing.T) { sameRun(t, f, tt.format, tt.content, tt.due) })
	}
}

// numbers lists what is compared of a distribution.
func numbers(s *metrics.Stats) []float64 {
	list := []float64{float64(s.N), float64(s.Undefined)}
	for _, v := range []metrics.Optional[float64]{s.Min, s.Mean, s.StdDev, s.P50, s.P90, s.P99, s.P999, s.Max} {
		f, _ := v.Get()
		list = append(list, f)
	}
	return list
}

// sameRun holds the content against the run that it was written from.
func sameRun(t *testing.T, f *fixture, format, content string, due bool) {
	t.Helper()
	rd, err := results.NewReader("file", strings.NewReader(content), results.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !rd.NextRun() || rd.Run().Format != format {
		t.Fatalf("%+v, %v", rd.Run(), rd.Err())
	}
	fromSent := metrics.SummaryOptions{Convention: metrics.AIPerf, SeparateClocks: true}
	want, got := metrics.Summary{Options: fromSent}, metrics.Summary{Options: fromSent}
	a := New(rd.Run(), Options{})
	for rd.Next() {
		r := rd.Request()
		if r.Due.Known() != due {
			t.Fatalf("request %s: due %v", r.ID, r.Due)
		}
		for _, err := range []error{a.Add(r), got.Add(r)} {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	if rd.Err() != nil {
		t.Fatal(rd.Err())
	}
	for i := range f.reqs {
		if err := want.Add(&f.reqs[i]); err != nil {
			t.Fatal(err)
		}
	}
	x, y := want.Stats(), got.Stats()
	if diff := cmp.Diff([]any{want.Requests, want.OutputTokens, numbers(x.Raw.TTFT), numbers(x.Normalized.TPOT)},
		[]any{got.Requests, got.OutputTokens, numbers(y.Raw.TTFT), numbers(y.Normalized.TPOT)}); diff != "" {
		t.Errorf("not the run that was written (-want +got)\n%s", diff)
	}
	if found := a.Findings(); len(found) > 0 {
		t.Errorf("in a run without a defect: %v", proofs(found))
	}
}
