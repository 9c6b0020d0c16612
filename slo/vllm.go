package slo

import (
	"fmt"
	"strings"
)

// ParseVLLM reads an objective as "vllm bench serve --goodput" takes it:
// pairs NAME:MILLISECONDS separated by spaces, each limited from above, names
// ttft, tpot and e2el (vllm/benchmarks/serve.py).
//
//	ttft:500 tpot:50 e2el:5000   is   ttft<=500ms,tpot<=50ms,e2e<=5000ms
//
// What vLLM computes under these names is another matter: its rules are
// those of [metrics.VLLM], and it lets an answer of one token pass a limit on
// TPOT, which here is undefined.
//
// An error is a [*ParseError].
func ParseVLLM(text string) (Objective, error) {
	if f := tooLong(text); f != nil {
		return Objective{}, f.in(text)
	}
	var parts []Part
	p := parser{text: text}
	for p.space(); !p.end(); p.space() {
		at := p.pos
		for !p.end() && !isSpace(p.text[p.pos]) {
			p.pos++
		}
		part, f := vllmPart(p.text[at:p.pos])
		if f != nil {
			return Objective{}, f.after(at).in(text)
		}
		if f := appendPart(&parts, part, at); f != nil {
			return Objective{}, f.in(text)
		}
	}
	if len(parts) == 0 {
		return Objective{}, (&fault{0, ErrEmpty, "write one such as ttft:500"}).in(text)
	}
	return newObjective(parts), nil
}

func vllmPart(pair string) (Part, *fault) {
	key, value, ok := strings.Cut(pair, ":")
	if !ok {
		return Part{}, &fault{0, ErrSyntax, "write NAME:MILLISECONDS, as in ttft:500"}
	}
	var part Part
	name := key
	switch key {
	case "ttft":
		part.Metric = TTFT
	case "tpot":
		part.Metric = TPOT
	case "e2el":
		part.Metric, name = EndToEnd, "e2e"
	default:
		return Part{}, &fault{0, ErrMetric, "the vLLM form has ttft, tpot and e2el"}
	}
	valueAt := len(key) + 1
	d, f := parseDecimal(value)
	if f != nil {
		return Part{}, f.after(valueAt)
	}
	if d.length < len(value) {
		hint := fmt.Sprintf("the vLLM form has milliseconds without a unit and spaces between parts; with units write %s<=500ms", name)
		return Part{}, &fault{valueAt + d.length, ErrUnit, hint}
	}
	limit := value + "ms"
	if part.Max, f = parseDuration(limit); f != nil {
		return Part{}, f.after(valueAt)
	}
	part.text = name + "<=" + limit
	return part, nil
}
