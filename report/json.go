package report

import (
	"encoding/json"
	"io"

	"github.com/tokentime/tokentime/fluidity"
	"github.com/tokentime/tokentime/goodput"
	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/slo"
)

// Schema names the form of the JSON document. Keys may be added under it;
// none is renamed.
const Schema = "tokentime.report/1"

type document struct {
	Schema string    `json:"schema"`
	Runs   []runJSON `json:"runs"`
}

type runJSON struct {
	Source string `json:"source"`
	Format string `json:"format"`
	metrics.SummaryStats

	// These two stand before those of SummaryStats, since without records
	// they are unknown, not 0.
	Requests *metrics.RequestCounts `json:"requests"`
	Tokens   *metrics.TokenCounts   `json:"tokens"`

	LargestStall *stallJSON        `json:"largest_stall"`
	Fluidity     fluidity.Stats    `json:"fluidity"`
	SLO          *slo.Report       `json:"slo"`
	Goodput      goodput.Stats     `json:"goodput"`
	Reproduced   []reproducedJSON  `json:"reproduced"`
	Facts        map[string]string `json:"facts"`

	// As the file states it; the rest is computed from records, unless there
	// are none.
	AggregatesOnly bool               `json:"aggregates_only"`
	Reported       []reportedJSON     `json:"reported"`
	NotDerivable   []notDerivableJSON `json:"not_derivable"`

	Warnings []metrics.Warning `json:"warnings"`
}

type stallJSON struct {
	Request string `json:"request"`
	Gap     int64  `json:"gap_ns"`
	At      int64  `json:"at_ns"` // from arrival
	Tokens  int64  `json:"tokens_before"`
}

type reproducedJSON struct {
	Name       string                    `json:"name"`
	Unit       string                    `json:"unit"`
	Stated     float64                   `json:"stated"`
	Recomputed metrics.Optional[float64] `json:"recomputed"`
	Verdict    string                    `json:"verdict"`
}

type reportedJSON struct {
	Name   string  `json:"name"`
	Value  float64 `json:"value"`
	Unit   string  `json:"unit"`
	Metric string  `json:"metric,omitempty"`
	Stat   string  `json:"stat,omitempty"`
}

type notDerivableJSON struct {
	Metric string `json:"metric"`
	Why    string `json:"why"`
}

// JSON writes the runs as one document. All durations are nanoseconds; what
// is undefined is null.
func JSON(w io.Writer, runs []*Run) error {
	doc := document{Schema: Schema, Runs: []runJSON{}}
	for _, r := range runs {
		doc.Runs = append(doc.Runs, r.json())
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(doc)
}

func (r *Run) json() runJSON {
	v := runJSON{
		Source:       r.Info.Source,
		Format:       r.Info.Format,
		SummaryStats: r.Metrics.Stats(),
		Fluidity:     r.Fluidity.Stats(),
		Goodput:      r.Goodput.Stats(r.Metrics.Duration()),
		Reproduced:   []reproducedJSON{},
		Facts:        map[string]string{},
		Warnings:     r.Warnings(),

		AggregatesOnly: r.Info.AggregatesOnly,
		Reported:       []reportedJSON{},
		NotDerivable:   []notDerivableJSON{},
	}
	if !r.Info.AggregatesOnly {
		v.Requests, v.Tokens = &v.SummaryStats.Requests, &v.SummaryStats.Tokens
	}
	for _, a := range r.Info.Reported {
		v.Reported = append(v.Reported, reportedJSON(a))
	}
	for _, n := range r.Info.NotDerivable {
		v.NotDerivable = append(v.NotDerivable, notDerivableJSON(n))
	}
	if l := r.Metrics.Largest; l.Requests > 0 {
		v.LargestStall = &stallJSON{Request: l.ID, Gap: int64(l.Gap), At: int64(l.At), Tokens: l.Tokens}
	}
	if r.judged {
		rep := r.SLO.Report()
		v.SLO = &rep
	}
	for _, p := range r.reproductions() {
		v.Reproduced = append(v.Reproduced, reproducedJSON{p.Name, p.Unit, p.Value, p.Recomputed, p.Verdict.String()})
	}
	for _, f := range r.Info.Facts {
		v.Facts[f.Name] = f.Value
	}
	return v
}
