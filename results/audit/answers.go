package audit

import (
	"fmt"
	"math"
	"time"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/results"
)

// findZeroTTFT looks for first tokens that came in no time: in records, and
// in the stated figures, where 0 stands for "there was none".
func findZeroTTFT(a *Audit) []Finding {
	var found []Finding
	var zero Requests
	for i := range a.records {
		if ttft, ok := a.records[i].ttft.Get(); ok && ttft == 0 {
			zero.add(a.records[i].id)
		}
	}
	if n := zero.Count; n > 0 {
		found = append(found, Finding{
			Severity: Error,
			Message:  fmt.Sprintf("%d requests have a TTFT of 0: no answer comes in no time", n),
			Numbers: []Number{{"requests with a TTFT of 0", float64(n), RequestCount},
				{"requests with a TTFT", float64(a.paper.Raw.TTFT.N()), RequestCount}},
			Requests: zero,
			Advice:   "leave these requests out of the TTFT; a tool writes 0 where there was no first token",
		})
	}
	return append(found, a.zeroInStatedTTFT()...)
}

// zeroInStatedTTFT reports a stated TTFT of 0, or a stated mean that is only
// right if answers without a token count as 0.
func (a *Audit) zeroInStatedTTFT() []Finding {
	var numbers []Number
	for _, r := range a.run.Reported {
		if r.Metric == results.MetricTTFT && r.Stat != "std" && r.Value == 0 {
			numbers = append(numbers, Number{"stated " + r.Name, 0, Nanoseconds})
		}
	}
	if len(numbers) > 0 {
		return []Finding{{
			Severity: Error,
			Message:  "the file states a TTFT of 0, which stands for no measurement",
			Numbers:  append(numbers, Number{"requests with a first token", float64(a.paper.Raw.TTFT.N()), RequestCount}),
			Advice:   "take these figures as unknown",
		}}
	}
	stated, ok := a.statedTime(results.MetricTTFT, "mean")
	with, known := a.tool.Raw.TTFT.Stats().Mean.Get()
	empty := a.paper.Requests.Empty
	extra := a.tool.Raw.TTFT.N() - empty // answers with a first token, if the tool counts the empty ones
	rule := a.tool.Options.Convention.Empty
	if !ok || !known || !a.complete() || empty == 0 || extra <= 0 || rule != metrics.EmptyZeroTTFT && rule != metrics.EmptyZeroAll {
		return nil
	}
	without := with * float64(extra+empty) / float64(extra)
	if apart(stated, with, 0.001) || !apart(stated, without, 0.001) {
		return nil
	}
	return []Finding{{
		Severity: Error,
		Message:  fmt.Sprintf("the stated mean TTFT counts %d answers without a token as 0 s", empty),
		Numbers: []Number{
			{"stated mean TTFT", stated, Nanoseconds},
			{"mean with 0 for empty answers", with, Nanoseconds},
			{"mean over answers with a token", without, Nanoseconds},
			{"empty answers", float64(empty), RequestCount},
		},
		Advice: "use the mean and the quantiles over the answers that have a token (tokentime report)",
	}}
}

// findEmptySuccesses looks for completed answers without a token.
func findEmptySuccesses(a *Audit) []Finding {
	counts := a.paper.Requests
	completed := counts.Empty + counts.Completed
	if len(a.records) == 0 {
		return a.statedEmpty()
	}
	if counts.Empty == 0 {
		return nil
	}
	var empty Requests
	for i := range a.records {
		if a.records[i].empty {
			empty.add(a.records[i].id)
		}
	}
	share := float64(counts.Empty) / float64(completed)
	f := Finding{
		Severity: Warning,
		Message:  fmt.Sprintf("%d of %d completed answers have no token", counts.Empty, completed),
		Numbers:  []Number{{"empty answers", float64(counts.Empty), RequestCount}, {"share of completed", share, Share}},
		Requests: empty,
		Advice:   "take them as failed: they are no service, yet they raise the request rate and lower the latencies",
	}
	if share > a.options.MaxShare {
		f.Severity = Error
	}
	if rate, ok := a.statedNumber(results.MetricRequestRate, ""); ok {
		f.Numbers = append(f.Numbers,
			Number{"stated request rate", rate, RequestsPerSecond},
			Number{"of answers with a token", rate * (1 - share), RequestsPerSecond})
	}
	return []Finding{f}
}

// statedEmpty finds empty answers by a stated minimum of 0.
func (a *Audit) statedEmpty() []Finding {
	length, ok := a.run.Report(results.MetricOutputLength, "min")
	norm, known := a.run.Report(results.MetricNormalized, "min")
	var numbers []Number
	if ok && length.Value == 0 {
		numbers = append(numbers, Number{"stated minimum of the output length", 0, Tokens})
	}
	if known && norm.Value == 0 {
		numbers = append(numbers, Number{"stated minimum of the normalized latency", 0, Nanoseconds})
	}
	if len(numbers) == 0 {
		return nil
	}
	return []Finding{{
		Severity: Warning,
		Message:  "some completed answers have no token, and their latencies of 0 are in the stated figures",
		Numbers:  numbers,
		Advice:   "record each request and leave the empty answers out",
	}}
}

// findFailures looks for requests that did not complete: the latencies are
// those of the others.
func findFailures(a *Audit) []Finding {
	counts := a.paper.Requests
	lost, offered := counts.Abandoned(), counts.Offered
	var ids Requests
	for i := range a.records {
		if a.records[i].outcome != metrics.Completed {
			ids.add(a.records[i].id)
		}
	}
	if len(a.records) == 0 {
		failed, _ := a.statedNumber(results.MetricFailed, "")
		completed, _ := a.statedNumber(results.MetricCompleted, "")
		lost, offered = int64(failed), int64(failed+completed)
		ids.Count = lost
	}
	share := float64(lost) / float64(offered)
	if lost == 0 || share <= a.options.MaxShare {
		return nil
	}
	numbers := []Number{}
	for _, n := range []struct {
		name  string
		count int64
	}{{"failed", counts.Failed}, {"cancelled", counts.Cancelled}, {"timed out", counts.TimedOut}, {"rejected", counts.Rejected}} {
		if n.count > 0 {
			numbers = append(numbers, Number{n.name, float64(n.count), RequestCount})
		}
	}
	return []Finding{{
		Severity: Warning,
		Message:  fmt.Sprintf("%d of %d requests did not complete: latencies are those of the survivors", lost, offered),
		Numbers:  append(numbers, Number{"share of all", share, Share}),
		Requests: ids,
		Advice:   "put the share beside every latency, and count these requests as missed in attainment and goodput",
	}}
}

// findRepeatedIDs looks for requests that are in the file twice, as after
// putting parts together that overlap.
func findRepeatedIDs(a *Audit) []Finding {
	seen := make(map[string]bool, len(a.records))
	var again Requests
	for i := range a.records {
		id := a.records[i].id
		if seen[id] {
			again.add(id)
		}
		seen[id] = id != ""
	}
	if again.Count == 0 {
		return nil
	}
	return []Finding{{
		Severity: Warning,
		Message:  fmt.Sprintf("%d of %d requests have the id of an earlier one", again.Count, len(a.records)),
		Numbers: []Number{{"requests", float64(len(a.records)), RequestCount},
			{"different ids", float64(int64(len(a.records)) - again.Count), Count}},
		Requests: again,
		Advice:   "look whether the file was put together from parts that overlap: what is in it twice counts twice, in every rate too",
	}}
}

// findRoleChunks looks for streams that open with a chunk without text: the
// first gap takes microseconds, the others do not.
func findRoleChunks(a *Audit) []Finding {
	firsts := sample(a.records, func(c *record) (float64, bool) {
		g, ok := c.firstGap.Get()
		return float64(g), ok
	})
	var opened Requests
	for i := range a.records {
		if g, ok := a.records[i].firstGap.Get(); ok && g <= a.options.RoleGap && a.run.Resolution < a.options.RoleGap {
			opened.add(a.records[i].id)
		}
	}
	first := quantile(firsts, 0.5)
	typical, ok := a.paper.Raw.TBT.Quantile(0.5)
	const bursts = 20 // times the first gap; if others are as small, all chunks come so
	if !ok || 2*opened.Count < int64(firsts.Len()) || opened.Count == 0 || typical < bursts*max(first, float64(time.Microsecond)) {
		return nil
	}
	return []Finding{{
		Severity: Warning,
		Message: fmt.Sprintf("%d of %d streams open with an event that the next one follows within %v: a chunk that holds a role and no text",
			opened.Count, firsts.Len(), a.options.RoleGap),
		Numbers: []Number{{"median first gap", first, Nanoseconds}, {"median TBT", typical, Nanoseconds}},

		Requests: opened,
		Advice:   "the tool's TTFT ends at that chunk, and its ITL has one gap too many for each answer; use those that count tokens",
	}}
}

// findCountMismatch looks for answers whose number of tokens was counted
// twice with different results.
func findCountMismatch(a *Audit) []Finding {
	var differ Requests
	var known, more, most int64
	for i := range a.records {
		c := &a.records[i]
		if c.empty || c.outcome != metrics.Completed {
			continue
		}
		known++
		if c.missing != 0 {
			differ.add(c.id)
			more += c.missing
			most = max(most, int64(math.Abs(float64(c.missing))))
		}
	}
	if float64(differ.Count) <= a.options.MaxShare*float64(known) {
		return nil
	}
	output := a.paper.OutputTokens
	f := Finding{
		Severity: Info,
		Message:  fmt.Sprintf("%d of %d answers have another number of tokens than of token events", differ.Count, known),
		Numbers: []Number{
			{"tokens counted", float64(output), Tokens},
			{"token events - tokens counted", float64(more), Tokens},
			{"largest difference of an answer", float64(most), Tokens},
		},
		Requests: differ,
		Advice:   "an event held several tokens, or the tokens were counted by another tokenizer: gaps are between events, not tokens, and TPOT depends on the count",
	}
	if math.Abs(float64(more)) > a.options.Tolerance*float64(output) {
		f.Severity = Warning
	}
	return []Finding{f}
}

// findOutputsAtLimit looks for answers that a length limit ended.
func findOutputsAtLimit(a *Audit) []Finding {
	var longest int64
	var completed int
	for i := range a.records {
		if c := &a.records[i]; c.outcome == metrics.Completed && c.tokens > 0 {
			completed++
			longest = max(longest, c.tokens)
		}
	}
	if !a.enough(completed) || longest < 2 {
		return nil
	}
	var at Requests
	for i := range a.records {
		if c := &a.records[i]; c.outcome == metrics.Completed && c.tokens == longest {
			at.add(c.id)
		}
	}
	share := float64(at.Count) / float64(completed)
	if share < a.options.LimitShare {
		return nil
	}
	return []Finding{{
		Severity: Info,
		Message:  fmt.Sprintf("%d of %d answers have exactly the largest length: a limit ended them, not the model", at.Count, completed),
		Numbers:  []Number{{"largest length", float64(longest), Tokens}, {"share of answers", share, Share}},
		Requests: at,
		Advice:   "say so beside the figures: lengths that were asked for do not spread as those of users do",
	}}
}
