package slo

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPresets(t *testing.T) {
	// P99 TTFT/TPOT in ms, from mlperf.conf of MLPerf Inference.
	want := map[string]string{
		"mlperf-llama2-70b-server":         "p99(ttft)<=2000ms,p99(tpot)<=200ms",
		"mlperf-llama2-70b-interactive":    "p99(ttft)<=450ms,p99(tpot)<=40ms",
		"mlperf-llama3.1-8b-server":        "p99(ttft)<=2000ms,p99(tpot)<=100ms",
		"mlperf-llama3.1-8b-interactive":   "p99(ttft)<=500ms,p99(tpot)<=30ms",
		"mlperf-llama3.1-405b-server":      "p99(ttft)<=6000ms,p99(tpot)<=175ms",
		"mlperf-llama3.1-405b-interactive": "p99(ttft)<=4500ms,p99(tpot)<=80ms",
		"mlperf-deepseek-r1-server":        "p99(ttft)<=2000ms,p99(tpot)<=80ms",
		"mlperf-deepseek-r1-interactive":   "p99(ttft)<=1500ms,p99(tpot)<=15ms",
	}
	got := map[string]string{}
	var names []string
	for _, p := range Presets() {
		names = append(names, p.Name)
		got[p.Name] = p.Objective.String()
		o, ok := Preset(p.Name)
		if !ok || !o.Equal(p.Objective) {
			t.Errorf("Preset(%q) = %v, %v", p.Name, o, ok)
		}
		checkInvariants(t, o.String(), o)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if !slices.IsSorted(names) {
		t.Errorf("not sorted: %q", names)
	}
	if o, ok := Preset("llama2-70b"); ok || !o.Equal(Objective{}) {
		t.Errorf("an unknown preset is %v, %v", o, ok)
	}
}
