package main

import (
	"time"

	"github.com/tokentime/tokentime/goodput"
	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/slo"
)

// pace is what a reader takes a token in: 20 tokens a second, somebody who skims
// or a program that speaks (our choice).
const pace = 50 * time.Millisecond

// alphas are the prices of waiting, in tokens per token that the reader could
// have read meanwhile. At 0 waiting is free.
var alphas = [...]float64{0, 0.5, 1, 2.5, 10}

// objective is what the operator promised to each request (our choice).
const objective = "ttft<=1s,tpot<=50ms"

// point is what a run at one rate amounts to.
type point struct {
	Rate       rate
	Latency    metrics.Summary
	Attainment float64
	Goodput    [len(alphas)]goodput.Stats
}

// measure runs the load at a rate and adds it up.
func measure(s server, load []planned, at rate) (*point, error) {
	o, err := slo.Parse(objective)
	if err != nil {
		return nil, err
	}
	p := &point{Rate: at}
	judge := slo.Summary{Checker: slo.Checker{Objective: o}}
	var worth [len(alphas)]goodput.Summary
	for i, alpha := range alphas {
		worth[i].Options = goodput.Options{
			Reader:  goodput.Reader{PerToken: pace},
			Alpha:   metrics.Known(alpha),
			Penalty: goodput.Penalty{Form: goodput.Tokens},
		}
	}
	records, _ := s.serve(arrivals(load, at))
	for i := range records {
		r := &records[i]
		if err := p.Latency.Add(r); err != nil {
			return nil, err
		}
		verdict, err := judge.Add(r)
		if err != nil {
			return nil, err
		}
		for j := range worth {
			if err := worth[j].Add(r, metrics.Known(verdict == slo.Met)); err != nil {
				return nil, err
			}
		}
	}
	p.Attainment, _ = judge.Report().Attainment.Get()
	for i := range worth {
		p.Goodput[i] = worth[i].Stats(p.Latency.Duration())
	}
	return p, nil
}

// best returns the index of the point with the highest smooth goodput for an
// alpha, the lowest rate if there are several.
func best(points []*point, alpha int) int {
	top := 0
	for i, p := range points {
		if smooth(p, alpha) > smooth(points[top], alpha) {
			top = i
		}
	}
	return top
}

func smooth(p *point, alpha int) float64 {
	v, _ := p.Goodput[alpha].Smooth.Get()
	return v
}
