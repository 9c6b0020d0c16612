package audit

import (
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/results"
)

const (
	header  = `{"tokentime":1,"clock":"run"}` + "\n"
	request = `{"id":"0","sent_ns":0,"at_ns":[5,9],"outcome":"completed"}` + "\n"
	none    = `{"id":"1","sent_ns":0,"outcome":"completed"}` + "\n"
)

func read(t *testing.T, content string) ([]*Audit, error) {
	t.Helper()
	rd, err := results.NewReader("file", strings.NewReader(content), results.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return Read(rd, Options{})
}

func TestRead(t *testing.T) {
	for _, tt := range []struct {
		name, content string
		want          [][]string // codes of each run
		fails         bool
		reason        string
	}{
		{"one run", header + request, [][]string{{}}, false, "two tokens and no defect"},
		{"two runs", header + request + header + none, [][]string{{}, {"error empty-successes"}}, false, "each is audited by itself"},
		{"time reversed", header + request + `{"id":"9","sent_ns":0,"at_ns":[9,5],"outcome":"completed"}`,
			[][]string{{"error time-backwards"}}, false, "a defect of the run"},
		{"before arrival", header + `{"id":"9","due_ns":8,"at_ns":[5],"outcome":"completed"}`,
			[][]string{{"error time-backwards"}}, false, "likewise"},
		{"after the end", header + none + `{"id":"9","at_ns":[5],"end_ns":4,"outcome":"completed"}`,
			[][]string{{"error time-backwards", "error empty-successes"}}, false, "what came before it is audited"},
		{"negative gap", `{"backend":"vllm","mean_ttft_ms":1,"input_lens":[3],"output_lens":[2],"ttfts":[0.5],"itls":[[-0.1]]}`,
			[][]string{{"error time-backwards"}}, false, "found before the run could be known"},
		{"malformed", header + request + "{", [][]string{{}}, true, "no defect of the run: the file cannot be read"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			audits, err := read(t, tt.content)
			if (err != nil) != tt.fails {
				t.Fatalf("%s: error %v", tt.reason, err)
			}
			var got [][]string
			for _, a := range audits {
				got = append(got, codes(a.Findings()))
				if a.Run().Source != "file" {
					t.Errorf("source %q", a.Run().Source)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s (-want +got)\n%s", tt.reason, diff)
			}
		})
	}
}

// TestManyRuns holds that a run that has been read is no burden: its
// histograms, some megabytes, are dropped.
func TestManyRuns(t *testing.T) {
	const runs = 60
	live := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := live()
	audits, err := read(t, strings.Repeat(header+request+none, runs))
	if err != nil || len(audits) != runs {
		t.Fatalf("%d runs, %v", len(audits), err)
	}
	if perRun := (live() - before) / runs; perRun > 64<<10 {
		t.Errorf("%d bytes are held for a run of two requests", perRun)
	}
	for _, a := range audits {
		if diff := cmp.Diff([]string{"error empty-successes"}, codes(a.Findings())); diff != "" || a.Requests().Offered != 2 {
			t.Fatalf("%+v %s", a.Requests(), diff)
		}
	}
}

// TestAddToEnded holds that nothing can be added to what Read returned, where
// it would change no finding.
func TestAddToEnded(t *testing.T) {
	audits, err := read(t, header+request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	audits[0].Add(&metrics.Request{ID: "late"})
}

// TestBackwardsSaysWhere holds that the finding names the place.
func TestBackwardsSaysWhere(t *testing.T) {
	audits, err := read(t, header+request+`{"id":"9","sent_ns":0,"at_ns":[9,5],"outcome":"completed"}`)
	if err != nil {
		t.Fatal(err)
	}
	f := audits[0].Findings()[0]
	if !strings.Contains(f.Message, "line 3") || f.Requests.Count != 1 {
		t.Errorf("%+v", f)
	}
}

// TestErrorIsTyped holds that Read returns the reader's error as it is.
func TestErrorIsTyped(t *testing.T) {
	_, err := read(t, header+request+"{")
	var at *results.Error
	if !errors.As(err, &at) || at.Line != 3 {
		t.Errorf("error %v", err)
	}
}
