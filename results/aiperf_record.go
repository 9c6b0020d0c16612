package results

import (
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tokentime/tokentime/metrics"
)

// aiperfRecord is a line of AIPerf as it stands in the file.
type aiperfRecord struct {
	id        string
	warmUp    bool
	cancelled bool
	due       metrics.Instant // of the epoch, like start and end
	start     metrics.Instant
	end       metrics.Instant

	metrics aiperfMetrics
	raw     aiperfRaw

	failed    bool // it has an error
	code      int64
	errorType string
}

// aiperfMetrics are what the tool computed of a request.
type aiperfMetrics struct {
	ttft, latency        metrics.Span
	gaps                 []int64
	hasGaps              bool
	sequence             metrics.Count // output_sequence_length
	visible, reasoning   metrics.Count // its parts
	prompt, failedPrompt metrics.Count

	value []byte // of the metric that is being read
	unit  string // likewise

	gapUnit string // of the lists of gaps so far, as it is written
	gapIn   unit
}

// read reads the next record.
func (rec *aiperfRecord) read(w *walker, raw bool) error {
	held := rec.raw
	*rec = aiperfRecord{metrics: rec.metrics.next()}
	if raw {
		rec.raw = held.next()
	}
	return w.object(func(name string) error {
		switch {
		case name == "metadata":
			return w.object(func(name string) error { return rec.metadata(w, name) })
		case name == "error":
			return rec.failure(w)
		case name == "metrics" && !raw:
			return w.object(func(tag string) error { return rec.metrics.read(w, tag) })
		case raw:
			return rec.raw.read(w, name)
		case name == "start_perf_ns":
			return fmt.Errorf("%w: a raw record among those of metrics", ErrUnknownKey)
		}
		return w.skip()
	})
}

func (rec *aiperfRecord) metadata(w *walker, name string) (err error) {
	switch name {
	case "x_request_id":
		if w.kind() == 'n' {
			return w.skip()
		}
		rec.metrics.value, err = w.appendText(rec.metrics.value[:0])
		rec.id = string(rec.metrics.value)
	case "benchmark_phase", "credit_phase":
		var phase string
		phase, err = w.word()
		rec.warmUp = phase == "warmup"
	case "credit_issued_ns":
		rec.due, err = w.epoch()
	case "request_start_ns", "timestamp_ns":
		if rec.start.Known() {
			return fmt.Errorf("%w: the start is stated twice", ErrDuplicateKey)
		}
		rec.start, err = w.epoch()
	case "request_end_ns":
		rec.end, err = w.epoch()
	case "was_cancelled":
		rec.cancelled, err = w.boolean()
	default:
		err = w.skip()
	}
	return err
}

// failure reads the error of the request, which is null if there was none.
func (rec *aiperfRecord) failure(w *walker) error {
	rec.failed = w.kind() != 'n'
	return w.object(func(name string) (err error) {
		switch name {
		case "code":
			var code metrics.Count
			if w.kind() != '0' {
				return w.skip() // not one of HTTP
			}
			code, err = w.count()
			rec.code, _ = code.Get()
		case "type":
			rec.errorType, err = w.text()
		default:
			err = w.skip()
		}
		return err
	})
}

// outcome returns how the request ended; see [FormatAIPerf].
func (rec *aiperfRecord) outcome() metrics.Outcome {
	switch {
	case rec.cancelled:
		return metrics.Cancelled
	case !rec.failed:
		return metrics.Completed
	}
	switch rec.code {
	case 499:
		return metrics.Cancelled
	case 408, 504:
		return metrics.TimedOut
	case 503, 529:
		return metrics.Rejected
	}
	switch {
	case rec.code >= 400 && rec.code < 500:
		return metrics.Rejected
	case rec.code >= 500:
		return metrics.Failed
	case strings.Contains(rec.errorType, "Cancel"):
		return metrics.Cancelled
	case strings.Contains(rec.errorType, "Timeout"):
		return metrics.TimedOut
	}
	return metrics.Failed
}

// next returns what the next record is read into, which keeps the memory of
// this one, and the unit.
func (m *aiperfMetrics) next() aiperfMetrics {
	return aiperfMetrics{gaps: m.gaps[:0], value: m.value, gapUnit: m.gapUnit, gapIn: m.gapIn}
}

// read reads the metric of that tag.
func (m *aiperfMetrics) read(w *walker, tag string) error {
	switch tag {
	case "time_to_first_token", "ttft":
		return m.span(w, &m.ttft)
	case "request_latency":
		return m.span(w, &m.latency)
	case "inter_chunk_latency":
		return m.spans(w)
	case "output_sequence_length":
		return m.count(w, &m.sequence)
	case "output_token_count":
		return m.count(w, &m.visible)
	case "reasoning_token_count":
		return m.count(w, &m.reasoning)
	case "input_sequence_length":
		return m.count(w, &m.prompt)
	case "error_isl":
		return m.count(w, &m.failedPrompt)
	}
	return w.skip()
}

// time reads a metric that is a time or a list of times. Its value is valid
// until the next call, and nil if the metric is null.
func (m *aiperfMetrics) time(w *walker) (value jsontext.Value, u unit, err error) {
	m.value, m.unit = m.value[:0], ""
	err = w.object(func(member string) error {
		switch member {
		case "value":
			raw, err := w.raw()
			m.value = append(m.value, raw...) // its unit may come behind it
			return err
		case "unit":
			m.unit, err = w.word()
			return err
		}
		return w.skip()
	})
	if err != nil || len(m.value) == 0 || m.value[0] == 'n' {
		return nil, 0, err
	}
	if m.unit == "" {
		return nil, 0, inside("unit", ErrMissing)
	}
	if u, err = unitOf(m.unit); err != nil {
		err = inside("unit", err)
	}
	return m.value, u, err
}

func (m *aiperfMetrics) span(w *walker, to *metrics.Span) error {
	value, u, err := m.time(w)
	if err != nil || value == nil {
		return err
	}
	if to.Known() {
		return fmt.Errorf("%w: the metric has a second name", ErrDuplicateKey)
	}
	ns, err := parseTime(value, u)
	if err == nil && ns < 0 {
		err = negative(ns)
	}
	*to = metrics.Known(time.Duration(ns))
	return err
}

// spans reads the list of gaps. Its unit stands behind it, so it is read in
// the unit of the list before it, which must be the same; only the first one
// is kept until its unit is known.
func (m *aiperfMetrics) spans(w *walker) error {
	if m.gapUnit == "" {
		value, u, err := m.time(w)
		if err != nil || value == nil {
			return err
		}
		m.hasGaps = true
		m.gapUnit, m.gapIn = m.unit, u
		if m.gaps, err = appendTimes(m.gaps, value, u); err != nil {
			err = inside("value", err)
		}
		return err
	}
	m.unit = ""
	err := w.object(func(member string) (err error) {
		switch member {
		case "value":
			m.hasGaps = w.kind() != 'n'
			m.gaps, err = w.spans(m.gaps, m.gapIn)
		case "unit":
			if m.unit, err = w.word(); err == nil && m.unit != m.gapUnit {
				err = fmt.Errorf("%w: %q, behind lists in %q", ErrType, m.unit, m.gapUnit)
			}
		default:
			err = w.skip()
		}
		return err
	})
	if err == nil && m.hasGaps && m.unit == "" {
		err = inside("unit", ErrMissing)
	}
	return err
}

func (m *aiperfMetrics) count(w *walker, to *metrics.Count) error {
	return w.object(func(member string) (err error) {
		if member != "value" {
			return w.skip()
		}
		*to, err = w.count()
		return err
	})
}

// output returns the number of output tokens, reasoning included.
func (m *aiperfMetrics) output() metrics.Count {
	if m.sequence.Known() || !m.visible.Known() && !m.reasoning.Known() {
		return m.sequence
	}
	visible, _ := m.visible.Get()
	reasoning, _ := m.reasoning.Get()
	return metrics.Known(visible + reasoning)
}

// word returns the string that comes next, "" for null. It is for one of few:
// each is allocated once.
func (w *walker) word() (string, error) {
	switch k := w.kind(); k {
	case 'n':
		return "", w.skip()
	case '"', 0:
		return w.name()
	default:
		return "", fmt.Errorf("%w: want a string, got %s", ErrType, kindName(k))
	}
}

// epoch returns the instant that comes next, integer nanoseconds since 1970.
// It is unknown for null.
func (w *walker) epoch() (metrics.Instant, error) {
	at, err := w.wait(nanosecond)
	if t, _ := at.Get(); t > metrics.MaxInstant && err == nil {
		err = fmt.Errorf("%w: %d ns", ErrRange, int64(t))
	}
	return at, err
}
