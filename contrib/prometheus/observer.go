package prometheus

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/tokentime/tokentime/slo"
)

// Observer holds the series of all classes of requests. It is a
// [prometheus.Collector]: register it once. It is safe for concurrent use.
type Observer struct {
	options    Options
	checker    slo.Checker
	judged     bool                                              // options.judged()
	histograms [numHistograms]*prometheus.HistogramVec           // nil: not exported
	counters   [numSeries - numHistograms]*prometheus.CounterVec // likewise
}

var _ prometheus.Collector = (*Observer)(nil)

// New returns an Observer without classes. The error is that of
// [Options.Validate].
func New(options Options) (*Observer, error) {
	if err := options.Validate(); err != nil {
		return nil, err
	}
	layout, err := options.Layout.complete()
	if err != nil {
		return nil, err
	}
	options.Layout = layout
	o := &Observer{options: options, checker: options.checker(), judged: options.judged()}
	for s := range numSeries {
		switch {
		case !options.exported(s):
		case s.histogram():
			o.histograms[s] = prometheus.NewHistogramVec(options.histogram(s), options.labels(s))
		default:
			o.counters[s-numHistograms] = prometheus.NewCounterVec(prometheus.CounterOpts{
				Name: layout.fullName(s), Help: s.definition().help, ConstLabels: options.ConstLabels,
			}, options.labels(s))
		}
	}
	return o, nil
}

func (o *Options) histogram(s Series) prometheus.HistogramOpts {
	h := prometheus.HistogramOpts{
		Name: o.Layout.fullName(s), Help: s.definition().help, ConstLabels: o.ConstLabels,
		NativeHistogramBucketFactor: o.Native.Factor,
	}
	if o.Native.Factor != 0 {
		h.NativeHistogramMaxBucketNumber = o.Native.MaxBuckets
		if h.NativeHistogramMaxBucketNumber == 0 {
			h.NativeHistogramMaxBucketNumber = 160
		}
	}
	if !o.Native.Only {
		h.Buckets = o.Layout.Buckets[s]
	}
	return h
}

// labels returns the names of the labels of the series, its own last.
func (o *Options) labels(s Series) []string {
	labels := append([]string(nil), o.Labels...)
	if own := s.definition().label; own != "" {
		labels = append(labels, own)
	}
	return labels
}

// Describe implements [prometheus.Collector].
func (o *Observer) Describe(ch chan<- *prometheus.Desc) {
	for _, c := range o.collectors() {
		c.Describe(ch)
	}
}

// Collect implements [prometheus.Collector].
func (o *Observer) Collect(ch chan<- prometheus.Metric) {
	for _, c := range o.collectors() {
		c.Collect(ch)
	}
}

func (o *Observer) collectors() []prometheus.Collector {
	var all []prometheus.Collector
	for _, h := range o.histograms {
		if h != nil {
			all = append(all, h)
		}
	}
	for _, c := range o.counters {
		if c != nil {
			all = append(all, c)
		}
	}
	return all
}
