package results

import (
	"fmt"
	"io"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// FormatSpecDecode is a log of the rounds of speculative decoding, JSON Lines
// with one line for each round in which a draft was proposed and verified:
//
//	{"uid": 0, "round_idx": 0, "start_pos": 57, "committed": 3, "t_round_ms": 197.152}
//	{"uid": 0, "round_idx": 1, "start_pos": 60, "committed": 6, "t_round_ms": 47.257}
//
// The file is one run, offline: one request after the other, or each by
// itself. It states neither a setup nor aggregates, and says for no request
// when it began.
//
// How lines become requests:
//
//   - The lines of one uid, which must follow each other, are a request, with
//     the uid as ID. A uid that comes back is an error, and so is a round_idx
//     that is not the number of the round: a round that is missing would be
//     time that is missing.
//   - Each request has an origin of its own, Sent = 0, at the begin of its
//     first round. What came before, the queue and the prefill, is not in the
//     file: a TTFT of this run is the time of the first round (warning
//     "prefill-not-recorded").
//   - A round of c committed tokens is a delivery of c tokens at the end of the
//     round, the sum of t_round_ms so far, each rounded to the nanosecond. A
//     round that committed none takes time and delivers nothing.
//   - End is the end of the last round. UsageTokens is the sum of the committed
//     tokens. A harness may cut off those of the last round that exceed its
//     limit; the file does not say so.
//   - PromptTokens is start_pos of the first round. Where start_pos stands, it
//     must be that of the round before plus what that committed.
//
// Other members are skipped.
const FormatSpecDecode = "specdecode"

func detectSpecDecode(h *Head) bool { return h.HasAll("uid", "round_idx", "committed", "t_round_ms") }

// specDecodeDecoder reads a request at a time, and one line ahead.
type specDecodeDecoder struct {
	lines *jsonLines
	run   *Run
	seen  map[string]bool // uids of earlier requests
	round specRound       // read, but not part of a request yet
	ended bool            // there is no further round
}

// specRound is a line.
type specRound struct {
	uid              string
	index, committed metrics.Count
	start            metrics.Count
	took             metrics.Span
}

func newSpecDecodeDecoder(content *Content) *specDecodeDecoder {
	d := &specDecodeDecoder{lines: newJSONLines(content, ""), seen: map[string]bool{}}
	d.lines.request = 0
	return d
}

func (d *specDecodeDecoder) NextRun() (*Run, error) {
	if d.run != nil {
		return nil, io.EOF
	}
	d.run = &Run{}
	d.run.clocksApart()
	d.run.notDerivable("the file begins with the first round of each request", "prefill", "scheduling delay")
	d.run.warn("prefill-not-recorded", "a request begins with its first round of decoding here: "+
		"the queue and the prefill are in no latency of this run, and its TTFT is the time of the first round")
	return d.run, d.advance()
}

func (d *specDecodeDecoder) Next(r *metrics.Request) error {
	if d.ended {
		return io.EOF
	}
	uid := d.round.uid
	if d.seen[uid] {
		return d.lines.at(inside("uid", fmt.Errorf("%w: the rounds of %s have ended before", ErrDuplicateKey, quoted([]byte(uid)))))
	}
	d.seen[uid] = true
	*r = metrics.Request{ID: uid, Deliveries: r.Deliveries[:0], Sent: metrics.Known(time.Duration(0)), PromptTokens: d.round.start}
	var at, tokens int64
	position := d.round.start
	for i := int64(0); !d.ended && d.round.uid == uid; i++ {
		var err error
		if at, tokens, err = d.add(r, i, at, tokens, &position); err != nil {
			return d.lines.at(err)
		}
		if err := d.advance(); err != nil {
			return err
		}
	}
	r.End, r.UsageTokens = metrics.Known(time.Duration(at)), metrics.Known(tokens)
	if err := r.Validate(); err != nil {
		return d.lines.at(err)
	}
	d.lines.request++
	return nil
}

// add adds round i to the request. at is when the round before ended, tokens
// how many there were, position where this one must start.
func (d *specDecodeDecoder) add(r *metrics.Request, i, at, tokens int64, position *metrics.Count) (int64, int64, error) {
	round := &d.round
	if index, _ := round.index.Get(); index != i {
		return 0, 0, inside("round_idx", fmt.Errorf("%w: %d, want %d", ErrRange, index, i))
	}
	committed, _ := round.committed.Get()
	took, _ := round.took.Get()
	at, ok := later(at, int64(took))
	if !ok {
		return 0, 0, inside("t_round_ms", fmt.Errorf("%w: %v", ErrRange, took))
	}
	if tokens += committed; tokens > metrics.MaxTokens {
		return 0, 0, inside("committed", fmt.Errorf("%w: more than %d tokens", ErrRange, metrics.MaxTokens))
	}
	if round.start.Known() && position.Known() && round.start != *position {
		return 0, 0, inside("start_pos", fmt.Errorf("%w: %v, want %v", ErrRange, round.start, *position))
	}
	if start, ok := round.start.Get(); ok {
		*position = metrics.Known(start + committed)
	} else {
		*position = metrics.Count{}
	}
	if committed > 0 {
		r.Deliveries = append(r.Deliveries, metrics.Delivery{At: time.Duration(at), Tokens: int(committed)})
	}
	return at, tokens, nil
}

// advance reads the next line into round.
func (d *specDecodeDecoder) advance() error {
	switch err := d.lines.next(); err {
	case nil:
	case io.EOF:
		d.ended = true
		return nil
	default:
		return d.lines.at(err)
	}
	d.round = specRound{}
	err := d.lines.object(d.member)
	if err == nil {
		err = d.lines.end()
	}
	if err == nil {
		err = d.round.missing()
	}
	if err != nil {
		return d.lines.at(err)
	}
	return nil
}

func (d *specDecodeDecoder) member(name string) (err error) {
	round, w := &d.round, d.lines.walker
	switch name {
	case "uid":
		round.uid, err = w.label()
	case "round_idx":
		round.index, err = w.count()
	case "committed":
		round.committed, err = w.count()
	case "start_pos":
		round.start, err = w.count()
	case "t_round_ms":
		round.took, err = w.wait(millisecond)
	default:
		err = w.skip()
	}
	return err
}

// missing returns an error for the first member that a round needs and lacks.
func (r *specRound) missing() error {
	for _, m := range [...]struct {
		name  string
		known bool
	}{{"uid", r.uid != ""}, {"round_idx", r.index.Known()}, {"committed", r.committed.Known()}, {"t_round_ms", r.took.Known()}} {
		if !m.known {
			return inside(m.name, ErrMissing)
		}
	}
	return nil
}
