package results

import (
	"io"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// FormatAIPerf is profile_export.jsonl of AIPerf, 2025 to 2026: one JSON
// object a request, in the order in which they ended. The file is one run. It
// states nothing about the setup and no aggregate; those are in the file of
// [FormatAIPerfSummary] beside it. What chunks held is in that of
// [FormatAIPerfRaw], if the tool was told to write it.
//
// How a line becomes a request, with the names of 2025 behind the slash:
//
//   - Lines of the phase "warmup" are left out (metadata.benchmark_phase /
//     credit_phase). Their number is the fact "warmup_requests" and the warning
//     "warm-up-left-out". These and all warnings are complete when the last
//     request has been read.
//   - Sent is metadata.request_start_ns / timestamp_ns, Due is credit_issued_ns,
//     the instant at which the load generator let the request go. Another
//     process took both, perhaps on another machine: if Due is later than Sent
//     it is taken as unknown (warning "due-after-sent").
//   - All instants count from Sent of the first line that is kept. Lines are
//     in the order of ends, so later ones may have negative instants.
//   - Each metric states its unit, before or behind its value. A time without
//     a unit of time is an error, and so is a list of gaps in another unit than
//     the lists before it.
//   - The first chunk with content came time_to_first_token / ttft after Sent,
//     each later one a gap of inter_chunk_latency after the one before. The
//     file does not say how many tokens a chunk held: each counts as one.
//   - UsageTokens is output_sequence_length, which includes reasoning; without
//     it the sum of output_token_count and reasoning_token_count. The client's
//     tokenizer counted them, unless it was told to trust the server.
//   - Without inter_chunk_latency, request_latency says when the last content
//     came: the request is Sparse if it has more than two tokens. Without a
//     TTFT the answer was not streamed: all of its tokens are one delivery at
//     that instant (warning "not-streamed"). time_to_second_token / ttst is not
//     used: it repeats the first gap, or is the only one.
//   - With inter_chunk_latency, request_latency only has to agree with the sum
//     of TTFT and gaps, up to the rounding of each to 1 ns; else the chunks
//     count (warning "latency-mismatch").
//   - End is request_end_ns. It is later than the last content, at which
//     request_latency ends. Where the rounding of gaps puts the last chunk
//     behind it, End is the last chunk: silently by up to 1 ns a chunk, with
//     the warning "end-before-last-event" up to 10 µs; beyond, it is an error.
//   - PromptTokens is input_sequence_length, or error_isl of a failed request.
//   - A request with was_cancelled is Cancelled. Else one with an error has the
//     Outcome of its code: 499, which the tool gives to a request that it gave
//     up itself, is Cancelled; 408 and 504 TimedOut; 503, 529 and the other
//     4xx Rejected; the rest Failed. Without one of these codes the name of
//     its type decides: one with "Cancel" is Cancelled, one with "Timeout"
//     TimedOut.
//
// The names of the tool and ours differ: its inter_token_latency is a TPOT, its
// inter_chunk_latency an ITL, its request_latency an end-to-end latency that
// ends with the last content.
const FormatAIPerf = "aiperf"

// aiperfConvention is the name of the tool's convention in metrics.
const aiperfConvention = "aiperf"

func detectAIPerf(h *Head) bool {
	return h.HasAll("metadata", "metrics") && !h.HasAny("start_perf_ns") &&
		h.HasAny("metadata.benchmark_phase", "metadata.credit_phase", "metadata.record_processor_id")
}

// aiperfDecoder reads both kinds of AIPerf's records: those with metrics and
// the raw ones.
type aiperfDecoder struct {
	w   *walker
	rec aiperfRecord
	raw bool // records hold responses instead of metrics

	run    *Run
	held   bool          // rec has not been handed out
	origin time.Duration // of the instants of the run
	index  int           // of the record in the file
	doubts aiperfDoubts
}

// aiperfDoubts count what warnings are about.
type aiperfDoubts struct {
	warmUp, dueAfterSent, notStreamed, mismatch, moved, sparse int
	largest                                                    time.Duration // of dueAfterSent
	streams                                                    streamDoubts  // of raw records
}

func newAIPerfDecoder(content *Content, raw bool) *aiperfDecoder {
	return &aiperfDecoder{w: newWalker(content), raw: raw, index: -1}
}

// NextRun reads up to the first record that is kept, whose start is the
// origin.
func (d *aiperfDecoder) NextRun() (*Run, error) {
	if d.run != nil {
		return nil, io.EOF
	}
	d.run = &Run{Convention: aiperfConvention, CommonClock: true}
	err := d.advance()
	if err != nil && err != io.EOF {
		return nil, err
	}
	d.origin, _ = d.rec.start.Get()
	d.held = err == nil
	d.summarize()
	return d.run, nil
}

func (d *aiperfDecoder) Next(r *metrics.Request) error {
	if !d.held {
		if err := d.advance(); err != nil {
			d.summarize()
			return err
		}
	}
	d.held = false
	*r = metrics.Request{Deliveries: r.Deliveries[:0]}
	return d.w.fail(d.convert(r))
}

// advance reads the next record that is not a warm-up into rec.
func (d *aiperfDecoder) advance() error {
	for {
		d.index++
		d.w.request = d.index
		if d.w.kind() == 0 {
			if err := d.w.end(); err != nil {
				return d.w.fail(err)
			}
			return io.EOF
		}
		if err := d.rec.read(d.w, d.raw); err != nil {
			return d.w.fail(err)
		}
		if !d.rec.warmUp {
			return nil
		}
		d.doubts.warmUp++
	}
}
