package results

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tokentime/tokentime/metrics"
)

// columnTool says in what the tools differ that write a run as one JSON object
// with the same index-aligned arrays: vLLM and SGLang, whose client descends
// from vLLM's.
type columnTool struct {
	convention string
	name       string // in messages
	option     string // that makes the tool write the arrays

	// aggregate returns what the number of that name is, without its value,
	// if the tool computed it.
	aggregate func(name string) (Reported, bool)

	// member reads the member of that name if it is an object or an array
	// that the tool is known for, and reports whether.
	member func(d *columnDecoder, name string) (bool, error)

	// interpret decides what is the tool's own in the columns, when all of
	// them have been read.
	interpret func(d *columnDecoder)

	// tokens returns how many tokens the first and the last event of request
	// i hold; any between hold one. The last is not looked at if it is the
	// first.
	tokens func(c *columns, i int) (first, last int64)
}

// columnDecoder reads the objects of a columnTool, one behind the other.
type columnDecoder struct {
	content jsonContent
	json    *jsontext.Decoder // of content
	tool    *columnTool
	run     *Run
	columns
	index int // of the next request
}

// columns are the arrays of one run, index-aligned. Times are nanoseconds.
type columns struct {
	inputLens, outputLens []int64
	ttfts, starts         []int64
	latencies, queues     []int64
	gaps                  []int64 // itls of all requests
	gapEnd                []int   // where those of each end in gaps
	failed                []bool

	read     map[string]int // lengths of the arrays that were there
	unread   []string       // keys of arrays and objects that mean nothing here
	earliest int64          // of starts

	chat   bool // vLLM: events can be chunks without text
	native bool // SGLang: there is a gap for each token behind the first event
	spread bool // SGLang: some of them were divided among several tokens
}

func newColumnDecoder(content *Content, tool *columnTool) *columnDecoder {
	d := &columnDecoder{content: jsonContent{src: content.src}, tool: tool}
	// Texts are skipped, so what is wrong in one must not lose the numbers.
	d.json = jsontext.NewDecoder(&d.content, jsontext.AllowInvalidUTF8(true))
	return d
}

func (d *columnDecoder) NextRun() (*Run, error) {
	d.run = &Run{Convention: d.tool.convention}
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
func (c *columns) reset() {
	*c = columns{
		inputLens: c.inputLens[:0], outputLens: c.outputLens[:0],
		ttfts: c.ttfts[:0], starts: c.starts[:0],
		latencies: c.latencies[:0], queues: c.queues[:0],
		gaps: c.gaps[:0], gapEnd: c.gapEnd[:0], failed: c.failed[:0],
		read: map[string]int{},
	}
}

// member reads one member of the object of a run.
func (d *columnDecoder) member() error {
	token, err := d.json.ReadToken()
	if err != nil {
		return d.malformed(err)
	}
	name := token.String()
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
	case "generated_texts":
		err = d.json.SkipValue()
	default:
		err = d.other(name)
	}
	return d.place(err)
}

// other reads a member that is no column.
func (d *columnDecoder) other(name string) error {
	if kind := d.json.PeekKind(); kind == '[' || kind == '{' {
		known, err := d.tool.member(d, name)
		if known || err != nil {
			return err
		}
		d.unread = append(d.unread, name)
		return d.json.SkipValue()
	}
	raw, err := d.json.ReadValue()
	if err != nil {
		return err
	}
	return inField(name, d.scalar(name, raw))
}

// numbers reads a column of numbers. A null is as good as none.
func (d *columnDecoder) numbers(dst *[]int64, name string, kind numberKind) error {
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

func (d *columnDecoder) counts(dst *[]int64, name string) error {
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

func (d *columnDecoder) gapLists(name string) error {
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

func (d *columnDecoder) errorTexts(name string) error {
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
func (d *columnDecoder) openColumn(name string) (bool, error) {
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
func (d *columnDecoder) scalar(name string, raw jsontext.Value) error {
	word, nonFinite := nonFiniteWord(raw)
	reported, aggregate := d.tool.aggregate(name)
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
		reported.Value = v
		d.run.Reported = append(d.run.Reported, reported)
		return err
	case raw.Kind() == '"':
		s, _ := jsontext.AppendUnquote(nil, raw) // fails for text that is not UTF-8, which it replaces
		d.run.Facts = append(d.run.Facts, Fact{name, string(s)})
		return nil
	}
	d.run.Facts = append(d.run.Facts, Fact{name, string(raw)})
	return nil
}

func (d *columnDecoder) duration(raw jsontext.Value) error {
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

// statistic takes a name such as "p99_ttft_ms" apart into "p99" and "ttft". The
// median is "p50".
func statistic(name string) (stat, metric string, ok bool) {
	rest, ok := strings.CutSuffix(name, "_ms")
	if !ok {
		return "", "", false
	}
	stat, metric, ok = strings.Cut(rest, "_")
	switch {
	case !ok:
		return "", "", false
	case stat == "median":
		return "p50", metric, true
	case stat == "mean", stat == "std":
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
func (d *columnDecoder) place(err error) error {
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
func (d *columnDecoder) malformed(err error) error {
	e := &Error{Request: -1}
	e.Offset, e.Err = syntaxError(err)
	e.Offset += d.content.taken
	pointer := d.json.StackPointer()
	var se *jsontext.SyntacticError
	if errors.As(err, &se) {
		pointer = se.JSONPointer
		if errors.Is(err, jsontext.ErrDuplicateName) {
			e.Err = fmt.Errorf("%w: %s", ErrDuplicateKey, lastToken(pointer))
		}
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
