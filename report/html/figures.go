package html

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html/template"
	"math"
	"strings"

	"github.com/tokentime/tokentime/report/figure"
	"github.com/tokentime/tokentime/report/internal/layout"
)

// maxPoints bounds the points of a picture that have their values in the page.
// A picture has fewer; those of a further series would be left out.
const maxPoints = 6000

// picture is a figure as the page shows it.
type picture struct {
	Name, Title, Caption string
	SVG                  template.HTML
	Points               template.JS // array of [x, y, text] in units of the viewBox
	Width, Height        float64
}

func newPicture(f *figure.Figure) (picture, error) {
	var svg bytes.Buffer
	if err := f.SVG(&svg); err != nil {
		return picture{}, fmt.Errorf("html: figure %s: %w", f.Name, err)
	}
	points, err := json.Marshal(points(f)) // escapes <, > and &, so it can stand in a script element
	if err != nil {
		return picture{}, fmt.Errorf("html: figure %s: %w", f.Name, err)
	}
	p := picture{Name: f.Name, Title: f.Title, Caption: f.Caption,
		SVG: template.HTML(svg.String()), Points: template.JS(points)}
	p.Width, p.Height = f.Size()
	return p, nil
}

// reach is from how far away the script finds a point, in units of the viewBox.
const reach = 40

// points returns where the points of the figure are, and what they say. A mark
// with an extent has points along it, so that it is found all along.
func points(f *figure.Figure) [][3]any {
	out := [][3]any{}
	area := f.Area()
	for _, s := range f.Series() {
		if s.Name == "" {
			continue // guide lines
		}
		for i := range s.X {
			from, to := ends(f, &s, i)
			length := math.Hypot((to[0]-from[0])*(area.Right-area.Left), (to[1]-from[1])*(area.Bottom-area.Top))
			if math.IsNaN(length) {
				continue
			}
			n := 1 + int(length/(2*reach))
			for k := range n {
				if len(out) == maxPoints {
					return out
				}
				at := (float64(k) + 0.5) / float64(n)
				x, y := from[0]+at*(to[0]-from[0]), from[1]+at*(to[1]-from[1])
				out = append(out, [3]any{
					tenth(area.Left + x*(area.Right-area.Left)),
					tenth(area.Bottom + y*(area.Top-area.Bottom)),
					words(f, &s, i),
				})
			}
		}
	}
	return out
}

// ends returns both ends of a mark, as positions along the axes. Those of a
// point are equal.
func ends(f *figure.Figure, s *figure.Series, i int) (from, to [2]float64) {
	x, y := f.X.Position(s.X[i]), f.Y.Position(s.Y[i])
	switch s.Mark {
	case figure.Bars: // along the middle
		x = (x + f.X.Position(s.X2[i])) / 2
		return [2]float64{x, y}, [2]float64{x, f.Y.Position(s.Y2[i])}
	case figure.Bands: // over the full height
		y = 0.5
	case figure.Strips: // along the lower edge
		y = 0
	case figure.Spans:
	default:
		return [2]float64{x, y}, [2]float64{x, y}
	}
	return [2]float64{x, y}, [2]float64{f.X.Position(s.X2[i]), y}
}

func tenth(v float64) float64 { return math.Round(v*10) / 10 }

// words says what a mark means: its length if it has an extent, and else both
// of its coordinates.
func words(f *figure.Figure, s *figure.Series, i int) string {
	var parts []string
	for _, name := range []string{s.Run, s.Name} {
		if name != "" && (len(parts) == 0 || parts[0] != name) {
			parts = append(parts, name)
		}
	}
	if s.Labels != nil && s.Labels[i] != "" && s.Mark != figure.Bands { // whose labels say the length
		parts = append(parts, s.Labels[i])
	}
	what := strings.Join(parts, ", ")
	switch s.Mark {
	case figure.Bars:
		return fmt.Sprintf("%s: %s", what, value(f.Y.Unit, s.Y2[i]-s.Y[i]))
	case figure.Spans, figure.Bands, figure.Strips:
		return fmt.Sprintf("%s: %s from %s", what, value(f.X.Unit, s.X2[i]-s.X[i]), value(f.X.Unit, s.X[i]))
	}
	return fmt.Sprintf("%s: %s, %s", what, value(f.X.Unit, s.X[i]), value(f.Y.Unit, s.Y[i]))
}

// value prints a number as the tables do.
func value(u figure.Unit, v float64) string {
	switch u {
	case figure.Nanoseconds:
		return layout.Nanoseconds(v)
	case figure.Share:
		return layout.Share(v)
	case figure.Tokens:
		return count(v, "token")
	case figure.Requests:
		return count(v, "request")
	}
	return layout.Rate(v) + " " + u.String()
}

func count(v float64, noun string) string {
	n := int64(math.Round(v))
	if n != 1 {
		noun += "s"
	}
	return layout.Count(n) + " " + noun
}
