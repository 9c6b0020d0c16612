package figure

import (
	"fmt"
	"image/color"
	"image/png"
	"io"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgimg"
)

// PNGOptions says how a picture becomes pixels. The zero value is light, at
// two pixels a point.
type PNGOptions struct {
	Dark bool

	// Scale is the number of pixels for a unit of the SVG's viewBox: 0 means
	// 2, which is 960 pixels for the width. At most 10.
	Scale float64
}

// PNG writes the picture as a PNG image. The error is that of w, or says that
// the scale is out of range.
func (f *Figure) PNG(w io.Writer, o PNGOptions) error {
	scale := o.Scale
	if scale == 0 {
		scale = 2
	}
	if !(scale >= 0.1 && scale <= 10) {
		return fmt.Errorf("figure: scale %v of a PNG is not in 0.1 to 10", o.Scale)
	}
	colors := lightTheme()
	if o.Dark {
		colors = darkTheme()
	}
	const inch = 72 // points
	l := newLayout(f)
	img := vgimg.NewWith(vgimg.UseWH(width, vg.Length(l.height)), vgimg.UseDPI(int(math.Round(inch*scale))),
		vgimg.UseBackgroundColor(colors[inkPaper]))
	l.draw(&themed{img, colors})
	return png.Encode(w, img.Image())
}

// themed is a canvas that turns inks into the colors of a theme.
type themed struct {
	vg.Canvas
	colors theme
}

func (t *themed) SetColor(c color.Color) {
	if i, ok := c.(ink); ok {
		c = t.colors[i]
	}
	t.Canvas.SetColor(c)
}
