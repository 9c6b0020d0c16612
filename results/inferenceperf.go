package results

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// FormatInferencePerf is per_request_lifecycle_metrics.json of inference-perf
// (kubernetes-sigs), 2025 to 2026: an array of objects, one a request. It is
// one run, and states nothing about the setup and no aggregate; those are in
// the files of [FormatInferencePerfSummary] beside it.
//
// How an element becomes a request, in either nesting of its counts: in
// info.request_metrics.text and info.response_metrics, or in info itself, as
// older versions have it:
//
//   - Sent is start_time, End is end_time, both of perf_counter in seconds.
//     Instants count from start_time of the first element; others may be
//     earlier. The file has no scheduled time; if a version writes one, as
//     scheduled_time, it is Due, unless it is later than Sent, when it is taken
//     as unknown (warning "due-after-sent").
//   - chunk_times are the instants of the chunks with content,
//     reasoning_chunk_times those of the chunks with reasoning alone. Both are
//     events.
//   - output_token_times are made of them by the tool: it counts the tokens of
//     each chunk's text again, and repeats the instant of the chunk as often.
//     So the times a chunk's instant occurs there is its number of tokens. It
//     is 0 for a chunk without a token, and no chunk is known to hold more than
//     one if output_token_times are absent.
//   - Versions before the fix of the tool's issue 564 count a token too many in
//     each chunk, one that opens a sentence. Where all counts are at least 2,
//     and their sum less the number of chunks is nearer to the stated number of
//     output tokens than their sum is, one is taken off each (warning
//     "chunk-tokens-overcounted").
//   - If output_token_times hold an instant that no chunk has, they are not
//     used: each chunk counts as one token (warning "token-times-mismatch").
//   - Without chunk_times, equal neighbours of output_token_times are a chunk.
//     The oldest versions stamped every line of the stream, blank ones and end
//     marker included, so that there are about two stamps a token, some µs
//     apart. With more than 3/2 stamps a token, none but the first and the
//     last are used: the request is Sparse (warning "token-times-of-lines").
//   - Without info, the same is done with computed_metrics, whose
//     time_to_first_token and inter_token_latencies hold the same instants.
//   - UsageTokens is what the server stated in server_usage (completion_tokens
//     or output_tokens), else output_tokens, which the client's tokenizer
//     counted. Unless told otherwise the tool itself divides by the latter;
//     where both are stated and differ the warning "token-counts-differ" says so.
//   - An answer with output tokens and no token times was not streamed: all of
//     its tokens are one delivery at End (warning "not-streamed"). If
//     chunk_times are there, and empty, it was streamed and showed nothing.
//   - A request with an error has the Outcome of its error_type: of "HTTP
//     Error" with a status 408 and 504 are TimedOut, 499 is Cancelled, 503, 529
//     and the other 4xx are Rejected; of the others names with "Timeout" are
//     TimedOut, names with "Cancel" Cancelled; the rest is Failed.
//   - request, a string of JSON, response and response_chunks are skipped and
//     never held.
//
// The tool states no TTFT for an answer of one token; its convention follows.
const FormatInferencePerf = "inference-perf"

func detectInferencePerf(h *Head) bool {
	return h.Text[0] == '[' && h.HasAll("start_time", "end_time") && !h.HasAny("num_events") &&
		h.HasAny("request", "info", "computed_metrics")
}

type inferencePerfDecoder struct {
	w      *walker
	run    *Run
	rec    inferencePerfRecord
	origin time.Duration // start_time of the first element
	index  int           // of the next element
	doubts inferencePerfDoubts
}

// inferencePerfDoubts count what warnings are about.
type inferencePerfDoubts struct {
	dueAfterSent, overcounted, mismatch, ofLines, countsDiffer, notStreamed int
}

func newInferencePerfDecoder(content *Content) *inferencePerfDecoder {
	return &inferencePerfDecoder{w: newWalker(content)}
}

func (d *inferencePerfDecoder) NextRun() (*Run, error) {
	if d.run != nil {
		return nil, io.EOF
	}
	d.run = &Run{Convention: metrics.InferencePerf.Name, CommonClock: true}
	return d.run, d.w.fail(d.w.open('['))
}

func (d *inferencePerfDecoder) Next(r *metrics.Request) error {
	d.w.request = -1
	if !d.w.more() {
		d.summarize()
		return d.w.fail(d.w.finish())
	}
	d.w.request = d.index
	err := d.rec.read(d.w)
	if err == nil {
		*r = metrics.Request{ID: strconv.Itoa(d.index), Deliveries: r.Deliveries[:0]}
		err = d.convert(r)
	}
	d.index++
	return d.w.fail(err)
}

// finish reads the bracket that ends an array which is the whole content. It
// returns io.EOF if all is well.
func (w *walker) finish() error {
	if err := w.close(); err != nil {
		return err
	}
	if err := w.end(); err != nil {
		return err
	}
	return io.EOF
}

// convert makes a request of the record.
func (d *inferencePerfDecoder) convert(r *metrics.Request) error {
	rec := &d.rec
	start, ok := rec.start.Get()
	if !ok {
		return inField("start_time", ErrMissing)
	}
	if d.index == 0 {
		d.origin = start
	}
	var err error
	if r.Sent, err = offset(rec.start, d.origin); err != nil {
		return inField("start_time", err)
	}
	if r.End, err = offset(rec.end, d.origin); err != nil {
		return inField("end_time", err)
	}
	if due, ok := rec.scheduled.Get(); ok && due > start {
		d.doubts.dueAfterSent++
	} else if r.Due, err = offset(rec.scheduled, d.origin); err != nil {
		return inField("scheduled_time", err)
	}
	r.Outcome, r.PromptTokens, r.UsageTokens = rec.outcome, rec.prompt, rec.usage
	if !rec.usage.Known() {
		r.UsageTokens = rec.output
	}
	d.doubts.countsDiffer += btoi(rec.output.Known() && r.UsageTokens != rec.output)
	if err := d.deliver(r); err != nil {
		return err
	}
	return inferencePerfPlace(r.Validate(), rec.timesKey)
}

// deliver adds the chunks.
func (d *inferencePerfDecoder) deliver(r *metrics.Request) error {
	rec := &d.rec
	if err := rec.computedTimes(); err != nil {
		return err
	}
	n, counted := r.UsageTokens.Get()
	switch stamps := int64(len(rec.tokens)); {
	case len(rec.chunks) > 0:
		rec.merge()
		if !rec.countChunks() {
			d.doubts.mismatch++
		} else if counted && rec.overcounted(n) {
			d.doubts.overcounted++
			for i := range rec.counts {
				rec.counts[i]--
			}
		}
	case counted && n > 2 && stamps > n+n/2:
		d.doubts.ofLines++
		r.Sparse = true
		rec.chunks = append(rec.chunks[:0], rec.tokens[0], rec.tokens[stamps-1])
		rec.counts = append(rec.counts[:0], 1, n-1)
	case stamps > 0:
		rec.chunks = append(rec.chunks[:0], rec.tokens...)
		rec.countChunks()
	case !rec.streamed && n > 0 && r.Outcome == metrics.Completed && r.End.Known():
		d.doubts.notStreamed++
		end, _ := r.End.Get()
		r.Deliveries = append(r.Deliveries, metrics.Delivery{At: end, Tokens: int(n)})
	}
	for i, at := range rec.chunks {
		t, err := offset(metrics.Known(time.Duration(at)), d.origin)
		if err != nil {
			return &fieldError{rec.timesKey, i, err}
		}
		at, _ := t.Get()
		r.Deliveries = append(r.Deliveries, metrics.Delivery{At: at, Tokens: int(rec.counts[i])})
	}
	return nil
}

// offset returns an instant counted from origin. It is unknown if at is.
func offset(at metrics.Span, origin time.Duration) (metrics.Instant, error) {
	t, ok := at.Get()
	if !ok {
		return metrics.Instant{}, nil
	}
	d := t - origin
	if (d < 0) != (t < origin) || d > metrics.MaxInstant || d < -metrics.MaxInstant {
		return metrics.Instant{}, fmt.Errorf("%w: %v, counted from %v", ErrRange, t, origin)
	}
	return metrics.Known(d), nil
}

// summarize says what was decided.
func (d *inferencePerfDecoder) summarize() {
	c := &d.doubts
	if c.ofLines > 0 {
		d.run.gapsUnknown()
	}
	d.run.count("due-after-sent", c.dueAfterSent, "%d requests were sent before their scheduled time, which is taken as unknown")
	d.run.count("chunk-tokens-overcounted", c.overcounted, "of %d requests the tool counted one token too many in each chunk, "+
		"by the stated number of output tokens; one is taken off each chunk")
	d.run.count("token-times-mismatch", c.mismatch, "of %d requests output_token_times hold instants at which no chunk came; "+
		"each chunk counts as one token")
	d.run.count("token-times-of-lines", c.ofLines, "of %d requests there are more than 3/2 stamps a token: lines of the stream were stamped, not tokens; "+
		"only the first and the last are used, and the tool's own inter-token latencies of this run are too short")
	d.run.count("token-counts-differ", c.countsDiffer, "of %d requests the server stated another number of output tokens than the tool's tokenizer counted; "+
		"the server's is used, the tool's own figures divide by the other unless it was told not to")
	d.run.count("not-streamed", c.notStreamed, "%d answers have output tokens but no times of tokens: "+
		"they are taken as not streamed, all of their tokens as visible at the end")
}
