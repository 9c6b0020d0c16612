package report

import (
	"github.com/tokentime/tokentime/fluidity"
	"github.com/tokentime/tokentime/goodput"
	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/results"
	"github.com/tokentime/tokentime/slo"
)

// Options says what is computed for a run. The zero Options lack the decode
// deadline, which has no default.
type Options struct {
	Convention metrics.Convention // zero: the rules of metrics.Paper
	Method     metrics.Method     // of all distributions
	Deadlines  fluidity.Deadlines // of the fluidity index
	Objective  slo.Objective      // zero: none
	Goodput    goodput.Options
}

// Run collects the requests of one run.
type Run struct {
	Info     *results.Run // what NewRun was given; a reader completes its warnings while the requests are read
	Metrics  metrics.Summary
	Fluidity fluidity.Summary
	SLO      slo.Summary
	Goodput  goodput.Summary

	judged     bool // there is an objective
	perRequest bool // some part of it is about one request
}

// NewRun returns an empty Run for what info describes. The error is the one of
// the option that means nothing.
func NewRun(info *results.Run, o Options) (*Run, error) {
	if err := o.Deadlines.Validate(); err != nil {
		return nil, err
	}
	if err := o.Goodput.Validate(); err != nil {
		return nil, err
	}
	scorer := goodput.Scorer{Options: o.Goodput, Deadlines: o.Deadlines}
	run := &Run{
		Info: info,
		Metrics: metrics.Summary{Options: metrics.SummaryOptions{
			Convention:     o.Convention,
			Method:         o.Method,
			Duration:       info.Duration,
			SeparateClocks: !info.CommonClock,
		}},
		Fluidity: fluidity.Summary{Options: fluidity.Options{Deadlines: o.Deadlines, Method: o.Method}},
		SLO: slo.Summary{
			Checker: slo.Checker{Objective: o.Objective, Convention: o.Convention, Scorer: scorer},
			Method:  o.Method,
		},
		Goodput: goodput.Summary{Options: o.Goodput, Method: o.Method, Quantile: o.Convention.Quantile},
	}
	for _, part := range o.Objective.Parts() {
		run.judged = true
		run.perRequest = run.perRequest || part.Scope == slo.PerRequest
	}
	return run, nil
}

// Add adds a request of the run.
func (r *Run) Add(req *metrics.Request) error {
	if err := r.Metrics.Add(req); err != nil {
		return err
	}
	if err := r.Fluidity.Add(req); err != nil {
		return err
	}
	attained := metrics.Optional[bool]{}
	if r.judged {
		v, err := r.SLO.Add(req)
		if err != nil {
			return err
		}
		if r.perRequest {
			attained = metrics.Known(v == slo.Met)
		}
	}
	return r.Goodput.Add(req, attained)
}

// reproductions compares what the file states with what was computed, if that
// was under the convention of the tool that wrote the file.
func (r *Run) reproductions() []results.Reproduction {
	if r.Info.Convention == "" || r.Info.Convention != r.Metrics.Options.Convention.Name {
		return nil
	}
	return append(r.Info.Reproduce(&r.Metrics), r.Info.ReproduceTotals(&r.Metrics)...)
}

// Warnings returns all that is doubtful about the run's numbers.
func (r *Run) Warnings() []metrics.Warning {
	w := []metrics.Warning{}
	w = append(w, r.Info.Warnings...)
	w = append(w, r.Metrics.Warnings()...)
	w = append(w, r.Fluidity.Warnings()...)
	if r.judged {
		w = append(w, r.SLO.Warnings()...)
	}
	return append(w, r.Goodput.Warnings()...)
}
