package compare

import (
	"fmt"
	"math"
	"math/big"
	"strings"

	"github.com/tokentime/tokentime/metrics"
)

// A Condition is about the change of one number from base to new, such as
// "p99(ttft) > +5%": see [ParseConditions]. A pair in which it holds has
// failed. The zero Condition is none.
type Condition struct {
	stat       stat
	percent    *big.Rat // of statQuantile: 0 to 100, exclusive
	metric     string
	comparison string // ">", ">=", "<", "<="
	unit       limitUnit
	limit      *big.Rat // in percent, points, nanoseconds, or times
	text       string   // canonical
}

type stat uint8

const (
	statQuantile stat = iota
	statMean
	statMax
	statMin
	statRate
	statShare
)

type limitUnit uint8

const (
	limitPercent  limitUnit = iota // of base
	limitPoints                    // hundredths, of a share
	limitDuration                  // nanoseconds
	limitTimes                     // new / base
)

// String returns the condition as [ParseConditions] reads it.
func (c Condition) String() string { return c.text }

// MarshalText returns the text of [Condition.String].
func (c Condition) MarshalText() ([]byte, error) { return []byte(c.text), nil }

// p returns the probability of a quantile, rounded once.
func (c Condition) p() float64 {
	p, _ := new(big.Rat).Quo(c.percent, big.NewRat(100, 1)).Float64()
	return p
}

// row returns the name of the row that the condition is about.
func (c Condition) row() string {
	switch c.stat {
	case statQuantile:
		return quantileName(c.p())
	case statMean:
		return "mean"
	case statMax:
		return "max"
	case statMin:
		return "min"
	case statRate:
		return "rate"
	}
	return "share"
}

// roundPercent returns 100 p without the rounding error of p.
func roundPercent(p float64) float64 { return math.Round(p*1e12) / 1e10 }

// Check is what became of a condition in one pair.
type Check struct {
	Condition Condition `json:"condition"`

	// Holds means that the pair has failed. It is also true if the condition
	// could not be evaluated: what cannot be evaluated must not pass.
	Holds     bool   `json:"holds"`
	Evaluated bool   `json:"evaluated"`
	Reason    string `json:"reason"` // with the numbers
}

// Failed returns the number of checks that hold, over all pairs.
func (c *Comparison) Failed() int {
	n := 0
	for _, p := range c.Pairs {
		for _, x := range p.Conditions {
			if x.Holds {
				n++
			}
		}
	}
	return n
}

// check evaluates a condition. The comparison of a change with its limit is
// exact: both are rational numbers.
func (p *Pair) check(c Condition, confident bool) Check {
	unknown := func(format string, args ...any) Check {
		return Check{Condition: c, Holds: true, Reason: "cannot be evaluated: " + fmt.Sprintf(format, args...)}
	}
	row, unit, problem := p.find(c)
	if problem != "" {
		return unknown("%s", problem)
	}
	base, okA := row.Base.Get()
	after, okB := row.New.Get()
	switch {
	case !okA || !okB:
		return unknown("%s is undefined in %s", c.subject(), undefinedIn(okA, okB))
	case row.Verdict == NotComparable:
		return unknown("the runs' requests ended differently")
	case base < 0 && c.unit != limitDuration && c.unit != limitPoints:
		return unknown("base is negative, so that no change is a share of it")
	}
	values := fmt.Sprintf("%s to %s, %s", formatValue(unit, base), formatValue(unit, after), formatChange(unit, row))
	if !confident {
		return Check{Condition: c, Evaluated: true, Holds: c.holds(base, after), Reason: values}
	}
	i, ok := c.interval(row)
	switch {
	case row.TooFew:
		return unknown("too few samples for an interval")
	case !ok && row.DifferenceInterval.Known() && unit != PerSecond:
		return unknown("there is no interval of the ratio of %s, only of its difference: write the limit as one, as in %s", c.subject(), exampleDifference(unit))
	case !ok:
		return unknown("there is no interval of %s", c.subject())
	}
	return Check{Condition: c, Evaluated: true, Holds: c.holdsFor(i), Reason: values}
}

// exampleDifference returns a limit of a difference in the unit.
func exampleDifference(u Unit) string {
	if u == Share {
		return "+1pp"
	}
	return "+20ms"
}

// subject returns the part of the text before the comparison.
func (c Condition) subject() string {
	return strings.TrimSpace(c.text[:strings.IndexAny(c.text, "<>")])
}

func undefinedIn(base, new bool) string {
	switch {
	case !base && !new:
		return "both"
	case !base:
		return "base"
	}
	return "new"
}

// find returns the row that the condition is about, or what is the matter.
func (p *Pair) find(c Condition) (Row, Unit, string) {
	if c.stat == statShare && c.metric != attainment.key {
		return p.populationRow(c.metric), Share, ""
	}
	m, ok := p.Metric(c.metric)
	if !ok {
		return Row{}, 0, "there is no objective about single requests; state one"
	}
	row, ok := m.Row(c.row())
	if !ok {
		return Row{}, 0, fmt.Sprintf("%s was not computed", c.subject())
	}
	return row, m.Unit, ""
}

// populationRow returns the shares of requests that ended in a way as a row.
// A way that never occurred has share 0.
func (p *Pair) populationRow(name string) Row {
	for _, x := range p.Populations {
		if x.Name == name {
			row := newRow("share", x.BaseShare, x.NewShare)
			row.DifferenceInterval = x.Interval
			return row
		}
	}
	zero := metrics.Known(0.0)
	if len(p.Populations) == 0 {
		return newRow("share", metrics.Optional[float64]{}, metrics.Optional[float64]{})
	}
	return newRow("share", zero, zero)
}

// holds compares the change from base to new with the limit, exactly.
func (c Condition) holds(base, after float64) bool {
	a, b := new(big.Rat).SetFloat64(base), new(big.Rat).SetFloat64(after)
	limit := new(big.Rat)
	switch c.unit {
	case limitPercent: // b - a against a limit/100
		limit.Mul(a, new(big.Rat).Quo(c.limit, big.NewRat(100, 1)))
		b.Sub(b, a)
	case limitPoints:
		limit.Quo(c.limit, big.NewRat(100, 1))
		b.Sub(b, a)
	case limitDuration:
		limit.Set(c.limit)
		b.Sub(b, a)
	case limitTimes:
		limit.Mul(a, c.limit)
	}
	return c.compare(b.Cmp(limit))
}

func (c Condition) compare(sign int) bool {
	switch c.comparison {
	case ">":
		return sign > 0
	case ">=":
		return sign >= 0
	case "<":
		return sign < 0
	}
	return sign <= 0
}

// interval returns the interval of what the limit is about, in its unit: that
// of the ratio, or of the difference.
func (c Condition) interval(row Row) (metrics.Interval, bool) {
	if c.unit == limitPercent || c.unit == limitTimes {
		return row.RatioInterval.Get()
	}
	return row.DifferenceInterval.Get()
}

// holdsFor reports whether the condition holds for both ends of the interval.
func (c Condition) holdsFor(i metrics.Interval) bool {
	base := 1.0 // of a ratio
	if c.unit == limitPoints || c.unit == limitDuration {
		base = 0
	}
	return c.holds(base, i.Lo) && c.holds(base, i.Hi)
}
