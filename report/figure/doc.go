// Package figure draws what a run of requests looked like, as SVG for pages
// and as PNG for whatever cannot show SVG.
//
// # The model
//
// A [Collector] watches the requests of one run stream by. Of tokens it keeps
// histograms, the stalls that are long enough to be seen, and the deliveries
// of one request; of requests a few numbers each. [Figures] turns the
// Collectors of one or several runs into every [Figure] that they define, and
// states a reason for each one that they do not. [RateFigure] draws goodput
// over a set of runs at different request rates.
//
// A Figure is two axes and a list of [Series]. A Series holds the very points
// that are drawn, in the units of the axes, so that a test can compare them
// with a table and a page can show them under the pointer. Every value is one
// that packages metrics, fluidity and goodput computed: this package counts
// and sorts, it defines no metric.
//
// # What is left out of a picture
//
// A picture of ten million gaps shows some hundred points. Each rule of
// choice keeps the extremes: curves are quantiles and end at the largest
// value, a curve over time keeps the largest and the least value of each
// interval, a scatter keeps its convex hull, rows keep the request with the
// longest stall. Where points were left out, the caption says so.
//
// # Colors
//
// Lines differ by color and by dash. The colors are those of Okabe and Ito,
// "Color Universal Design", 2008, which people with the common kinds of
// color blindness tell apart. An SVG is light or dark as the reader prefers;
// a page that wants others sets the custom properties that [Figure.SVG] names.
package figure
