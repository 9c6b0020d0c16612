package metricstest

import (
	"cmp"
	"fmt"
	"slices"
)

// sheet is what an implementation says about one metric: got holds a value
// for each vector.
type sheet struct {
	metric  metric
	variant string // that it claims to be
	got     []value
	changed []string // names of vectors whose record was changed
}

// right returns the value of the vector.
func (s *sheet) right(v *Vector) value { return s.metric.want(v, s.variant) }

// correct reports whether what was said about the i-th vector is right. To
// say nothing is wrong.
func (s *sheet) correct(i int, v *Vector) bool {
	want := s.right(v)
	return want.kind == absent || want.agrees(s.got[i], s.metric.ratio)
}

// hypothesis is an explanation of wrong values: a source of values, and what
// was done to them.
type hypothesis struct {
	source *source
	twist  *twist
	cost   int // the more mistakes it needs, the worse
}

// source is a formula applied to a reading, or a column of the vectors.
type source struct {
	text   string
	cost   int
	of     func(v *Vector) value
	values []value // of the vectors, as far as they were asked for
	known  []bool
}

func (s *source) at(i int, v *Vector) value {
	if !s.known[i] {
		s.values[i], s.known[i] = s.of(v), true
	}
	return s.values[i]
}

func (h *hypothesis) String() string {
	switch {
	case h.twist.text == "":
		return h.source.text
	case h.source.text == "":
		return h.twist.text
	}
	return h.source.text + ", " + h.twist.text
}

// diagnosis explains the wrong values of one sheet.
type diagnosis struct {
	sheet   *sheet
	vectors []Vector
	wrong   []int // indices of vectors with a wrong value
	used    []int // those of them that are short enough
	passing []int // some that are right, to tell explanations apart
	sources []*source
	twists  []twist
	ranked  []ranked // explanations by a single mistake, best first
}

type ranked struct {
	hypothesis
	explained int // of used
	agreeing  int // of passing
}

const (
	costMistake = 2 // of a source or a twist that is none of the right ones
	costVague   = 1 // added
)

// newDiagnosis returns nil if nothing is wrong.
func newDiagnosis(s *sheet, vectors []Vector) *diagnosis {
	d := &diagnosis{sheet: s, vectors: vectors}
	for i := range vectors {
		v := &vectors[i]
		usable := v.Stream.count() <= maxDiagnosed && s.got[i].kind != absent
		switch {
		case !s.correct(i, v):
			d.wrong = append(d.wrong, i)
			if usable {
				d.used = append(d.used, i)
			}
		case usable:
			d.passing = append(d.passing, i)
		}
	}
	if len(d.wrong) == 0 {
		return nil
	}
	if len(d.used) > 0 {
		d.sources = d.allSources()
		for _, t := range twists() {
			if !t.spans || s.metric.unit == "ns" {
				d.twists = append(d.twists, t)
			}
		}
		d.ranked = d.rank(d.candidates(costMistake + costVague))
	}
	return d
}

// count returns the number of tokens and events of the stream, without
// writing it out.
func (s *Stream) count() int64 {
	n := int64(len(s.At))
	for _, k := range s.Tokens {
		n += int64(k)
	}
	for _, r := range s.Repeat {
		n += r.Count * int64(max(r.Tokens, 1))
	}
	return n
}

// allSources returns the right values, the other variants, every reading,
// every formula, and each reading with each formula.
func (d *diagnosis) allSources() []*source {
	m, claimed := &d.sheet.metric, d.sheet.variant
	var all []*source
	add := func(text string, cost int, of func(v *Vector) value) {
		all = append(all, &source{text, cost, of, make([]value, len(d.vectors)), make([]bool, len(d.vectors))})
	}
	add("", 0, func(v *Vector) value { return m.want(v, claimed) })
	for _, other := range m.variants {
		if other != claimed {
			add(variantText(m, other, claimed), costMistake, func(v *Vector) value { return m.want(v, other) })
		}
	}
	right := rightFormula(m, claimed)
	formulas := wrongFormulas(m, claimed)
	for _, f := range formulas {
		add(f.text, costMistake, func(v *Vector) value { return f.of(v.Request(), &v.Parameters) })
	}
	for _, r := range readings() {
		misread := func(f formula) func(v *Vector) value {
			return func(v *Vector) value { return f.of(r.of(v.Request()), &v.Parameters) }
		}
		add(r.text, costMistake, misread(right))
		for _, f := range formulas {
			add(r.text+"; "+f.text, 2*costMistake, misread(f))
		}
	}
	return all
}

// candidates returns the explanations that cost no more than that.
func (d *diagnosis) candidates(most int) []hypothesis {
	var all []hypothesis
	for _, s := range d.sources {
		for i := range d.twists {
			t := &d.twists[i]
			cost := s.cost
			if t.text != "" {
				cost += costMistake
			}
			if t.vague {
				cost += costVague
			}
			if cost > 0 && cost <= most {
				all = append(all, hypothesis{s, t, cost})
			}
		}
	}
	return all
}

func (d *diagnosis) fits(h *hypothesis, i int) bool {
	v := &d.vectors[i]
	return h.twist.is(h.source.at(i, v), d.sheet.got[i], v, &d.sheet.metric)
}

// rank returns the explanations that explain anything: first those that
// explain the most wrong values, of these the ones that also give what was
// got where it was right, of these the simplest.
func (d *diagnosis) rank(all []hypothesis) []ranked {
	var good []ranked
	for _, h := range all {
		r := ranked{hypothesis: h}
		for _, i := range d.used {
			if d.fits(&h, i) {
				r.explained++
			}
		}
		if r.explained == 0 {
			continue
		}
		for _, i := range d.passing {
			if d.fits(&h, i) {
				r.agreeing++
			}
		}
		good = append(good, r)
	}
	slices.SortStableFunc(good, func(a, b ranked) int {
		return cmp.Or(cmp.Compare(b.explained, a.explained), cmp.Compare(b.agreeing, a.agreeing), cmp.Compare(a.cost, b.cost))
	})
	return good
}

// finding returns the best explanation: one mistake that explains all wrong
// values; or two at once that do and that also give what was got where it was
// right; or several, each for a part; or two at once, whatever they give
// elsewhere.
func (d *diagnosis) finding() Finding {
	f := Finding{Metric: d.sheet.metric.key, Variant: d.sheet.variant, Vectors: len(d.vectors),
		Wrong: len(d.wrong), Examined: len(d.used)}
	for _, v := range d.sheet.got {
		if v.kind == absent {
			f.Missing++
		}
	}
	if len(d.used) == 0 {
		return f
	}
	if d.explainsAll(d.ranked) {
		f.Causes, f.Explained = d.best(d.ranked), len(d.used)
		return f
	}
	pairs := d.rank(d.candidates(2 * costMistake))
	if d.explainsAll(pairs) && pairs[0].agreeing == len(d.passing) {
		f.Causes, f.Explained = d.best(pairs), len(d.used)
		return f
	}
	f.Causes, f.Explained = d.cover()
	f.Several = len(f.Causes) > 1
	if f.Explained < len(d.used) && d.explainsAll(pairs) {
		f.Causes, f.Explained, f.Several = d.best(pairs), len(d.used), false
	}
	return f
}

func (d *diagnosis) explainsAll(all []ranked) bool {
	return len(all) > 0 && all[0].explained == len(d.used)
}

// best returns the texts of those that are as good as the first.
func (d *diagnosis) best(all []ranked) []string {
	var texts []string
	for _, r := range all {
		if r.explained == all[0].explained && r.agreeing == all[0].agreeing && r.cost == all[0].cost {
			texts = append(texts, r.String())
		}
	}
	return distinct(texts)
}

// cover explains by several mistakes: the one that explains the most, then
// the one that explains the most of the rest. One that never gives what was
// got elsewhere comes last.
func (d *diagnosis) cover() (causes []string, explained int) {
	const most = 3
	rest := slices.Clone(d.used)
	for len(rest) > 0 && len(causes) < most {
		var best *ranked
		var left []int
		for i := range d.ranked {
			r := &d.ranked[i]
			l := slices.DeleteFunc(slices.Clone(rest), func(i int) bool { return d.fits(&r.hypothesis, i) })
			if len(l) < len(rest) && (best == nil || len(l) < len(left)) {
				best, left = r, l
			}
		}
		if best == nil {
			break
		}
		causes = append(causes, fmt.Sprintf("%v (%d of them)", best, len(rest)-len(left)))
		rest = left
	}
	return causes, len(d.used) - len(rest)
}

// here returns the single mistakes that explain the value of one vector, the
// best overall first.
func (d *diagnosis) here(i int) []string {
	if !slices.Contains(d.used, i) {
		return nil
	}
	var all []string
	for _, r := range d.ranked {
		if d.fits(&r.hypothesis, i) {
			all = append(all, r.String())
		}
	}
	all = distinct(all)
	return all[:min(len(all), maxCauses)]
}

// distinct returns the texts without those that come again.
func distinct(texts []string) []string {
	var out []string
	for _, t := range texts {
		if !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return out
}
