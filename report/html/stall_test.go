package html_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tokentime/tokentime/fluidity"
	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/report"
	"github.com/tokentime/tokentime/report/figure"
	"github.com/tokentime/tokentime/report/html"
	"github.com/tokentime/tokentime/results"
)

// TestOneStallAmongTenMillionGaps plants one stall of 60 s among ten million
// gaps of at most 20 ms and looks for it in the page: in the tables, and under
// the pointer in every picture that could show it.
func TestOneStallAmongTenMillionGaps(t *testing.T) {
	const perRequest, stall = 1000, 60 * time.Second
	count := 10_000
	if testing.Short() {
		count = 300
		t.Log("-short: 300,000 gaps instead of 10,000,000")
	}
	o := report.Options{Deadlines: fluidity.Deadlines{Prefill: time.Second, Decode: 100 * time.Millisecond}}
	o.Goodput.Reader.PerToken = 200 * time.Millisecond
	run, err := report.NewRun(&results.Run{Source: "planted", Format: "test", CommonClock: true}, o)
	if err != nil {
		t.Fatal(err)
	}
	worst := &html.Worst{}
	drawn := &figure.Collector{Options: figure.Options{CommonClock: true, Deadlines: o.Deadlines, Reader: o.Goodput.Reader}}
	r := &metrics.Request{Deliveries: make([]metrics.Delivery, perRequest+1)}
	for i := range count {
		planted := i == count*2/3
		r.ID = fmt.Sprint("ordinary-", i)
		if planted {
			r.ID = "the-victim"
		}
		sent := time.Duration(i) * 50 * time.Millisecond
		r.Sent = metrics.Known(sent)
		at := sent + 200*time.Millisecond
		for k := range r.Deliveries {
			r.Deliveries[k] = metrics.Delivery{At: at, Tokens: 1}
			gap := 10*time.Millisecond + time.Duration((i*7919+k*104729)%10_000_000)
			if planted && k == 777 {
				gap = stall
			}
			at += gap
		}
		if err := run.Add(r); err != nil {
			t.Fatal(err)
		}
		if err := drawn.Add(r); err != nil {
			t.Fatal(err)
		}
		worst.Add(r)
	}
	page := &html.Report{Runs: []*report.Run{run}, Worst: []*html.Worst{worst}}
	page.Figures, page.LeftOut = figure.Figures([]*figure.Collector{drawn})
	got := written(t, page)
	if len(got) >= maxBytes {
		t.Errorf("the page has %d bytes, want fewer than %d", len(got), maxBytes)
	}
	t.Logf("%d gaps: the page has %d bytes", count*perRequest, len(got))

	words := plain(got)
	for _, want := range []string{
		"the longest stall was 60 s, in request the-victim", // in words
		"max 60 s",                               // row of a distribution
		"the-victim completed 1,001 60 s 200 ms", // the longest waits
	} {
		if !strings.Contains(words, want) {
			t.Errorf("no %q in the page", want)
		}
	}
	for name, want := range map[string]string{
		"timeline":          "stall: 60 s from ",
		"requests":          "stalled for 1 s or more, the-victim: 60 s from ",
		"stall-percentiles": ": 100 %, 60 s",
		"tbt-percentiles":   ": 100 %, 60 s",
		"tbt-cdf":           ": 60 s, 100 %",
	} {
		if !strings.Contains(pointsOf(t, got, name), want) {
			t.Errorf("no point of figure %s says %q", name, want)
		}
	}
}

// pointsOf returns what the points of a figure say, a line each.
func pointsOf(t *testing.T, page, name string) string {
	t.Helper()
	_, rest, ok := strings.Cut(page, `<figure id="figure-`+name+`">`)
	if !ok {
		t.Fatalf("no figure %s", name)
	}
	_, rest, _ = strings.Cut(rest, `<script type="application/json">`)
	data, _, _ := strings.Cut(rest, "</script>")
	var points [][]any
	if err := json.Unmarshal([]byte(data), &points); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, p := range points {
		out = append(out, p[2].(string))
	}
	return strings.Join(out, "\n")
}
