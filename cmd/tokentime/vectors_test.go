package main

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/metrics/metricstest"
)

const pythonSource = "../../examples/python/tokentime_answers.py"

func TestEmbeddedPythonIsTheExample(t *testing.T) {
	example, err := os.ReadFile(pythonSource)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("python/tokentime_answers.py", example, 0o644); err != nil {
			t.Fatal(err)
		}
	} else if diff := cmp.Diff(string(example), pythonExample); diff != "" {
		t.Errorf("go test ./cmd/tokentime -update copies it anew (-example +embedded)\n%s", diff)
	}
	stdout, stderr, status := tokentime(t, "", "vectors", "-lang", "python")
	if stdout != pythonExample || stderr != "" || status != exitDone {
		t.Errorf("vectors -lang python: status %d, stderr %q, %d bytes; want the example", status, stderr, len(stdout))
	}
}

// TestVectorsAreWritten holds that each line is a vector that reads back as
// itself.
func TestVectorsAreWritten(t *testing.T) {
	want, err := metricstest.Vectors()
	if err != nil {
		t.Fatal(err)
	}
	stdout, stderr, status := tokentime(t, "", "vectors")
	if status != exitDone || stderr != "" {
		t.Fatalf("status %d, stderr %q", status, stderr)
	}
	var got []metricstest.Vector
	for line := range strings.Lines(stdout) {
		var v metricstest.Vector
		d := json.NewDecoder(strings.NewReader(line))
		d.DisallowUnknownFields()
		if err := d.Decode(&v); err != nil {
			t.Fatal(err)
		}
		got = append(got, v)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// python runs the example, changed, on the first vectors, and returns its
// answers.
func python(t *testing.T, old, replacement string, most int) string {
	t.Helper()
	interpreter, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not installed, so its example cannot run")
	}
	if testing.Short() {
		t.Skip("-short: Python takes two seconds")
	}
	vectors, _, _ := tokentime(t, "", "vectors")
	program := filepath.Join(t.TempDir(), "answers.py")
	changed := strings.Replace(pythonExample, old, replacement, 1)
	if old != "" && changed == pythonExample {
		t.Fatalf("the example does not hold %q", old)
	}
	if err := os.WriteFile(program, []byte(changed), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(interpreter, program)
	lines := strings.SplitAfter(vectors, "\n")
	cmd.Stdin = strings.NewReader(strings.Join(lines[:min(most, len(lines))], ""))
	answers, err := cmd.Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		t.Fatalf("%v\n%s", err, failed.Stderr)
	} else if err != nil {
		t.Fatal(err)
	}
	return string(answers)
}

func TestPythonExampleIsRight(t *testing.T) {
	stdout, stderr, status := tokentime(t, python(t, "", "", math.MaxInt), "vectors", "-check", "-")
	if status != exitDone || stderr != "" || !strings.HasPrefix(stdout, "12 metrics right in ") {
		t.Errorf("status %d, stderr %q, stdout\n%s", status, stderr, stdout)
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), stdout) {
		t.Errorf("the README does not show this output: %s", stdout)
	}
}

func TestWrongPythonIsDiagnosed(t *testing.T) {
	answers := filepath.Join(t.TempDir(), "answers.jsonl")
	wrong := python(t, "Fraction(total, r.tokens - 1)", "total / r.tokens", 50) // and a float
	if err := os.WriteFile(answers, []byte(wrong), 0o644); err != nil {
		t.Fatal(err)
	}
	stdout, stderr, status := tokentime(t, "", "vectors", "-check", answers)
	if status != exitWrong || stderr != "" {
		t.Errorf("status %d, stderr %q; want status 3 and nothing", status, stderr)
	}
	if !strings.Contains(stdout, "this is T_d/N, N instead of N - 1\n") {
		t.Errorf("the mistake is not named:\n%s", stdout)
	}
}

func TestCheckAnswersExitStatus(t *testing.T) {
	for _, tt := range []struct {
		name, input, says string
	}{
		{"nothing", "", "no answer"},
		{"prose", "hello\n", "line 1"},
		{"binary", "\x00\xff\x00", "line 1"},
		{"no such vector", `{"name":"nosuch","answers":{}}`, "nosuch"},
		{"50 MB of nothing", strings.Repeat("[", 50_000_000), "line 1"},
		{"70 MB in a line", strings.Repeat(" ", 70_000_000), "longer"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			stdout, stderr, status := tokentime(t, tt.input, "vectors", "-check", "-")
			if status != exitInput || stdout != "" || !strings.Contains(stderr, tt.says) || len(stderr) > 1000 {
				t.Errorf("status %d, stdout %q, stderr %.1000q; want status 1 and %q", status, stdout, stderr, tt.says)
			}
		})
	}
	wantFailure(t, []string{"nosuch.jsonl", "no such file"}, "vectors", "-check", "nosuch.jsonl")
	wantFailure(t, []string{"directory"}, "vectors", "-check", t.TempDir())
	stdout, _, status := tokentime(t, `{"name":"chunks/first-of-4","answers":{"ttft_ns":200000000}}`, "vectors", "-check", "-")
	if status != exitWrong || !strings.Contains(stdout, "have no answer") {
		t.Errorf("one answer: status %d, stdout\n%s", status, stdout)
	}
	for _, args := range [][]string{{"-nosuch"}, {"x"}, {"-lang", "cobol"}, {"-lang", "python", "-check", "-"}} {
		stdout, stderr, status := tokentime(t, "", append([]string{"vectors"}, args...)...)
		if status != exitUsage || stdout != "" || stderr == "" {
			t.Errorf("%q: status %d, stdout %q, stderr %q; want status 2", args, status, stdout, stderr)
		}
	}
}
