package report

import (
	"time"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/report/internal/layout"
)

// How numbers print is decided in package layout, which the packages below
// this one share. These are its functions under the names used here.

func formatNanoseconds(ns float64) string               { return layout.Nanoseconds(ns) }
func formatDuration(d time.Duration) string             { return layout.Duration(d) }
func threeDigits(x float64) string                      { return layout.ThreeDigits(x) }
func formatCount(n int64) string                        { return layout.Count(n) }
func formatRate(x float64) string                       { return layout.Rate(x) }
func formatShare(x float64) string                      { return layout.Share(x) }
func formatIndex(x float64) string                      { return layout.Index(x) }
func wrap(text string, width int, indent string) string { return layout.Wrap(text, width, indent) }

func optional[T comparable](o metrics.Optional[T], format func(T) string) string {
	return layout.Optional(o, format)
}
