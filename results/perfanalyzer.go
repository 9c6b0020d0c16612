package results

import (
	"io"
	"strconv"

	"github.com/tokentime/tokentime/metrics"
)

// FormatPerfAnalyzer is profile_export.json of Triton's perf_analyzer, which
// genai-perf reads too: {"experiments":[...]}, one run an experiment. It holds
// when each response came and what it was, and no aggregates; genai-perf's are
// in the file of [FormatAIPerfSummary].
//
//   - The mode and value of an experiment are the fact "experiment.concurrency"
//     or "experiment.request_rate". version, service_kind and endpoint stand
//     behind all experiments: they are facts of the last run only.
//   - Sent is timestamp. All instants of a run count from Sent of its first
//     request; requests need not be in order, so there may be negative ones.
//   - A response came at its entry in response_timestamps, which must be as
//     many as response_outputs. A "response" is a piece of a stream of events:
//     it may hold several or a part of one, which became visible with its last
//     piece. What an event holds is found out as [sse.Answer] does: output is a
//     delivery of one token, or of as many as the running total grew by, if
//     every event with output states it; role, empty and finish events are
//     deliveries of no token; usage, [DONE] and errors are none. genai-perf
//     takes the time of the first piece.
//   - A "response" that is a JSON object is an answer that was not streamed: one
//     delivery of as many tokens as it states, or one.
//   - A "text_output" is one token, or none if it is empty; "output_ids" are as
//     many as there are. Other outputs are no tokens.
//   - UsageTokens and PromptTokens are what the server states. genai-perf's
//     figures are of its own tokenizer.
//   - End is the instant of the event that ends the stream, else of the last
//     response.
//   - The file does not state outcomes. A request is Failed if an event says so,
//     if its stream has neither an end event nor a finish reason (warning
//     "stream-without-end"), which Triton's own need not, or if there was no response (warning
//     "no-response"); else it is Completed. genai-perf gives up at the first,
//     leaves out the last, and has the others in its figures.
//   - The inputs of requests are skipped, and window_boundaries too: the tool's
//     figures are of all requests that it wrote.
//
// Further warnings are "unreadable-events" and "no-output-recognised".
const FormatPerfAnalyzer = "perf-analyzer"

func detectPerfAnalyzer(h *Head) bool {
	return h.HasAll("experiments") && h.HasAny("experiments.requests", "experiments.experiment.mode")
}

type perfAnalyzerDecoder struct {
	w       *walker
	begun   bool // the list of experiments is open
	ended   bool // the document is read
	run     *Run
	open    bool // its list of requests is
	index   int  // of the next request
	origin  metrics.Instant
	request perfAnalyzerRequest
	doubts  streamDoubts
	silent  int // requests without a response
}

func newPerfAnalyzerDecoder(content *Content) *perfAnalyzerDecoder {
	return &perfAnalyzerDecoder{w: newWalker(content)}
}

func (d *perfAnalyzerDecoder) NextRun() (*Run, error) {
	d.w.request = -1
	if d.ended {
		return nil, io.EOF
	}
	d.run, d.index, d.origin = &Run{Convention: aiperfConvention, CommonClock: true}, 0, metrics.Instant{}
	d.doubts, d.silent = streamDoubts{}, 0
	err := d.begin()
	if err == nil && !d.ended {
		err = d.experiment()
	}
	if err != nil {
		return nil, d.w.fail(err)
	}
	if d.ended {
		return nil, io.EOF // no experiment at all
	}
	return d.run, nil
}

// begin reads up to the first experiment, or to the end if there is none.
func (d *perfAnalyzerDecoder) begin() error {
	if d.begun {
		return nil
	}
	if err := d.w.open('{'); err != nil {
		return err
	}
	if err := d.members(); err != nil {
		return err
	}
	if !d.begun {
		return d.missing("experiments")
	}
	if d.w.more() {
		return nil
	}
	return d.finish()
}

// members reads members of the outer object, up to the experiments or to its
// end.
func (d *perfAnalyzerDecoder) members() error {
	for d.w.more() {
		name, err := d.w.name()
		if err != nil {
			return err
		}
		if name == "experiments" {
			d.begun = true
			err = d.w.open('[')
		} else {
			err = d.w.fact(d.run, name)
		}
		if err != nil {
			return inside(name, err)
		}
		if name == "experiments" {
			return nil
		}
	}
	return nil
}

// finish reads what is behind the experiments.
func (d *perfAnalyzerDecoder) finish() error {
	if err := d.w.close(); err != nil {
		return err
	}
	if err := d.members(); err != nil {
		return err
	}
	if err := d.w.close(); err != nil {
		return err
	}
	d.ended = true
	return d.w.end()
}

// experiment reads the next experiment up to its requests.
func (d *perfAnalyzerDecoder) experiment() error {
	if err := d.w.open('{'); err != nil {
		return inside("experiments", err)
	}
	if err := d.parts(); err != nil {
		return err
	}
	if !d.open {
		return d.missing("experiments.requests")
	}
	return nil
}

// missing reports that an object ended without the member, if it ended.
func (d *perfAnalyzerDecoder) missing(name string) error {
	if err := d.w.close(); err != nil {
		return err
	}
	return inside(name, ErrMissing)
}

// parts reads members of an experiment, up to its requests or to its end.
func (d *perfAnalyzerDecoder) parts() error {
	for d.w.more() {
		name, err := d.w.name()
		if err != nil {
			return err
		}
		switch name {
		case "requests":
			d.open = true
			if err := d.w.open('['); err != nil {
				return inside(name, err)
			}
			return nil
		case "experiment":
			err = d.mode()
		default:
			err = d.w.skip()
		}
		if err != nil {
			return inside(name, err)
		}
	}
	return nil
}

// mode reads how the load of an experiment was made.
func (d *perfAnalyzerDecoder) mode() error {
	mode, value := "", Run{}
	err := d.w.object(func(name string) (err error) {
		switch name {
		case "mode":
			mode, err = d.w.word()
		default:
			err = d.w.fact(&value, name)
		}
		return err
	})
	for _, f := range value.Facts {
		if f.Name == "value" {
			f.Name = mode
		}
		d.run.Facts = append(d.run.Facts, Fact{"experiment." + f.Name, f.Value})
	}
	return err
}

func (d *perfAnalyzerDecoder) Next(r *metrics.Request) error {
	d.w.request = d.index
	if !d.w.more() {
		err := d.endRequests()
		if err == nil {
			err = io.EOF
		}
		return d.w.fail(err)
	}
	*r = metrics.Request{Deliveries: r.Deliveries[:0], ID: strconv.Itoa(d.index)}
	err := d.request.read(d.w)
	if err == nil {
		err = d.convert(r)
	}
	d.index++
	return d.w.fail(err)
}

// endRequests reads what is behind the requests of an experiment, and behind
// the last experiment all that is left.
func (d *perfAnalyzerDecoder) endRequests() error {
	d.w.request = -1
	if err := d.w.close(); err != nil {
		return err
	}
	d.open = false
	if err := d.parts(); err != nil {
		return err
	}
	if err := d.w.close(); err != nil {
		return err
	}
	d.doubts.summarize(d.run)
	d.run.count("no-response", d.silent, "%d requests have no response: they are taken as failed")
	if d.w.more() {
		return nil
	}
	return d.finish()
}
