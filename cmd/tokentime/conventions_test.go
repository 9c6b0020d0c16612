package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestConventionsGolden(t *testing.T) {
	got, stderr, status := tokentime(t, "", "conventions", "demo/freezing.jsonl")
	if status != exitDone || stderr != "" {
		t.Fatalf("status %d, stderr %q", status, stderr)
	}
	golden := filepath.Join("testdata", "conventions.txt")
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
}

func TestConventionsJSON(t *testing.T) {
	stdout, stderr, status := tokentime(t, header+request, "conventions", "-format", "json", "-quantiles", "hdr", "-input", "tokentime", "-")
	if status != exitDone || stderr != "" {
		t.Fatalf("status %d, stderr %q", status, stderr)
	}
	var doc struct {
		Schema string
		Runs   []struct {
			Conventions []struct{ Convention struct{ Name string } }
		}
	}
	if err := json.Unmarshal([]byte(stdout), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Schema != "tokentime.conventions/1" || len(doc.Runs) != 1 || doc.Runs[0].Conventions[0].Convention.Name != "paper" {
		t.Errorf("got\n%s", stdout)
	}
}

func TestConventionsExit(t *testing.T) {
	for _, tt := range []struct {
		name   string
		stdin  string
		args   []string
		status int
		says   string
	}{
		{"help", "", []string{"-h"}, exitDone, "usage: tokentime conventions"},
		{"no file", "", nil, exitUsage, "no file given"},
		{"no such flag", "", []string{"-x"}, exitUsage, "-x"},
		{"no such format", "", []string{"-format", "yaml", "-"}, exitUsage, `no format "yaml"`},
		{"no such quantiles", "", []string{"-quantiles", "p2", "-"}, exitUsage, "-quantiles"},
		{"no such input", "", []string{"-input", "csv", "-"}, exitUsage, `no format "csv"`},
		{"no such file", "", []string{"nowhere.json"}, exitInput, "nowhere.json"},
		{"malformed", header + "{", []string{"-"}, exitInput, "-: "},
		{"the second of two", "", []string{"demo/freezing.jsonl", "nowhere.json"}, exitInput, "nowhere.json"},
	} {
		stdout, stderr, status := tokentime(t, tt.stdin, append([]string{"conventions"}, tt.args...)...)
		if status != tt.status || stdout != "" || !strings.Contains(stderr, tt.says) {
			t.Errorf("%s: status %d, stdout %q, stderr %q; want %d, nothing, %q", tt.name, status, stdout, stderr, tt.status, tt.says)
		}
	}
}
