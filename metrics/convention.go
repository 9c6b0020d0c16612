package metrics

// Convention says which formulas stand behind the names TTFT, TBT and TPOT.
// Published numbers with one name come from many formulas; a Convention makes
// the choice a value that can be passed, compared and printed.
//
// The zero Convention holds the rules of [Paper], the project's own.
// Conventions of tools exist to reproduce what a tool printed and to see by
// how much it differs; each also carries the tool's habits with answers that
// lack a value, because its published numbers do.
type Convention struct {
	Name string `json:"name"`

	Zero       ZeroRule     `json:"zero"`        // the instant that latencies count from
	First      FirstRule    `json:"first"`       // which delivery is the first token
	End        EndRule      `json:"end"`         // where decode ends
	Gaps       GapRule      `json:"gaps"`        // what one gap contributes to TBT
	TPOT       TPOTRule     `json:"tpot"`        // numerator and divisor of TPOT
	TPOTWeight WeightRule   `json:"tpot_weight"` // how often the TPOT of a request counts
	OneToken   OneTokenRule `json:"one_token"`   // what an answer of one token counts as
	Empty      EmptyRule    `json:"empty"`       // what a completed answer without a token counts as
	Quantile   QuantileKind `json:"quantile"`    // of exact distributions

	// CompletedOnly leaves out requests that did not complete. If false,
	// every request counts with what it delivered: a stall that a user gave
	// up in was a stall.
	CompletedOnly bool `json:"completed_only"`
}

// ZeroRule says which instant latencies count from.
type ZeroRule uint8

const (
	FromArrival ZeroRule = iota // Due if known, else Sent
	FromSent                    // Sent; what clients that wait for a free connection hide is not seen
	FromDue                     // Due
)

// FirstRule says which delivery is the first token.
type FirstRule uint8

const (
	FirstToken FirstRule = iota // the first with a token
	FirstEvent                  // the first of any kind, even an empty one; control events count as chunks everywhere
)

// EndRule says where decode ends, for T_d and for the end-to-end latency.
type EndRule uint8

const (
	// EndLastToken ends decode at t_N. End-to-end is End - z.
	EndLastToken EndRule = iota
	// EndStream ends decode at Request.End, or, when End is unknown and
	// something that counts was delivered, at the last delivery of any
	// kind; end-to-end likewise.
	EndStream
	// EndContent ends decode and the end-to-end latency at t_N. Without a
	// token there is no end.
	EndContent
)

// TPOTRule says what a time per output token is. N is
// [Request.OutputTokens], n that of the tokens delivered, k_1 the number of
// tokens of the first delivery, T_d the decode time under the convention's
// EndRule, z its zero point.
type TPOTRule uint8

const (
	TPOTDecode     TPOTRule = iota // T_d / (N - 1)
	TPOTAllTokens                  // T_d / N
	TPOTFirstChunk                 // T_d / (N - k_1): after a first chunk of k_1 tokens come N - k_1 gaps
	TPOTWithTTFT                   // (t_N - z) / N: the wait for the first token included
	TPOTNone                       // not defined by the tool
	TPOTMeanGap                    // (t_N - t_1) / (n - 1): the mean of the gaps, whatever a usage says
	TPOTDecode1ms                  // T_d / (N - 1), undefined if T_d < 1 ms
)

// WeightRule says how often a value of one request counts in a distribution
// over requests.
type WeightRule uint8

const (
	WeightRequest WeightRule = iota // once
	WeightTokens                    // N times, so that long answers outweigh short ones
)

// OneTokenRule says what an answer of one token counts as.
type OneTokenRule uint8

const (
	OneTokenNoTPOT   OneTokenRule = iota // TPOT undefined, unless the formula gives a value
	OneTokenZeroTPOT                     // TPOT 0
	OneTokenNoTTFT                       // neither TPOT nor TTFT
)

// EmptyRule says what a completed answer without a token counts as.
type EmptyRule uint8

const (
	EmptyUndefined      EmptyRule = iota // it has no latency
	EmptyZeroTTFT                        // TTFT 0
	EmptyZeroNormalized                  // normalized latency 0
	EmptyZeroAll                         // TTFT, TPOT and normalized latency 0
)

func (z ZeroRule) String() string {
	return name([]string{"arrival", "sent", "due"}, "ZeroRule", uint8(z))
}

func (f FirstRule) String() string {
	return name([]string{"first token", "first event"}, "FirstRule", uint8(f))
}

func (e EndRule) String() string {
	return name([]string{"last token", "end of stream", "last token, end-to-end too"}, "EndRule", uint8(e))
}

func (t TPOTRule) String() string {
	return name([]string{"decode/(N-1)", "decode/N", "decode/(N-k1)", "(t_N-z)/N", "none", "mean gap",
		"decode/(N-1), decode >= 1ms"}, "TPOTRule", uint8(t))
}

func (w WeightRule) String() string {
	return name([]string{"request", "tokens"}, "WeightRule", uint8(w))
}

func (o OneTokenRule) String() string {
	return name([]string{"no TPOT", "TPOT 0", "no TPOT, no TTFT"}, "OneTokenRule", uint8(o))
}

func (e EmptyRule) String() string {
	return name([]string{"undefined", "TTFT 0", "normalized latency 0", "TTFT, TPOT and normalized latency 0"}, "EmptyRule", uint8(e))
}

// MarshalText returns the rule in words.
func (z ZeroRule) MarshalText() ([]byte, error) { return []byte(z.String()), nil }

// MarshalText returns the rule in words.
func (f FirstRule) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// MarshalText returns the rule in words.
func (e EndRule) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// MarshalText returns the rule in words.
func (t TPOTRule) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// MarshalText returns the rule in words.
func (w WeightRule) MarshalText() ([]byte, error) { return []byte(w.String()), nil }

// MarshalText returns the rule in words.
func (o OneTokenRule) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// MarshalText returns the rule in words.
func (e EmptyRule) MarshalText() ([]byte, error) { return []byte(e.String()), nil }
