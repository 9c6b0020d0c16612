package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/tokentime/tokentime/fluidity"
	"github.com/tokentime/tokentime/goodput"
	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/report"
	"github.com/tokentime/tokentime/report/html"
	"github.com/tokentime/tokentime/results"
	"github.com/tokentime/tokentime/slo"
)

// reportFlags are the flags of report and demo as given.
type reportFlags struct {
	set        *flag.FlagSet
	convention string
	quantiles  string
	prefill    time.Duration
	decode     time.Duration
	objective  string
	speed      float64
	alpha      float64
	penalty    string
	abandoned  string
	format     string
	input      string
	pictureFlags
}

func newReportFlags(name, arguments string, stderr io.Writer) *reportFlags {
	f := &reportFlags{set: flag.NewFlagSet(name, flag.ContinueOnError)}
	s := f.set
	s.SetOutput(stderr)
	s.Usage = func() {
		fmt.Fprintf(stderr, "usage: tokentime %s [flags]%s\n\nflags:\n", name, arguments)
		s.PrintDefaults()
	}
	s.StringVar(&f.convention, "convention", metrics.Paper.Name, "formulas behind the `names`: "+conventionNames())
	s.StringVar(&f.quantiles, "quantiles", "exact", "exact, or hdr for constant memory within 0.1 %")
	s.DurationVar(&f.prefill, "prefill-deadline", time.Second, "deadline of the first token, from arrival")
	s.DurationVar(&f.decode, "decode-deadline", 100*time.Millisecond, "deadline of each later token")
	s.StringVar(&f.objective, "slo", "", "service level `objective`, such as \"ttft<=500ms,tbt.max<=1s,p99(tpot)<=50ms\", or a preset: "+presetNames())
	s.Float64Var(&f.speed, "speed", 5, "tokens per second that a reader takes")
	s.Float64Var(&f.alpha, "alpha", goodput.DefaultAlpha, "price of waiting in smooth goodput")
	s.StringVar(&f.penalty, "penalty", "seconds", "unit of waiting in smooth goodput: seconds, tokens or share:DURATION")
	s.StringVar(&f.abandoned, "abandoned", "charge", "what an abandoned request costs: charge (the wait it ended in) or as-delivered")
	s.StringVar(&f.format, "format", "text", strings.Join(reportFormats(), ", "))
	s.StringVar(&f.input, "input", "", inputUsage())
	return f
}

// reportFormats are the forms in which a report is written.
func reportFormats() []string { return []string{"text", "json", "markdown", "html"} }

func conventionNames() string {
	var names []string
	for _, c := range metrics.Conventions() {
		names = append(names, c.Name)
	}
	return strings.Join(names, ", ")
}

func presetNames() string {
	var names []string
	for _, p := range slo.Presets() {
		names = append(names, p.Name)
	}
	return strings.Join(names, ", ")
}

// options turns the flags into options; every error is a usageError.
func (f *reportFlags) options() (o report.Options, err error) {
	bad := func(flag string, err error) (report.Options, error) {
		return report.Options{}, usageError{fmt.Errorf("-%s: %w", flag, err)}
	}
	var ok bool
	if o.Convention, ok = metrics.LookupConvention(f.convention); !ok {
		return bad("convention", fmt.Errorf("no convention %q; there are %s", f.convention, conventionNames()))
	}
	if err := o.Method.UnmarshalText([]byte(f.quantiles)); err != nil {
		return bad("quantiles", err)
	}
	o.Deadlines = fluidity.Deadlines{Prefill: f.prefill, Decode: f.decode}
	if f.prefill < 0 {
		return bad("prefill-deadline", fmt.Errorf("%v is negative", f.prefill))
	}
	if f.decode <= 0 {
		return bad("decode-deadline", fmt.Errorf("%v is not positive", f.decode))
	}
	if o.Objective, err = f.parseObjective(); err != nil {
		return bad("slo", err)
	}
	if o.Goodput.Reader.PerToken, err = goodput.PerToken(f.speed); err != nil {
		return bad("speed", err)
	}
	o.Goodput.Alpha = metrics.Known(f.alpha)
	if o.Goodput.Penalty, err = goodput.ParsePenalty(f.penalty); err != nil {
		return bad("penalty", err)
	}
	if o.Goodput.Abandoned, err = goodput.ParseAbandoned(f.abandoned); err != nil {
		return bad("abandoned", err)
	}
	o.Goodput.Ideal = goodput.Ideal{TTFT: f.prefill, PerToken: o.Goodput.Reader.PerToken}
	if err := o.Goodput.Validate(); err != nil {
		return bad("alpha", err)
	}
	if !slices.Contains(reportFormats(), f.format) {
		return bad("format", fmt.Errorf("no format %q; there are %s", f.format, strings.Join(reportFormats(), ", ")))
	}
	return o, checkInput(f.input)
}

func (f *reportFlags) parseObjective() (slo.Objective, error) {
	if f.objective == "" {
		return slo.Objective{}, nil
	}
	if o, ok := slo.Preset(f.objective); ok {
		return o, nil
	}
	return slo.Parse(f.objective)
}

func runReport(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	f := newReportFlags("report", " FILE...", stderr)
	f.pictureFlags.register(f)
	if err := f.set.Parse(args); err != nil {
		return parseExit(err)
	}
	o, err := f.options()
	if err != nil {
		return exit(err, stderr)
	}
	if f.set.NArg() == 0 {
		return exit(usageError{errors.New("report: no file given; - reads standard input, \"tokentime demo\" needs none")}, stderr)
	}
	var p reported
	for _, name := range f.set.Args() {
		content, err := openInput(name, stdin, stderr)
		if err == nil {
			err = f.read(&p, name, content, o)
			content.Close()
		}
		if err != nil {
			return exit(err, stderr)
		}
	}
	return exit(f.write(stdout, &p), stderr)
}

// parseExit is for an error that the flag package has already shown.
func parseExit(err error) int {
	if errors.Is(err, flag.ErrHelp) {
		return exitDone
	}
	return exitUsage
}

// reported are the runs of a report, and what is drawn of them.
type reported struct {
	runs  []*report.Run
	worst []*html.Worst
	pictures
}

// write renders into memory first: an error leaves nothing on stdout.
func (f *reportFlags) write(stdout io.Writer, p *reported) error {
	var out bytes.Buffer
	if f.drawing() {
		p.draw(report.Names(p.runs))
	}
	var err error
	switch f.format {
	case "text":
		err = report.Text(&out, p.runs)
	case "json":
		err = report.JSON(&out, p.runs)
	case "markdown":
		err = report.Markdown(&out, p.runs)
	case "html":
		page := html.Report{Runs: p.runs, Figures: p.figures, LeftOut: p.leftOut, Worst: p.worst}
		err = page.Write(&out)
	}
	if err == nil && f.png != "" {
		err = p.writePNG(f.png)
	}
	if err != nil {
		return err
	}
	_, err = stdout.Write(out.Bytes())
	return err
}

// read reads all runs of the content.
func (f *reportFlags) read(p *reported, name string, content io.Reader, o report.Options) error {
	return readRuns(name, content, f.input, func(info *results.Run) (func(*metrics.Request) error, error) {
		run, err := report.NewRun(info, o)
		if err != nil {
			return nil, err
		}
		p.runs = append(p.runs, run)
		if !f.drawing() {
			return run.Add, nil
		}
		worst := &html.Worst{Convention: o.Convention}
		p.worst = append(p.worst, worst)
		w := watched{info: run.Info, metrics: &run.Metrics, goodput: &run.Goodput}
		return p.watch(w, o, f.request, func(r *metrics.Request) error {
			if err := run.Add(r); err != nil {
				return err
			}
			worst.Add(r)
			return nil
		}), nil
	})
}
