package results

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/tokentime/tokentime/metrics"
)

// guideLLMRecord is one request as it stands in the file.
type guideLLMRecord struct {
	id             string
	due, sent, end metrics.Span // since 1970
	first, last    metrics.Span
	resolveStart   metrics.Span // taken for sent and end by the tool, if those are unknown
	resolveEnd     metrics.Span
	iterations     metrics.Count // chunks with tokens
	prompt, output metrics.Count

	// Newer files hold them too, but with what the tool makes of them.
	flatPrompt, flatOutput metrics.Count
	hasInfo                bool
}

func (rec *guideLLMRecord) read(w *walker) error {
	*rec = guideLLMRecord{}
	return w.object(func(name string) (err error) {
		switch name {
		case "request_id":
			rec.id, err = w.text()
		case "info":
			rec.hasInfo = true
			err = w.object(func(name string) error {
				if name != "timings" {
					return w.skip()
				}
				return w.object(func(name string) error { return rec.timing(w, name) })
			})
		case "scheduler_info": // 0.2, 0.3
			err = w.object(func(name string) error {
				if name != "targeted_start_time" {
					return w.skip()
				}
				return rec.instant(w, &rec.due)
			})
		case "input_metrics":
			rec.prompt, err = guideLLMTokens(w)
		case "output_metrics":
			rec.output, err = guideLLMTokens(w)
		case "prompt_tokens":
			rec.flatPrompt, err = w.count()
		case "output_tokens":
			rec.flatOutput, err = w.count()
		case "start_time":
			err = rec.instant(w, &rec.sent)
		case "end_time":
			err = rec.instant(w, &rec.end)
		case "first_token_time":
			err = rec.instant(w, &rec.first)
		case "last_token_time":
			err = rec.instant(w, &rec.last)
		default:
			err = w.skip()
		}
		return err
	})
}

// timing reads a member of info.timings.
func (rec *guideLLMRecord) timing(w *walker, name string) (err error) {
	switch name {
	case "targeted_start":
		return rec.instant(w, &rec.due)
	case "request_start":
		return rec.instant(w, &rec.sent)
	case "request_end":
		return rec.instant(w, &rec.end)
	case "first_token_iteration":
		return rec.instant(w, &rec.first)
	case "last_token_iteration":
		return rec.instant(w, &rec.last)
	case "resolve_start":
		return rec.instant(w, &rec.resolveStart)
	case "resolve_end":
		return rec.instant(w, &rec.resolveEnd)
	case "token_iterations":
		rec.iterations, err = w.count()
		return err
	}
	return w.skip()
}

// instant reads an instant. The -1 of old versions is none.
func (rec *guideLLMRecord) instant(w *walker, dst *metrics.Span) error {
	at, err := w.span(second)
	if t, ok := at.Get(); ok && t > 0 && err == nil {
		*dst = at
	}
	return err
}

// guideLLMTokens reads the total of an object of usage.
func guideLLMTokens(w *walker) (n metrics.Count, err error) {
	err = w.object(func(name string) (err error) {
		if name != "total_tokens" {
			return w.skip()
		}
		n, err = w.count()
		return err
	})
	return n, err
}

// overlaps reports whether the request is of the measured window, by the
// tool's rule.
func (rec *guideLLMRecord) overlaps(b *guideLLMBenchmark) bool {
	windowStart, ok := b.start.Get()
	windowEnd, bounded := b.end.Get()
	if !ok || !bounded || b.old {
		return true
	}
	end, ended := rec.end.Get()
	if !ended {
		end, ended = rec.resolveEnd.Get()
	}
	start, started := rec.sent.Get()
	if !started {
		start, started = rec.resolveStart.Get()
	}
	if !started {
		start, started = end, ended
	}
	return !(ended && end < windowStart) && !(started && start > windowEnd)
}

// convert makes a request of the record. It reports whether the targeted start
// was left out because it is later than the start.
func (rec *guideLLMRecord) convert(r *metrics.Request, b *guideLLMBenchmark, index int) (dueAfterSent bool, err error) {
	if r.ID = rec.id; r.ID == "" {
		r.ID = strconv.Itoa(index)
	}
	if !rec.hasInfo {
		rec.prompt, rec.output = rec.flatPrompt, rec.flatOutput
	}
	origin, _ := b.start.Get()
	if due, ok := rec.due.Get(); ok {
		sent, started := rec.sent.Get()
		dueAfterSent = !b.noSchedule && started && due > sent
		if b.noSchedule || dueAfterSent {
			rec.due = metrics.Span{}
		}
	}
	for _, f := range []struct {
		name string
		at   metrics.Span
		dst  *metrics.Instant
	}{{"targeted_start", rec.due, &r.Due}, {"request_start", rec.sent, &r.Sent}, {"request_end", rec.end, &r.End},
		{"first_token_iteration", rec.first, &rec.first}, {"last_token_iteration", rec.last, &rec.last}} {
		if *f.dst, err = offset(f.at, origin); err != nil {
			return false, inField(f.name, err)
		}
	}
	r.PromptTokens, r.UsageTokens = rec.prompt, rec.output
	if err := rec.deliver(r); err != nil {
		return false, err
	}
	return dueAfterSent, guideLLMPlace(r.Validate())
}

// deliver adds the first and the last token.
func (rec *guideLLMRecord) deliver(r *metrics.Request) error {
	first, ok := rec.first.Get()
	if !ok {
		return nil
	}
	n, counted := rec.output.Get()
	chunks, _ := rec.iterations.Get()
	if !counted {
		n = chunks
	}
	last, ok := rec.last.Get()
	switch {
	case !counted && n == 0:
		return inField("output_metrics.total_tokens", fmt.Errorf("%w, and token_iterations too, of a request with a first token", ErrMissing))
	case chunks == 1 || n < 2 && last == first:
		r.Deliveries = append(r.Deliveries, metrics.Delivery{At: first, Tokens: int(n)})
		return nil
	case !ok:
		r.Deliveries = append(r.Deliveries, metrics.Delivery{At: first, Tokens: int(min(n, 1))})
		return nil
	}
	r.Deliveries = append(r.Deliveries, metrics.Delivery{At: first, Tokens: int(min(n, 1))},
		metrics.Delivery{At: last, Tokens: int(max(n-1, 0))})
	r.Sparse = n > 2
	return nil
}

// guideLLMPlace translates where metrics found something into keys of the
// file.
func guideLLMPlace(err error) error {
	var re *metrics.RequestError
	if !errors.As(err, &re) {
		return err
	}
	field := map[string]string{"Due": "targeted_start", "Sent": "request_start", "End": "request_end",
		"PromptTokens": "input_metrics", "UsageTokens": "output_metrics"}[re.Field]
	if re.Field == "Deliveries" {
		field = [...]string{"first_token_iteration", "last_token_iteration"}[min(re.Index, 1)]
	}
	return &fieldError{field, -1, err}
}
