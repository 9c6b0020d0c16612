package html

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/report/internal/layout"
)

// DefaultKeep is how many requests a [Worst] keeps unless it says otherwise.
const DefaultKeep = 20

// Worst keeps the requests of a run that waited longest: those with the
// largest gap, and those with the longest TTFT. The zero Worst is ready. Its
// memory does not depend on the number of requests. It is not safe for
// concurrent use.
type Worst struct {
	Convention metrics.Convention
	Keep       int // of each of the two kinds; 0: DefaultKeep

	stalls, firsts []waiter
}

// waiter is a request that waited.
type waiter struct {
	id      string
	outcome metrics.Outcome
	tokens  int64
	view    metrics.Normalized
}

// Add looks at a request of the run. It does not keep r.
func (w *Worst) Add(r *metrics.Request) {
	v := waiter{r.ID, r.Outcome, r.OutputTokens(), w.Convention.Normalized(r)}
	w.stalls = w.keep(w.stalls, v, func(x *waiter) metrics.Span { return x.view.Raw.Stall })
	w.firsts = w.keep(w.firsts, v, func(x *waiter) metrics.Span { return x.view.Raw.TTFT })
}

// keep inserts v into the list, which is sorted from the longest wait down and
// has a bounded length. Of equal waits the earlier comes first.
func (w *Worst) keep(list []waiter, v waiter, wait func(*waiter) metrics.Span) []waiter {
	n := w.Keep
	if n <= 0 {
		n = DefaultKeep
	}
	d, ok := wait(&v).Get()
	if !ok {
		return list
	}
	at, _ := slices.BinarySearchFunc(list, d, func(x waiter, d time.Duration) int {
		if t, _ := wait(&x).Get(); t != d {
			return cmp.Compare(d, t)
		}
		return -1 // behind the equal ones
	})
	if at >= n {
		return list
	}
	list = slices.Insert(list, at, v)
	return list[:min(len(list), n)]
}

// requests returns the kept requests, each once, by largest gap and then by
// TTFT.
func (w *Worst) requests() []waiter {
	all := slices.Clone(w.stalls)
	for _, v := range w.firsts {
		if !slices.ContainsFunc(all, func(x waiter) bool { return x.id == v.id && x.view == v.view }) {
			all = append(all, v)
		}
	}
	return all
}

// worstTable is a table whose columns can be sorted.
type worstTable struct {
	Run  string
	Head []cell
	Rows []sortRow
}

type sortRow []sortCell

// sortCell is a cell with the number by which its column is sorted, or "" for
// one that comes last.
type sortCell struct {
	Text string
	Key  string
	Left bool
}

func (w *Worst) table(run string) worstTable {
	t := worstTable{Run: run}
	for i, name := range []string{"request", "outcome", "tokens", "largest gap", "TTFT", "TTLT", "TPOT", "normalized latency"} {
		t.Head = append(t.Head, cell{Text: name, Left: i < 2})
	}
	for _, v := range w.requests() {
		raw := v.view.Raw
		t.Rows = append(t.Rows, sortRow{
			{Text: v.id, Key: v.id, Left: true},
			{Text: v.outcome.String(), Key: v.outcome.String(), Left: true},
			{Text: layout.Count(v.tokens), Key: strconv.FormatInt(v.tokens, 10)},
			spanCell(raw.Stall), spanCell(raw.TTFT), spanCell(raw.TTLT),
			perTokenCell(v.view.TPOT.PerToken), perTokenCell(v.view.Latency.Total),
		})
	}
	return t
}

func spanCell(s metrics.Span) sortCell {
	d, ok := s.Get()
	if !ok {
		return sortCell{Text: metrics.Undefined}
	}
	return sortCell{Text: layout.Duration(d), Key: strconv.FormatInt(int64(d), 10)}
}

func perTokenCell(p metrics.PerToken) sortCell {
	ns, ok := p.Nanoseconds()
	if !ok {
		return sortCell{Text: metrics.Undefined}
	}
	return sortCell{Text: layout.Nanoseconds(ns), Key: strconv.FormatFloat(ns, 'f', -1, 64)}
}
