package figure

import (
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// bold is the weight of bold text in the scale of golang.org/x/image/font.
const bold = 3

// drawn is a series as the drawing library wants it.
type drawn struct {
	*Series
	figure *Figure
}

// Plot draws the series.
func (d *drawn) Plot(c draw.Canvas, _ *plot.Plot) {
	switch d.Mark {
	case Line:
		c.SetLineStyle(d.lineStyle())
		c.Stroke(d.line(&c))
		if d.dotted {
			d.dots(c)
		}
	case Steps:
		c.SetLineStyle(d.lineStyle())
		c.Stroke(d.steps(&c))
	case Dots:
		d.dots(c)
	case Bars:
		c.SetColor(d.ink)
		c.Fill(d.boxes(func(i int) vg.Rectangle {
			return vg.Rectangle{Min: d.at(&c, d.X[i], d.Y[i]), Max: d.at(&c, d.X2[i], d.Y2[i])}
		}))
	case Bands:
		c.SetColor(d.ink)
		c.Fill(d.boxes(func(i int) vg.Rectangle {
			return vg.Rectangle{
				Min: vg.Point{X: d.at(&c, d.X[i], 0).X, Y: c.Min.Y},
				Max: vg.Point{X: d.at(&c, d.X2[i], 0).X, Y: c.Max.Y},
			}
		}))
	case Strips:
		c.SetColor(d.ink)
		c.Fill(d.boxes(func(i int) vg.Rectangle {
			return vg.Rectangle{
				Min: vg.Point{X: d.at(&c, d.X[i], 0).X, Y: c.Min.Y},
				Max: vg.Point{X: d.at(&c, d.X2[i], 0).X, Y: c.Min.Y + 6},
			}
		}))
	case Spans:
		d.spans(c)
	}
}

// at returns where a point stands on the canvas.
func (d *drawn) at(c *draw.Canvas, x, y float64) vg.Point {
	return vg.Point{X: c.X(d.figure.X.Position(x)), Y: c.Y(d.figure.Y.Position(y))}
}

func (d *drawn) line(c *draw.Canvas) vg.Path {
	var p vg.Path
	for i := range d.X {
		pt := d.at(c, d.X[i], d.Y[i])
		if i == 0 {
			p.Move(pt)
		} else {
			p.Line(pt)
		}
	}
	return p
}

// note is the last label of a series, above a rising line near its end.
type note struct{ *drawn }

// Plot writes the note.
func (d note) Plot(c draw.Canvas, _ *plot.Plot) {
	i := len(d.X) - 1
	st := style(textSize-2, d.ink)
	st.XAlign = draw.XRight
	pt := d.at(&c, d.X[i], d.Y[i])
	c.FillText(st, vg.Point{X: pt.X - 26, Y: pt.Y - 7}, d.Labels[i])
}

func (d *drawn) steps(c *draw.Canvas) vg.Path {
	var p vg.Path
	var last vg.Point
	for i := range d.X {
		pt := d.at(c, d.X[i], d.Y[i])
		if i == 0 {
			p.Move(pt)
		} else {
			p.Line(vg.Point{X: pt.X, Y: last.Y})
			p.Line(pt)
		}
		last = pt
	}
	return p
}

// boxes returns the path of one rectangle for each point, half a point wide
// at least: what is short must still be seen.
func (d *drawn) boxes(box func(i int) vg.Rectangle) vg.Path {
	const least = 0.5
	var p vg.Path
	for i := range d.X {
		b := box(i)
		if w := b.Max.X - b.Min.X; w < least {
			b.Min.X -= (least - w) / 2
			b.Max.X += (least - w) / 2
		}
		p = append(p, b.Path()...)
	}
	return p
}

// spans draws horizontal lines, as thick as the rows are far apart.
func (d *drawn) spans(c draw.Canvas) {
	high := float64(c.Max.Y - c.Min.Y)
	thick := vg.Length(min(max(0.9*high/float64(d.figure.rows), 0.5), 6))
	var p vg.Path
	for i := range d.X {
		from, to := d.at(&c, d.X[i], d.Y[i]), d.at(&c, d.X2[i], d.Y[i])
		p.Move(from)
		p.Line(to)
	}
	c.SetLineStyle(draw.LineStyle{Color: d.ink, Width: thick})
	c.Stroke(p)
}

// radii are those of dots by the decimal digits of their weight.
var radii = [...]vg.Length{1.3, 1.9, 2.6, 3.4}

// bestRadius is that of the dot which marks an optimum.
const bestRadius = 5.5

func (d *drawn) dots(c draw.Canvas) {
	var classes [len(radii)][]vg.Point
	for i := range d.X {
		class := 1
		if d.Weights != nil {
			digits := int(math.Log10(max(d.Weights[i], 1)) + 1e-9)
			class = min(digits, len(radii)-1)
		}
		classes[class] = append(classes[class], d.at(&c, d.X[i], d.Y[i]))
	}
	for class, pts := range classes {
		r := radii[class]
		if d.best {
			r = bestRadius
		}
		if len(pts) > 0 {
			fillDots(c, d.ink, r, d.dash%2 == 1, pts)
		}
	}
}

// dotter is a canvas that has a short way to draw many dots.
type dotter interface {
	dots(r vg.Length, square bool, pts []vg.Point)
}

// bottom returns the canvas under the parts that the library took of it.
func bottom(c draw.Canvas) vg.Canvas {
	for {
		part, ok := c.Canvas.(draw.Canvas)
		if !ok {
			return c.Canvas
		}
		c = part
	}
}

// fillDots draws round or square dots.
func fillDots(c draw.Canvas, i ink, r vg.Length, square bool, pts []vg.Point) {
	c.SetColor(i)
	if d, ok := bottom(c).(dotter); ok {
		d.dots(r, square, pts)
		return
	}
	for _, pt := range pts {
		var p vg.Path
		if square {
			side := r * 0.88
			p = vg.Rectangle{Min: vg.Point{X: pt.X - side, Y: pt.Y - side}, Max: vg.Point{X: pt.X + side, Y: pt.Y + side}}.Path()
		} else {
			p.Move(vg.Point{X: pt.X + r, Y: pt.Y})
			p.Arc(pt, r, 0, 2*math.Pi)
			p.Close()
		}
		c.Fill(p)
	}
}

// lineStyle returns how a line of the series is drawn.
func (s *Series) lineStyle() draw.LineStyle {
	st := draw.LineStyle{Color: s.ink, Width: 1.8}
	if s.thin {
		st.Width = 1
	}
	for _, d := range dashes[s.dash] {
		st.Dashes = append(st.Dashes, vg.Length(d))
	}
	return st
}
