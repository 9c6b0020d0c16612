package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/tokentime/tokentime/report/figure"
)

// drawn returns the points of the figure of an alpha. A run that is worth less
// than nothing is the last one, or the others would be too small to see.
func drawn(points []*point, alpha int) []figure.RatePoint {
	var all []figure.RatePoint
	for _, p := range points {
		all = append(all, figure.RatePoint{
			Run:     fmt.Sprintf("%v requests/s", p.Rate.perSecond()),
			Rate:    p.Rate.perSecond(),
			Goodput: p.Goodput[alpha],
		})
		if smooth(p, alpha) < 0 {
			break
		}
	}
	return all
}

// plot writes a figure for each alpha into a directory, and says which.
func plot(w io.Writer, dir string, points []*point) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	fmt.Fprintln(w)
	for i, alpha := range alphas {
		f, err := figure.RateFigure(drawn(points, i))
		if err != nil {
			return err
		}
		f.Name += fmt.Sprintf("-alpha-%v", alpha)
		f.Title += fmt.Sprintf(", alpha %v", alpha)
		var svg bytes.Buffer
		if err := f.SVG(&svg); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, f.Name+".svg"), svg.Bytes(), 0o666); err != nil {
			return err
		}
		fmt.Fprintf(w, "%s.svg: %s\n", f.Name, f.Caption)
	}
	return nil
}
