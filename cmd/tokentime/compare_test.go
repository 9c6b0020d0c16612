package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	steady   = "demo/steady.jsonl"
	freezing = "demo/freezing.jsonl"
)

func TestCompareGolden(t *testing.T) {
	for _, tt := range []struct {
		file   string
		args   []string
		status int
	}{
		{"compare.txt", []string{"-slo", "ttft<=1s,tbt.max<=1s", "-fail-if", "p50(stall) > +5%, mean(ttft) > +5%", steady, freezing}, exitFailIf},
		{"compare.md", []string{"-format", "markdown", "-fail-if", "p50(stall) > +5%", steady, freezing}, exitFailIf},
		{"compare.json", []string{"-format", "json", "-slo", "ttft<=1s", steady, freezing}, exitDone},
		{"compare-same.txt", []string{"-fail-if", "p50(stall) > +0%", steady, steady}, exitDone},
	} {
		t.Run(tt.file, func(t *testing.T) {
			got, stderr, status := tokentime(t, "", append([]string{"compare"}, tt.args...)...)
			if status != tt.status || (stderr != "") != (tt.status != exitDone) {
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

// TestCompareStatus holds the exit status and what standard error says.
func TestCompareStatus(t *testing.T) {
	two := filepath.Join(t.TempDir(), "two.jsonl")
	if err := os.WriteFile(two, []byte(header+request+header+request), 0o644); err != nil {
		t.Fatal(err)
	}
	aggregates := filepath.Join(t.TempDir(), "aggregates.json")
	if err := os.WriteFile(aggregates, []byte(`{"backend":"vllm","mean_ttft_ms":3,"completed":1}`), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		args   []string
		status int
		stderr string // a part of it
		reason string
	}{
		{"worse", []string{"-fail-if", "p50(stall) > +5%", steady, freezing}, exitFailIf, "failed: p50(stall) > +5%: ", "names the condition, with numbers"},
		{"not worse", []string{"-fail-if", "p50(stall) > +5%", freezing, steady}, exitDone, "", "the other way round"},
		{"one of two", []string{"-fail-if", "p50(stall) > +5%", "-fail-if", "mean(tpot) > 100x", steady, freezing}, exitFailIf, "failed: p50(stall) > +5%", "the flag may be repeated"},
		{"one of two runs", []string{"-fail-if", "p50(stall) > +5%", steady, steady, freezing}, exitFailIf, "freezing.jsonl against", "any pair"},
		{"cannot be evaluated", []string{"-fail-if", "share(attainment) < -1pp", steady, steady}, exitFailIf, "cannot be evaluated: there is no objective", "what cannot be evaluated must not pass"},
		{"confident", []string{"-confident", "-fail-if", "p50(stall) > +5%", steady, freezing}, exitFailIf, "failed: p50(stall)", "the whole interval is beyond"},
		{"confident, few", []string{"-confident", "-fail-if", "p99(stall) > +100000%", steady, freezing}, exitFailIf, "too few samples", "60 requests have no P99"},
		{"no file", nil, exitUsage, "want a base and at least one other file", ""},
		{"base alone", []string{steady}, exitUsage, "want a base and at least one other file", ""},
		{"bad condition", []string{"-fail-if", "p99(ttft) > 5%", steady, steady}, exitUsage, "+5% or -5%", "says what to write"},
		{"bad condition, in one line", []string{"-fail-if", "ttft > +5%", steady, steady}, exitUsage, "tokentime: -fail-if: condition \"ttft > +5%\"", "no page of usage buries it"},
		{"bad format", []string{"-format", "xml", steady, steady}, exitUsage, "text, json, markdown, html", "the formats of report"},
		{"hdr", []string{"-quantiles", "hdr", steady, steady}, exitUsage, "keeps every value", ""},
		{"bad convention", []string{"-convention", "mine", steady, steady}, exitUsage, "no convention", "flags of report"},
		{"few resamples", []string{"-resamples", "10", steady, steady}, exitUsage, "too few resamples", ""},
		{"no resamples", []string{"-resamples", "0", steady, steady}, exitUsage, "not positive", "0 is not taken for the default"},
		{"confidence", []string{"-confidence", "95", steady, steady}, exitUsage, "95 is not between 0 and 1", "a percentage"},
		{"missing", []string{steady, "missing.json"}, exitInput, "missing.json", ""},
		{"two bases", []string{two, steady}, exitInput, "holds 2 runs; the base is one", ""},
		{"aggregates", []string{steady, aggregates}, exitInput, "nothing can be compared", ""},
		{"no base", []string{"-", steady}, exitInput, "-: ", "standard input is empty"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			stdout, stderr, status := tokentime(t, "", append([]string{"compare"}, tt.args...)...)
			if status != tt.status || !strings.Contains(stderr, tt.stderr) || tt.status == exitDone && stderr != "" {
				t.Errorf("status %d, stderr %q, want %d, %q: %s", status, stderr, tt.status, tt.stderr, tt.reason)
			}
			if written := stdout != ""; written != (tt.status == exitDone || tt.status == exitFailIf) {
				t.Errorf("status %d, stdout %.80q", status, stdout)
			}
		})
	}
	if stdout, _, status := tokentime(t, header+request, "compare", "-", two); status != exitDone || !strings.Contains(stdout, "NEW 2 AGAINST BASE") {
		t.Errorf("standard input against two runs of a file: status %d\n%.300s", status, stdout)
	}
}

// TestComparePage writes a page with the pictures of all runs, and the same
// pictures as PNG files, also beside text. Conditions decide on the exit status
// in every form.
func TestComparePage(t *testing.T) {
	folder := t.TempDir()
	page, stderr, status := tokentime(t, "", "compare", "-format", "html", "-png", folder, "-request", "7", "-fail-if", "p50(stall) > +5%", steady, freezing)
	if status != exitFailIf || !strings.Contains(stderr, "failed: p50(stall)") {
		t.Fatalf("status %d, stderr %q", status, stderr)
	}
	for _, want := range []string{"<strong>FAIL</strong> p50(stall)", "NEW AGAINST BASE", "request 7", ">worse</td>"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in the page", want)
		}
	}
	beside := t.TempDir()
	text, _, status := tokentime(t, "", "compare", "-png", beside, steady, freezing)
	if status != exitDone || !strings.Contains(text, "\nNEW AGAINST BASE\n") {
		t.Errorf("text and pictures: status %d\n%.300s", status, text)
	}
	for _, id := range []string{"tbt-cdf", "tbt-percentiles", "ttft-cdf", "stall-percentiles", "timeline-1", "timeline-2"} {
		if !strings.Contains(page, `id="figure-`+id+`"`) {
			t.Errorf("no picture %s in the page", id)
		}
		for _, dir := range []string{folder, beside} {
			if _, err := os.Stat(filepath.Join(dir, id+".png")); err != nil {
				t.Error(err)
			}
		}
	}
	if out, stderr, status := tokentime(t, "", "compare", "-png", filepath.Join(folder, "tbt-cdf.png"), steady, freezing); status != exitInput || out != "" || !strings.Contains(stderr, "-png") {
		t.Errorf("a folder that is a file: status %d, %.100q, %s", status, out, stderr)
	}
}
