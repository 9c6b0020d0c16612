package figure

import "image/color"

// ink is what a mark is drawn with: a role, whose color depends on the
// theme. It is a color.Color only to pass through the drawing library; the
// canvases look at the role.
type ink uint8

const (
	inkText ink = iota
	inkMuted
	inkGrid
	inkPaper
	inkStall // stalls, as marks
	inkBand  // stalls, as shaded background
	inkWait  // waiting for a first token
	inkIdle  // idle time of the reader
	inkRun   // the first run; others follow
	numInks  = inkRun + runInks
)

// runInks is how many runs differ by color; further ones differ by dash
// only.
const runInks = 7

// inkOf returns the ink and the dash of a run.
func inkOf(i int) (ink, int) {
	return inkRun + ink(i%runInks), (i%runInks + i/runInks) % len(dashes)
}

// dashes are the line styles, in points; solid first.
var dashes = [...][]float64{nil, {6, 2.4}, {1.8, 2}, {7, 2, 1.8, 2}, {12, 3}, {3.6, 1.8, 3.6, 4.5}, {1.8, 4.5}}

// inkNames are the names of the inks in classes and custom properties.
var inkNames = [numInks]string{"text", "muted", "grid", "paper", "stall", "band", "wait", "idle",
	"run1", "run2", "run3", "run4", "run5", "run6", "run7"}

// theme gives each ink its color.
type theme [numInks]color.RGBA

func rgb(v uint32) color.RGBA {
	return color.RGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 0xff}
}

// lightTheme is for white paper. The colors of runs, stalls and idle time are
// those of Okabe and Ito without yellow.
func lightTheme() theme {
	return theme{
		inkText: rgb(0x1a1a1a), inkMuted: rgb(0x555555), inkGrid: rgb(0xe2e2e2), inkPaper: rgb(0xffffff),
		inkStall: rgb(0xd55e00), inkBand: rgb(0xf7d5bd), inkWait: rgb(0x8c8c8c), inkIdle: rgb(0xcc79a7),
		inkRun: rgb(0x0072b2), inkRun + 1: rgb(0xd55e00), inkRun + 2: rgb(0x009e73), inkRun + 3: rgb(0xcc79a7),
		inkRun + 4: rgb(0xe69f00), inkRun + 5: rgb(0x56b4e9), inkRun + 6: rgb(0x1a1a1a),
	}
}

// darkTheme is for black paper, with yellow and white for blue and black,
// and green and vermilion a little lighter.
func darkTheme() theme {
	return theme{
		inkText: rgb(0xececec), inkMuted: rgb(0xb0b0b0), inkGrid: rgb(0x383838), inkPaper: rgb(0x161616),
		inkStall: rgb(0xf07f3c), inkBand: rgb(0x5c3216), inkWait: rgb(0x8c8c8c), inkIdle: rgb(0xcc79a7),
		inkRun: rgb(0x56b4e9), inkRun + 1: rgb(0xe69f00), inkRun + 2: rgb(0x12b886), inkRun + 3: rgb(0xcc79a7),
		inkRun + 4: rgb(0xf0e442), inkRun + 5: rgb(0xf07f3c), inkRun + 6: rgb(0xececec),
	}
}

// RGBA returns the color in the light theme.
func (i ink) RGBA() (r, g, b, a uint32) { return lightTheme()[i].RGBA() }
