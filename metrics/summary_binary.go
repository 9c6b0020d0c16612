package metrics

import (
	"encoding"
	"encoding/binary"
	"math"
	"time"
)

var (
	_ encoding.BinaryMarshaler   = (*Summary)(nil)
	_ encoding.BinaryUnmarshaler = (*Summary)(nil)
	_ encoding.BinaryAppender    = (*Summary)(nil)
)

const (
	summaryMagic   = "TTS"
	summaryVersion = 2

	// maxText bounds the texts of a snapshot: the convention's name and the
	// ID of a request.
	maxText = 1 << 16
)

// MarshalBinary returns a snapshot of everything in s, so that processes can
// merge what each has seen:
//
//	"TTS"             magic
//	2                 version
//	text              name of the convention: uvarint length, bytes
//	10 bytes          its rules, in the order of the fields of Convention
//	2 bytes           method; 1 if clocks are separate
//	optional          duration: 0, or 1 and a zigzag varint
//	uvarints          requests by outcome (completed, empty, failed,
//	                  cancelled, timed out, rejected), prompt and output
//	                  tokens, mismatched, partial, sparse, with a due time
//	optional, twice   first arrival, last end
//	text, uvarints    largest stall: ID, gap, tokens, requests; then zigzag At
//	15 snapshots      the distributions, as [Distribution.MarshalBinary] has them
//
// An ID longer than 65536 bytes is cut.
func (s *Summary) MarshalBinary() ([]byte, error) { return s.AppendBinary(nil) }

// AppendBinary appends what MarshalBinary returns.
func (s *Summary) AppendBinary(b []byte) ([]byte, error) {
	s.prepare()
	c := s.Options.Convention
	b = append(b, summaryMagic...)
	b = append(b, summaryVersion)
	b = appendText(b, c.Name)
	b = append(b, byte(c.Zero), byte(c.First), byte(c.End), byte(c.Gaps), byte(c.TPOT), byte(c.TPOTWeight),
		byte(c.OneToken), byte(c.Empty), byte(c.Quantile), flag(c.CompletedOnly))
	b = append(b, byte(s.Options.Method), flag(s.Options.SeparateClocks))
	b = appendOptional(b, s.Options.Duration)
	for _, n := range s.counters() {
		b = binary.AppendUvarint(b, uint64(*n))
	}
	b = appendOptional(b, s.first)
	b = appendOptional(b, s.last)
	b = appendText(b, s.Largest.ID)
	for _, n := range []uint64{uint64(s.Largest.Gap), uint64(s.Largest.Tokens), uint64(s.Largest.Requests)} {
		b = binary.AppendUvarint(b, n)
	}
	b = binary.AppendVarint(b, int64(s.Largest.At))
	var err error
	for _, d := range s.distributions() {
		if b, err = d.AppendBinary(b); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// counters returns the counters of the snapshot. Offered is not among them:
// it is the sum of the first six.
func (s *Summary) counters() []*int64 {
	r := &s.Requests
	return []*int64{
		&r.Completed, &r.Empty, &r.Failed, &r.Cancelled, &r.TimedOut, &r.Rejected,
		&s.PromptTokens, &s.OutputTokens, &s.Mismatched, &s.Partial, &s.Sparse, &s.dueKnown,
	}
}

func flag(on bool) byte {
	if on {
		return 1
	}
	return 0
}

func appendText(b []byte, s string) []byte {
	s = s[:min(len(s), maxText)]
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

func appendOptional(b []byte, s Span) []byte {
	b = append(b, flag(s.known))
	if s.known {
		b = binary.AppendVarint(b, int64(s.value))
	}
	return b
}

// UnmarshalBinary replaces s, options included, by a snapshot. It allocates
// no more than 15 sets of buckets, 4 MB, or what the values in data need. If
// data is not what MarshalBinary can have written, it returns a
// [*SnapshotError] and leaves s as it is.
func (s *Summary) UnmarshalBinary(data []byte) error {
	r := &snapshotReader{data: data}
	v := r.summary()
	r.end()
	if r.err != nil {
		return r.err
	}
	*s = v
	return nil
}

func (r *snapshotReader) summary() Summary {
	r.header(summaryMagic, summaryVersion)
	var s Summary
	s.Options.Convention = r.convention()
	s.Options.Method = Method(r.option(len(methodNames)))
	s.Options.SeparateClocks = r.option(2) == 1
	s.Options.Duration = r.optional()
	at := r.off
	for _, n := range s.counters() {
		*n = int64(r.uvarint(maxCount))
	}
	n := &s.Requests
	for _, part := range []int64{n.Completed, n.Empty, n.Failed, n.Cancelled, n.TimedOut, n.Rejected} {
		if n.Offered += part; n.Offered > maxCount {
			r.invalid(at, "more than 2^62 requests")
			return s
		}
	}
	s.first, s.last = r.optional(), r.optional()
	s.Largest.ID = r.text()
	s.Largest.Gap = time.Duration(r.uvarint(uint64(2 * MaxInstant)))
	s.Largest.Tokens = int64(r.uvarint(uint64(MaxTokens)))
	s.Largest.Requests = int64(r.uvarint(uint64(n.Offered)))
	s.Largest.At = r.duration()
	s.prepare()
	for _, d := range s.distributions() {
		r.summaryDistribution(&s, d)
	}
	return s
}

// summaryDistribution reads d, which must have the options that the summary
// gave it and, unless a request may have several, a value or an undefined of
// each request.
func (r *snapshotReader) summaryDistribution(s *Summary, d *Distribution) {
	if r.err != nil {
		return
	}
	at, want := r.off, d.Options
	*d = r.distribution()
	if r.err != nil {
		return
	}
	if d.Options != want {
		r.invalid(at, "options %+v, where the summary has %+v", d.Options, want)
	}
	weighted := d == &s.Raw.TBT || d == &s.Normalized.TPOT && s.Options.Convention.TPOTWeight != WeightRequest
	if n := d.N() + d.Undefined(); !weighted && n != s.Requests.Offered || d.Undefined() > s.Requests.Offered {
		r.invalid(at, "%d values and %d undefined, of %d requests", d.N(), d.Undefined(), s.Requests.Offered)
	}
}

func (r *snapshotReader) convention() Convention {
	return Convention{
		Name:          r.text(),
		Zero:          ZeroRule(r.option(3)),
		First:         FirstRule(r.option(2)),
		End:           EndRule(r.option(3)),
		Gaps:          GapRule(r.option(len(gapRuleNames))),
		TPOT:          TPOTRule(r.option(int(TPOTDecode1ms) + 1)),
		TPOTWeight:    WeightRule(r.option(2)),
		OneToken:      OneTokenRule(r.option(3)),
		Empty:         EmptyRule(r.option(4)),
		Quantile:      QuantileKind(r.option(len(quantileKindNames))),
		CompletedOnly: r.option(2) == 1,
	}
}

func (r *snapshotReader) text() string {
	n := int(r.uvarint(maxText))
	if r.left() < n {
		r.fail(len(r.data), ErrSnapshotShort)
		return ""
	}
	return string(r.take(n))
}

func (r *snapshotReader) duration() time.Duration {
	u := r.uvarint(math.MaxUint64)
	return time.Duration(int64(u>>1) ^ -int64(u&1))
}

func (r *snapshotReader) optional() Span {
	if r.option(2) == 0 || r.err != nil {
		return Span{}
	}
	return Known(r.duration())
}
