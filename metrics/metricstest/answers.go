package metricstest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/tokentime/tokentime/metrics"
)

// Answers are what a program said about the vectors.
type Answers struct {
	vectors []Vector
	sheets  []sheet
}

// What can be wrong with answers, apart from the values; an [*AnswerError]
// says where.
var (
	ErrSyntax        = errors.New("malformed")
	ErrType          = errors.New("wrong type")
	ErrRange         = errors.New("out of range")
	ErrMissing       = errors.New("missing")
	ErrDuplicate     = errors.New("comes twice")
	ErrUnknownVector = errors.New("no vector of that name")
	ErrUnknownKey    = errors.New("unknown key")
	ErrConvention    = errors.New("no such convention")
	ErrNoAnswers     = errors.New("no answer in the input")
	ErrLineTooLong   = fmt.Errorf("line longer than %d bytes", MaxLine)
)

// MaxLine bounds a line of answers.
const MaxLine = 64 << 20

// AnswerError says where in the answers something is wrong, and what.
type AnswerError struct {
	Line   int    // from 1; 0 if it is about the whole
	Vector string // name, if known
	Key    string // the metric or other key, if it is about one
	Err    error  // wraps one of the Err variables, or is that of the reader
}

func (e *AnswerError) Error() string {
	var b strings.Builder
	if e.Line > 0 {
		fmt.Fprintf(&b, "line %d: ", e.Line)
	}
	if e.Vector != "" {
		fmt.Fprintf(&b, "vector %s: ", quote(e.Vector))
	}
	if e.Key != "" {
		fmt.Fprintf(&b, "%s: ", quote(e.Key))
	}
	return b.String() + e.Err.Error()
}

// Unwrap returns e.Err.
func (e *AnswerError) Unwrap() error { return e.Err }

// quote quotes a text from the input, shortened.
func quote(s string) string {
	const most = 60
	if len(s) > most {
		return fmt.Sprintf("%.*q...", most, s)
	}
	return fmt.Sprintf("%q", s)
}

// ReadAnswers reads answers in JSON Lines, one line for a vector, in any
// order; blank lines are ignored:
//
//	{"name":"chunks/first-of-4","answers":{"ttft_ns":200000000,"tpot_ns":{"num":10000000,"den":1},"qoe":null}}
//
// The keys of answers are the metrics that the program has:
//
//	ttft_ns ttlt_ns decode_ns stall_ns end_to_end_ns scheduling_delay_ns prefill_ns client_delay_ns
//	tpot_ns normalized_latency_ns fixed_share tbt_ns
//	fluidity_index fluidity_hits fluidity_misses min_decode_deadline_ns token_attainment
//	idle_latency_ns benefit_tokens qoe
//
// A value is a number, {"num":n,"den":d}, or null for undefined; of tbt_ns it
// is an array of integers, or of pairs [gap, count], in order. A metric that
// is answered for one vector must be answered for all: to leave it out is
// wrong. A dot and a name after the key choose another definition than the
// default one, as in "fluidity_index.ceil", "idle_latency_ns.from_first_token",
// "benefit_tokens.tokens_charge" or "tpot_ns.vllm". A key "convention" beside
// "answers" names the convention of the first twelve metrics; it must be the
// same in all lines and is "paper" if absent.
//
// The error is an [*AnswerError]. That a value is wrong is no error; see
// [CheckAnswers].
func ReadAnswers(r io.Reader) (*Answers, error) { return readAnswers(r, mustVectors()) }

func readAnswers(r io.Reader, vectors []Vector) (*Answers, error) {
	p := newAnswerReader(vectors)
	in := bufio.NewReaderSize(r, 1<<16)
	for {
		line, err := readLine(in)
		p.line++
		if err != nil && err != io.EOF {
			return nil, p.fail("", err)
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			if err := p.read(line); err != nil {
				return nil, err
			}
		}
		if err == io.EOF {
			break
		}
	}
	if len(p.seen) == 0 {
		return nil, &AnswerError{Err: ErrNoAnswers}
	}
	return p.answers(), nil
}

// CheckAnswers compares the answers with the vectors.
func CheckAnswers(a *Answers) *Report { return newReport(a.vectors, a.sheets) }

// readLine returns the next line, of which the last has no newline and comes
// with io.EOF.
func readLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > MaxLine {
			return nil, ErrLineTooLong
		}
		if err != bufio.ErrBufferFull {
			return line, err
		}
	}
}

type answerReader struct {
	vectors    []Vector
	index      map[string]int // of a vector, by name
	table      []metric
	sheets     map[string]*sheet // by key and variant
	seen       map[string]bool   // names of vectors
	convention string
	line       int
	vector     string // name in the line
}

func newAnswerReader(vectors []Vector) *answerReader {
	p := &answerReader{vectors: vectors, index: map[string]int{}, table: metricsTable(),
		sheets: map[string]*sheet{}, seen: map[string]bool{}}
	for i := range p.vectors {
		p.index[p.vectors[i].Name] = i
	}
	return p
}

func (p *answerReader) fail(key string, err error) error {
	return &AnswerError{p.line, p.vector, key, err}
}

// answers returns the sheets in the order of the table of metrics.
func (p *answerReader) answers() *Answers {
	a := &Answers{vectors: p.vectors}
	for _, m := range p.table {
		for _, variant := range m.variants {
			if s := p.sheets[m.key+"."+variant]; s != nil {
				a.sheets = append(a.sheets, *s)
			}
		}
	}
	return a
}

// read reads one line.
func (p *answerReader) read(line []byte) error {
	p.vector = ""
	fields, err := members(line)
	if err != nil {
		return p.fail("", err)
	}
	if err := p.name(fields["name"]); err != nil {
		return err
	}
	if err := p.claim(fields["convention"]); err != nil {
		return err
	}
	if fields["answers"] == nil {
		return p.fail("answers", ErrMissing)
	}
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		if !slices.Contains([]string{"name", "convention", "answers"}, key) {
			return p.fail(key, ErrUnknownKey)
		}
	}
	answers, err := members(fields["answers"])
	if err != nil {
		return p.fail("answers", err)
	}
	for _, key := range slices.Sorted(maps.Keys(answers)) { // so that the first of several errors is always the same
		if err := p.answer(key, answers[key]); err != nil {
			return p.fail(key, err)
		}
	}
	return nil
}

func (p *answerReader) name(text json.RawMessage) error {
	if text == nil {
		return p.fail("name", ErrMissing)
	}
	name, err := unquoted(text)
	if err != nil {
		return p.fail("name", err)
	}
	p.vector = name
	if _, ok := p.index[name]; !ok {
		return p.fail("", ErrUnknownVector)
	}
	if p.seen[name] {
		return p.fail("", ErrDuplicate)
	}
	p.seen[name] = true
	return nil
}

func (p *answerReader) claim(text json.RawMessage) error {
	claimed := metrics.Paper.Name
	if text != nil {
		var err error
		if claimed, err = unquoted(text); err != nil {
			return p.fail("convention", err)
		}
	}
	if _, ok := metrics.LookupConvention(claimed); !ok {
		return p.fail("convention", fmt.Errorf("%w: %s", ErrConvention, quote(claimed)))
	}
	if p.convention == "" {
		p.convention = claimed
	}
	if p.convention != claimed {
		return p.fail("convention", fmt.Errorf("%w: %s here, %s in the lines before", ErrConvention, quote(claimed), quote(p.convention)))
	}
	return nil
}

// answer reads the value of one key of "answers".
func (p *answerReader) answer(name string, text json.RawMessage) error {
	key, variant, named := strings.Cut(name, ".")
	at := slices.IndexFunc(p.table, func(m metric) bool { return m.key == key })
	if at < 0 {
		return ErrUnknownKey
	}
	m := p.table[at]
	if !named {
		variant = m.variants[0]
		if m.has(p.convention) {
			variant = p.convention
		}
	}
	if !m.has(variant) || named && variant == "" {
		return fmt.Errorf("%w: there are %s", ErrUnknownKey, strings.Join(m.variants, ", "))
	}
	v, err := parseValue(text, key == "tbt_ns")
	if err != nil {
		return err
	}
	id := key + "." + variant
	s := p.sheets[id]
	if s == nil {
		s = &sheet{metric: m, variant: variant, got: make([]value, len(p.vectors))}
		p.sheets[id] = s
	}
	i := p.index[p.vector]
	if s.got[i].kind != absent {
		return fmt.Errorf("%w: with and without its name %q", ErrDuplicate, variant)
	}
	s.got[i] = v
	return nil
}

// members returns the members of the object that the text is. A key that
// comes twice is an error.
func members(text []byte) (map[string]json.RawMessage, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	if open, err := d.Token(); err != nil {
		return nil, malformed(err)
	} else if open != json.Delim('{') {
		return nil, fmt.Errorf("%w: want an object", ErrType)
	}
	fields := map[string]json.RawMessage{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, malformed(err)
		}
		key := token.(string) // as the decoder accepts no other key
		if _, twice := fields[key]; twice {
			return nil, fmt.Errorf("%w: %s", ErrDuplicate, quote(key))
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, malformed(err)
		}
		fields[key] = value
	}
	if _, err := d.Token(); err != nil {
		return nil, malformed(err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("%w: more than one value on the line", ErrSyntax)
	}
	return fields, nil
}

func malformed(err error) error {
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("%w: %w", ErrSyntax, err)
}

func unquoted(text json.RawMessage) (string, error) {
	var s *string
	if err := json.Unmarshal(text, &s); err != nil || s == nil {
		return "", fmt.Errorf("%w: want a string", ErrType)
	}
	return *s, nil
}
