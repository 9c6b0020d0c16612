package results

import (
	"bytes"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/tokentime/tokentime/metrics"
)

// FormatAIPerfRaw is profile_export_raw.jsonl, which AIPerf writes when it is
// told --export-level raw: each line holds what came from the server, with the
// instant at which it came. It knows more than [FormatAIPerf]: which events
// were text, which only looked like it, and what the server counted.
//
// The metadata and the error of a line are read as there, warm-up included.
// Apart from that:
//
//   - The instants of responses are of another clock than the metadata, that
//     of start_perf_ns: a response came perf_ns - start_perf_ns after Sent.
//   - The packets of a response are the fields of one event. What the event
//     holds is found out as [sse.Answer] does: output is a delivery of one
//     token, or of as many as the running total grew by, if every event with
//     output states it; role, empty and finish events are deliveries of no
//     token; usage, [DONE] and errors are none. A response with a text instead
//     of packets is an answer that was not streamed: one delivery of as many
//     tokens as it states.
//   - UsageTokens and PromptTokens are what the server states. The tool's own
//     figures are of the client's tokenizer, and can differ.
//   - The outcome is what the tool says, but an event that says that the server
//     failed makes a completed request Failed. That a stream has no end is no
//     failure here, since the tool saw the connection end.
//   - payload, headers and bodies that are not text are skipped; the model that
//     the first request asked for is the fact "payload.model".
//
// Further warnings are "unreadable-events" and "no-output-recognised".
const FormatAIPerfRaw = "aiperf-raw"

func detectAIPerfRaw(h *Head) bool {
	return h.HasAll("metadata", "start_perf_ns") &&
		h.HasAny("metadata.benchmark_phase", "metadata.credit_phase", "metadata.record_processor_id")
}

// aiperfRaw is what a raw record adds to the metadata. The instants of its
// answer are of the clock of start.
type aiperfRaw struct {
	answer *answer
	start  metrics.Instant
	model  string // that some request so far asked for

	event, data, value []byte // of the response that is being read
}

// next returns what the next record is read into, which keeps the memory of
// this one.
func (rec *aiperfRaw) next() aiperfRaw {
	n := aiperfRaw{rec.answer, metrics.Instant{}, rec.model, rec.event, rec.data, rec.value}
	if n.answer == nil {
		n.answer = new(answer)
	}
	n.answer.begin(n.answer.Deliveries[:0])
	return n
}

// read reads a member of the record.
func (rec *aiperfRaw) read(w *walker, name string) (err error) {
	switch name {
	case "start_perf_ns":
		rec.start, err = w.epoch()
	case "responses":
		err = w.array(func(int) error { return rec.response(w) })
	case "payload":
		if rec.model != "" || w.kind() != '{' {
			return w.skip()
		}
		err = w.object(func(name string) (err error) {
			if name != "model" || w.kind() != '"' {
				return w.skip()
			}
			rec.model, err = w.word()
			return err
		})
	default:
		err = w.skip()
	}
	return err
}

// response reads one response: an event, or an answer that was not streamed.
func (rec *aiperfRaw) response(w *walker) error {
	var at metrics.Instant
	rec.event, rec.data = rec.event[:0], rec.data[:0]
	fields := 0 // of data
	err := w.object(func(name string) (err error) {
		switch name {
		case "perf_ns":
			at, err = w.epoch()
		case "packets":
			err = w.array(func(int) error { return rec.packet(w, &fields) })
		case "text":
			if w.kind() != '"' {
				return w.skip()
			}
			rec.data, err = w.appendText(rec.data[:0])
		default:
			err = w.skip()
		}
		return err
	})
	if err != nil {
		return err
	}
	t, ok := at.Get()
	if !ok {
		return inside("perf_ns", ErrMissing)
	}
	if fields > 0 || len(rec.data) > 0 {
		rec.answer.whole(t, string(rec.event), rec.data)
	}
	return nil
}

// packet reads a field of an event. Further fields of data are further lines
// of it.
func (rec *aiperfRaw) packet(w *walker, fields *int) error {
	field := ""
	rec.value = rec.value[:0]
	err := w.object(func(name string) (err error) {
		switch {
		case name == "name":
			field, err = w.word()
		case name == "value" && w.kind() == '"':
			rec.value, err = w.appendText(rec.value[:0])
		default:
			err = w.skip()
		}
		return err
	})
	switch field {
	case "event":
		rec.event = append(rec.event[:0], rec.value...)
	case "data":
		if *fields++; *fields > 1 {
			rec.data = append(rec.data, '\n')
		}
		rec.data = append(rec.data, rec.value...)
	}
	return err
}

// appendText appends the string that comes next; bytes that are not UTF-8 are
// replaced.
func (w *walker) appendText(dst []byte) ([]byte, error) {
	raw, err := w.raw()
	if err != nil {
		return dst, err
	}
	if raw.Kind() != '"' {
		return dst, fmt.Errorf("%w: want a string, got %s", ErrType, quoted(raw))
	}
	if bytes.IndexByte(raw, '\\') < 0 && utf8.Valid(raw) {
		return append(dst, raw[1:len(raw)-1]...), nil
	}
	text, err := looseText(raw)
	return append(dst, text...), err
}

// deliverRaw adds the deliveries of a raw record.
func (d *aiperfDecoder) deliverRaw(r *metrics.Request, sent time.Duration) error {
	rec := &d.rec.raw
	start, ok := rec.start.Get()
	if !ok {
		return inside("start_perf_ns", ErrMissing)
	}
	a := rec.answer
	a.fill(r)
	shift := sent - start
	for i := range r.Deliveries {
		r.Deliveries[i].At += shift
	}
	if done, ok := a.Done.Get(); ok && !d.rec.end.Known() {
		r.End = metrics.Known(done + shift)
	}
	if a.Failed && r.Outcome == metrics.Completed {
		r.Outcome = metrics.Failed
	}
	d.doubts.streams.add(a, r.Outcome, false)
	return nil
}
