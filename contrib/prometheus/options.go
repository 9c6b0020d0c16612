package prometheus

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"

	"github.com/tokentime/tokentime/fluidity"
	"github.com/tokentime/tokentime/goodput"
	"github.com/tokentime/tokentime/slo"
)

// Options says what an [Observer] exports. The zero Options export everything
// that needs no choice: the layout [Tokentime] with classic buckets, no labels,
// no deadlines and no objective, and the idle latency of a reader of 5
// tokens/s.
type Options struct {
	Layout Layout

	// Labels are the names of the labels that [Observer.With] binds, such as
	// model and class. ConstLabels are on every series.
	Labels      []string
	ConstLabels prometheus.Labels

	Native Native

	// NoGaps leaves out [InterToken], the only series whose cost grows with
	// the number of tokens: one observation for each gap when a request
	// ends.
	NoGaps bool

	// Deadlines of the fluidity index; none if its Decode is 0.
	Deadlines fluidity.Deadlines

	// Goodput says who reads, for [IdleLatency], [SmoothTokens] and
	// [SmoothPenalty].
	Goodput goodput.Options

	// Objective has parts about one request, which [SLORequests] judges;
	// none if it is zero. Parts about many, such as p99(ttft), are a query's
	// matter and are not evaluated.
	Objective slo.Objective
	Undefined slo.Policy // what an undefined part counts as
}

// Native says how native histograms are made. The zero Native makes none.
type Native struct {
	// Factor above 1 is the most by which a bucket may be wider than the one
	// before it; 1.1 is usual. A server (Prometheus 2.40 or newer) has to be
	// told to scrape them, as by --enable-feature=native-histograms.
	Factor float64

	// MaxBuckets is the number of buckets beyond which the factor is squared,
	// 160 if 0: what clients make a server observe must not use up its memory.
	MaxBuckets uint32

	// Only leaves out the classic buckets. Scrapes that cannot carry native
	// histograms, text among them, then show a sum and a count only.
	Only bool
}

// What can be wrong with [Options]; an [*OptionError] says with which.
var (
	ErrRange = errors.New("out of range")
	ErrLabel = errors.New("cannot be a label")
	ErrName  = errors.New("cannot be the name of a series")
)

// OptionError reports an option that makes no sense.
type OptionError struct {
	Option string // such as "Native.Factor"
	Err    error  // wraps one of the Err variables, or an error of fluidity, goodput or slo
}

func (e *OptionError) Error() string {
	return fmt.Sprintf("prometheus: option %s: %v", e.Option, e.Err)
}

// Unwrap returns e.Err.
func (e *OptionError) Unwrap() error { return e.Err }

// Validate reports the first option that makes no sense as an [*OptionError],
// or nil.
func (o *Options) Validate() error {
	if _, err := o.Layout.complete(); err != nil {
		return err
	}
	if err := o.validateNames(); err != nil {
		return err
	}
	if f := o.Native.Factor; f != 0 && !(f > 1 && f <= 65536) {
		return &OptionError{"Native.Factor", fmt.Errorf("%w: %v; it is 0 or above 1", ErrRange, f)}
	}
	if o.Native.Only && o.Native.Factor == 0 {
		return &OptionError{"Native.Only", fmt.Errorf("%w: there are no native histograms without a Factor", ErrRange)}
	}
	if o.scored() {
		if err := o.Deadlines.Validate(); err != nil {
			return &OptionError{"Deadlines", err}
		}
	}
	if err := o.Goodput.Validate(); err != nil {
		return &OptionError{"Goodput", err}
	}
	if parts := o.Objective.Parts(); len(parts) > 0 && !o.judged() {
		return &OptionError{"Objective", fmt.Errorf("%w: %v", slo.ErrNothing, o.Objective)}
	}
	return nil
}

func (o *Options) validateNames() error {
	seen := map[string]bool{}
	for s := range numSeries {
		name := o.Layout.fullName(s)
		if !model.LegacyValidation.IsValidMetricName(name) || seen[name] {
			return &OptionError{"Layout.Names", fmt.Errorf("%w: %q", ErrName, name)}
		}
		seen[name] = true
	}
	taken := []string{"le", "outcome", "metric", "verdict"}
	for _, label := range o.Labels {
		if !usable(label, taken) {
			return &OptionError{"Labels", fmt.Errorf("%w: %q", ErrLabel, label)}
		}
		taken = append(taken, label)
	}
	for label := range o.ConstLabels {
		if !usable(label, taken) {
			return &OptionError{"ConstLabels", fmt.Errorf("%w: %q", ErrLabel, label)}
		}
	}
	return nil
}

// usable reports whether a label can have the name. Names that begin with two
// underscores are Prometheus's own.
func usable(label string, taken []string) bool {
	return model.LegacyValidation.IsValidLabelName(label) && !strings.HasPrefix(label, "__") && !slices.Contains(taken, label)
}

// scored reports whether there are deadlines.
func (o *Options) scored() bool { return o.Deadlines.Decode != 0 }

// judged reports whether the objective judges single requests.
func (o *Options) judged() bool {
	for _, p := range o.Objective.Parts() {
		if p.Scope == slo.PerRequest {
			return true
		}
	}
	return false
}

// exported reports whether the series exists under the options.
func (o *Options) exported(s Series) bool {
	switch s {
	case InterToken:
		return !o.NoGaps
	case FluidityHits, FluidityMisses:
		return o.scored()
	case SLORequests, GoodputTokens:
		return o.judged()
	}
	return true
}

// counted reports whether absences of the kind are counted.
func (o *Options) counted(a absence) bool {
	switch a {
	case noScore:
		return o.scored()
	case noBenefit:
		return true
	}
	return o.exported(Series(a))
}

func (o *Options) checker() slo.Checker {
	return slo.Checker{
		Objective:  o.Objective,
		Convention: o.Layout.Convention,
		Scorer:     goodput.Scorer{Options: o.Goodput, Deadlines: o.Deadlines},
		Undefined:  o.Undefined,
	}
}
