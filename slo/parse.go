package slo

import (
	"fmt"
	"strings"
	"time"
)

// Bounds on the text of an objective, which may come from a header of a
// hostile request.
const (
	MaxText  = 1024 // bytes
	MaxParts = 32
)

// Parse reads an objective in the text form,
//
//	objective  = part { "," part }
//	part       = metric limit
//	           | percentile "(" ( metric | "tbt" ) ")" limit
//	           | "attainment" limit
//	metric     = "ttft" | "tpot" | "ttlt" | "e2e" | "norm" | "idle"
//	           | "tbt.max" | "stall" | "tbt." percentile
//	           | "fluidity" "(" duration "," duration ")"
//	percentile = "p" decimal                       above p0, below p100
//	limit      = "<=" duration | ">=" share        share for fluidity and attainment
//	duration   = decimal unit { decimal unit }     ns us µs ms s m h, falling
//	share      = decimal | decimal "%"             0 to 1, 0% to 100%
//
// or in the vLLM form, see [ParseVLLM]. Spaces, tabs and line ends may stand
// between any two of the words and signs above, but not inside a number and
// its unit. The text without them is what [Objective.String] returns: numbers
// keep the spelling that they were given.
//
// Names are lower-case. No value may be limited twice. An attainment is about
// the parts about one request, of which there must be one.
//
// An error is a [*ParseError].
func Parse(text string) (Objective, error) {
	if colonForm(text) {
		return ParseVLLM(text)
	}
	if f := tooLong(text); f != nil {
		return Objective{}, f.in(text)
	}
	p := parser{text: text}
	parts, f := p.parts()
	if f != nil {
		return Objective{}, f.in(text)
	}
	return newObjective(parts), nil
}

func colonForm(text string) bool {
	return strings.Contains(text, ":") && !strings.ContainsAny(text, "<>=")
}

func tooLong(text string) *fault {
	if len(text) > MaxText {
		return &fault{MaxText, ErrTooLong, fmt.Sprintf("at most %d bytes", MaxText)}
	}
	return nil
}

// parser reads text from pos on.
type parser struct {
	text string
	pos  int
}

func (p *parser) parts() ([]Part, *fault) {
	if p.space(); p.end() {
		return nil, &fault{0, ErrEmpty, "write one such as ttft<=500ms"}
	}
	var parts []Part
	for {
		p.space()
		at := p.pos
		part, f := p.part()
		if f != nil {
			return nil, f
		}
		part.text = withoutSpaces(p.text[at:p.pos])
		if f := appendPart(&parts, part, at); f != nil {
			return nil, f
		}
		if p.space(); p.end() {
			return parts, checkAttainment(parts, at)
		}
		if !p.sign(',') {
			return nil, p.fail(ErrSyntax, "parts are separated by a comma")
		}
		if p.space(); p.end() {
			return nil, p.fail(ErrSyntax, "a part is missing after the comma")
		}
	}
}

// appendPart adds the part that starts at the offset.
func appendPart(parts *[]Part, part Part, at int) *fault {
	if len(*parts) == MaxParts {
		return &fault{at, ErrTooLong, fmt.Sprintf("at most %d parts", MaxParts)}
	}
	for i := range *parts {
		if q := &(*parts)[i]; q.duplicates(&part) {
			return &fault{at, ErrDuplicate, fmt.Sprintf("%s stands before it; keep one", clip(q.text))}
		}
	}
	*parts = append(*parts, part)
	return nil
}

// checkAttainment wants something to attain; at is where the last part starts.
func checkAttainment(parts []Part, at int) *fault {
	attainment := false
	for i := range parts {
		switch parts[i].Scope {
		case PerRequest:
			return nil
		case OfAttainment:
			attainment = true
		}
	}
	if attainment {
		return &fault{at, ErrNothing, "attainment is about parts such as ttft<=500ms; add one"}
	}
	return nil
}

func (p *parser) part() (Part, *fault) {
	var part Part
	at := p.pos
	name := p.word()
	var f *fault
	switch {
	case name == "":
		return part, p.fail(ErrSyntax, "a part starts with a metric, as in ttft<=500ms")
	case name == "attainment":
		part.Scope = OfAttainment
	case len(name) > 1 && name[0] == 'p' && isDigit(name[1]):
		f = p.overMany(&part, name, at)
	default:
		f = p.metric(&part, name, at)
	}
	if f != nil {
		return part, f
	}
	if part.Metric == TBT && part.Scope == PerRequest {
		return part, &fault{at, ErrMetric, "which gap? write tbt.max for the largest, tbt.p99 for a quantile within each answer, or p99(tbt) for one over all answers"}
	}
	return part, p.limit(&part)
}

// overMany reads what follows the percentile named so at the offset.
func (p *parser) overMany(part *Part, name string, at int) *fault {
	q, f := parsePercentile(name[1:])
	if f != nil {
		return f.after(at + 1)
	}
	part.Scope, part.Quantile = OverRequests, q
	if p.space(); !p.sign('(') {
		return p.fail(ErrSyntax, fmt.Sprintf("name what it is a quantile of, as in %s(ttft)", clip(name)))
	}
	p.space()
	at = p.pos
	name = p.word()
	if f := p.metric(part, name, at); f != nil {
		return f
	}
	if part.Metric == TBT {
		part.Scope = OverGaps
	}
	return p.closing()
}

// metric reads what follows the metric named so at the offset.
func (p *parser) metric(part *Part, name string, at int) *fault {
	switch name {
	case "ttft":
		part.Metric = TTFT
	case "tpot":
		part.Metric = TPOT
	case "ttlt":
		part.Metric = TTLT
	case "e2e":
		part.Metric = EndToEnd
	case "norm":
		part.Metric = Normalized
	case "idle":
		part.Metric = Idle
	case "tbt":
		part.Metric = TBT
	case "tbt.max", "stall":
		part.Metric = TBTMax
	case "fluidity":
		part.Metric = Fluidity
		return p.deadlines(part)
	default:
		percentile, ok := strings.CutPrefix(name, "tbt.p")
		if !ok {
			return unknownMetric(name, at)
		}
		q, f := parsePercentile(percentile)
		if f != nil {
			return f.after(at + len("tbt.p"))
		}
		part.Metric, part.GapQuantile = TBTQuantile, q
	}
	return nil
}

// deadlines reads "(D_p,D_d)".
func (p *parser) deadlines(part *Part) *fault {
	const form = "write the deadlines of the first token and of each later one, as in fluidity(1s,50ms)"
	if p.space(); !p.sign('(') {
		return p.fail(ErrSyntax, form)
	}
	prefill, f := p.duration()
	if f != nil {
		return f
	}
	if p.space(); !p.sign(',') {
		return p.fail(ErrSyntax, form)
	}
	p.space()
	at := p.pos
	decode, f := p.duration()
	if f != nil {
		return f
	}
	if decode == 0 {
		return &fault{at, ErrRange, "the deadline of later tokens is above 0"}
	}
	part.Prefill, part.Decode = prefill, decode
	return p.closing()
}

func (p *parser) closing() *fault {
	if p.space(); !p.sign(')') {
		return p.fail(ErrSyntax, "a closing parenthesis is missing")
	}
	return nil
}

// limit reads the comparison and the value compared with.
func (p *parser) limit(part *Part) (f *fault) {
	if f := p.comparison(part.IsShare()); f != nil {
		return f
	}
	if !part.IsShare() {
		part.Max, f = p.duration()
		return f
	}
	p.space()
	at := p.pos
	word := p.word()
	part.Min, f = parseShare(word)
	if f != nil {
		return f.after(at)
	}
	return nil
}

func (p *parser) comparison(share bool) *fault {
	want, why := "<=", "a duration is limited from above: write <="
	if share {
		want, why = ">=", "a share is limited from below: write >="
	}
	p.space()
	at := p.pos
	for !p.end() && strings.IndexByte("<>=:!", p.text[p.pos]) >= 0 {
		p.pos++
	}
	if p.text[at:p.pos] != want {
		return &fault{at, ErrComparison, why}
	}
	return nil
}

func (p *parser) duration() (time.Duration, *fault) {
	p.space()
	at := p.pos
	word := p.word()
	if word == "" {
		return 0, p.fail(ErrNumber, "a duration is missing, as in 500ms")
	}
	d, f := parseDuration(word)
	if f != nil {
		return 0, f.after(at)
	}
	return d, nil
}

// word reads up to a space or sign.
func (p *parser) word() string {
	start := p.pos
	for !p.end() && !isSpace(p.text[p.pos]) && strings.IndexByte("(),<>=:!", p.text[p.pos]) < 0 {
		p.pos++
	}
	return p.text[start:p.pos]
}

func (p *parser) sign(c byte) bool {
	if p.end() || p.text[p.pos] != c {
		return false
	}
	p.pos++
	return true
}

func (p *parser) space() {
	for !p.end() && isSpace(p.text[p.pos]) {
		p.pos++
	}
}

func (p *parser) end() bool { return p.pos == len(p.text) }

func (p *parser) fail(err error, hint string) *fault { return &fault{p.pos, err, hint} }

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func withoutSpaces(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return r < 0x80 && isSpace(byte(r)) }) < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := range len(s) {
		if !isSpace(s[i]) {
			b = append(b, s[i])
		}
	}
	return string(b)
}

// unknownMetric says what was probably meant: the names of other tools, and
// capitals.
func unknownMetric(name string, at int) *fault {
	if i := strings.IndexAny(name, "≤≥"); i >= 0 {
		return &fault{at + i, ErrComparison, "write <= or >="}
	}
	hint := "metrics are ttft, tpot, ttlt, e2e, norm, idle, tbt.max, tbt.p99, fluidity(1s,50ms); p99(ttft) and attainment are about many requests"
	switch name {
	case "attainment":
		hint = "attainment stands alone, as in attainment>=90%"
	case "time_to_first_token":
		hint = "write ttft"
	case "time_per_output_token":
		hint = "write tpot"
	case "e2el", "latency", "request_latency":
		hint = "write e2e"
	case "ntpot":
		hint = "write norm"
	case "itl", "inter_token_latency":
		hint = "tools differ in it: write tbt.max for the largest gap, p99(tbt) for a quantile of all gaps, or tpot for the mean"
	}
	if strings.ContainsAny(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") {
		hint = "names are lower-case: write " + clip(strings.ToLower(name))
	}
	return &fault{at, ErrMetric, hint}
}
