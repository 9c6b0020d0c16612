package figure

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
)

// svgCanvas draws for the drawing library into SVG whose colors are classes.
// The library's own canvas writes them into every element, where no style
// sheet reaches them, and takes a hundred bytes a dot; this one takes ten.
//
// Coordinates are rounded to hundredths of a unit. Lines are written relative
// to the point before, as sums of the rounded numbers, so nothing drifts.
type svgCanvas struct {
	out    strings.Builder
	height float64
	used   [numInks]bool
	state
	stack []state
}

// state is what Push saves.
type state struct {
	width vg.Length
	dash  []vg.Length
	ink   ink
	to    affine
}

// affine maps points: x' = a x + c y + e, y' = b x + d y + f.
type affine struct{ a, b, c, d, e, f float64 }

func newSVGCanvas(height float64) *svgCanvas {
	c := &svgCanvas{height: height}
	c.width, c.to = 1, affine{a: 1, d: 1}
	return c
}

func (c *svgCanvas) SetLineWidth(w vg.Length)                  { c.width = w }
func (c *svgCanvas) SetLineDash(dash []vg.Length, _ vg.Length) { c.dash = dash }

// SetColor takes an ink; anything else is the ink of text.
func (c *svgCanvas) SetColor(col color.Color) { c.ink, _ = col.(ink) }

func (c *svgCanvas) Push() { c.stack = append(c.stack, c.state) }

func (c *svgCanvas) Pop() {
	c.state = c.stack[len(c.stack)-1]
	c.stack = c.stack[:len(c.stack)-1]
}

func (c *svgCanvas) Rotate(rad float64) {
	sin, cos := math.Sincos(rad)
	t := c.to
	c.to = affine{t.a*cos + t.c*sin, t.b*cos + t.d*sin, t.c*cos - t.a*sin, t.d*cos - t.b*sin, t.e, t.f}
}

func (c *svgCanvas) Translate(p vg.Point) {
	c.to.e += c.to.a*float64(p.X) + c.to.c*float64(p.Y)
	c.to.f += c.to.b*float64(p.X) + c.to.d*float64(p.Y)
}

func (c *svgCanvas) Scale(x, y float64) {
	c.to.a, c.to.b, c.to.c, c.to.d = c.to.a*x, c.to.b*x, c.to.c*y, c.to.d*y
}

// place returns a point in hundredths of a unit from the top left.
func (c *svgCanvas) place(p vg.Point) (x, y int64) {
	px, py := float64(p.X), float64(p.Y)
	fx := float64(c.to.a*px) + float64(c.to.c*py) + c.to.e
	fy := float64(c.to.b*px) + float64(c.to.d*py) + c.to.f
	return int64(math.Round(fx * 100)), int64(math.Round((c.height - fy) * 100))
}

// hundredths prints n/100 in as few characters as it takes.
func hundredths(n int64) string {
	s := strconv.FormatFloat(float64(n)/100, 'f', -1, 64)
	if n > -100 && n < 100 && n != 0 {
		s = strings.Replace(s, "0.", ".", 1)
	}
	return s
}

func (c *svgCanvas) Stroke(p vg.Path) {
	if c.width <= 0 || len(p) == 0 {
		return
	}
	c.used[c.ink] = true
	fmt.Fprintf(&c.out, `<path class="s-%s" stroke-width="%s"`, inkNames[c.ink], hundredths(round(c.width)))
	if len(c.dash) > 0 {
		c.out.WriteString(` stroke-dasharray="`)
		for i, d := range c.dash {
			if i > 0 {
				c.out.WriteByte(' ')
			}
			c.out.WriteString(hundredths(round(d)))
		}
		c.out.WriteByte('"')
	}
	if len(p) > 2 {
		c.out.WriteString(` stroke-linejoin="round"`)
	}
	c.out.WriteString(` d="`)
	c.path(p)
	c.out.WriteString("\"/>\n")
}

func (c *svgCanvas) Fill(p vg.Path) {
	if len(p) == 0 {
		return
	}
	c.used[c.ink] = true
	fmt.Fprintf(&c.out, `<path class="f-%s" d="`, inkNames[c.ink])
	c.path(p)
	c.out.WriteString("\"/>\n")
}

// path writes path data. The marks of this package are made of straight
// lines; an arc would be a mistake of ours.
func (c *svgCanvas) path(p vg.Path) {
	var x, y int64
	for _, comp := range p {
		switch comp.Type {
		case vg.MoveComp:
			x, y = c.place(comp.Pos)
			c.out.WriteByte('M')
			c.pair(x, y)
		case vg.LineComp:
			nx, ny := c.place(comp.Pos)
			c.lineTo(nx-x, ny-y)
			x, y = nx, ny
		case vg.CloseComp:
			c.out.WriteByte('z')
		default:
			panic(fmt.Sprintf("figure: path component %d in an SVG", comp.Type))
		}
	}
}

// lineTo writes a line by its extent, unless it has none.
func (c *svgCanvas) lineTo(dx, dy int64) {
	switch {
	case dx == 0 && dy == 0:
	case dy == 0:
		c.out.WriteByte('h')
		c.out.WriteString(hundredths(dx))
	case dx == 0:
		c.out.WriteByte('v')
		c.out.WriteString(hundredths(dy))
	default:
		c.out.WriteByte('l')
		c.pair(dx, dy)
	}
}

func (c *svgCanvas) pair(x, y int64) {
	c.out.WriteString(hundredths(x))
	if y >= 0 {
		c.out.WriteByte(' ')
	}
	c.out.WriteString(hundredths(y))
}

// dots draws each dot as a line without length, whose ends are its shape.
func (c *svgCanvas) dots(r vg.Length, square bool, pts []vg.Point) {
	c.used[c.ink] = true
	shape, size := "round", 2*r
	if square {
		shape, size = "square", 2*0.88*r
	}
	fmt.Fprintf(&c.out, `<path class="s-%s" stroke-linecap="%s" stroke-width="%s" d="`,
		inkNames[c.ink], shape, hundredths(round(size)))
	for _, pt := range pts {
		c.out.WriteByte('M')
		c.pair(c.place(pt))
		c.out.WriteString("h0")
	}
	c.out.WriteString("\"/>\n")
}

// FillString writes text that is as wide as it was measured, whatever font
// the reader has.
func (c *svgCanvas) FillString(f font.Face, pt vg.Point, s string) {
	if f.Font.Size == 0 || s == "" {
		return
	}
	c.used[c.ink] = true
	x, y := c.place(pt)
	more := ""
	if f.Font.Weight >= bold {
		more = ` font-weight="bold"`
	}
	if angle := math.Atan2(c.to.b, c.to.a); angle != 0 {
		more += fmt.Sprintf(` transform="rotate(%d %s %s)"`, int(math.Round(-angle*180/math.Pi)), hundredths(x), hundredths(y))
	}
	if strings.IndexFunc(s, func(r rune) bool { return !measured(r) }) < 0 {
		more += fmt.Sprintf(` textLength="%s" lengthAdjust="spacingAndGlyphs"`, hundredths(round(f.Width(s))))
	}
	fmt.Fprintf(&c.out, `<text class="f-%s" x="%s" y="%s" font-size="%s"%s>%s</text>`+"\n",
		inkNames[c.ink], hundredths(x), hundredths(y), hundredths(round(f.Font.Size)), more, escape(s))
}

// round returns a length in hundredths.
func round(l vg.Length) int64 { return int64(math.Round(float64(l) * 100)) }

// DrawImage panics: no figure holds an image.
func (c *svgCanvas) DrawImage(vg.Rectangle, image.Image) { panic("figure: an image in an SVG") }
