package main

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/report"
	"github.com/tokentime/tokentime/report/figure"
	"github.com/tokentime/tokentime/results"
)

// recording is what is known of a run.
type recording struct {
	*report.Run
	worst metrics.Request // the request with the largest gap
	ends  []time.Duration // of the largest gaps, had the requests come evenly
	drawn figure.Collector
}

// even is the time between two requests at 16 a second. The recordings do not say
// when each was sent.
const even = time.Second / 16

// read adds up the first run of a file.
func read(path string) (*recording, error) {
	rd, err := results.Open(path, results.Options{})
	if err != nil {
		return nil, err
	}
	defer rd.Close()
	if !rd.NextRun() {
		return nil, cmp.Or(rd.Err(), results.ErrEmptyFile)
	}
	sums, err := report.NewRun(rd.Run(), options())
	if err != nil {
		return nil, err
	}
	rec := &recording{Run: sums}
	rec.drawn.Options = figure.Options{
		Name:        strings.TrimSuffix(filepath.Base(path), ".json.gz"),
		CommonClock: rd.Run().CommonClock,
		Deadlines:   options().Deadlines,
	}
	for i := 0; rd.Next(); i++ {
		r := rd.Request()
		if err := rec.Add(r); err != nil {
			return nil, err
		}
		if err := rec.drawn.Add(r); err != nil {
			return nil, err
		}
		if after, ok := resumed(r); ok {
			rec.ends = append(rec.ends, time.Duration(i)*even+after)
		}
		if longer(r, &rec.worst) {
			rec.worst = *r
			rec.worst.Deliveries = slices.Clone(r.Deliveries) // the reader reuses them
		}
	}
	return rec, rd.Err()
}

// longer reports whether r stood still for longer than the worst so far.
func longer(r, worst *metrics.Request) bool {
	s, ok := r.Raw().Stall.Get()
	if !ok {
		return false
	}
	most, any := worst.Raw().Stall.Get()
	return !any || s > most
}

// resumed returns how long after the arrival of the request its largest gap was
// over, and whether it has one between two deliveries.
func resumed(r *metrics.Request) (after time.Duration, ok bool) {
	arrival, ok := r.Arrival().Get()
	if !ok {
		return 0, false
	}
	largest := time.Duration(-1)
	var last metrics.Instant
	for _, d := range r.Deliveries {
		if d.Tokens == 0 {
			continue
		}
		if t, ok := last.Get(); ok && d.At-t > largest {
			largest, after = d.At-t, d.At-arrival
		}
		last = metrics.Known(d.At)
	}
	return after, largest >= 0
}
