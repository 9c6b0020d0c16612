package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// report writes what users waited for, as text. Writing it does not stop
// requests from being counted.
func (b *board) report(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\trequests\tcancelled\tfailed\tTTFT P50\tTTFT P99\tTBT P99\tlargest stall\tTPOT P50\t")
	for _, form := range forms {
		for _, last := range []time.Duration{0, time.Minute} {
			s := b.aggregate.Snapshot(metrics.Selection{Class: metrics.Known(form.String()), Last: last, Now: b.now()})
			if s.Requests.Offered > 0 {
				row(t, form.String()+", "+window(last), s)
			}
		}
	}
	t.Flush() // an error is that of w, which nobody reads any more
}

func window(last time.Duration) string {
	if last == 0 {
		return "all"
	}
	return "last minute"
}

func row(w io.Writer, name string, s *metrics.Summary) {
	n, raw := s.Requests, &s.Raw
	fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%s\t%s\t%s\t%s\t%s\t\n", name, n.Offered, n.Cancelled, n.Failed+n.TimedOut+n.Rejected,
		quantile(&raw.TTFT, 0.5), quantile(&raw.TTFT, 0.99), quantile(&raw.TBT, 0.99), quantile(&raw.Stall, 1),
		quantile(&s.Normalized.TPOT, 0.5))
}

// quantile returns what there is of it: none is not 0.
func quantile(d *metrics.Distribution, p float64) string {
	v, ok := d.Quantile(p)
	if !ok {
		return metrics.Undefined
	}
	return time.Duration(v).Round(10 * time.Microsecond).String()
}
