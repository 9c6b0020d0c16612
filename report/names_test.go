package report

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/results"
)

func TestColumnNames(t *testing.T) {
	for _, tt := range []struct {
		name          string
		sources, want []string
	}{
		{"what differs", []string{"x/405b-h100-16qps.json.gz", "x/405b-mi300x-16qps.json.gz"}, []string{"h100", "mi300x"}},
		{"one run", []string{"x/405b-h100-16qps.json.gz"}, []string{"405b-h100-16qps"}},
		{"runs of one file", []string{"a.json", "a.json", "a.json"}, []string{"a", "a (2)", "a (3)"}},
		{"nothing in common", []string{"demo/steady.jsonl", "demo/freezing.jsonl"}, []string{"steady", "freezing"}},
		{"one is a part of the other", []string{"run-a.json", "run.json"}, []string{"run-a", "run"}},
		{"standard input", []string{"-", "b.json"}, []string{"stdin", "b"}},
		{"only separators", []string{"--.json", "--.json"}, []string{"--", "-- (2)"}},
		{"long", []string{"abcdefghijklmnopqrstuvwxyz.json"}, []string{"abcdefghijklmno…"}},
		{"long, differ at the end", []string{"deepseek-a100-qps01.json", "deepseek-a100-qps16.json", "llama70b-a100-qps16.json", "b.json"},
			[]string{"deepsee…00-qps01", "deepsee…00-qps16", "llama70b-a100-q…", "b"}},
		{"long, differ in the middle", []string{"abcdefghijklmnopq1rstuvwxyz.json", "abcdefghijklmnopq2rstuvwxyz.json"}, []string{"abcdefg…stuvwxyz", "abcdefg…stuvwxyz (2)"}},
		{"long, runs of one file", []string{"abcdefghijklmnopqrstuvwxyz.json", "abcdefghijklmnopqrstuvwxyz.json"}, []string{"abcdefghijklmno…", "abcdefghijklmno… (2)"}},
		{"Windows path", []string{`C:\\runs\\a.json`}, []string{"a"}},
	} {
		var runs []*Run
		for _, s := range tt.sources {
			runs = append(runs, &Run{Info: &results.Run{Source: s}})
		}
		if diff := cmp.Diff(tt.want, columnNames(runs)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tt.name, diff)
		}
	}
}
