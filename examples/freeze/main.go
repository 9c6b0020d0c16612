// Freeze finds a 36-second freeze behind a P99 of 469 ms.
//
// Two public recordings of vLLM's benchmark client (dstackai/benchmarks
// 06c957ab, November 2024) ask one 405B model on two servers of 8 GPUs 1000
// questions at 16 requests/s. The P99 of all times between tokens, 291 and 469
// ms, calls the second server 1.6 times slower. But it stands still for half a
// minute, once in an answer, and one gap among a hundred and more is beyond a
// P99 over all of them. Asked for its own largest gap (metrics.Raw.Stall, our
// definition), every second answer has one of 36.4 s or more. TPOT divides it by
// the length of the answer (arXiv:2507.09019 §3.3); the fluidity index charges it
// for each deadline that passes (arXiv:2407.07000), idle latency for each second
// that a reader waits (arXiv:2410.14257).
//
//	go run ./examples/freeze -plot DIR
//
// also draws the answer that stood still the longest against its deadlines, as in
// the Etalon paper's figure of them (timeline-2.svg), the same gaps pooled and by
// answer (tbt-percentiles.svg, stall-percentiles.svg), and all answers
// (requests-2.svg): the earlier one came the longer it stood, with one token on the
// screen, and all went on together. That is no jitter; it is a server that decodes
// nothing for as long as prompts come in (our reading: the file does not say why).
//
// The recordings are not part of this module. Where -data does not hold them, the
// program says so and shows nothing.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/tokentime/tokentime/fluidity"
	"github.com/tokentime/tokentime/goodput"
	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/report"
)

func main() {
	data := flag.String("data", filepath.Join("..", "shared", "data", "vllm"), "`directory` of the recordings")
	dir := flag.String("plot", "", "`directory` to write figures to")
	flag.Parse()
	if err := run(os.Stdout, *data, *dir); err != nil {
		log.Fatal(err)
	}
}

// files are the recordings of servers A and B.
func files() []string { return []string{"405b-h100-16qps.json.gz", "405b-mi300x-16qps.json.gz"} }

// options are the deadlines of a chat: the first token within 2 s, then one each
// 200 ms, which is also the pace of the reader of package goodput.
func options() report.Options {
	return report.Options{Deadlines: fluidity.Deadlines{Prefill: 2 * time.Second, Decode: goodput.DefaultPerToken}}
}

func run(w io.Writer, data, dir string) error {
	var runs []*recording
	for _, name := range files() {
		rec, err := read(filepath.Join(data, name))
		if errors.Is(err, fs.ErrNotExist) {
			fmt.Fprintf(w, "nothing to show, as the recordings are not here: %v\n", err)
			return nil
		}
		if err != nil {
			return err
		}
		runs = append(runs, rec)
	}
	pair(w, runs[0], runs[1])
	timeline(w, &runs[1].worst)
	if ends := runs[1].ends; len(ends) > 0 {
		fmt.Fprintf(w, "\nHad all come evenly, the largest gaps of %d answers would have ended between %v and %v of the run.\n",
			len(ends), rounded(slices.Min(ends)), rounded(slices.Max(ends)))
	}
	if dir == "" {
		return nil
	}
	return plot(w, dir, runs)
}

// pair prints the table.
func pair(w io.Writer, a, b *recording) {
	for _, row := range []struct {
		name string
		of   func(*recording) string
	}{
		{"", func(r *recording) string { return filepath.Base(r.Info.Source) }},
		{"answers with a token", func(r *recording) string {
			n := r.Metrics.Requests
			return fmt.Sprintf("%d of %d", n.Completed, n.Offered)
		}},
		{"pooled TBT, P50 / P99", func(r *recording) string { return spread(&r.Metrics.Raw.TBT) }},
		{"TPOT, P50 / P99", func(r *recording) string { return spread(&r.Metrics.Normalized.TPOT) }},
		{"largest gap of an answer, P50", func(r *recording) string { return span(&r.Metrics.Raw.Stall, 0.5) }},
		{"fluidity index, mean", func(r *recording) string {
			mean, _ := r.Fluidity.Index.Stats().Mean.Get()
			return fmt.Sprintf("%.2f", mean)
		}},
		{"idle latency, P50", func(r *recording) string { return span(&r.Goodput.IdleLatency, 0.5) }},
	} {
		fmt.Fprintf(w, "%-30s  %22s  %24s\n", row.name, row.of(a), row.of(b))
	}
}

func spread(d *metrics.Distribution) string { return span(d, 0.5) + " / " + span(d, 0.99) }

// span returns a quantile over requests, or over gaps.
func span(d *metrics.Distribution, p float64) string {
	q, ok := d.Quantile(p)
	if !ok {
		return metrics.Undefined
	}
	return rounded(time.Duration(q)).String()
}

func rounded(d time.Duration) time.Duration { return d.Round(time.Millisecond) }
