package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/report"
)

// wrong is a run with an empty "completed" answer.
const wrong = header + request + `{"id":"1","sent_ns":0,"end_ns":3,"outcome":"completed"}` + "\n"

// backwards is a run in which time runs backwards.
const backwards = header + request + `{"id":"1","sent_ns":0,"at_ns":[9,5],"outcome":"completed"}` + "\n"

// TestAuditGolden holds both forms of the output. The demo's freezing run has
// stalls that its averages hide, the steady one is too short for nothing.
func TestAuditGolden(t *testing.T) {
	for _, tt := range []struct {
		file  string
		stdin string
		args  []string
		want  int
	}{
		{"audit.txt", "", []string{"audit", "demo/steady.jsonl", "demo/freezing.jsonl"}, exitDone},
		{"audit.json", wrong, []string{"audit", "-format", "json", "-"}, exitWrong},
		{"audit-wrong.txt", wrong + backwards, []string{"audit", "-"}, exitWrong},
	} {
		t.Run(tt.file, func(t *testing.T) {
			got, stderr, status := tokentime(t, tt.stdin, tt.args...)
			if status != tt.want || stderr != "" {
				t.Fatalf("status %d, want %d; stderr %q", status, tt.want, stderr)
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
			for line := range strings.Lines(got) {
				if n := utf8.RuneCountInString(line); tt.args[1] != "-format" && n > 120 {
					t.Errorf("a line of %d characters: %s", n, line)
				}
			}
		})
	}
}

// TestAuditStatus holds the exit statuses: 3 only for findings of level
// error, also of a run among others.
func TestAuditStatus(t *testing.T) {
	for _, tt := range []struct {
		name, stdin string
		args        []string
		want        int
		stderr      string
	}{
		{"clean", header + request, []string{"-"}, exitDone, ""},
		{"error finding", wrong, []string{"-"}, exitWrong, ""},
		{"error finding in the first of two runs", wrong + header + request, []string{"-"}, exitWrong, ""},
		{"ignored", wrong, []string{"-ignore", "empty-successes", "-"}, exitDone, ""},
		{"backwards is a finding, not a failure to read", backwards, []string{"-"}, exitWrong, ""},
		{"malformed", header + "{", []string{"-"}, exitInput, "line 2"},
		{"no such file", "", []string{"no/such/file"}, exitInput, "no/such/file"},
		{"a directory", "", []string{"testdata"}, exitInput, "directory"},
		{"no file", "", nil, exitUsage, "no file given"},
		{"no such flag", "", []string{"-x"}, exitUsage, "-x"},
		{"no such output", "", []string{"-format", "xml", "-"}, exitUsage, `"xml"`},
		{"no such input", "", []string{"-input", "xml", "-"}, exitUsage, `"xml"`},
		{"no such code", "", []string{"-ignore", "a,b", "-"}, exitUsage, `"a"`},
		{"help", "", []string{"-h"}, exitDone, "-ignore"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			stdout, stderr, status := tokentime(t, tt.stdin, append([]string{"audit"}, tt.args...)...)
			if status != tt.want || !strings.Contains(stderr, tt.stderr) {
				t.Errorf("status %d, want %d; stderr %q, want %q", status, tt.want, stderr, tt.stderr)
			}
			if (status == exitInput || status == exitUsage) && stdout != "" {
				t.Errorf("stdout after a failure: %q", stdout)
			}
			if status == exitWrong && stdout == "" {
				t.Error("no finding on stdout")
			}
		})
	}
}

// TestAuditJSON holds that the document can be read by a program.
func TestAuditJSON(t *testing.T) {
	stdout, _, _ := tokentime(t, wrong, "audit", "-format", "json", "-")
	var doc struct {
		Schema string
		Runs   []struct {
			Source   string
			Findings []struct {
				Code, Severity string
				Numbers        []struct {
					Name, Unit string
					Value      float64
				}
				Requests struct {
					Count int
					IDs   []string
				}
			}
		}
		Summary struct{ Runs, Errors, Warnings, Infos int }
	}
	if err := json.Unmarshal([]byte(stdout), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Schema != report.AuditSchema || len(doc.Runs) != 1 || doc.Summary.Errors != 1 {
		t.Fatalf("%+v", doc)
	}
	f := doc.Runs[0].Findings[0]
	if f.Code != "empty-successes" || f.Severity != "error" || f.Requests.IDs[0] != "1" || f.Numbers[0].Value != 1 {
		t.Errorf("%+v", f)
	}
}
