package main

import (
	"strings"

	"github.com/tokentime/tokentime/metrics"
)

// definition is a metric as the team computes it and as a convention does.
type definition struct {
	name string
	own  func(*metrics.Request) metrics.PerToken
	of   func(metrics.Convention, *metrics.Request) metrics.PerToken
}

func definitions() []definition {
	ttft := func(c metrics.Convention, r *metrics.Request) metrics.PerToken {
		d, ok := c.Raw(r).TTFT.Get()
		if !ok {
			return metrics.PerToken{}
		}
		return metrics.PerToken{Total: d, Tokens: 1}
	}
	tpot := func(c metrics.Convention, r *metrics.Request) metrics.PerToken {
		return c.Normalized(r).TPOT.PerToken
	}
	return []definition{{"TTFT", ownTTFT, ttft}, {"TPOT", ownTPOT, tpot}}
}

// agreeing names the conventions under which the metric has the team's value
// on every one of the streams.
func (d definition) agreeing(on ...stream) string {
	var names, others []string
	for _, c := range metrics.Conventions() {
		same := true
		for _, s := range on {
			same = same && equal(d.own(&s.Request), d.of(c, &s.Request))
		}
		if same {
			names = append(names, c.Name)
		} else {
			others = append(others, c.Name)
		}
	}
	switch {
	case len(names) == 0:
		return "none"
	case len(others) == 0:
		return "every convention"
	case len(others) < len(names):
		return "all but " + strings.Join(others, ", ")
	}
	return strings.Join(names, ", ")
}

// equal compares two quotients exactly, as integers.
func equal(p, q metrics.PerToken) bool {
	return int64(p.Total)*q.Tokens == int64(q.Total)*p.Tokens && p.Known() == q.Known()
}
