package report

import (
	"fmt"

	"github.com/tokentime/tokentime/metrics"
)

// rulesApart says in which rules c differs from the paper's, in words.
func rulesApart(c metrics.Convention) []string {
	var parts []string
	for _, r := range rulesOf(c, &ConventionFacts{}) {
		parts = append(parts, r.text)
	}
	return parts
}

// figure is a number that every tool has some name for.
type figure uint8

const (
	figureTTFT figure = 1 << iota
	figureTPOT
	figureITL
	figureEndToEnd

	everyFigure = figureTTFT | figureTPOT | figureITL | figureEndToEnd
)

// apart is a rule of a convention that differs from the paper's.
type apart struct {
	text     string
	changes  figure // that it can change, given the requests at hand
	forbids  bool   // it leaves those figures undefined, whatever other rules say
	quantile bool   // it changes no mean
}

// when returns the figures if the condition holds, else none.
func (f figure) when(condition bool) figure {
	if condition {
		return f
	}
	return 0
}

// rulesOf returns the rules of c that differ from the paper's, and what they
// change for requests of which f counts those that a rule can matter to.
func rulesOf(c metrics.Convention, f *ConventionFacts) []apart {
	var rules []apart
	for _, r := range []apart{
		zeroRule(c, f), firstRule(c, f), endRule(c, f), tpotRule(c, f), weightRule(c), gapRule(c, f),
		oneTokenRule(c, f), emptyRule(c, f), populationRule(c, f), quantileRule(c),
	} {
		if r.text != "" {
			rules = append(rules, r)
		}
	}
	return rules
}

func zeroRule(c metrics.Convention, f *ConventionFacts) apart {
	counted := figureTTFT | figureEndToEnd
	if c.Gaps == metrics.RequestMeanWithTTFT {
		counted |= figureITL
	}
	if c.TPOT == metrics.TPOTWithTTFT {
		counted |= figureTPOT
	}
	switch c.Zero {
	case metrics.FromSent:
		return apart{text: "counts from sent", changes: counted.when(f.SentLate > 0 || f.SentUnknown > 0)}
	case metrics.FromDue:
		return apart{text: "counts from due and from nothing else", changes: counted.when(f.DueUnknown > 0), forbids: true}
	}
	return apart{}
}

func firstRule(c metrics.Convention, f *ConventionFacts) apart {
	if c.First != metrics.FirstEvent {
		return apart{}
	}
	changes := (everyFigure &^ figureEndToEnd).when(f.Control > 0) | figureEndToEnd.when(f.Control > 0 && f.EndUnknown > 0)
	return apart{text: "an event without a token is a chunk, and can be the first", changes: changes}
}

func endRule(c metrics.Convention, f *ConventionFacts) apart {
	ends := figureEndToEnd.when(f.Trailing > 0 || f.EndUnknown > 0)
	switch c.End {
	case metrics.EndStream:
		if c.TPOT != metrics.TPOTWithTTFT && c.TPOT != metrics.TPOTMeanGap {
			ends |= figureTPOT.when(f.Trailing > 0)
		}
		return apart{text: "decode runs to the end of the stream, or the last event if that is unknown", changes: ends}
	case metrics.EndContent:
		return apart{text: "end-to-end stops at the last token", changes: ends}
	}
	return apart{}
}

func tpotRule(c metrics.Convention, f *ConventionFacts) apart {
	switch c.TPOT {
	case metrics.TPOTAllTokens:
		return apart{text: "TPOT is decode/N", changes: figureTPOT}
	case metrics.TPOTFirstChunk:
		return apart{text: "TPOT is decode/(N - k1), k1 tokens in the first chunk", changes: figureTPOT.when(f.Chunked > 0 || f.Sparse > 0)}
	case metrics.TPOTWithTTFT:
		return apart{text: "TPOT is (t_N - sent)/N: the TTFT is in it", changes: figureTPOT}
	case metrics.TPOTNone:
		return apart{text: "no TPOT", changes: figureTPOT, forbids: true}
	case metrics.TPOTMeanGap:
		return apart{text: "TPOT is the mean gap, whatever the usage says", changes: figureTPOT.when(f.Mismatched > 0)}
	case metrics.TPOTDecode1ms:
		return apart{text: "no TPOT of a decode below 1 ms", changes: figureTPOT.when(f.Short > 0)}
	}
	return apart{}
}

func weightRule(c metrics.Convention) apart {
	if c.TPOTWeight != metrics.WeightTokens {
		return apart{}
	}
	return apart{text: "a TPOT counts once for each token", changes: figureTPOT}
}

func gapRule(c metrics.Convention, f *ConventionFacts) apart {
	switch c.Gaps {
	case metrics.PerChunk:
		return apart{text: "ITL is the time between chunks", changes: figureITL.when(f.Chunked > 0)}
	case metrics.Spread:
		return apart{text: "ITL is gap/k, k times for a chunk of k tokens", changes: figureITL.when(f.Chunked > 0)}
	case metrics.RequestMean:
		return apart{text: "ITL is the request's mean gap, N - 1 times", changes: figureITL}
	case metrics.RequestMeanWithTTFT:
		return apart{text: "ITL is (t_N - sent)/chunks: the TTFT is in it", changes: figureITL}
	case metrics.NoGaps:
		return apart{text: "no ITL", changes: figureITL, forbids: true}
	}
	return apart{}
}

func oneTokenRule(c metrics.Convention, f *ConventionFacts) apart {
	switch c.OneToken {
	case metrics.OneTokenZeroTPOT:
		return apart{text: "an answer of one token has TPOT 0", changes: figureTPOT.when(f.OneToken > 0)}
	case metrics.OneTokenNoTTFT:
		return apart{text: "an answer of one token has no TTFT", changes: figureTTFT.when(f.OneToken > 0)}
	}
	return apart{}
}

func emptyRule(c metrics.Convention, f *ConventionFacts) apart {
	switch c.Empty {
	case metrics.EmptyZeroTTFT:
		return apart{text: "an empty answer has TTFT 0", changes: figureTTFT.when(f.Empty > 0)}
	case metrics.EmptyZeroNormalized:
		return apart{text: "an empty answer has a normalized latency of 0"}
	case metrics.EmptyZeroAll:
		return apart{text: "an empty answer has TTFT 0 and TPOT 0", changes: (figureTTFT | figureTPOT).when(f.Empty > 0)}
	}
	return apart{}
}

func populationRule(c metrics.Convention, f *ConventionFacts) apart {
	if !c.CompletedOnly {
		return apart{}
	}
	return apart{text: "completed requests only", changes: everyFigure.when(f.Unfinished > 0)}
}

func quantileRule(c metrics.Convention) apart {
	if c.Quantile == metrics.Linear {
		return apart{}
	}
	return apart{text: fmt.Sprintf("quantiles are %v", c.Quantile), changes: everyFigure, quantile: true}
}
