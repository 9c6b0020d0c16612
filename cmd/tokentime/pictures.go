package main

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"

	"github.com/tokentime/tokentime/goodput"
	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/report"
	"github.com/tokentime/tokentime/report/figure"
	"github.com/tokentime/tokentime/results"
)

// pictureFlags are the flags of pictures as given.
type pictureFlags struct {
	png     string
	request string
}

func (p *pictureFlags) register(f *reportFlags) {
	f.set.StringVar(&p.png, "png", "", "`folder` into which the pictures are written as PNG files too")
	f.set.StringVar(&p.request, "request", "", "`id` of the request that is drawn token by token; without it the one with the longest stall")
}

// drawing reports whether pictures are wanted.
func (f *reportFlags) drawing() bool { return f.format == "html" || f.png != "" }

// watched is a run with what is drawn of it.
type watched struct {
	info    *results.Run
	metrics *metrics.Summary
	goodput *goodput.Summary
	figures *figure.Collector
}

// pictures holds the runs of a page.
type pictures struct {
	runs    []watched
	figures []*figure.Figure
	leftOut []figure.LeftOut
}

// watch returns the function that adds a request to what is drawn of w, which
// comes without figures, after add has accepted it.
func (p *pictures) watch(w watched, o report.Options, request string, add func(*metrics.Request) error) func(*metrics.Request) error {
	w.figures = &figure.Collector{Options: figure.Options{CommonClock: w.info.CommonClock, Convention: o.Convention,
		Deadlines: o.Deadlines, Reader: o.Goodput.Reader, Show: request}}
	p.runs = append(p.runs, w)
	return func(r *metrics.Request) error {
		if err := add(r); err != nil {
			return err
		}
		return w.figures.Add(r)
	}
}

// draw makes the figures once all runs are there, under the names that the
// tables have for them.
func (p *pictures) draw(names []string) {
	var drawn []*figure.Collector
	var points []figure.RatePoint
	for i, w := range p.runs {
		if w.info.AggregatesOnly {
			continue
		}
		w.figures.Options.Name = names[i]
		drawn = append(drawn, w.figures)
		if rate, ok := w.offeredRate(); ok {
			points = append(points, figure.RatePoint{Run: names[i], Rate: rate, Goodput: w.goodput.Stats(w.metrics.Duration())})
		}
	}
	p.figures, p.leftOut = figure.Figures(drawn)
	why := "it takes runs at two request rates or more, with a known goodput"
	if p.modelsDiffer() {
		why = "the runs are of different models, and are not points of one line"
	} else if f, err := figure.RateFigure(points); err == nil {
		p.figures = append(p.figures, f)
		return
	}
	if len(p.runs) > 1 {
		p.leftOut = append(p.leftOut, figure.LeftOut{Name: "goodput-vs-rate", Title: "Goodput against request rate", Reason: why})
	}
}

// modelsDiffer reports whether two runs state different models.
func (p *pictures) modelsDiffer() bool {
	first, found := results.Fact{}, false
	for _, w := range p.runs {
		f, ok := w.info.Stated(results.FactModel)
		if ok && found && f.Value != first.Value {
			return true
		}
		if ok {
			first, found = f, true
		}
	}
	return false
}

// offeredRate returns the request rate of a run: the one that was asked for,
// or if there was no limit, the requests by the duration.
func (w *watched) offeredRate() (float64, bool) {
	if f, ok := w.info.Stated(results.FactRequestRate); ok {
		if rate, err := strconv.ParseFloat(f.Value, 64); err == nil && rate > 0 && !math.IsInf(rate, 0) {
			return rate, true
		}
	}
	rate, ok := metrics.PerSecond(w.metrics.Requests.Offered, w.metrics.Duration()).Get()
	return rate, ok && rate > 0
}

// whyNone says why there is no figure at all.
func (p *pictures) whyNone() string {
	for _, w := range p.runs {
		if !w.info.AggregatesOnly {
			return "no picture can be drawn: no request has an answer with the times that one needs; -format html lists what each picture lacks"
		}
	}
	return "no picture can be drawn: there are no records of requests, only aggregates"
}

// writePNG writes the figures into the folder, which is made if there is none.
func (p *pictures) writePNG(folder string) error {
	if len(p.figures) == 0 {
		return errors.New("-png: " + p.whyNone())
	}
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return fmt.Errorf("-png: %w", err)
	}
	for _, f := range p.figures {
		var b bytes.Buffer
		if err := f.PNG(&b, figure.PNGOptions{}); err != nil {
			return fmt.Errorf("-png: %s: %w", f.Name, err)
		}
		if err := os.WriteFile(filepath.Join(folder, f.Name+".png"), b.Bytes(), 0o666); err != nil {
			return fmt.Errorf("-png: %w", err)
		}
	}
	return nil
}
