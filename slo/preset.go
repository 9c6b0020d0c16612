package slo

import (
	"fmt"
	"slices"
)

// Named is an objective that others refer to by name.
type Named struct {
	Name      string
	Objective Objective
}

// Presets returns the latency limits of MLPerf Inference, which are about
// P99 TTFT and P99 TPOT, sorted by name.
//
// MLPerf also fixes how they are measured: from the instant at which the
// request was due, with the quantile sorted[floor(n p)]. A preset holds the
// limits only.
func Presets() []Named {
	// mlperf.conf of mlcommons/inference.
	limits := [...]struct {
		name       string
		ttft, tpot int // ms
	}{
		{"mlperf-deepseek-r1-interactive", 1500, 15},
		{"mlperf-deepseek-r1-server", 2000, 80},
		{"mlperf-llama2-70b-interactive", 450, 40},
		{"mlperf-llama2-70b-server", 2000, 200},
		{"mlperf-llama3.1-405b-interactive", 4500, 80},
		{"mlperf-llama3.1-405b-server", 6000, 175},
		{"mlperf-llama3.1-8b-interactive", 500, 30},
		{"mlperf-llama3.1-8b-server", 2000, 100},
	}
	presets := make([]Named, len(limits))
	for i, l := range limits {
		o, err := Parse(fmt.Sprintf("p99(ttft)<=%dms,p99(tpot)<=%dms", l.ttft, l.tpot))
		if err != nil {
			panic("slo: preset " + l.name + ": " + err.Error())
		}
		presets[i] = Named{l.name, o}
	}
	return presets
}

// Preset returns the objective of that name among [Presets].
func Preset(name string) (Objective, bool) {
	presets := Presets()
	i := slices.IndexFunc(presets, func(n Named) bool { return n.Name == name })
	if i < 0 {
		return Objective{}, false
	}
	return presets[i].Objective, true
}
