package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/tokentime/tokentime/report/figure"
)

// plot writes the figures of both runs into a directory, and says which.
func plot(w io.Writer, dir string, runs []*figure.Collector) error {
	figures, left := figure.Figures(runs)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	fmt.Fprintln(w)
	for _, f := range figures {
		var svg bytes.Buffer
		if err := f.SVG(&svg); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, f.Name+".svg"), svg.Bytes(), 0o666); err != nil {
			return err
		}
		fmt.Fprintf(w, "%s.svg: %s\n", f.Name, f.Caption)
	}
	for _, l := range left {
		fmt.Fprintf(w, "not drawn: %v\n", l)
	}
	return nil
}
