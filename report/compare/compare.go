package compare

import (
	"fmt"
	"strconv"

	"github.com/tokentime/tokentime/metrics"
)

// Comparison is a base run against others, one [Pair] each.
type Comparison struct {
	Convention metrics.Convention `json:"convention"`
	Confidence float64            `json:"confidence"`
	Resamples  int                `json:"resamples"`
	Seed       uint64             `json:"seed"`
	Objective  string             `json:"objective,omitempty"`
	Confident  bool               `json:"confident"`
	Base       Summary            `json:"base"`
	Pairs      []Pair             `json:"pairs"`
}

// Summary describes one run.
type Summary struct {
	Name     string                `json:"-"` // short, for a heading
	Source   string                `json:"source"`
	Format   string                `json:"format"`
	Requests metrics.RequestCounts `json:"requests"`
	OneToken int64                 `json:"one_token"` // completed answers of one token
	Tokens   metrics.TokenCounts   `json:"tokens"`
	Duration metrics.Span          `json:"duration_ns"`
	Warnings []metrics.Warning     `json:"warnings"`

	Run *Run `json:"-"`
}

// Pair is base against one other run.
type Pair struct {
	New Summary `json:"new"`

	Populations []Population      `json:"populations"`
	Warnings    []metrics.Warning `json:"warnings"` // about what was compared

	// Comparable is false if the requests of the two runs ended differently,
	// beyond chance, and the options do not allow that. No latency is then
	// judged.
	Comparable bool `json:"comparable"`

	Metrics []Metric `json:"metrics"` // distributions, then rates and shares

	// Judged is the number of rows with the verdict better, worse or no
	// change. If nothing had changed, (1 - confidence) times as many would be
	// expected to show a change.
	Judged int `json:"judged"`

	Conditions []Check `json:"conditions"`
}

// Metric is one metric in both runs.
type Metric struct {
	Key          string `json:"metric"`
	Label        string `json:"-"`
	Unit         Unit   `json:"unit"`
	HigherBetter bool   `json:"higher_is_better"`

	// Numbers of values. Undefined is the number of requests without any.
	BaseN         int64 `json:"base_n"`
	NewN          int64 `json:"new_n"`
	BaseUndefined int64 `json:"base_undefined"`
	NewUndefined  int64 `json:"new_undefined"`

	Rows  []Row  `json:"rows"`
	Shape *Shape `json:"distribution"` // nil without values, and for rates and shares
}

// Row returns the row of that name.
func (m *Metric) Row(stat string) (Row, bool) {
	for _, r := range m.Rows {
		if r.Stat == stat {
			return r, true
		}
	}
	return Row{}, false
}

// Metric returns the metric of that key.
func (p *Pair) Metric(key string) (*Metric, bool) {
	for i := range p.Metrics {
		if p.Metrics[i].Key == key {
			return &p.Metrics[i], true
		}
	}
	return nil, false
}

// Compare compares base with each of the others. All must have been made with
// the options; the result of a pair does not depend on the other pairs. The
// error is that of [Options.Validate].
func Compare(base *Run, others []*Run, o Options) (*Comparison, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	c := &Comparison{
		Convention: o.Report.Convention,
		Confidence: o.confidence(),
		Resamples:  o.resamples(),
		Seed:       o.seed(),
		Objective:  o.Report.Objective.String(),
		Confident:  o.Confident,
		Base:       summaryOf(base, "base"),
	}
	b := newSample(base, &o, 0)
	for i, run := range others {
		name := "new"
		if len(others) > 1 {
			name = fmt.Sprintf("new %d", i+1)
		}
		c.Pairs = append(c.Pairs, newPair(b, newSample(run, &o, 1), name, &o))
	}
	return c, nil
}

func summaryOf(r *Run, name string) Summary {
	return Summary{
		Name:     name,
		Source:   r.Info.Source,
		Format:   r.Info.Format,
		Requests: r.Metrics.Requests,
		OneToken: r.countOf("one_token"),
		Tokens:   metrics.TokenCounts{Prompt: r.Metrics.PromptTokens, Output: r.Metrics.OutputTokens},
		Duration: r.Metrics.Duration(),
		Warnings: r.warnings(),
		Run:      r,
	}
}

func newPair(base, new *sample, name string, o *Options) Pair {
	p := Pair{New: summaryOf(new.run, name), Populations: populations(base.run, new.run), Warnings: []metrics.Warning{}, Comparable: true, Conditions: []Check{}}
	if base.run.len() == 0 || new.run.len() == 0 {
		p.Warnings = append(p.Warnings, metrics.Warning{Code: WarnNoRequests, Message: "a run holds no request"})
	}
	if w, ok := populationWarning(p.Populations); ok {
		p.Warnings = append(p.Warnings, w)
		p.Comparable = o.AllowDifference
	}
	p.Warnings = append(p.Warnings, setupWarnings(base.run, new.run)...)
	for m := range numColumns {
		p.Metrics = append(p.Metrics, p.distribution(base, new, m, o))
	}
	for i := range rates {
		p.Metrics = append(p.Metrics, rateOf(base, new, i, o))
	}
	if base.run.judged {
		p.Metrics = append(p.Metrics, attainmentOf(base.run, new.run, o))
	}
	for _, m := range p.Metrics {
		for _, r := range m.Rows {
			if r.Verdict == NoChange || r.Verdict == Better || r.Verdict == Worse {
				p.Judged++
			}
		}
	}
	for _, c := range o.Conditions {
		p.Conditions = append(p.Conditions, p.check(c, o.Confident))
	}
	return p
}

// distribution compares column m.
func (p *Pair) distribution(base, new *sample, m int, o *Options) Metric {
	what := metricOf(m)
	a, b := base.columns[m], new.columns[m]
	out := Metric{
		Key: what.key, Label: what.label, Unit: what.unit, HigherBetter: what.higherBetter,
		BaseN: a.n, NewN: b.n,
		BaseUndefined: int64(base.run.len()) - a.requests, NewUndefined: int64(new.run.len()) - b.requests,
		Shape: shapeOf(a, b, what, o.confidence()),
	}
	for k, q := range a.ps {
		row := newRow(quantileName(q), base.exact[m].quantile(k), new.exact[m].quantile(k))
		row.resampled(base.resampled[m][k], new.resampled[m][k], o.confidence())
		row.judge(what.higherBetter, a.tooFew(q) || b.tooFew(q), p.Comparable)
		out.Rows = append(out.Rows, row)
	}
	k := len(a.ps)
	mean := newRow("mean", base.exact[m].mean, new.exact[m].mean)
	mean.resampled(base.resampled[m][k], new.resampled[m][k], o.confidence())
	mean.judge(what.higherBetter, a.tooFewForMean() || b.tooFewForMean(), p.Comparable)
	worst := newRow(what.worst(), base.exact[m].worst, new.exact[m].worst)
	worst.judge(what.higherBetter, false, p.Comparable)
	out.Rows = append(out.Rows, mean, worst)
	return out
}

func (x *exactColumn) quantile(k int) metrics.Optional[float64] {
	if x.quantiles == nil {
		return metrics.Optional[float64]{}
	}
	return metrics.Known(x.quantiles[k])
}

// quantileName returns the name of the p-quantile, as in "p99.9".
func quantileName(p float64) string {
	return "p" + strconv.FormatFloat(roundPercent(p), 'f', -1, 64)
}

// rateOf compares rate i.
func rateOf(base, new *sample, i int, o *Options) Metric {
	what := rates[i]
	out := metricFrom(what, base.run, new.run)
	row := newRow("rate", rateValue(base.run, i), rateValue(new.run, i))
	row.resampled(base.rates[i], new.rates[i], o.confidence())
	row.judge(what.higherBetter, min(out.BaseN, out.NewN) < minTail, true)
	out.Rows = []Row{row}
	return out
}

func metricFrom(m metric, base, new *Run) Metric {
	return Metric{Key: m.key, Label: m.label, Unit: m.unit, HigherBetter: m.higherBetter,
		BaseN: int64(base.len()), NewN: int64(new.len())}
}

// rateValue returns rate i of the run as the report has it.
func rateValue(r *Run, i int) metrics.Optional[float64] {
	switch i {
	case requestRate:
		return r.Metrics.Stats().Throughput.Requests
	case outputRate:
		return r.Metrics.Stats().Throughput.OutputTokens
	}
	return r.Goodput.Stats(r.Metrics.Duration()).Smooth
}

// attainmentOf compares the shares of requests that attain the objective. The
// interval of the difference is that of [Population].
func attainmentOf(base, new *Run, o *Options) Metric {
	a, n := base.SLO.Attained()
	b, m := new.SLO.Attained()
	out := metricFrom(attainment, base, new)
	row := newRow("share", share(a, n), share(b, m))
	if i, ok := shareDifference(a, n, b, m, o.confidence()); ok {
		row.DifferenceInterval = metrics.Known(i)
	}
	row.judge(true, min(n, m) < minTail, true)
	out.Rows = []Row{row}
	return out
}
