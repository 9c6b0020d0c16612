package figure

import (
	"fmt"
	"math"
	"slices"
)

// Figure is one picture: axes, series, and the words around them. Figures
// come from [Figures] and [RateFigure].
type Figure struct {
	// Name tells the figures of one call apart and can be a file name:
	// letters, digits and hyphens, as in "tbt-cdf".
	Name string

	// Title is drawn above the picture. Caption is not drawn: it says in
	// whole sentences what the picture shows and what was left out.
	Title, Caption string

	X, Y Axis

	series []Series
	rows   int // of a figure with Spans
}

// Series returns exactly the points that are drawn, in the units of the axes,
// in the order in which they are drawn. The caller may change them.
func (f *Figure) Series() []Series {
	all := slices.Clone(f.series)
	for i := range all {
		s := &all[i]
		s.X, s.Y, s.X2, s.Y2 = slices.Clone(s.X), slices.Clone(s.Y), slices.Clone(s.X2), slices.Clone(s.Y2)
		s.Weights, s.Labels = slices.Clone(s.Weights), slices.Clone(s.Labels)
	}
	return all
}

// Series is a line, or a set of marks of one kind. X and Y are equally long.
type Series struct {
	Run  string `json:"run,omitempty"` // name of the run; "" if the series is of none, or of all
	Name string `json:"name"`          // what it is, as in the legend; "" for a guide line

	Mark Mark      `json:"mark"`
	X    []float64 `json:"x"` // in the unit of Figure.X
	Y    []float64 `json:"y"` // in the unit of Figure.Y

	// X2 and Y2 are the other ends of marks that have an extent: both of
	// [Bars], X2 of [Spans], [Bands] and [Strips]. Else they are nil.
	X2 []float64 `json:"x2,omitempty"`
	Y2 []float64 `json:"y2,omitempty"`

	// Weights decide the size of [Dots]: the number of output tokens.
	Weights []float64 `json:"weights,omitempty"`

	// Labels name points, or are nil: the IDs of requests, or what a point
	// marks.
	Labels []string `json:"labels,omitempty"`

	ink  ink
	dash int  // index of a line style; 0 is solid
	thin bool // a thin line

	quiet  bool // not in the legend
	noted  bool // its last label stands in the picture
	dotted bool // a line with dots at its points
	best   bool // a dot that marks an optimum
}

// Mark says how the points of a [Series] are drawn.
type Mark uint8

const (
	Line   Mark = iota // joined in order
	Steps              // Y holds from its X to the next
	Dots               // one dot each
	Bars               // filled from (X, Y) to (X2, Y2)
	Spans              // a horizontal line from X to X2 at Y
	Bands              // shaded from X to X2 over the full height; Y is not used
	Strips             // a thick line from X to X2 along the lower edge; Y is not used
)

var markNames = [...]string{"line", "steps", "dots", "bars", "spans", "bands", "strips"}

// String returns the mark's name.
func (m Mark) String() string { return nameOf(markNames[:], "Mark", uint8(m)) }

// MarshalText returns the mark's name.
func (m Mark) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

func nameOf(names []string, kind string, i uint8) string {
	if int(i) < len(names) {
		return names[i]
	}
	return fmt.Sprintf("%s(%d)", kind, i)
}

// Axis is one axis of a [Figure].
type Axis struct {
	Label string  `json:"label"`
	Unit  Unit    `json:"unit"`
	Scale Scale   `json:"scale"`
	Min   float64 `json:"min"` // value at the left or lower end
	Max   float64 `json:"max"` // value at the other one

	// end is where 1 stands on a Nines axis, in nines.
	end float64
}

// Unit is what the numbers along an axis are.
type Unit uint8

const (
	Nanoseconds Unit = iota
	Share            // in [0, 1]
	Tokens
	Requests
	TokensPerSecond
	RequestsPerSecond
)

var unitNames = [...]string{"ns", "share", "tokens", "requests", "tokens/s", "requests/s"}

// String returns the unit as the report writes it.
func (u Unit) String() string { return nameOf(unitNames[:], "Unit", uint8(u)) }

// MarshalText returns the unit's name.
func (u Unit) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// Scale says how an axis stretches.
type Scale uint8

const (
	Linear Scale = iota
	Log          // decades are equally long; what is below Min stands at Min
	Nines        // of shares: 0, 0.9, 0.99, 0.999 are equally far apart; 1 stands at the end
)

var scaleNames = [...]string{"linear", "log", "nines"}

// String returns the scale's name.
func (s Scale) String() string { return nameOf(scaleNames[:], "Scale", uint8(s)) }

// MarshalText returns the scale's name.
func (s Scale) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Position returns where v stands along the axis, from 0 at Min to 1 at Max.
// What is outside stands at the end.
func (a *Axis) Position(v float64) float64 {
	var at float64
	switch a.Scale {
	case Log:
		if v <= a.Min {
			return 0
		}
		at = math.Log(v/a.Min) / math.Log(a.Max/a.Min)
	case Nines:
		if v >= 1 {
			return 1
		}
		at = -math.Log10(1-v) / a.end
	default:
		at = (v - a.Min) / (a.Max - a.Min)
	}
	return min(max(at, 0), 1)
}

// LeftOut says why a figure could not be drawn.
type LeftOut struct {
	Name   string // of the figure
	Title  string // of the figure, for people
	Run    string // of the run that lacks something, or ""
	Reason string // such as "no request has a scheduling instant"
}

// String returns the title, the run if any, and the reason.
func (l LeftOut) String() string {
	if l.Run == "" {
		return l.Title + ": " + l.Reason
	}
	return l.Title + ", " + l.Run + ": " + l.Reason
}
