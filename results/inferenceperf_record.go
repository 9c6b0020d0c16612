package results

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// inferencePerfRecord is one element as it stands in the file. Its slices are
// reused.
type inferencePerfRecord struct {
	start, end, scheduled metrics.Span
	prompt, output, usage metrics.Count
	outcome               metrics.Outcome

	chunks, reasoning, tokens []int64 // instants
	streamed                  bool    // there are instants, or an empty array that says that there are none
	timesKey                  string  // of the array that deliveries come from
	counts                    []int64 // tokens of each of chunks

	// Of computed_metrics.
	ttft   metrics.Span
	deltas []int64
}

func (rec *inferencePerfRecord) read(w *walker) error {
	*rec = inferencePerfRecord{chunks: rec.chunks[:0], reasoning: rec.reasoning[:0], tokens: rec.tokens[:0],
		counts: rec.counts[:0], deltas: rec.deltas[:0]}
	return w.object(func(name string) (err error) {
		switch name {
		case "start_time":
			rec.start, err = w.span(second)
		case "end_time":
			rec.end, err = w.span(second)
		case "scheduled_time":
			rec.scheduled, err = w.span(second)
		case "info":
			err = w.object(func(name string) error { return rec.info(w, name) })
		case "computed_metrics":
			err = w.object(func(name string) error { return rec.computed(w, name) })
		case "error":
			err = rec.failure(w)
		default:
			err = w.skip()
		}
		return err
	})
}

// info reads a member of info, or of the object in it that newer versions have
// for the answer.
func (rec *inferencePerfRecord) info(w *walker, name string) (err error) {
	switch name {
	case "request_metrics":
		return w.object(func(name string) error {
			if name != "text" {
				return w.skip()
			}
			return w.object(func(name string) error { return rec.input(w, name) })
		})
	case "response_metrics":
		return w.object(func(name string) error {
			switch name {
			case "response_metrics", "request_metrics":
				return w.skip()
			case "chunk_times":
				rec.streamed = true // an answer that was not has no arrays here
			}
			return rec.info(w, name)
		})
	case "output_tokens":
		rec.output, err = w.count()
	case "server_usage":
		return w.object(func(name string) error { return rec.server(w, name) })
	case "chunk_times":
		rec.chunks, err = rec.times(w, rec.chunks, name)
	case "reasoning_chunk_times":
		rec.reasoning, err = rec.times(w, rec.reasoning, name)
	case "output_token_times":
		rec.tokens, err = rec.times(w, rec.tokens, name)
	default:
		return rec.input(w, name)
	}
	return err
}

// input reads the number of tokens of the prompt, which newer versions state
// twice.
func (rec *inferencePerfRecord) input(w *walker, name string) (err error) {
	if name != "input_tokens" {
		return w.skip()
	}
	rec.prompt, err = w.count()
	return err
}

// server reads a member of server_usage. The Anthropic API has another name
// for the same number.
func (rec *inferencePerfRecord) server(w *walker, name string) (err error) {
	if name != "completion_tokens" && name != "output_tokens" {
		return w.skip()
	}
	n, err := w.count()
	if n.Known() && (!rec.usage.Known() || name == "completion_tokens") {
		rec.usage = n
	}
	return err
}

// times reads an array of instants, which must not run backwards.
func (rec *inferencePerfRecord) times(w *walker, dst []int64, name string) ([]int64, error) {
	if null, err := w.null(); null {
		return dst, err
	}
	dst, err := w.spans(dst, second)
	if err != nil {
		return dst, err
	}
	rec.streamed = rec.streamed || len(dst) > 0
	for i := 1; i < len(dst); i++ {
		if dst[i] < dst[i-1] {
			return dst, &fieldError{"", i, fmt.Errorf("%w: %v after %v", metrics.ErrTimeReversed, time.Duration(dst[i]), time.Duration(dst[i-1]))}
		}
	}
	if rec.timesKey == "" || name == "chunk_times" {
		rec.timesKey = name
	}
	return dst, nil
}

// computed reads a member of computed_metrics.
func (rec *inferencePerfRecord) computed(w *walker, name string) (err error) {
	switch name {
	case "time_to_first_token":
		rec.ttft, err = w.wait(second)
	case "inter_token_latencies":
		rec.deltas, err = w.spans(rec.deltas, second)
	case "input_tokens", "output_tokens":
		var n metrics.Count
		n, err = w.count()
		if name == "input_tokens" && !rec.prompt.Known() {
			rec.prompt = n
		} else if name == "output_tokens" && !rec.output.Known() {
			rec.output = n
		}
	default:
		err = w.skip()
	}
	return err
}

// computedTimes makes up for the instants of the tokens where only the gaps
// between them are in the file.
func (rec *inferencePerfRecord) computedTimes() error {
	ttft, ok := rec.ttft.Get()
	start, started := rec.start.Get()
	if rec.streamed || !ok || !started {
		return nil
	}
	rec.streamed, rec.timesKey = true, "computed_metrics.inter_token_latencies"
	at, ok := later(int64(start), int64(ttft))
	if !ok {
		return inField("computed_metrics.time_to_first_token", fmt.Errorf("%w: %v", ErrRange, ttft))
	}
	rec.tokens = append(rec.tokens[:0], at)
	for i, g := range rec.deltas {
		if g < 0 {
			return &fieldError{rec.timesKey, i, negative(g)}
		}
		if at, ok = later(at, g); !ok {
			return &fieldError{rec.timesKey, i, fmt.Errorf("%w: %v", ErrRange, time.Duration(g))}
		}
		rec.tokens = append(rec.tokens, at)
	}
	return nil
}

// failure reads what went wrong, if anything did.
func (rec *inferencePerfRecord) failure(w *walker) error {
	if null, err := w.null(); null {
		return err
	}
	rec.outcome = metrics.Failed
	if w.kind() != '{' {
		return w.skip()
	}
	return w.object(func(name string) error {
		if name != "error_type" {
			return w.skip()
		}
		text, err := w.text()
		rec.outcome = inferencePerfOutcome(text)
		return err
	})
}

func inferencePerfOutcome(errorType string) metrics.Outcome {
	if digits, ok := strings.CutPrefix(errorType, "HTTP Error "); ok {
		status, _ := strconv.ParseInt(digits, 10, 32) // 0 if it is none
		return outcomeOfStatus(status)
	}
	switch {
	case strings.Contains(errorType, "Timeout"):
		return metrics.TimedOut
	case strings.Contains(errorType, "Cancel"):
		return metrics.Cancelled
	}
	return metrics.Failed
}

// merge puts the chunks with reasoning among the others.
func (rec *inferencePerfRecord) merge() {
	if len(rec.reasoning) > 0 {
		rec.chunks = append(rec.chunks, rec.reasoning...)
		slices.Sort(rec.chunks)
	}
}

// countChunks leaves each instant in chunks once, and makes counts how often it
// is in tokens. If tokens hold another instant, which it reports as false, or
// none at all, each chunk counts as one token.
func (rec *inferencePerfRecord) countChunks() bool {
	rec.chunks = slices.Compact(rec.chunks)
	n, at := len(rec.chunks), 0
	rec.counts = slices.Grow(rec.counts[:0], n)[:n]
	for i, t := range rec.chunks {
		first := at
		for at < len(rec.tokens) && rec.tokens[at] == t {
			at++
		}
		rec.counts[i] = int64(at - first)
	}
	if at == len(rec.tokens) && at > 0 {
		return true
	}
	for i := range rec.counts {
		rec.counts[i] = 1
	}
	return len(rec.tokens) == 0
}

// overcounted reports whether counts are nearer to the n tokens of the answer
// with one taken off each.
func (rec *inferencePerfRecord) overcounted(n int64) bool {
	if slices.Min(rec.counts) < 2 {
		return false
	}
	sum := int64(len(rec.tokens))
	less := sum - int64(len(rec.counts))
	return max(n-less, less-n) < max(n-sum, sum-n)
}

// inferencePerfPlace translates where metrics found something into keys of
// the file.
func inferencePerfPlace(err error, timesKey string) error {
	var re *metrics.RequestError
	if !errors.As(err, &re) {
		return err
	}
	field := map[string]string{"Deliveries": timesKey, "Due": "scheduled_time", "Sent": "start_time", "End": "end_time",
		"PromptTokens": "input_tokens", "UsageTokens": "output_tokens"}[re.Field]
	return &fieldError{field, -1, err}
}
