package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tokentime runs the program in the test's process.
func tokentime(t *testing.T, stdin string, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	var out, errs bytes.Buffer
	status = run(args, strings.NewReader(stdin), &out, &errs)
	return out.String(), errs.String(), status
}

func TestGolden(t *testing.T) {
	for _, tt := range []struct {
		file string
		args []string
	}{
		{"demo.txt", []string{"demo"}},
		{"demo.json", []string{"demo", "-format", "json"}},
		{"demo.md", []string{"demo", "-format", "markdown"}},
		{"slo.txt", []string{"demo", "-slo", "ttft<=1s,tbt.max<=1s,p99(tbt)<=100ms", "-penalty", "tokens", "-abandoned", "as-delivered"}},
		{"vllm.txt", []string{"demo", "-convention", "vllm", "-quantiles", "hdr"}},
		{"four.txt", []string{"report", "demo/steady.jsonl", "demo/freezing.jsonl", "demo/steady.jsonl", "demo/freezing.jsonl"}},
	} {
		t.Run(tt.file, func(t *testing.T) {
			got, stderr, status := tokentime(t, "", tt.args...)
			if status != exitDone || stderr != "" {
				t.Fatalf("status %d, stderr %q", status, stderr)
			}
			golden := filepath.Join("testdata", tt.file)
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("-update writes it anew (-golden +got)\n%s", diff)
			}
		})
	}
}

// header begins a native file, request is one of two tokens.
const (
	header  = `{"tokentime":1,"clock":"run"}` + "\n"
	request = `{"id":"0","sent_ns":0,"at_ns":[5,9],"outcome":"completed"}` + "\n"
)

func vllm(fields string) string {
	return `{"backend":"vllm","input_lens":[3],"output_lens":[2],` + fields + `}`
}

// TestAggregatesOnly reports on a file without records: its numbers are shown
// as its own, and nothing that would be computed is 0.
func TestAggregatesOnly(t *testing.T) {
	const content = `{"backend":"vllm","mean_ttft_ms":3,"completed":1}`
	text, stderr, status := tokentime(t, content, "report", "-")
	if status != exitDone || stderr != "" {
		t.Fatalf("status %d, stderr %q", status, stderr)
	}
	for _, want := range []string{"STATED IN THE FILE, NOT COMPUTED", "3 ms", "--save-detailed"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "requests offered") {
		t.Errorf("requests that no record tells of are counted:\n%s", text)
	}
	document, _, _ := tokentime(t, content, "report", "-format", "json", "-")
	for _, want := range []string{`"requests": null`, `"aggregates_only": true`, `"metric": "ttft"`} {
		if !strings.Contains(document, want) {
			t.Errorf("no %s in\n%s", want, document)
		}
	}
}

func TestInputFlag(t *testing.T) {
	_, stderr, status := tokentime(t, "{}", "report", "-input", "csv", "-")
	if status != exitUsage || !strings.Contains(stderr, "-input") || !strings.Contains(stderr, "vllm") {
		t.Errorf("status %d, stderr %q", status, stderr)
	}
	if _, stderr, status = tokentime(t, `{"x":1}`, "report", "-input", "vllm", "-"); status != exitInput || !strings.Contains(stderr, "vLLM") {
		t.Errorf("status %d, stderr %q", status, stderr)
	}
}

// TestPictures writes a page, and the same pictures as PNG files.
func TestPictures(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "made", "here")
	page, stderr, status := tokentime(t, "", "demo", "-format", "html", "-png", folder, "-request", "7")
	if status != exitDone || stderr != "" {
		t.Fatalf("status %d, stderr %q", status, stderr)
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.png"))
	if err != nil || len(files) < 5 {
		t.Fatalf("%d pictures, %v", len(files), err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := png.Decode(bytes.NewReader(b)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if id := strings.TrimSuffix(filepath.Base(name), ".png"); !strings.Contains(page, `id="figure-`+id+`"`) {
			t.Errorf("%s is not in the page", id)
		}
	}
	if !strings.Contains(page, "request 7") {
		t.Error("the request that was asked for is not drawn")
	}
	if _, stderr, status := tokentime(t, "", "demo", "-png", files[0]); status != exitInput || !strings.Contains(stderr, "-png") {
		t.Errorf("a folder that is a file: status %d, %s", status, stderr)
	}
	for stdin, want := range map[string]string{
		`{"backend":"vllm","mean_ttft_ms":3,"completed":1}`: "no records of requests, only aggregates",
		header: "no request has an answer",
	} {
		folder := filepath.Join(t.TempDir(), "none")
		out, stderr, status := tokentime(t, stdin, "report", "-png", folder, "-")
		if status != exitInput || out != "" || !strings.Contains(stderr, want) {
			t.Errorf("%s: status %d, %q, want %q", stdin, status, stderr, want)
		}
		if _, err := os.Stat(folder); err == nil {
			t.Errorf("%s: a folder was made for no picture", stdin)
		}
	}
	run := func(rate, model string) string {
		return `{"tokentime":1,"clock":"run","duration_ns":1000000000,"facts":{"request_rate":"` + rate + `","model":"` + model + `"}}` + "\n" + request
	}
	const line, apart = `id="figure-goodput-vs-rate"`, "the runs are of different models"
	if page, _, _ := tokentime(t, run("1", "a")+run("2", "a"), "report", "-format", "html", "-"); !strings.Contains(page, line) {
		t.Error("two rates of one model have no line")
	}
	if page, _, _ := tokentime(t, run("1", "a")+run("2", "b"), "report", "-format", "html", "-"); strings.Contains(page, line) || !strings.Contains(page, apart) {
		t.Error("a line joins two models")
	}
	page, _, _ = tokentime(t, header+request, "report", "-format", "html", "-")
	if want := "<li>Time to first token: scheduling and prefill"; !strings.Contains(page, want) {
		t.Errorf("a picture that is left out has not the title of one: want %q", want)
	}
}

// TestBadInput holds that each bad input ends with status 1, says where and
// what on stderr, and leaves stdout empty, also after a good file.
func TestBadInput(t *testing.T) {
	dir := t.TempDir()
	var zipped bytes.Buffer
	zw := gzip.NewWriter(&zipped)
	if _, err := zw.Write([]byte(header + strings.Repeat(request, 500))); err != nil {
		t.Fatal(err)
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("1,", 25_000_000)
	tests := []struct {
		name, content string
		says          []string // besides the file's name
	}{
		{"empty", "", []string{"empty"}},
		{"blank", " \n\n", []string{"empty"}},
		{"binary junk", "\x00\xff\x7fELF\x02", []string{"known"}},
		{"prose", "hello\n", []string{"known"}},
		{"other JSON", `{"a":1}`, []string{"known"}},
		{"truncated", vllm(`"ttfts":[0.5],"itls":[[0.1`), []string{"EOF"}},
		{"truncated native", header + request[:30], []string{"line 2"}},
		{"truncated gzip", zipped.String()[:zipped.Len()-9], []string{"EOF"}},
		{"wrong type", vllm(`"ttfts":[0.5],"itls":[0.1]`), []string{"request 0", "itls"}},
		{"wrong type of array", vllm(`"ttfts":{},"itls":[[0.1]]`), []string{"ttfts"}},
		{"string for a time", vllm(`"ttfts":["x"],"itls":[[0.1]]`), []string{"request 0", "ttfts"}},
		{"lengths", vllm(`"ttfts":[0.5,0.6],"itls":[[0.1]]`), []string{"ttfts", "2", "1"}},
		{"negative", vllm(`"ttfts":[0.5],"itls":[[0.1,-0.1]]`), []string{"request 0", "itls[1]", "negative"}},
		{"NaN", vllm(`"ttfts":[NaN],"itls":[[0.1]]`), []string{"request 0", "ttfts", "finite"}},
		{"Infinity", vllm(`"ttfts":[0.5],"itls":[[Infinity]]`), []string{"request 0", "itls[0]", "finite"}},
		{"10^300", vllm(`"ttfts":[1e300],"itls":[[0.1]]`), []string{"request 0", "ttfts", "range"}},
		{"gap that overflows", vllm(`"ttfts":[9e8],"itls":[[9e8,9e9]]`), []string{"request 0", "range"}},
		{"native, backwards", header + `{"id":"7","sent_ns":0,"at_ns":[5,4],"outcome":"completed"}`, []string{"line 2", "backwards"}},
		{"native, float", header + `{"id":"7","sent_ns":0.5,"outcome":"completed"}`, []string{"line 2", "sent_ns", "integer"}},
		{"native, duplicate", header + `{"id":"7","id":"8","outcome":"completed"}`, []string{"line 2", "duplicate"}},
		{"native, later version", `{"tokentime":9,"clock":"run"}`, []string{"line 1", "9"}},
		{"50 MB single line", header + `{"id":"7","at_ns":[` + long + `1],"outcome":"completed"}`, []string{"line 2", "longer"}},
		{"50 MB of nothing", strings.Repeat("[", 50_000_000), []string{"known"}},
		{"50 MB array of junk", vllm(`"ttfts":[0.5],"itls":[[` + long + `x]]`), []string{"itls"}},
	}
	good := filepath.Join(dir, "good.jsonl")
	if err := os.WriteFile(good, []byte(header+request), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if testing.Short() && len(tt.content) > 1<<20 {
				t.Skip("-short leaves out inputs of 50 MB")
			}
			name := filepath.Join(dir, "bad.json")
			if err := os.WriteFile(name, []byte(tt.content), 0o644); err != nil {
				t.Fatal(err)
			}
			wantFailure(t, append(tt.says, name), "report", good, name)
			if stdout, stderr, status := tokentime(t, tt.content, "report", "-"); status != exitInput || stdout != "" || stderr == "" {
				t.Errorf("from stdin: status %d, stdout %q, stderr %q", status, stdout, stderr)
			}
		})
	}
	wantFailure(t, []string{dir, "directory"}, "report", dir)
	wantFailure(t, []string{"nosuch.json", "no such file"}, "report", "nosuch.json")
}

func wantFailure(t *testing.T, says []string, args ...string) {
	t.Helper()
	stdout, stderr, status := tokentime(t, "", args...)
	if status != exitInput || stdout != "" {
		t.Errorf("status %d, stdout %q; want status 1 and nothing", status, stdout)
	}
	for _, s := range says {
		if !strings.Contains(stderr, s) {
			t.Errorf("stderr %q does not say %q", stderr, s)
		}
	}
	if len(stderr) > 1000 || strings.Count(stderr, "\n") != 1 {
		t.Errorf("stderr is not one short line: %.1000q", stderr)
	}
}

func TestBadUsage(t *testing.T) {
	for _, tt := range []struct {
		args []string
		says string
	}{
		{nil, "usage"},
		{[]string{"nosuch"}, "nosuch"},
		{[]string{"report"}, "no file"},
		{[]string{"demo", "x.json"}, "report FILE"},
		{[]string{"report", "-nosuch", "x"}, "nosuch"},
		{[]string{"demo", "-convention", "x"}, "vllm"},
		{[]string{"demo", "-quantiles", "x"}, "hdr"},
		{[]string{"demo", "-decode-deadline", "0s"}, "decode-deadline"},
		{[]string{"demo", "-prefill-deadline", "-1s"}, "prefill-deadline"},
		{[]string{"demo", "-prefill-deadline", "5"}, "prefill-deadline"},
		{[]string{"demo", "-slo", "ttft<=500"}, "500ms"},
		{[]string{"demo", "-slo", "nonsense"}, "nonsense"},
		{[]string{"demo", "-speed", "0"}, "speed"},
		{[]string{"demo", "-speed", "NaN"}, "speed"},
		{[]string{"demo", "-alpha", "-1"}, "alpha"},
		{[]string{"demo", "-penalty", "x"}, "share"},
		{[]string{"demo", "-abandoned", "x"}, "as-delivered"},
		{[]string{"demo", "-format", "x"}, "json"},
	} {
		stdout, stderr, status := tokentime(t, "", tt.args...)
		if status != exitUsage || stdout != "" || !strings.Contains(stderr, tt.says) {
			t.Errorf("%q: status %d, stdout %q, stderr %q; want status 2 and %q", tt.args, status, stdout, stderr, tt.says)
		}
	}
	for _, args := range [][]string{{"help"}, {"report", "-h"}, {"demo", "-h"}} {
		if _, _, status := tokentime(t, "", args...); status != exitDone {
			t.Errorf("%q: status %d", args, status)
		}
	}
}

// TestContract checks the keys of the JSON report, which scripts rely on.
func TestContract(t *testing.T) {
	stdout, _, _ := tokentime(t, header+request, "report", "-format", "json", "-slo", "ttft<=1s", "-")
	var doc struct {
		Schema string
		Runs   []map[string]json.RawMessage
	}
	if err := json.Unmarshal([]byte(stdout), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Schema != "tokentime.report/1" || len(doc.Runs) != 1 {
		t.Fatalf("schema %q, %d runs", doc.Schema, len(doc.Runs))
	}
	run := doc.Runs[0]
	wantKeys(t, "run", run, "source", "format", "convention", "requests", "tokens", "duration_ns", "raw", "normalized",
		"throughput", "fluidity", "slo", "goodput", "warnings")
	dist := []string{"n", "undefined", "min", "mean", "stddev", "p50", "p90", "p95", "p99", "p999", "max"}
	for key, keys := range map[string][]string{
		"convention": {"name"},
		"requests":   {"offered", "completed", "empty", "failed", "cancelled", "timed_out", "rejected"},
		"tokens":     {"prompt", "output"},
		"raw": {"client_delay_ns", "scheduling_delay_ns", "prefill_ns", "ttft_ns", "ttlt_ns", "tbt_ns", "stall_ns",
			"decode_ns", "end_to_end_ns"},
		"normalized": {"tpot_ns", "normalized_latency_ns", "fixed_share"},
		"throughput": {"output_tokens_per_s", "requests_per_s"},
		"fluidity": {"prefill_deadline_ns", "decode_deadline_ns", "index", "pooled_index", "hits", "misses",
			"share_at_least_0_9", "token_rate_per_s"},
		"slo": {"objective", "met", "missed", "undefined", "attainment"},
		"goodput": {"requests_per_s", "tokens_per_s", "smooth_tokens_per_s", "benefit_tokens", "idle_latency_ns",
			"qoe"},
	} {
		object := object(t, key, run[key])
		wantKeys(t, key, object, keys...)
		for _, d := range []string{"ttft_ns", "tbt_ns", "tpot_ns", "fixed_share", "index", "idle_latency_ns", "qoe"} {
			if object[d] != nil {
				wantKeys(t, d, objectOf(t, object[d]), dist...)
			}
		}
	}
	raw := object(t, "raw", run["raw"])
	if got := string(raw["client_delay_ns"]); got != "null" {
		t.Errorf("client delay is %s, want null: no request was due", got)
	}
	if got := string(run["duration_ns"]); got != "9" {
		t.Errorf("duration %s, want 9", got)
	}
	stdout, _, _ = tokentime(t, header+request, "report", "-format", "json", "-")
	if !strings.Contains(stdout, `"slo": null`) {
		t.Error("slo must be null when none was given")
	}
}

func object(t *testing.T, name string, b json.RawMessage) map[string]json.RawMessage {
	t.Helper()
	if b == nil {
		t.Fatalf("no object %s", name)
	}
	return objectOf(t, b)
}

func objectOf(t *testing.T, b json.RawMessage) map[string]json.RawMessage {
	t.Helper()
	var m map[string]json.RawMessage
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func wantKeys(t *testing.T, name string, m map[string]json.RawMessage, keys ...string) {
	t.Helper()
	for _, k := range keys {
		if _, ok := m[k]; !ok {
			t.Errorf("%s lacks %q", name, k)
		}
	}
}

func TestSeveralRunsInOneFile(t *testing.T) {
	stdout, stderr, status := tokentime(t, header+request+header+request, "report", "-format", "json", "-")
	if status != exitDone || strings.Count(stdout, `"offered": 1,`) != 2 {
		t.Errorf("status %d, stderr %q, stdout\n%s", status, stderr, stdout)
	}
	one := vllm(`"ttfts":[0.5],"itls":[[0.1]]`)
	stdout, stderr, status = tokentime(t, one+"\n"+one, "report", "-format", "json", "-")
	if status != exitDone || strings.Count(stdout, `"offered": 1,`) != 2 {
		t.Errorf("--append-result: status %d, stderr %q, stdout\n%s", status, stderr, stdout)
	}
}
