package results

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tokentime/tokentime/metrics"
)

// vllmDecoder reads files of vLLM's benchmark client; see the package
// documentation.
type vllmDecoder struct {
	content jsonContent
	json    *jsontext.Decoder // of content
	forced  bool              // the caller says that it is vLLM's
	run     *Run
	vllmColumns
	index int // of the next request
}

// vllmColumns are the arrays of one run, index-aligned. Times are nanoseconds.
type vllmColumns struct {
	inputLens, outputLens []int64
	ttfts, starts         []int64
	latencies, queues     []int64
	gaps                  []int64 // itls of all requests
	gapEnd                []int   // where those of each end in gaps
	failed                []bool

	read     map[string]int // lengths of the arrays that were there
	unread   []string       // keys of arrays and objects that mean nothing here
	chat     bool
	earliest int64 // of starts
}

func newVLLMDecoder(content *bufio.Reader, forced bool) *vllmDecoder {
	d := &vllmDecoder{content: jsonContent{src: content}, forced: forced}
	// Texts are skipped, so what is wrong in one must not lose the numbers.
	d.json = jsontext.NewDecoder(&d.content, jsontext.AllowInvalidUTF8(true))
	return d
}

func (d *vllmDecoder) nextRun() (*Run, error) {
	d.run = &Run{Format: FormatVLLM, Convention: metrics.VLLM.Name}
	d.reset()
	d.index = 0
	switch kind := d.json.PeekKind(); kind {
	case '[', '"', '0', 't', 'f', 'n':
		return nil, fmt.Errorf("%w: want an object, got %s", ErrType, kindName(kind))
	}
	if _, err := d.json.ReadToken(); err != nil {
		if err == io.EOF {
			return nil, err
		}
		return nil, d.malformed(err)
	}
	for d.json.PeekKind() != '}' {
		if err := d.member(); err != nil {
			return nil, err
		}
	}
	if _, err := d.json.ReadToken(); err != nil {
		return nil, d.malformed(err)
	}
	if err := d.complete(); err != nil {
		return nil, err
	}
	d.interpret()
	return d.run, nil
}

// reset empties the columns and keeps their memory.
func (c *vllmColumns) reset() {
	*c = vllmColumns{
		inputLens: c.inputLens[:0], outputLens: c.outputLens[:0],
		ttfts: c.ttfts[:0], starts: c.starts[:0],
		latencies: c.latencies[:0], queues: c.queues[:0],
		gaps: c.gaps[:0], gapEnd: c.gapEnd[:0], failed: c.failed[:0],
		read: map[string]int{},
	}
}

// member reads one member of the object of a run.
func (d *vllmDecoder) member() error {
	token, err := d.json.ReadToken()
	if err != nil {
		return d.malformed(err)
	}
	name := token.String()
	if !d.forced && ofSGLang(name) {
		return fmt.Errorf("%w (the key %q is one of SGLang)", ErrUnknownFormat, name)
	}
	kind := d.json.PeekKind()
	switch name {
	case "input_lens":
		err = d.counts(&d.inputLens, name)
	case "output_lens":
		err = d.counts(&d.outputLens, name)
	case "ttfts":
		err = d.numbers(&d.ttfts, name, seconds)
	case "start_times":
		err = d.numbers(&d.starts, name, seconds)
	case "latencies":
		err = d.numbers(&d.latencies, name, seconds)
	case "queue_times":
		err = d.numbers(&d.queues, name, seconds)
	case "itls":
		err = d.gapLists(name)
	case "errors":
		err = d.errorTexts(name)
	default:
		if kind == '[' || kind == '{' {
			if name != "generated_texts" {
				d.unread = append(d.unread, name)
			}
			err = d.json.SkipValue()
			break
		}
		var raw jsontext.Value
		if raw, err = d.json.ReadValue(); err == nil {
			err = inField(name, d.scalar(name, raw))
		}
	}
	return d.place(err)
}

// ofSGLang reports whether a key is written by SGLang's client, which has
// arrays of the same names with another meaning, and by no other.
func ofSGLang(name string) bool {
	switch name {
	case "total_output_tokens_retokenized", "mean_e2e_latency_ms", "sharegpt_output_len":
		return true
	}
	return false
}

// numbers reads a column of numbers. A null is as good as none.
func (d *vllmDecoder) numbers(dst *[]int64, name string, kind numberKind) error {
	if open, err := d.openColumn(name); !open {
		return err
	}
	var err error
	if *dst, err = d.content.numbers(*dst, kind); err != nil {
		return &Error{Request: len(*dst), Offset: -1, Field: name, Err: err}
	}
	d.read[name] = len(*dst)
	_, err = d.json.ReadToken()
	return err
}

func (d *vllmDecoder) counts(dst *[]int64, name string) error {
	if err := d.numbers(dst, name, integers); err != nil {
		return err
	}
	for i, n := range *dst {
		if n < 0 || n > metrics.MaxTokens {
			return &Error{Request: i, Offset: -1, Field: name, Err: fmt.Errorf("%w: %d tokens", ErrRange, n)}
		}
	}
	return nil
}

func (d *vllmDecoder) gapLists(name string) error {
	if open, err := d.openColumn(name); !open {
		return err
	}
	start := 0
	gaps, err := d.content.numberLists(d.gaps, seconds, func(gaps []int64) error {
		for j, g := range gaps[start:] {
			if g < 0 {
				return &fieldError{"", j, negative(g)}
			}
		}
		start = len(gaps)
		d.gapEnd = append(d.gapEnd, start)
		return nil
	})
	if err != nil {
		return &Error{Request: len(d.gapEnd), Offset: -1, Field: name, Err: err}
	}
	d.gaps = gaps
	d.read[name] = len(d.gapEnd)
	_, err = d.json.ReadToken()
	return err
}

func negative(ns int64) error { return fmt.Errorf("%w: %v", ErrNegativeTime, time.Duration(ns)) }

func (d *vllmDecoder) errorTexts(name string) error {
	if open, err := d.openColumn(name); !open {
		return err
	}
	for d.json.PeekKind() != ']' {
		raw, err := d.json.ReadValue()
		if err != nil {
			return err
		}
		if k := raw.Kind(); k != '"' && k != 'n' {
			return &Error{Request: len(d.failed), Offset: -1, Field: name,
				Err: fmt.Errorf("%w: want a string, got %s", ErrType, kindName(k))}
		}
		d.failed = append(d.failed, raw.Kind() == '"' && len(raw) > len(`""`))
	}
	d.read[name] = len(d.failed)
	_, err := d.json.ReadToken()
	return err
}

// openColumn reads the bracket that opens a column. It returns false for null.
func (d *vllmDecoder) openColumn(name string) (bool, error) {
	switch kind := d.json.PeekKind(); kind {
	case 'n':
		return false, d.json.SkipValue()
	case '[', 0:
		_, err := d.json.ReadToken()
		if err == nil && len(d.json.UnreadBuffer()) > 0 {
			err = errReadAhead
		}
		return err == nil, err
	default:
		return false, inField(name, fmt.Errorf("%w: want an array, got %s", ErrType, kindName(kind)))
	}
}

// scalar files a value that is neither array nor object.
func (d *vllmDecoder) scalar(name string, raw jsontext.Value) error {
	if name == "request_goodput:" { // misspelt by the clients of early 2025
		name = "request_goodput"
	}
	word, nonFinite := nonFiniteWord(raw)
	unit, aggregate := aggregateUnit(name)
	switch {
	case raw.Kind() == 'n':
		return nil
	case nonFinite:
		d.run.Facts = append(d.run.Facts, Fact{name, word})
		if aggregate || name == "duration" {
			d.run.warn("non-finite-number", fmt.Sprintf("the file states %s as %s: it is kept as a text and compared with nothing", name, word))
		}
		return nil
	case name == "duration":
		return d.duration(raw)
	case aggregate:
		v, err := parseFloat(raw)
		d.run.Reported = append(d.run.Reported, Reported{name, v, unit})
		return err
	case raw.Kind() == '"':
		s, _ := jsontext.AppendUnquote(nil, raw) // fails for text that is not UTF-8, which it replaces
		d.run.Facts = append(d.run.Facts, Fact{name, string(s)})
		return nil
	}
	d.run.Facts = append(d.run.Facts, Fact{name, string(raw)})
	return nil
}

func (d *vllmDecoder) duration(raw jsontext.Value) error {
	ns, err := parseSeconds(raw)
	if err == nil && ns < 0 {
		err = negative(ns)
	}
	if err == nil && time.Duration(ns) > metrics.MaxInstant {
		err = outOfRange(raw)
	}
	d.run.Duration = metrics.Known(time.Duration(ns))
	return err
}

// aggregateUnit returns the unit of the number of that name if the tool
// computed it from requests.
func aggregateUnit(name string) (unit string, ok bool) {
	switch name {
	case "completed", "failed", "max_concurrent_requests":
		return "requests", true
	case "total_input_tokens", "total_output_tokens":
		return "tokens", true
	case "request_throughput", "request_goodput":
		return "requests/s", true
	case "output_throughput", "total_token_throughput", "max_output_tokens_per_s":
		return "tokens/s", true
	case "rtfx":
		return "", true
	}
	if stat, _, found := statistic(name); found && stat != "" {
		return "ms", true
	}
	return "", false
}

// statistic takes a name such as "p99_ttft_ms" apart into "p99" and "ttft".
func statistic(name string) (stat, metric string, ok bool) {
	rest, ok := strings.CutSuffix(name, "_ms")
	if !ok {
		return "", "", false
	}
	stat, metric, ok = strings.Cut(rest, "_")
	switch {
	case !ok:
		return "", "", false
	case stat == "mean", stat == "median", stat == "std":
		return stat, metric, true
	}
	_, ok = percentile(stat)
	return stat, metric, ok
}

// percentile returns the p of "p99" or "p99.9" in [0, 100].
func percentile(stat string) (float64, bool) {
	digits, ok := strings.CutPrefix(stat, "p")
	if !ok || digits == "" || digits[0] < '0' || digits[0] > '9' {
		return 0, false
	}
	p, err := strconv.ParseFloat(digits, 64)
	return p, err == nil && p >= 0 && p <= 100
}

// place says where err, which came up within a member, is.
func (d *vllmDecoder) place(err error) error {
	var e *Error
	var fe *fieldError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &e):
		if errors.As(e.Err, &fe) { // a field, or a position within e.Field
			if fe.field == "" {
				fe.field = e.Field
			}
			e.Field, e.Err = fe.name(), fe.err
		}
		return e
	case errors.As(err, &fe):
		return &Error{Request: -1, Offset: -1, Field: fe.name(), Err: fe.err}
	}
	return d.malformed(err)
}

// malformed says where the decoder failed.
func (d *vllmDecoder) malformed(err error) error {
	e := &Error{Request: -1}
	e.Offset, e.Err = syntaxError(err)
	e.Offset += d.content.taken
	pointer := d.json.StackPointer()
	var se *jsontext.SyntacticError
	if errors.As(err, &se) {
		pointer = se.JSONPointer
	} else {
		e.Offset = d.json.InputOffset() + d.content.taken
	}
	depth := 0
	for token := range pointer.Tokens() {
		n, err := strconv.Atoi(token)
		switch {
		case depth == 0:
			e.Field = token
		case err != nil:
		case depth == 1:
			e.Request = n
		case depth == 2:
			e.Field = fmt.Sprintf("%s[%d]", e.Field, n)
		}
		depth++
	}
	return e
}
