package compare

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/report/internal/layout"
	"github.com/tokentime/tokentime/results"
)

// Codes of the warnings of a [Pair] about what was compared.
const (
	WarnPopulation = "population-differs"
	WarnModel      = "model-differs"
	WarnWorkload   = "workload-differs"
	WarnRate       = "request-rate-differs"
	WarnConvention = "convention-differs"
	WarnNoRequests = "no-requests"
)

// populationError is the probability at which a difference between two runs
// that were equal is taken for one, over all shares together.
const populationError = 0.01

// Population is how many requests of each run ended in one way, as shares of
// those offered. The interval is of the difference of the shares, new - base,
// by the score method:
//
//	d - sqrt((p2 - l2)^2 + (u1 - p1)^2)  to  d + sqrt((u2 - p2)^2 + (p1 - l1)^2)
//
// p1 and p2 are the shares of base and new, l and u the ends of their Wilson
// intervals (Newcombe, "Interval estimation for the difference between
// independent proportions", Statistics in Medicine 17, 1998, method 10). Its
// confidence is 1 - 0.01/k with k ways that occur at all, so that the chance
// of any false difference is about 1 % (Bonferroni).
type Population struct {
	Name      string                             `json:"name"`
	BaseCount int64                              `json:"base"`
	NewCount  int64                              `json:"new"`
	BaseShare metrics.Optional[float64]          `json:"base_share"`
	NewShare  metrics.Optional[float64]          `json:"new_share"`
	Interval  metrics.Optional[metrics.Interval] `json:"difference_interval"`
	Differs   bool                               `json:"differs"`
}

// kindNames are the names of request kinds in JSON and in conditions.
var kindNames = [numKinds]string{"answered", "one_token", "empty", "failed", "cancelled", "timed_out", "rejected"}

// populations returns the ways in which a request of either run ended.
func populations(base, new *Run) []Population {
	shown := 0
	for k := range base.kinds {
		if base.kinds[k]+new.kinds[k] > 0 {
			shown++
		}
	}
	n, m := base.Metrics.Requests.Offered, new.Metrics.Requests.Offered
	list := []Population{}
	for k, name := range kindNames {
		a, b := base.kinds[k], new.kinds[k]
		if a+b == 0 {
			continue
		}
		p := Population{Name: name, BaseCount: a, NewCount: b, BaseShare: share(a, n), NewShare: share(b, m)}
		if i, ok := shareDifference(a, n, b, m, 1-populationError/float64(shown)); ok {
			p.Interval = metrics.Known(i)
			p.Differs = i.Lo > 0 || i.Hi < 0
		}
		list = append(list, p)
	}
	return list
}

func share(k, n int64) metrics.Optional[float64] {
	if n == 0 {
		return metrics.Optional[float64]{}
	}
	return metrics.Known(float64(k) / float64(n))
}

// shareDifference returns an interval for b/m - a/n; see [Population]. There
// is none if n or m is 0.
func shareDifference(a, n, b, m int64, confidence float64) (metrics.Interval, bool) {
	if n == 0 || m == 0 {
		return metrics.Interval{}, false
	}
	z := math.Sqrt2 * math.Erfinv(confidence)
	p1, l1, u1 := wilson(a, n, z)
	p2, l2, u2 := wilson(b, m, z)
	d := p2 - p1
	return metrics.Interval{
		Lo:         d - math.Hypot(p2-l2, u1-p1),
		Hi:         d + math.Hypot(u2-p2, p1-l1),
		Confidence: confidence,
	}, true
}

// wilson returns k/n and the ends of its score interval, z standard errors to
// each side.
func wilson(k, n int64, z float64) (p, lo, hi float64) {
	p = float64(k) / float64(n)
	square := float64(z * z)
	middle := 2*float64(k) + square
	half := z * math.Sqrt(square+float64(4*float64(k)*(1-p)))
	scale := 2 * (float64(n) + square)
	lo, hi = (middle-half)/scale, (middle+half)/scale
	if k == 0 {
		lo = 0
	}
	if k == n {
		hi = 1
	}
	return p, min(lo, p), max(hi, p)
}

// populationWarning returns the warning about shares that differ, if any do.
func populationWarning(list []Population) (metrics.Warning, bool) {
	var parts []string
	for _, p := range list {
		if p.Differs {
			a, _ := p.BaseShare.Get()
			b, _ := p.NewShare.Get()
			parts = append(parts, fmt.Sprintf("%s %s (%s) in base, %s (%s) in new", kindWords(p.Name),
				layout.Count(p.BaseCount), layout.Share(a), layout.Count(p.NewCount), layout.Share(b)))
		}
	}
	if len(parts) == 0 {
		return metrics.Warning{}, false
	}
	return metrics.Warning{Code: WarnPopulation, Message: "requests ended differently, beyond chance: " + strings.Join(parts, "; ") +
		". A latency is one of the requests that have it, and these are not the same."}, true
}

// kindWords returns a kind's name as words.
func kindWords(name string) string {
	switch name {
	case "answered":
		return "answered"
	case "one_token":
		return "1-token answers"
	}
	return strings.ReplaceAll(name, "_", " ")
}

// setupWarnings returns how what was measured differs.
func setupWarnings(base, new *Run) []metrics.Warning {
	var w []metrics.Warning
	add := func(code, format string, args ...any) {
		w = append(w, metrics.Warning{Code: code, Message: fmt.Sprintf(format, args...)})
	}
	for _, f := range []struct {
		kind results.FactKind
		code string
		name string
	}{
		{results.FactModel, WarnModel, "model"},
		{results.FactTokenizer, WarnModel, "tokenizer"},
		{results.FactWorkload, WarnWorkload, "workload"},
		{results.FactRequestRate, WarnRate, "requested rate"},
		{results.FactMaxConcurrency, WarnRate, "concurrency limit"},
	} {
		a, okA := base.Info.Stated(f.kind)
		b, okB := new.Info.Stated(f.kind)
		if okA && okB && !sameFact(a.Value, b.Value) {
			add(f.code, "the %s differs: %s in base, %s in new", f.name, a.Value, b.Value)
		}
	}
	if a, b := base.Info.Convention, new.Info.Convention; a != b && a != "" && b != "" {
		add(WarnConvention, "the files state their own figures under different conventions, %s and %s; "+
			"everything here is computed from the records, under %s", a, b, base.options.Report.Convention.Name)
	}
	for _, x := range []struct {
		name      string
		base, new []float64
	}{{"prompts", base.prompts, new.prompts}, {"answers", base.outputs, new.outputs}} {
		if message, ok := lengthsDiffer(x.name, x.base, x.new); ok {
			add(WarnWorkload, "%s", message)
		}
	}
	if message, ok := arrivalsDiffer(base, new); ok {
		add(WarnRate, "%s", message)
	}
	return w
}

// sameFact compares numbers as such: 16 is 16.0.
func sameFact(a, b string) bool {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	if errX == nil && errY == nil {
		return x == y
	}
	return a == b
}

// lengthsDiffer says how the lengths differ if their distributions do, beyond
// chance at 1 %, by the band of [Shape].
func lengthsDiffer(name string, base, new []float64) (string, bool) {
	if len(base) == 0 || len(new) == 0 {
		return "", false
	}
	ps := []float64{0.5, 0.9}
	a := newColumn(base, metrics.Linear, ps)
	b := newColumn(new, metrics.Linear, ps)
	shape := shapeOf(a, b, metric{}, 1-populationError)
	if len(shape.Regions) == 0 {
		return "", false
	}
	p, q := a.exact().Quantiles(metrics.Linear, ps...), b.exact().Quantiles(metrics.Linear, ps...)
	return fmt.Sprintf("the lengths of %s differ beyond chance: P50 %s and P90 %s tokens in base, %s and %s in new (distance %.2f)",
		name, layout.Rate(p[0]), layout.Rate(p[1]), layout.Rate(q[0]), layout.Rate(q[1]), shape.Distance), true
}

// arrivalsDiffer compares the rates at which requests arrived: the logarithm
// of their ratio has the standard error sqrt(1/n + 1/m) if both are Poisson.
func arrivalsDiffer(base, new *Run) (string, bool) {
	a, okA := base.arrivalRate().Get()
	b, okB := new.arrivalRate().Get()
	if !okA || !okB || a <= 0 || b <= 0 {
		return "", false
	}
	z := math.Sqrt2 * math.Erfinv(1-populationError)
	if math.Abs(math.Log(b/a)) <= z*math.Sqrt(1/float64(base.arrivals)+1/float64(new.arrivals)) {
		return "", false
	}
	return fmt.Sprintf("requests arrived at %s/s in base and %s/s in new", layout.Rate(a), layout.Rate(b)), true
}

// countOf returns how many requests of the run are of the kind of that name.
func (r *Run) countOf(name string) int64 { return r.kinds[slices.Index(kindNames[:], name)] }
