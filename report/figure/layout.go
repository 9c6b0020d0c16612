package figure

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// The measures of a picture in points, which are the units of the viewBox.
// It is narrow, so that its text can be read on a phone.
const (
	width     = 440
	bodyHigh  = 230 // the plot with the marks of its axes
	margin    = 8
	titleSize = 14
	textSize  = 12.5
	row       = 17 // a line of text
	swatch    = 22 // the piece of line in a legend
	gap       = 6
)

// layout is a figure in place.
type layout struct {
	figure *Figure
	plot   *plot.Plot
	legend [][]entry // by rows
	height float64
}

// entry is one entry of the legend.
type entry struct {
	series *Series
	label  string
	x      vg.Length
}

func newLayout(f *Figure) *layout {
	l := &layout{figure: f}
	l.legend = l.entries()
	l.height = margin + row*float64(3+len(l.legend)) + 4 + bodyHigh
	l.plot = l.newPlot()
	return l
}

func style(size vg.Length, i ink) text.Style {
	return text.Style{
		Color:   i,
		Font:    font.From(font.Font{Typeface: "Liberation", Variant: "Sans"}, size),
		Handler: text.Plain{Fonts: font.DefaultCache},
	}
}

// newPlot returns the plot without title and legend, which are not its own.
func (l *layout) newPlot() *plot.Plot {
	f := l.figure
	p := plot.New()
	p.BackgroundColor = nil
	for _, a := range [...]struct {
		to   *plot.Axis
		from *Axis
	}{{&p.X, &f.X}, {&p.Y, &f.Y}} {
		to := a.to
		to.Min, to.Max, to.Scale, to.Tick.Marker = a.from.Min, a.from.Max, onAxis{a.from}, onAxis{a.from}
		if a.from == &f.X {
			to.Tick.Marker = newSpaced(&f.X, &f.Y)
		}
		to.Padding = 0
		to.Color, to.Tick.Color, to.Width, to.Tick.Width = inkMuted, inkMuted, 0.75, 0.75
		to.Tick.Length = 4
		x, y := to.Tick.Label.XAlign, to.Tick.Label.YAlign
		to.Tick.Label = style(textSize, inkText)
		to.Tick.Label.XAlign, to.Tick.Label.YAlign = x, y
	}
	lines := plotter.NewGrid()
	lines.Horizontal = draw.LineStyle{Color: inkGrid, Width: 0.75}
	lines.Vertical = lines.Horizontal
	for i := range f.series {
		if f.series[i].Mark == Bands {
			p.Add(&drawn{&f.series[i], f})
		}
	}
	p.Add(lines)
	for i := range f.series {
		if f.series[i].Mark != Bands {
			p.Add(&drawn{&f.series[i], f})
		}
	}
	for i := range f.series {
		if f.series[i].noted {
			p.Add(note{&drawn{&f.series[i], f}})
		}
	}
	return p
}

// entries returns the legend: every named series, unless there is but one.
func (l *layout) entries() [][]entry {
	f := l.figure
	runs, names := map[string]bool{}, map[string]bool{}
	for _, s := range f.series {
		if s.Name != "" && !s.quiet {
			names[s.Name] = true
			if s.Run != "" {
				runs[s.Run] = true
			}
		}
	}
	if len(runs) < 2 && len(names) < 2 {
		return nil
	}
	var rows [][]entry
	st := style(textSize, inkText)
	x := vg.Length(width)
	for i := range f.series {
		s := &f.series[i]
		if s.Name == "" || s.quiet {
			continue
		}
		label := s.Name
		switch {
		case len(runs) > 1 && len(names) < 2:
			label = s.Run
		case len(runs) > 1 && s.Run != "":
			label = shorten(s.Run, st, width/3) + ", " + s.Name
		}
		label = shorten(label, st, width-2*margin-swatch-gap)
		w := swatch + gap + measure(st, label)
		if x+w > width-margin {
			rows = append(rows, nil)
			x = margin
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], entry{s, label, x})
		x += w + 2*gap
	}
	return rows
}

// measure returns the width of s. What may have no glyph in the font that
// measures is taken to be as wide as high.
func measure(st text.Style, s string) vg.Length {
	w := st.Width(s)
	for _, r := range s {
		if !measured(r) {
			w += st.Font.Size
		}
	}
	return w
}

// measured reports whether the font that measures has a glyph for r: Latin
// letters and the signs that this package uses.
func measured(r rune) bool { return r < 0x250 || r == '…' || r == '–' }

// shorten returns s, or if that is too wide as much of its beginning and end
// as fits.
func shorten(s string, st text.Style, most vg.Length) string {
	s = printable(s)
	if measure(st, s) <= most {
		return s
	}
	all := []rune(s)
	for n := min(len(all)-1, 200); n > 1; n-- {
		short := string(all[:n/2]) + "…" + string(all[len(all)-(n-n/2):])
		if measure(st, short) <= most {
			return short
		}
	}
	return "…"
}

// body returns the part of the canvas that the plot fills.
func (l *layout) body(c draw.Canvas) draw.Canvas {
	return draw.Crop(c, margin, -margin, row+4, -vg.Length(l.height-bodyHigh-row-4))
}

// draw draws the figure. The canvas has the size width by l.height.
func (l *layout) draw(canvas vg.Canvas) {
	c := draw.NewCanvas(canvas, width, vg.Length(l.height))
	c.SetColor(inkPaper)
	c.Fill(c.Rectangle.Path())
	y := vg.Length(l.height) - margin - titleSize + 1
	title := style(titleSize, inkText)
	title.Font.Weight = bold
	c.FillText(title, vg.Point{X: margin, Y: y}, shorten(l.figure.Title, title, width-2*margin))
	for _, entries := range l.legend {
		y -= row
		for _, e := range entries {
			l.drawEntry(c, e, y)
		}
	}
	y -= row
	c.FillText(style(textSize, inkMuted), vg.Point{X: margin, Y: y}, l.figure.Y.Label)
	area := l.body(c)
	l.plot.Draw(area)
	below := style(textSize, inkMuted)
	below.XAlign = draw.XCenter
	inner := l.plot.DataCanvas(area)
	c.FillText(below, vg.Point{X: inner.Center().X, Y: margin * 0.75}, l.figure.X.Label)
}

// drawEntry draws one entry of the legend with its text at the height y.
func (l *layout) drawEntry(c draw.Canvas, e entry, y vg.Length) {
	middle := y + textSize*0.3
	box := vg.Rectangle{Min: vg.Point{X: e.x, Y: y - 1}, Max: vg.Point{X: e.x + swatch, Y: y + textSize*0.7}}
	s := e.series
	switch s.Mark {
	case Bands, Bars:
		c.SetColor(s.ink)
		c.Fill(box.Path())
	case Spans, Strips:
		box.Min.Y, box.Max.Y = middle-2, middle+2
		c.SetColor(s.ink)
		c.Fill(box.Path())
	case Dots:
		fillDots(c, s.ink, 3.2, s.dash%2 == 1, []vg.Point{{X: e.x + swatch/2, Y: middle}})
	default:
		c.StrokeLine2(s.lineStyle(), e.x, middle, e.x+swatch, middle)
	}
	c.FillText(style(textSize, inkText), vg.Point{X: e.x + swatch + gap, Y: y}, e.label)
}

// Rectangle is a part of a picture in units of its viewBox, which has its
// origin at the top left.
type Rectangle struct {
	Left   float64 `json:"left"`
	Top    float64 `json:"top"`
	Right  float64 `json:"right"`
	Bottom float64 `json:"bottom"`
}

// Area returns where in the picture the axes span the plane: [Axis.Position]
// of f.X counts from Left to Right, that of f.Y from Bottom to Top.
func (f *Figure) Area() Rectangle {
	l := newLayout(f)
	r := l.plot.DataCanvas(l.body(draw.NewCanvas(nil, width, vg.Length(l.height)))).Rectangle
	h := l.height
	return Rectangle{r.Min.X.Points(), h - r.Max.Y.Points(), r.Max.X.Points(), h - r.Min.Y.Points()}
}

// Size returns the size of the picture in units of its viewBox.
func (f *Figure) Size() (w, h float64) { return width, newLayout(f).height }
