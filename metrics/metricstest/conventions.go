package metricstest

import (
	"fmt"
	"strings"

	"github.com/tokentime/tokentime/metrics"
)

// changedRule is a convention in which one rule is another one, and what that
// means for a number.
type changedRule struct {
	text       string
	convention metrics.Convention
}

// ruleTexts returns every convention that differs from c in a single rule.
func ruleTexts(c metrics.Convention) []changedRule {
	var all []changedRule
	change := func(texts []string, claimed uint8, set func(*metrics.Convention, uint8)) {
		for i, text := range texts {
			if uint8(i) != claimed {
				other := c
				set(&other, uint8(i))
				all = append(all, changedRule{text, other})
			}
		}
	}
	change(zeroTexts(), uint8(c.Zero), func(o *metrics.Convention, i uint8) { o.Zero = metrics.ZeroRule(i) })
	change(firstTexts(), uint8(c.First), func(o *metrics.Convention, i uint8) { o.First = metrics.FirstRule(i) })
	change(endTexts(), uint8(c.End), func(o *metrics.Convention, i uint8) { o.End = metrics.EndRule(i) })
	change(gapTexts(), uint8(c.Gaps), func(o *metrics.Convention, i uint8) { o.Gaps = metrics.GapRule(i) })
	change(tpotTexts(), uint8(c.TPOT), func(o *metrics.Convention, i uint8) { o.TPOT = metrics.TPOTRule(i) })
	change(oneTokenTexts(), uint8(c.OneToken), func(o *metrics.Convention, i uint8) { o.OneToken = metrics.OneTokenRule(i) })
	change(emptyTexts(), uint8(c.Empty), func(o *metrics.Convention, i uint8) { o.Empty = metrics.EmptyRule(i) })
	return all
}

// The texts stand in the order of the constants of package metrics.

func zeroTexts() []string {
	return []string{
		"counted from when the request was due, or else sent",
		"counted from the sending although the request was due earlier",
		"counted from when the request was due, and undefined where that is unknown",
	}
}

func firstTexts() []string {
	return []string{
		"the first event with a token taken for the first one",
		"the role chunk, or another control event that comes first, taken for the first token",
	}
}

func endTexts() []string {
	return []string{
		"decode ended by the last token",
		"the end of the stream taken for the last token",
		"the last token taken for the end of the stream",
	}
}

func gapTexts() []string {
	return []string{
		"the gap, then k - 1 zeros, for a chunk of k tokens",
		"one value for a chunk, however many tokens it holds",
		"gap/k, k times, for a chunk of k tokens",
		"one mean gap of the request, repeated",
		"TTFT included: (t_N - z)/K, once a request, K chunks",
		"no gaps at all",
	}
}

func tpotTexts() []string {
	return []string{
		"T_d/(N - 1)",
		"T_d/N, N instead of N - 1",
		"T_d/(N - k_1), k_1 tokens in the first chunk",
		"(t_N - z)/N: TTFT included",
		"no TPOT at all",
		"(t_N - t_1)/(N - 1), the mean of the gaps whatever the usage says",
		"no TPOT for a decode of less than 1 ms",
	}
}

func oneTokenTexts() []string {
	return []string{
		"no TPOT for an answer of one token",
		"a TPOT of 0 for an answer of one token",
		"no TTFT for an answer of one token",
	}
}

func emptyTexts() []string {
	return []string{
		"an empty answer without any latency",
		"a TTFT of 0 for an empty answer",
		"a normalized latency of 0 for an empty answer",
		"a TTFT, a TPOT and a normalized latency of 0 for an empty answer",
	}
}

// variantText says whose formula the variant of the metric is, and what it
// does otherwise than the one that is claimed.
func variantText(m *metric, variant, claimed string) string {
	c, ok := metrics.LookupConvention(variant)
	d, _ := metrics.LookupConvention(claimed)
	if !ok {
		return fmt.Sprintf("the %s under the rule %q", m.name, variant)
	}
	name := m.name
	if m.key == "tbt_ns" && variant != metrics.Paper.Name && variant != metrics.FirstChunk.Name {
		name = "ITL"
	}
	text := variant + "'s " + name
	if diff := differences(m, c, d); diff != "" {
		text += ": " + diff
	}
	return text
}

// differences says in which rules of c, those that matter to the metric, it
// differs from d.
func differences(m *metric, c, d metrics.Convention) string {
	var parts []string
	add := func(differ bool, text string) {
		if differ {
			parts = append(parts, text)
		}
	}
	normalized := m.key == "normalized_latency_ns" || m.key == "fixed_share"
	tpot := m.key == "tpot_ns"
	switch m.key {
	case "tbt_ns":
		add(c.Gaps != d.Gaps, gapTexts()[c.Gaps])
	case "tpot_ns":
		add(c.TPOT != d.TPOT, tpotTexts()[c.TPOT])
	}
	add(c.Zero != d.Zero && m.key != "tbt_ns" && m.key != "stall_ns" && m.key != "decode_ns" && !tpot, zeroTexts()[c.Zero])
	add(c.First != d.First && m.key != "end_to_end_ns", firstTexts()[c.First])
	add(c.End != d.End && (tpot || normalized || m.key == "decode_ns" || m.key == "end_to_end_ns"), endTexts()[c.End])
	add(c.OneToken != d.OneToken && (m.key == "ttft_ns" || tpot || normalized), oneTokenTexts()[c.OneToken])
	add(c.Empty != d.Empty && (m.key == "ttft_ns" || normalized || tpot && c.Empty == metrics.EmptyZeroAll), emptyTexts()[c.Empty])
	return strings.Join(parts, "; ")
}
