package audit

import (
	"cmp"
	"slices"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/results"
)

// Audit audits one run. It is made by [New] and is not safe for concurrent
// use.
//
// It keeps about 250 bytes for each request and counts gaps in histograms of
// constant size, so that memory does not grow with the number of tokens. One
// that [Read] returned keeps what was found and nothing else.
type Audit struct {
	run     *results.Run
	options Options

	records []record
	paper   metrics.Summary // under the project's own convention
	tool    metrics.Summary // under the one of the figures that the file states
	broken  *Finding        // what ended the reading

	ended bool      // all of the run has been added
	found []Finding // of a run that has ended
}

// New returns an Audit of the run, whose requests are then to be added.
func New(run *results.Run, o Options) *Audit {
	a := &Audit{run: run, options: o.withDefaults()}
	a.paper.Options.Method = metrics.HDRMethod
	a.paper.Options.Duration = run.Duration
	a.paper.Options.SeparateClocks = !run.CommonClock
	a.tool.Options = a.paper.Options
	a.tool.Options.Convention, _ = metrics.LookupConvention(run.Convention)
	return a
}

// Run returns the run that is audited.
func (a *Audit) Run() *results.Run { return a.run }

// Requests returns how many requests were added, by their ends.
func (a *Audit) Requests() metrics.RequestCounts { return a.paper.Requests }

// Add adds a request of the run. It returns the [*metrics.RequestError] of a
// record that contradicts itself, which then is not counted. An Audit that
// [Read] returned is complete: to add to it is a programmer's mistake.
func (a *Audit) Add(r *metrics.Request) error {
	if a.ended {
		panic("audit: a request added to a run that has been read")
	}
	if err := a.paper.Add(r); err != nil {
		return err
	}
	a.records = append(a.records, newRecord(r))
	return a.tool.Add(r)
}

// Findings returns what was found so far, the worst first and otherwise in
// the order of the table in the package documentation. It does not change the
// Audit.
func (a *Audit) Findings() []Finding {
	if a.ended {
		return slices.Clone(a.found)
	}
	found := []Finding{}
	if a.broken != nil {
		found = append(found, *a.broken)
	}
	for _, c := range checks() {
		for _, f := range c.find(a) {
			f.Code, f.Source = c.code, c.source
			if f.Requests.IDs == nil {
				f.Requests.IDs = []string{}
			}
			found = append(found, f)
		}
	}
	found = slices.DeleteFunc(found, func(f Finding) bool { return slices.Contains(a.options.Ignore, f.Code) })
	slices.SortStableFunc(found, func(x, y Finding) int { return cmp.Compare(y.Severity, x.Severity) })
	return found
}

// end notes that nothing will be added. The histograms, some megabytes, are
// dropped: a file can hold a thousand runs.
func (a *Audit) end() {
	a.found, a.ended = a.Findings(), true
	a.records, a.paper, a.tool = nil, metrics.Summary{Requests: a.paper.Requests}, metrics.Summary{}
}

// check is one row of the table in the package documentation. Its findings
// need no code and no source.
type check struct {
	code, source string
	find         func(*Audit) []Finding
}

// Codes returns the codes of all findings, in the order of the table in the
// package documentation.
func Codes() []string {
	var codes []string
	for _, c := range checks() {
		codes = append(codes, c.code)
	}
	return append(codes, CodeTimeBackwards)
}

// enough reports whether n requests are enough to speak of their
// distribution.
func (a *Audit) enough(n int) bool { return n >= a.options.MinRequests }

// inOrder returns the records in the order of their arrival, or nil if it is
// not known.
func (a *Audit) inOrder() []*record {
	sorted := make([]*record, 0, len(a.records))
	for i := range a.records {
		sorted = append(sorted, &a.records[i])
	}
	if !a.run.CommonClock {
		if a.run.Format != results.FormatVLLM { // whose arrays are in the order of sending
			return nil
		}
		return sorted
	}
	sorted = slices.DeleteFunc(sorted, func(c *record) bool { return !c.arrival.Known() })
	slices.SortStableFunc(sorted, func(x, y *record) int {
		return cmp.Compare(span(x.arrival), span(y.arrival))
	})
	return sorted
}
