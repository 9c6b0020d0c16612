package results

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tokentime/tokentime/metrics"
)

// FormatSSECapture is a recording of streamed answers with common tools, our
// definition: the lines of a stream of server-sent events as they are, each
// behind the instant at which it came, in decimal seconds of any clock, and one
// space. It is what ts of moreutils writes:
//
//	(echo ': sent'; curl -sN https://... -d '{"stream":true,...}') | ts '%.s'
//
//	1759813207.532900 : sent
//	1759813207.701222 data: {"choices":[{"delta":{"content":"Hello"}}]}
//	1759813207.701230
//	1759813207.733107 data: [DONE]
//	1759813207.733113
//
// Several requests may follow one another; those that overlap need a file
// each. The file is one run.
//
//   - The line ": sent", which is a comment in such a stream, begins a request
//     and is its Sent. What is behind the words is its ID, else it is the
//     number of the request. From the pipeline above Sent is when curl was
//     started, so the TTFT includes its start and the connection.
//   - Without the line a request begins with its first event, and Sent is
//     unknown: it has no TTFT (warning "no-sent-line").
//   - A request ends with the event that ends the stream ([DONE],
//     message_stop, response.completed), at the next ": sent", or at the end of
//     the file. End is the instant of the event, else of the last line.
//   - An event became visible with the blank line behind it. What it holds is
//     found out as [sse.Answer] does: output is a delivery of one token, or of
//     as many as the running total grew by, if every event with output states
//     it; role, empty and finish events are deliveries of no token; usage,
//     [DONE] and errors are none. Lines that are no field of an event, such as
//     the headers that curl -i shows, are none either.
//   - UsageTokens and PromptTokens are what the server states.
//   - A request is Failed if an event says so, or if its stream has neither an
//     end event nor a reason why it finished (warning "stream-without-end"):
//     the connection broke, or somebody stopped the recording. Else it is
//     Completed. Triton's generate_stream has neither, so it cannot be told
//     whether one is whole: it is taken as Completed.
//   - All instants count from the first line. [Run.Resolution] is the last
//     digit of its time. A time that runs backwards is an error, as is a key
//     that the JSON of an event repeats.
//
// Further warnings are "unreadable-events" and "no-output-recognised".
const FormatSSECapture = "sse-capture"

func detectSSECapture(h *Head) bool {
	line, _, _ := bytes.Cut(h.Text, []byte("\n"))
	_, decimals, rest, err := captureTime(line)
	if err != nil || decimals == 0 {
		return false
	}
	for _, field := range []string{":", "data:", "event:", "id:", "retry:"} {
		if bytes.HasPrefix(rest, []byte(field)) {
			return true
		}
	}
	return false
}

// captureTime takes the instant from the front of a line, and its number of
// decimals.
func captureTime(line []byte) (at time.Duration, decimals int, rest []byte, err error) {
	number, rest, _ := bytes.Cut(bytes.TrimSuffix(line, []byte("\r")), []byte(" "))
	ns, err := parseSeconds(number)
	if err == nil && (ns < 0 || time.Duration(ns) > metrics.MaxInstant) {
		err = outOfRange(number)
	}
	if err != nil {
		err = fmt.Errorf("%w (a line begins with its time in seconds and a space)", err)
	}
	_, fraction, _ := bytes.Cut(number, []byte("."))
	return time.Duration(ns), len(fraction), rest, err
}

type sseCaptureDecoder struct {
	lines lineReader
	run   *Run

	// The line read last.
	at       time.Duration // on the recorder's clock
	rest     []byte        // what is behind the instant
	decimals int           // of the instant
	loose    bool          // no line end is behind it: it may be cut off
	held     bool          // it has not been looked at

	origin    time.Duration // the instant of the first line
	precision int           // its decimals

	index    int // of the next request
	answer   answer
	doubts   streamDoubts
	sentless int

	data bytes.Reader // of a line
	json *jsontext.Decoder
}

func newSSECaptureDecoder(content *Content) *sseCaptureDecoder {
	return &sseCaptureDecoder{lines: lineReader{src: content.src}, json: new(jsontext.Decoder)}
}

// NextRun reads the first line, whose instant is the origin.
func (d *sseCaptureDecoder) NextRun() (*Run, error) {
	if d.run != nil {
		return nil, io.EOF
	}
	d.run = &Run{CommonClock: true}
	if err := d.advance(); err != nil {
		return nil, d.fail(err)
	}
	d.origin, d.precision, d.held = d.at, d.decimals, true
	if d.precision < len(powersOfTen)-1 {
		d.run.Resolution = time.Duration(powersOfTen[9-d.precision])
	}
	return d.run, nil
}

// Next reads the lines of a request.
func (d *sseCaptureDecoder) Next(r *metrics.Request) error {
	*r = metrics.Request{Deliveries: r.Deliveries[:0]}
	d.answer.begin(r.Deliveries)
	begun, last := false, time.Duration(0)
	for !d.answer.Done.Known() {
		if err := d.advance(); err == io.EOF {
			break
		} else if err != nil {
			return d.fail(err)
		}
		id, isSent := bytes.CutPrefix(d.rest, []byte(": sent"))
		if isSent && begun {
			d.held = true
			break
		}
		begun = begun || isSent || isEventField(d.rest)
		last = d.at - d.origin
		if isSent {
			r.Sent, r.ID = metrics.Known(last), string(bytes.ToValidUTF8(bytes.TrimSpace(id), []byte("\ufffd")))
		}
		if err := d.look(begun && !isSent); err != nil {
			return d.fail(err)
		}
	}
	if !begun {
		d.summarize()
		return io.EOF
	}
	if err := d.convert(r, last); err != nil {
		return d.fail(err)
	}
	d.index++
	return nil
}

// advance reads the next line, unless one is held.
func (d *sseCaptureDecoder) advance() error {
	if d.held {
		d.held = false
		return nil
	}
	for {
		line, err := d.lines.read()
		d.loose = err == io.EOF
		if err != nil && !(d.loose && len(line) > 0) {
			return err
		}
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		previous := d.at
		if d.at, d.decimals, d.rest, err = captureTime(line); err == nil && d.at < previous {
			err = fmt.Errorf("%w: %v s after %v s", metrics.ErrTimeReversed, d.at.Seconds(), previous.Seconds())
		}
		return err
	}
}

// look gives the line to the answer if it belongs to one.
func (d *sseCaptureDecoder) look(belongs bool) error {
	events := d.answer.Events
	if belongs {
		if err := d.checkKeys(); err != nil {
			return err
		}
		at := d.at - d.origin
		d.answer.write(at, d.rest)
		d.answer.write(at, []byte("\n"))
	}
	// The body of an error has no line end, and is no event.
	whole := d.answer.Events > events && d.decimals == d.precision || bytes.HasPrefix(d.rest, []byte("{"))
	if d.loose && !whole {
		return fmt.Errorf("cut off in the last line: %w", io.ErrUnexpectedEOF)
	}
	return nil
}

// checkKeys reports a key that the JSON in the line repeats.
func (d *sseCaptureDecoder) checkKeys() error {
	data, ok := bytes.CutPrefix(d.rest, []byte("data:"))
	if !ok || !bytes.HasPrefix(bytes.TrimLeft(data, " "), []byte("{")) {
		return nil
	}
	d.data.Reset(data)
	d.json.Reset(&d.data, jsontext.AllowInvalidUTF8(true))
	err := d.json.SkipValue()
	var se *jsontext.SyntacticError
	if errors.Is(err, jsontext.ErrDuplicateName) && errors.As(err, &se) {
		return fmt.Errorf("%w: %s", ErrDuplicateKey, lastToken(se.JSONPointer))
	}
	return nil // an event may have several lines; see sse.Unreadable
}

// isEventField reports whether the line is a field of an event.
func isEventField(line []byte) bool {
	return bytes.HasPrefix(line, []byte("data:")) || bytes.HasPrefix(line, []byte("event:"))
}

// convert makes a request of the answer, whose last line came at last.
func (d *sseCaptureDecoder) convert(r *metrics.Request, last time.Duration) error {
	a := &d.answer
	a.fill(r)
	r.End = a.Done
	if !r.End.Known() {
		r.End = metrics.Known(last)
	}
	if r.ID == "" {
		r.ID = strconv.Itoa(d.index)
	}
	if !r.Sent.Known() {
		d.sentless++
	}
	r.Outcome = a.Outcome()
	d.doubts.add(a, r.Outcome, a.BrokeOff())
	return r.Validate()
}

// summarize says what is doubtful about the requests.
func (d *sseCaptureDecoder) summarize() {
	if d.sentless > 0 && len(d.run.NotDerivable) == 0 {
		d.run.notDerivable("the recording does not say when requests were sent", "TTFT", "TTLT", "end-to-end latency", "normalized latency")
	}
	d.run.count("no-sent-line", d.sentless, "%d requests have no line \": sent\": when they were sent is unknown, and they have no TTFT")
	d.doubts.summarize(d.run)
}

// fail gives err its place.
func (d *sseCaptureDecoder) fail(err error) error {
	if err == io.EOF {
		return err
	}
	return &Error{Request: d.index, Line: d.lines.line, Offset: -1, Err: err}
}
