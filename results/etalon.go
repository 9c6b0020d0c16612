package results

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// FormatEtalon is request_level_metrics.json of etalon, 2024 to 2025: one JSON
// object whose members are index-aligned arrays, a value for each request, in
// seconds. The file is one run; it states neither a setup nor aggregates.
//
// How the arrays become requests:
//
//   - The first token came ttft after the request was sent, each later one a
//     gap of tbt after the one before. The tool counts the tokens of each
//     chunk, and writes a gap of exactly 0 for each token of a chunk behind its
//     first: tokens with no gap between them are one delivery.
//   - UsageTokens is num_output_tokens, PromptTokens is num_prompt_tokens.
//     These and ttft and tbt are required.
//   - A request without output tokens has fillers of 0, no delivery and no
//     latency. The tool writes failed requests in the same way, and does not
//     write an outcome: such a request counts as a completed, empty answer
//     (warning "empty-or-failed"). If it has gaps all the same, they have no
//     begin and are left out (warning "gaps-without-tokens").
//   - End is unknown: end_to_end_latency ends with the last token. It has to be
//     the sum of ttft and tbt up to the rounding of each to 1 ns; else the
//     tokens count (warning "latency-mismatch").
//   - request_dispatched_at, which files since 2025 have, is not used: each of
//     the tool's client processes counts it from its own start, and the file
//     does not say which request was whose (warning
//     "dispatch-of-several-clocks"). So each request has its own origin.
//
// The other arrays repeat what follows from these: tpot is the mean of tbt.
const FormatEtalon = "etalon"

// detectEtalon looks at the names of the arrays, and at the first of them
// alone, because a long one can fill the head.
func detectEtalon(h *Head) bool {
	begin := strings.Join(strings.Fields(string(h.Text[:min(len(h.Text), 80)])), "")
	return h.HasAll("ttft", "tbt", "num_output_tokens") ||
		strings.HasPrefix(begin, `{"num_prompt_tokens":[`) || strings.HasPrefix(begin, `{"request_dispatched_at":[`)
}

// etalonDecoder holds the columns of the file.
type etalonDecoder struct {
	w     *walker
	run   *Run
	index int // of the next request

	prompt, output []int64
	ttft, latency  []int64 // nanoseconds, like gaps
	gaps           []int64 // tbt of all requests
	gapEnd         []int   // where those of each end in gaps
	dispatched     int     // length of a column that is not used
	known          bool    // at least one column was there
	unread         []string
}

func newEtalonDecoder(content *Content) *etalonDecoder { return &etalonDecoder{w: newWalker(content)} }

func (d *etalonDecoder) NextRun() (*Run, error) {
	if d.run != nil {
		return nil, io.EOF
	}
	d.run = &Run{Convention: metrics.Etalon.Name}
	d.run.clocksApart()
	err := d.w.object(d.member)
	if err == nil {
		err = d.complete()
	}
	if err == nil {
		err = d.w.end()
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, d.w.fail(err)
	}
	d.interpret()
	return d.run, nil
}

func (d *etalonDecoder) member(name string) (err error) {
	switch name {
	case "num_prompt_tokens", "num_output_tokens", "ttft", "tbt":
		d.known = true
	}
	switch name {
	case "num_prompt_tokens":
		d.prompt, err = d.counts()
	case "num_output_tokens":
		d.output, err = d.counts()
	case "ttft":
		d.ttft, err = d.waits(d.ttft)
	case "end_to_end_latency":
		d.latency, err = d.waits(d.latency)
	case "tbt":
		err = d.w.array(func(int) error {
			if d.gaps, err = d.waits(d.gaps); err != nil {
				return err
			}
			d.gapEnd = append(d.gapEnd, len(d.gaps))
			return nil
		})
	case "request_dispatched_at":
		err = d.w.array(func(int) error { d.dispatched++; return d.w.skip() })
	case "num_total_tokens", "tpot", "normalized_end_to_end_latency", "output_throughput", "deadline_miss_rate", "min_tbt_deadline_to_meet":
		err = d.w.skip()
	default:
		if k := d.w.kind(); k != '[' && k != '{' {
			return d.w.fact(d.run, name)
		}
		d.unread = append(d.unread, name)
		err = d.w.skip()
	}
	return err
}

// counts reads an array of numbers of tokens.
func (d *etalonDecoder) counts() (all []int64, err error) {
	err = d.w.array(func(int) error {
		n, err := d.w.count()
		if err == nil && !n.Known() {
			err = ErrMissing
		}
		v, _ := n.Get()
		all = append(all, v)
		return err
	})
	return all, err
}

// waits appends an array of times, which must not be negative.
func (d *etalonDecoder) waits(dst []int64) ([]int64, error) {
	start := len(dst)
	dst, err := d.w.spans(dst, second)
	if err != nil {
		return dst, err
	}
	for i, v := range dst[start:] {
		if v < 0 {
			return dst, &fieldError{"", i, negative(v)}
		}
	}
	return dst, nil
}

// complete checks that the columns are there and of one length.
func (d *etalonDecoder) complete() error {
	if !d.known {
		return fmt.Errorf("%w (a JSON object without the keys of etalon)", ErrUnknownFormat)
	}
	for _, column := range []struct {
		name     string
		length   int
		required bool
	}{
		{"num_prompt_tokens", len(d.prompt), true}, {"num_output_tokens", len(d.output), true}, {"tbt", len(d.gapEnd), true},
		{"end_to_end_latency", len(d.latency), false}, {"request_dispatched_at", d.dispatched, false},
	} {
		if column.length != len(d.ttft) && (column.required || column.length > 0) {
			return inside(column.name, fmt.Errorf("%w: %d %s, %d ttft", ErrLengths, column.length, column.name, len(d.ttft)))
		}
	}
	return nil
}

// interpret decides what the columns mean as a whole.
func (d *etalonDecoder) interpret() {
	var empty, gapsOnly, mismatch int
	for i := range d.ttft {
		gaps := d.gapsOf(i)
		if d.output[i] == 0 {
			empty++
			gapsOnly += btoi(len(gaps) > 0)
			continue
		}
		if len(d.latency) > 0 {
			sum := d.ttft[i]
			for _, g := range gaps {
				sum += g // that this may wrap around does not matter: Next finds it
			}
			mismatch += btoi(time.Duration(sum-d.latency[i]).Abs() > time.Duration(len(gaps)+2))
		}
	}
	d.run.count("empty-or-failed", empty, "%d requests have no output token; the tool writes failed requests in that way too, "+
		"and no outcome: they count as empty answers")
	d.run.count("gaps-without-tokens", gapsOnly, "%d requests have gaps but no output token: the gaps are left out")
	d.run.count("latency-mismatch", mismatch, "of %d requests the latency is not the sum of TTFT and gaps; the tokens count")
	d.run.count("dispatch-of-several-clocks", d.dispatched, "%d requests have a request_dispatched_at, which each client process counts from its own start: it is not used")
	if len(d.unread) > 0 {
		d.run.warn("keys-not-read", "the file has arrays or objects that this reader does not know: "+strings.Join(d.unread, ", "))
	}
}

func (d *etalonDecoder) gapsOf(i int) []int64 {
	start := 0
	if i > 0 {
		start = d.gapEnd[i-1]
	}
	return d.gaps[start:d.gapEnd[i]]
}

func (d *etalonDecoder) Next(r *metrics.Request) error {
	i := d.index
	if i >= len(d.ttft) {
		return io.EOF
	}
	*r = metrics.Request{
		ID: strconv.Itoa(i), Deliveries: r.Deliveries[:0], Sent: metrics.Known(time.Duration(0)),
		PromptTokens: metrics.Known(d.prompt[i]), UsageTokens: metrics.Known(d.output[i]),
	}
	err := d.deliver(r, i)
	if err == nil {
		err = etalonPlace(r.Validate())
	}
	if err != nil {
		var fe *fieldError
		e := &Error{Request: i, Offset: -1, Err: err}
		if errors.As(err, &fe) {
			e.Field, e.Err = fe.name(), fe.err
		}
		return e
	}
	d.index++
	return nil
}

// deliver adds the tokens of request i.
func (d *etalonDecoder) deliver(r *metrics.Request, i int) error {
	if d.output[i] == 0 {
		return nil
	}
	gaps := d.gapsOf(i)
	at, ok := later(0, d.ttft[i])
	if !ok {
		return inside("ttft", fmt.Errorf("%w: %v", ErrRange, time.Duration(d.ttft[i])))
	}
	r.Deliveries = append(slices.Grow(r.Deliveries, 1+len(gaps)), metrics.Delivery{At: time.Duration(at), Tokens: 1})
	for j, g := range gaps {
		if g == 0 {
			r.Deliveries[len(r.Deliveries)-1].Tokens++
			continue
		}
		if at, ok = later(at, g); !ok {
			return &fieldError{"tbt", j, fmt.Errorf("%w: %v after the token before it", ErrRange, time.Duration(g))}
		}
		r.Deliveries = append(r.Deliveries, metrics.Delivery{At: time.Duration(at), Tokens: 1})
	}
	return nil
}

// etalonPlace translates where metrics found something into keys of the file.
func etalonPlace(err error) error {
	var re *metrics.RequestError
	if !errors.As(err, &re) {
		return err
	}
	return &fieldError{"tbt", re.Index, err}
}
