package metricstest

import (
	"fmt"
	"strings"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// width is the number of columns that a drawing takes at most: with what the
// testing package puts before a line, it fits 100.
const width = 88

// Timeline draws the record as five lines of at most 88 columns:
// when tokens came, to scale; the instants in words; and the deliveries with
// the gaps between them, of which a long stream's are shortened.
//
//	tokens  .1        2                   1
//	marks   a                              E
//	        0s                          1.2s
//
// A digit is the number of tokens that became visible there, + stands for 10
// or more, . for a control event. In the second line a is the arrival, s the
// sending when it was due earlier, p the begin of prefill, E the end.
func Timeline(r *metrics.Request) string {
	from, to, ok := reach(r)
	var b strings.Builder
	if ok {
		c := canvas{from: from, span: to - from}
		c.draw(r)
		b.WriteString(c.line("tokens  ", c.tokens[:]))
		b.WriteString(c.line("marks   ", c.marks[:]))
		left, right := from.String(), to.String()
		fmt.Fprintf(&b, "        %s%s%s\n", left, strings.Repeat(" ", max(1, columns-len(left)-len(right))), right)
	}
	b.WriteString(clip("        "+instants(r)) + "\n")
	b.WriteString(clip("        "+deliveries(r)) + "\n")
	return b.String()
}

// columns is the length of the axis.
const columns = width - 8

// reach returns the first and the last known instant.
func reach(r *metrics.Request) (from, to time.Duration, ok bool) {
	eachKnown(r, func(t time.Duration) {
		if !ok {
			from, to, ok = t, t, true
		}
		from, to = min(from, t), max(to, t)
	})
	return from, to, ok
}

func eachKnown(r *metrics.Request, visit func(time.Duration)) {
	for _, i := range []metrics.Instant{r.Due, r.Sent, r.Scheduled, r.End} {
		if t, ok := i.Get(); ok {
			visit(t)
		}
	}
	for _, d := range r.Deliveries {
		visit(d.At)
	}
}

type canvas struct {
	from, span    time.Duration
	tokens, marks [columns]byte
	counts        [columns]int64
}

func (c *canvas) draw(r *metrics.Request) {
	for _, d := range r.Deliveries {
		x := c.column(d.At)
		c.counts[x] += int64(d.Tokens)
		switch n := c.counts[x]; {
		case n > 9:
			c.tokens[x] = '+'
		case n > 0:
			c.tokens[x] = byte('0' + n)
		default:
			c.tokens[x] = '.'
		}
	}
	mark := func(i metrics.Instant, letter byte) {
		if t, ok := i.Get(); ok {
			x := c.column(t)
			for x < columns-1 && c.marks[x] != 0 { // beside one that is there
				x++
			}
			c.marks[x] = letter
		}
	}
	mark(r.Arrival(), 'a')
	if r.Due.Known() {
		mark(r.Sent, 's')
	}
	mark(r.Scheduled, 'p')
	mark(r.End, 'E')
}

func (c *canvas) column(t time.Duration) int {
	if c.span <= 0 {
		return 0
	}
	return int(float64(t-c.from) / float64(c.span) * (columns - 1))
}

// line returns the marks behind the name of the line, or nothing if there is
// none.
func (c *canvas) line(name string, marks []byte) string {
	text := strings.TrimRight(strings.ReplaceAll(string(marks), "\x00", " "), " ")
	if text == "" {
		return ""
	}
	return name + text + "\n"
}

// instants names the known instants and the outcome.
func instants(r *metrics.Request) string {
	var parts []string
	for _, i := range []struct {
		name string
		at   metrics.Instant
	}{{"due", r.Due}, {"sent", r.Sent}, {"prefill", r.Scheduled}, {"end", r.End}} {
		if t, ok := i.at.Get(); ok {
			parts = append(parts, i.name+" "+t.String())
		}
	}
	parts = append(parts, r.Outcome.String(), plural(r.Tokens(), "token"))
	if n, ok := r.UsageTokens.Get(); ok {
		parts = append(parts, fmt.Sprintf("usage says %d", n))
	}
	return strings.Join(parts, ", ")
}

func plural(n int64, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

// deliveries lists the first instant and the gaps after it; equal steps are
// written once with their number.
func deliveries(r *metrics.Request) string {
	ds := r.Deliveries
	if len(ds) == 0 {
		return "no delivery"
	}
	step := func(i int) (time.Duration, int) { return ds[i].At - ds[i-1].At, ds[i].Tokens }
	var b strings.Builder
	fmt.Fprintf(&b, "at %v: %d", ds[0].At, ds[0].Tokens)
	for i := 1; i < len(ds); {
		gap, k := step(i)
		n := 1
		for i+n < len(ds) {
			if g, l := step(i + n); g != gap || l != k {
				break
			}
			n++
		}
		word := fmt.Sprintf(", +%v: %d", gap, k)
		if n > 1 {
			word = fmt.Sprintf(", %d times +%v: %d", n, gap, k)
		}
		if b.Len()+len(word) > width-30 {
			fmt.Fprintf(&b, ", and %d more", len(ds)-i)
			break
		}
		b.WriteString(word)
		i += n
	}
	return b.String()
}

// clip shortens a line to the width of the drawing.
func clip(line string) string {
	if len(line) <= width {
		return line
	}
	return line[:width-4] + " ..."
}

// wrapped breaks a text at spaces into lines of the width of the drawing, of
// which all but the first are indented by that many columns. column is where
// the first one begins.
func wrapped(text string, column, indent int) string {
	var b strings.Builder
	for i, word := range strings.Fields(text) {
		switch {
		case i == 0:
		case column+1+len(word) > width:
			b.WriteString("\n" + strings.Repeat(" ", indent))
			column = indent
		default:
			b.WriteString(" ")
			column++
		}
		b.WriteString(word)
		column += len(word)
	}
	return b.String()
}
