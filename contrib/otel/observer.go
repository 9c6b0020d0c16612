package otel

import (
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/slo"
)

// Observer holds the instruments of a meter for one role. It is safe for
// concurrent use.
type Observer struct {
	options     Options
	checker     slo.Checker
	judged      bool // options.judged()
	instruments instruments
}

// New makes the instruments. The error is that of [Options.Validate] or of
// the meter.
func New(meter metric.Meter, options Options) (*Observer, error) {
	if err := options.Validate(); err != nil {
		return nil, err
	}
	o := &Observer{options: options, checker: options.checker(), judged: options.judged()}
	for s := range numSeries {
		if options.exported(s) {
			if err := o.instruments.make(meter, s, s.definition(options.Role)); err != nil {
				return nil, err
			}
		}
	}
	return o, nil
}

// Attributes are what tells a class of requests from others. Operation and
// Provider are required by the semantic conventions; what is zero is left
// out.
type Attributes struct {
	Operation string // gen_ai.operation.name, such as "chat"
	Provider  string // gen_ai.provider.name, such as "openai"

	RequestModel  string // gen_ai.request.model
	ResponseModel string // gen_ai.response.model
	ServerAddress string // server.address
	ServerPort    int    // server.port

	Others []attribute.KeyValue
}

func (a *Attributes) list() ([]attribute.KeyValue, error) {
	if a.Operation == "" {
		return nil, &OptionError{"Attributes.Operation", fmt.Errorf("gen_ai.operation.name: %w", ErrRequired)}
	}
	if a.Provider == "" {
		return nil, &OptionError{"Attributes.Provider", fmt.Errorf("gen_ai.provider.name: %w", ErrRequired)}
	}
	list := append([]attribute.KeyValue(nil), a.Others...)
	for _, kv := range []attribute.KeyValue{
		attribute.String("gen_ai.operation.name", a.Operation),
		attribute.String("gen_ai.provider.name", a.Provider),
		attribute.String("gen_ai.request.model", a.RequestModel),
		attribute.String("gen_ai.response.model", a.ResponseModel),
		attribute.String("server.address", a.ServerAddress),
	} {
		if kv.Value.AsString() != "" {
			list = append(list, kv)
		}
	}
	if a.ServerPort != 0 {
		list = append(list, attribute.Int("server.port", a.ServerPort))
	}
	return list, nil
}

// outcomes are the values of tokentime.outcome: those of metrics.Outcome and
// one for answers that completed without a token.
const (
	empty       = metrics.Rejected + 1
	numOutcomes = empty + 1
)

const numVerdicts = slo.Missed + 1

func outcomeName(o metrics.Outcome) string {
	if o == empty {
		return "empty"
	}
	return o.String()
}

// errorType returns the value of error.type, or "" for what is no error. An
// answer without a token is none to the conventions.
func errorType(o metrics.Outcome) string {
	switch o {
	case metrics.Cancelled:
		return "cancelled"
	case metrics.TimedOut:
		return "timeout"
	case metrics.Failed:
		return "_OTHER" // the conventions' word for an error of unknown kind
	case metrics.Rejected:
		return "rejected"
	}
	return ""
}

// Class is an [Observer] with one set of attributes. It is safe for concurrent
// use, and makes no attribute set after [Observer.With].
type Class struct {
	observer *Observer

	record    []metric.RecordOption
	durations [numOutcomes][]metric.RecordOption // with error.type
	input     []metric.RecordOption              // with gen_ai.token.type
	output    []metric.RecordOption

	add       []metric.AddOption
	outcomes  [numOutcomes][]metric.AddOption
	undefined [numAbsences][]metric.AddOption // nil: not counted
	verdicts  [numVerdicts][]metric.AddOption
}

// With returns the class of the attributes. Make it once; the SDK keeps a
// set of counts for every combination of attributes that it meets, up to its
// cardinality limit. The error is an [*OptionError] that wraps [ErrRequired].
func (o *Observer) With(attributes Attributes) (*Class, error) {
	list, err := attributes.list()
	if err != nil {
		return nil, err
	}
	with := func(more ...attribute.KeyValue) metric.MeasurementOption {
		return metric.WithAttributeSet(attribute.NewSet(append(list[:len(list):len(list)], more...)...))
	}
	record := func(more ...attribute.KeyValue) []metric.RecordOption {
		return []metric.RecordOption{with(more...)}
	}
	add := func(more ...attribute.KeyValue) []metric.AddOption {
		return []metric.AddOption{with(more...)}
	}
	c := &Class{
		observer: o,
		record:   record(),
		input:    record(attribute.String("gen_ai.token.type", "input")),
		output:   record(attribute.String("gen_ai.token.type", "output")),
		add:      add(),
	}
	for i := range numOutcomes {
		c.durations[i] = c.record
		if kind := errorType(i); kind != "" {
			c.durations[i] = record(attribute.String("error.type", kind))
		}
		c.outcomes[i] = add(attribute.String("tokentime.outcome", outcomeName(i)))
	}
	for a := range numAbsences {
		if o.options.counted(a) {
			c.undefined[a] = add(attribute.String("tokentime.metric", a.name(o.options.Role)))
		}
	}
	for v := range numVerdicts {
		c.verdicts[v] = add(attribute.String("tokentime.verdict", v.String()))
	}
	return c, nil
}
