package evalscope

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/results"
)

// row is one row of the table, in the words of the tool.
type row struct {
	values []any

	id                   string
	chat, success        bool
	status               int64
	start, end           metrics.Instant // from the earliest of the run
	latency, first       metrics.Span
	gaps                 []time.Duration
	gapsField            string
	prompt, output       metrics.Count
	seconds              []float64 // of a JSON array
	chunkTimes, gapsText string
}

// read reads the current row into r.
func (d *decoder) read(r *metrics.Request) error {
	if err := d.scan(); err != nil {
		return err
	}
	d.doubts.rows++
	q := &d.row
	*r = metrics.Request{ID: q.id, Sent: q.start, Deliveries: r.Deliveries[:0], PromptTokens: q.prompt}
	if !q.success {
		r.Outcome = outcome(q.status)
	} else {
		r.UsageTokens = q.output
	}
	if err := d.deliver(r); err != nil {
		return err
	}
	d.endOf(r)
	if err := r.Validate(); err != nil {
		var re *metrics.RequestError
		errors.As(err, &re)
		field := map[string]string{"Sent": "start_time", "End": "latency", "PromptTokens": "prompt_tokens", "UsageTokens": "completion_tokens"}[re.Field]
		switch {
		case re.Field == "Deliveries" && re.Index > 0:
			field = fmt.Sprintf("%s[%d]", q.gapsField, re.Index-1)
		case re.Field == "Deliveries":
			field = "first_chunk_latency"
		}
		return &fieldError{field, err}
	}
	return nil
}

// scan takes the current row apart.
func (d *decoder) scan() error {
	q := &d.row
	*q = row{values: q.values[:0], gaps: q.gaps[:0], seconds: q.seconds[:0], id: strconv.Itoa(d.index), success: true}
	pointers := make([]any, len(d.columns))
	q.values = slices.Grow(q.values, len(d.columns))[:len(d.columns)]
	for i := range pointers {
		q.values[i] = nil
		pointers[i] = &q.values[i]
	}
	if err := d.rows.Scan(pointers...); err != nil {
		return err
	}
	for i, name := range d.columns {
		if err := d.column(name, q.values[i]); err != nil {
			return &fieldError{name, err}
		}
	}
	return q.chunks()
}

// column files the value of a column.
func (d *decoder) column(name string, v any) (err error) {
	q := &d.row
	switch name {
	case "request_id":
		if s := asText(v); s != "" {
			q.id = text(s)
		}
	case "request":
		q.chat = isChat(asText(v))
	case "success":
		var f float64
		f, _, err = number(v)
		q.success = f != 0
	case "status_code":
		var n metrics.Count
		n, err = count(v)
		q.status, _ = n.Get()
	case "start_time":
		q.start, err = d.instant(v)
	case "completed_time":
		q.end, err = d.instant(v)
	case "latency":
		q.latency, err = wait(v)
	case "first_chunk_latency":
		q.first, err = wait(v)
	case "prompt_tokens":
		q.prompt, err = count(v)
	case "completion_tokens":
		q.output, err = count(v)
	case "inter_token_latencies":
		q.gapsText = asText(v)
	case "chunk_times":
		q.chunkTimes = asText(v)
	}
	return err
}

// chunks fills in the gaps.
func (q *row) chunks() error {
	q.gapsField = "inter_token_latencies"
	source := q.gapsText
	if source == "" {
		q.gapsField, source = "chunk_times", q.chunkTimes
	}
	if source == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(source), &q.seconds); err != nil {
		return &fieldError{q.gapsField, fmt.Errorf("malformed JSON: %w", err)}
	}
	for i, s := range q.seconds {
		if q.gapsField == "chunk_times" {
			if i == 0 {
				continue
			}
			s -= q.seconds[i-1]
		}
		ns, err := nanoseconds(s)
		if err == nil && ns < 0 {
			err = fmt.Errorf("%w: %v", results.ErrNegativeTime, ns)
		}
		if err != nil {
			return &fieldError{fmt.Sprintf("%s[%d]", q.gapsField, i), err}
		}
		q.gaps = append(q.gaps, ns)
	}
	return nil
}

// deliver adds the events of the row.
func (d *decoder) deliver(r *metrics.Request) error {
	q := &d.row
	at, ok := q.first.Get()
	n, counted := q.output.Get()
	if !q.success || !ok || at == 0 && len(q.gaps) == 0 && n == 0 {
		return nil
	}
	sent, _ := q.start.Get()
	at += sent
	r.Deliveries = append(slices.Grow(r.Deliveries, 1+len(q.gaps)), metrics.Delivery{At: at, Tokens: 1})
	for j, g := range q.gaps {
		if at += g; at > metrics.MaxInstant {
			return &fieldError{fmt.Sprintf("%s[%d]", q.gapsField, j), fmt.Errorf("%w: %v after the event before it", results.ErrRange, g)}
		}
		r.Deliveries = append(r.Deliveries, metrics.Delivery{At: at, Tokens: 1})
	}
	k := len(r.Deliveries)
	extra := int64(k) - n
	switch {
	case !counted:
	case k == 1 && n > 1:
		r.Deliveries[0].Tokens = int(n)
		d.doubts.oneEvent++
	case q.chat && (extra == 1 || extra == 2 && k > 1):
		r.Deliveries[0].Tokens = 0
		d.doubts.firsts++
		if extra == 2 {
			r.Deliveries[k-1].Tokens = 0
			d.doubts.lasts++
		}
	}
	return nil
}

// endOf sets the end of a request that has its deliveries.
func (d *decoder) endOf(r *metrics.Request) {
	q := &d.row
	end, ok := q.end.Get()
	sent, hasStart := q.start.Get()
	if latency, stated := q.latency.Get(); stated && hasStart && (latency > 0 || len(r.Deliveries) > 0) {
		end, ok = sent+latency, true
	}
	if !ok || end < sent {
		return // a row of a failure, with a filler
	}
	if k := len(r.Deliveries); k > 0 {
		last, rounding := r.Deliveries[k-1].At, time.Duration(k+1)
		if end < last && end >= last-max(slack, rounding) {
			if end < last-rounding {
				d.doubts.moved++
			}
			end = last
		}
	}
	r.End = metrics.Known(end)
}

// instant returns an instant of the tool's clock, counted from the earliest
// start. 0, and anything before the start, stands for none.
func (d *decoder) instant(v any) (metrics.Instant, error) {
	s, ok, err := number(v)
	if err != nil || !ok || s <= 0 {
		return metrics.Instant{}, err
	}
	at, err := nanoseconds(s)
	if err != nil {
		return metrics.Instant{}, err
	}
	origin, err := nanoseconds(d.earliest)
	if err != nil {
		return metrics.Instant{}, err
	}
	return metrics.Known(at - origin), nil
}

// wait returns a length of time.
func wait(v any) (metrics.Span, error) {
	s, ok, err := number(v)
	if err != nil || !ok {
		return metrics.Span{}, err
	}
	ns, err := nanoseconds(s)
	if err == nil && ns < 0 {
		err = fmt.Errorf("%w: %v", results.ErrNegativeTime, ns)
	}
	return metrics.Known(ns), err
}

// nanoseconds returns the seconds as nanoseconds, rounded to nearest. Whole
// seconds and fraction apart keep all that the float64 holds.
func nanoseconds(s float64) (time.Duration, error) {
	if math.IsNaN(s) || math.IsInf(s, 0) {
		return 0, fmt.Errorf("%w: %v", results.ErrNotFinite, s)
	}
	whole, fraction := math.Modf(s)
	if math.Abs(whole) >= float64(metrics.MaxInstant/time.Second) {
		return 0, fmt.Errorf("%w: %v s", results.ErrRange, s)
	}
	return time.Duration(whole)*time.Second + time.Duration(math.Round(fraction*1e9)), nil
}

// resolution returns how far apart float64 values near that number of seconds
// are, 0 if less than a nanosecond.
func resolution(s float64) time.Duration {
	ulp, err := nanoseconds(math.Nextafter(s, math.Inf(1)) - s)
	if err != nil {
		return 0
	}
	return ulp
}

// number returns the value of a column that holds a number, and whether there
// is one.
func number(v any) (float64, bool, error) {
	switch v := v.(type) {
	case nil:
		return 0, false, nil
	case int64:
		return float64(v), true, nil
	case float64:
		return v, true, nil
	case bool:
		if v {
			return 1, true, nil
		}
		return 0, true, nil
	}
	return 0, false, fmt.Errorf("%w: want a number, got %T", results.ErrType, v)
}

// count returns the value of a column that holds a number of tokens.
func count(v any) (metrics.Count, error) {
	f, ok, err := number(v)
	if err != nil || !ok {
		return metrics.Count{}, err
	}
	if f != math.Trunc(f) {
		return metrics.Count{}, fmt.Errorf("%w: %v", results.ErrNotInteger, f)
	}
	if f < 0 || f > float64(metrics.MaxTokens) {
		return metrics.Count{}, fmt.Errorf("%w: %v", results.ErrRange, f)
	}
	return metrics.Known(int64(f)), nil
}

func asText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []byte:
		return string(v)
	case int64:
		return strconv.FormatInt(v, 10)
	}
	return ""
}

// isChat reports whether the body of a request is one of chat. It is JSON, or
// in older databases a pickle in base64; both have the name in clear.
func isChat(body string) bool {
	if strings.Contains(body, `"messages"`) {
		return true
	}
	raw, err := base64.StdEncoding.DecodeString(body)
	return err == nil && strings.Contains(string(raw), "messages")
}
