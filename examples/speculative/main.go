// Speculative shows three metrics that disagree about the same answers, as in
// figure 3 of arXiv:2507.09019.
//
// With speculative decoding, tokens come in bursts, one after each round of about
// 44 ms. The program smooths such answers, each with its tokens evenly between the
// same first and last instants, and measures both.
//
//   - Median TBT, of the gaps t_{i+1} - t_i, is 0 within a burst: infinitely faster.
//     P99 TBT is that of the rounds: far slower. Neither is about a reader.
//   - TPOT, T_d/(N-1), is the same: it sees two instants only.
//   - The fluidity index (arXiv:2407.07000) depends on when tokens are due. Where a
//     deadline leaves plenty of time, bursts bank it for the rounds after them and
//     are a little behind; where it leaves none, a part of each burst is in time and
//     nothing of an even stream. The pace at which 99 % of the answers reach 0.9, the
//     fluid token rate, is what one can promise: it has both within a tenth.
//
// The rounds are recorded (s1_dflash of Future-Outlier/speculative-decoding-
// benchmark 1b1e05b9, on an A10) where -data holds them. Elsewhere a synthetic
// stream that is built in takes their place, and the output says so. A recording
// begins with the first round of decoding, so that its TTFT is the time of that.
//
//	go run ./examples/speculative -plot DIR
//
// also draws both (tbt-cdf.svg, fluidity-curve.svg), and one answer token by token
// (timeline-1.svg, timeline-2.svg).
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
	"time"

	"github.com/tokentime/tokentime/fluidity"
	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/report/figure"
)

func main() {
	data := flag.String("data", filepath.Join("..", "shared", "data", "specdecode-rounds"), "`directory` of the recordings")
	dir := flag.String("plot", "", "`directory` to write figures to")
	flag.Parse()
	if err := run(os.Stdout, *data, *dir); err != nil {
		log.Fatal(err)
	}
}

func run(w io.Writer, data, dir string) error {
	bursts, err := recorded(filepath.Join(data, file))
	source := "the recording " + file
	if errors.Is(err, fs.ErrNotExist) {
		bursts, err = synthetic(), nil
		source = "a synthetic stream that is built in, as the recordings are not here"
	}
	if err != nil {
		return err
	}
	even := make([]metrics.Request, len(bursts))
	for i, r := range bursts {
		even[i] = smoothed(r)
	}
	fmt.Fprintf(w, "%d answers of %s\n\n", len(bursts), source)
	var both [2]metrics.Summary
	var drawn []*figure.Collector
	for i, requests := range [][]metrics.Request{bursts, even} {
		c := &figure.Collector{Options: figure.Options{Name: names()[i], Deadlines: decodeOnly(shown), Show: bursts[0].ID}}
		for j := range requests {
			if err := both[i].Add(&requests[j]); err != nil {
				return err
			}
			if err := c.Add(&requests[j]); err != nil {
				return err
			}
		}
		drawn = append(drawn, c)
	}
	latencies(w, &both)
	if err := deadlines(w, bursts, even); err != nil {
		return err
	}
	if dir == "" {
		return nil
	}
	return plot(w, dir, drawn)
}

// names are those of the two streams.
func names() [2]string { return [2]string{"as it came", "smoothed"} }

// shown is the pace at which a request is drawn.
const shown = 10 * time.Millisecond

// decodeOnly are deadlines that leave out the first token, as nothing differs
// before it.
func decodeOnly(pace time.Duration) fluidity.Deadlines {
	return fluidity.Deadlines{Decode: pace, First: fluidity.Skipped}
}

const line = "%-34s  %10v  %10v\n"

// latencies prints what has no deadline.
func latencies(w io.Writer, both *[2]metrics.Summary) {
	fmt.Fprintf(w, line, "", names()[0], names()[1])
	for _, row := range []struct {
		name string
		of   func(*metrics.Summary) *metrics.Distribution
		p    float64
	}{
		{"TTFT, median", func(s *metrics.Summary) *metrics.Distribution { return &s.Raw.TTFT }, 0.5},
		{"TTLT, median", func(s *metrics.Summary) *metrics.Distribution { return &s.Raw.TTLT }, 0.5},
		{"TBT pooled, median", func(s *metrics.Summary) *metrics.Distribution { return &s.Raw.TBT }, 0.5},
		{"TBT pooled, P99", func(s *metrics.Summary) *metrics.Distribution { return &s.Raw.TBT }, 0.99},
		{"largest gap of an answer, median", func(s *metrics.Summary) *metrics.Distribution { return &s.Raw.Stall }, 0.5},
		{"TPOT, median", func(s *metrics.Summary) *metrics.Distribution { return &s.Normalized.TPOT }, 0.5},
		{"TPOT, P99", func(s *metrics.Summary) *metrics.Distribution { return &s.Normalized.TPOT }, 0.99},
	} {
		fmt.Fprintf(w, line, row.name, quantile(row.of(&both[0]), row.p), quantile(row.of(&both[1]), row.p))
	}
}

// paces are the decode deadlines that are tried.
func paces() []time.Duration {
	var all []time.Duration
	for _, ms := range []time.Duration{5, 8, 10, 12, 15, 20, 30, 45} {
		all = append(all, ms*time.Millisecond)
	}
	return all
}

// deadlines prints what the fluidity index says.
func deadlines(w io.Writer, bursts, even []metrics.Request) error {
	judge := func(requests []metrics.Request, pace time.Duration, tokenRate bool) (*fluidity.Summary, error) {
		f := &fluidity.Summary{Options: fluidity.Options{Deadlines: decodeOnly(pace), NoTokenRate: !tokenRate}}
		for i := range requests {
			if err := f.Add(&requests[i]); err != nil {
				return nil, err
			}
		}
		return f, nil
	}
	for i, pace := range paces() {
		a, err := judge(bursts, pace, i == 0)
		if err != nil {
			return err
		}
		b, err := judge(even, pace, i == 0)
		if err != nil {
			return err
		}
		if i == 0 { // these do not depend on the deadline
			fmt.Fprintf(w, line, "minimum TBT deadline, median", quantile(&a.MinDeadline, 0.5), quantile(&b.MinDeadline, 0.5))
			fmt.Fprintf(w, line, "fluid token rate, tokens/s", decimals(a.Stats().TokenRate, 1), decimals(b.Stats().TokenRate, 1))
		}
		fmt.Fprintf(w, line, fmt.Sprintf("fluidity index at %v, mean", pace), decimals(a.Stats().Index.Mean, 3), decimals(b.Stats().Index.Mean, 3))
	}
	return nil
}

func quantile(d *metrics.Distribution, p float64) string {
	q, ok := d.Quantile(p)
	if !ok {
		return metrics.Undefined
	}
	return time.Duration(q).Round(10 * time.Microsecond).String()
}

func decimals(v metrics.Optional[float64], n int) string {
	x, ok := v.Get()
	if !ok {
		return metrics.Undefined
	}
	return fmt.Sprintf("%.*f", n, x)
}
