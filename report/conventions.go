package report

import (
	"encoding/json"
	"io"
	"time"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/results"
)

// ConventionsSchema names the form of the document of [ConventionsJSON].
const ConventionsSchema = "tokentime.conventions/1"

// ConventionRun collects the requests of one run under every convention of
// [metrics.Conventions] at once, so that one pass over a file tells what each
// tool would have printed.
type ConventionRun struct {
	Info      *results.Run
	Summaries []*metrics.Summary // in the order of metrics.Conventions
	Facts     ConventionFacts
}

// ConventionFacts counts the requests that a rule of some convention can make
// a difference for.
type ConventionFacts struct {
	DueUnknown  int64 `json:"due_unknown"`
	SentUnknown int64 `json:"sent_unknown"`
	SentLate    int64 `json:"sent_late"`               // after they were due
	Control     int64 `json:"with_control_events"`     // a delivery of no token
	Chunked     int64 `json:"with_chunks"`             // a delivery of several tokens
	Trailing    int64 `json:"ending_after_last_token"` // or without a token
	EndUnknown  int64 `json:"end_unknown"`             // with a delivery
	OneToken    int64 `json:"one_token"`
	Empty       int64 `json:"empty"`
	Unfinished  int64 `json:"not_completed"`
	Short       int64 `json:"decode_below_1ms"` // with two tokens or more
	Mismatched  int64 `json:"usage_mismatched"` // usage and deliveries differ
	Sparse      int64 `json:"gaps_not_recorded"`
}

// NewConventionRun returns an empty ConventionRun for what info describes. The
// method is that of all distributions; an HDR has order statistics only, so
// that kinds of quantiles make no difference under it.
func NewConventionRun(info *results.Run, method metrics.Method) *ConventionRun {
	run := &ConventionRun{Info: info}
	for _, c := range metrics.Conventions() {
		run.Summaries = append(run.Summaries, &metrics.Summary{Options: metrics.SummaryOptions{
			Convention:     c,
			Method:         method,
			Duration:       info.Duration,
			SeparateClocks: !info.CommonClock,
		}})
	}
	return run
}

// Add adds a request of the run. The error is that of [metrics.Summary.Add];
// the request is then counted nowhere.
func (run *ConventionRun) Add(r *metrics.Request) error {
	for _, s := range run.Summaries {
		if err := s.Add(r); err != nil {
			return err // the first refuses what any would
		}
	}
	run.Facts.add(r)
	return nil
}

func (f *ConventionFacts) add(r *metrics.Request) {
	count := func(n *int64, condition bool) {
		if condition {
			*n++
		}
	}
	due, planned := r.Due.Get()
	sent, wasSent := r.Sent.Get()
	count(&f.DueUnknown, !planned)
	count(&f.SentUnknown, !wasSent)
	count(&f.SentLate, planned && wasSent && sent > due)
	count(&f.Unfinished, r.Outcome != metrics.Completed)
	count(&f.Empty, r.Empty())
	count(&f.OneToken, r.OutputTokens() == 1 || r.Tokens() == 1)
	count(&f.Sparse, r.Sparse && r.Tokens() > 0)
	usage, stated := r.UsageTokens.Get()
	count(&f.Mismatched, stated && usage != r.Tokens())
	f.addDeliveries(r, count)
}

func (f *ConventionFacts) addDeliveries(r *metrics.Request, count func(*int64, bool)) {
	var first, last metrics.Instant
	control, chunked := false, false
	for _, d := range r.Deliveries {
		control = control || d.Tokens == 0
		chunked = chunked || d.Tokens > 1
		if d.Tokens > 0 {
			last = metrics.Known(d.At)
			if !first.Known() {
				first = last
			}
		}
	}
	count(&f.Control, control)
	count(&f.Chunked, chunked && !r.Sparse)
	end, ended := r.End.Get()
	if n := len(r.Deliveries); !ended && n > 0 {
		f.EndUnknown++
		end = r.Deliveries[n-1].At
	}
	from, ok := first.Get()
	to, _ := last.Get()
	count(&f.Trailing, ended && !ok || ok && end > to)
	count(&f.Short, ok && r.OutputTokens() > 1 && end-from < time.Millisecond)
}

// warnings are those of the file and of the paper's summary: the others doubt
// the same numbers.
func (run *ConventionRun) warnings() []metrics.Warning {
	w := append([]metrics.Warning{}, run.Info.Warnings...)
	return append(w, run.Summaries[0].Warnings()...)
}

type conventionsDocument struct {
	Schema string               `json:"schema"`
	Runs   []conventionsRunJSON `json:"runs"`
}

type conventionsRunJSON struct {
	Source      string                `json:"source"`
	Format      string                `json:"format"`
	Convention  *string               `json:"convention_of_file"` // null if it follows none that is known
	Requests    metrics.RequestCounts `json:"requests"`
	Facts       ConventionFacts       `json:"requests_concerned"`
	Conventions []conventionJSON      `json:"conventions"`
	Warnings    []metrics.Warning     `json:"warnings"`
}

type conventionJSON struct {
	Convention metrics.Convention `json:"convention"`
	Counted    int64              `json:"requests_with_ttft"`
	TTFT       *metrics.Stats     `json:"ttft_ns"`
	TPOT       *metrics.Stats     `json:"tpot_ns"`
	ITL        *metrics.Stats     `json:"itl_ns"`
	EndToEnd   *metrics.Stats     `json:"end_to_end_ns"`
	Differs    []string           `json:"differs_from_paper"`
}

// ConventionsJSON writes the runs as one document. All durations are
// nanoseconds; what is undefined is null.
func ConventionsJSON(w io.Writer, runs []*ConventionRun) error {
	doc := conventionsDocument{Schema: ConventionsSchema, Runs: []conventionsRunJSON{}}
	for _, run := range runs {
		doc.Runs = append(doc.Runs, run.json())
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(doc)
}

func (run *ConventionRun) json() conventionsRunJSON {
	v := conventionsRunJSON{
		Source:   run.Info.Source,
		Format:   run.Info.Format,
		Requests: run.Summaries[0].Requests,
		Facts:    run.Facts,
		Warnings: run.warnings(),
	}
	if name := run.Info.Convention; name != "" {
		v.Convention = &name
	}
	for _, s := range run.Summaries {
		f := figuresOf(s)
		v.Conventions = append(v.Conventions, conventionJSON{
			Convention: s.Options.Convention,
			Counted:    s.Raw.TTFT.N(),
			TTFT:       orNil(f.ttft),
			TPOT:       orNil(f.tpot),
			ITL:        orNil(f.itl),
			EndToEnd:   orNil(f.endToEnd),
			Differs:    append([]string{}, rulesApart(s.Options.Convention)...),
		})
	}
	return v
}

// figures are the distributions that tools have names for.
type figures struct {
	ttft, tpot, itl, endToEnd metrics.Stats
}

// figuresOf leaves out confidence intervals: gaps, and values that are
// repeated, have none, and between conventions they would say nothing.
func figuresOf(s *metrics.Summary) figures {
	f := figures{s.Raw.TTFT.Stats(), s.Normalized.TPOT.Stats(), s.Raw.TBT.Stats(), s.Raw.EndToEnd.Stats()}
	for _, d := range []*metrics.Stats{&f.ttft, &f.tpot, &f.itl, &f.endToEnd} {
		d.Intervals = nil
	}
	return f
}

func orNil(s metrics.Stats) *metrics.Stats {
	if s.N == 0 {
		return nil
	}
	return &s
}
