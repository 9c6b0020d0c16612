package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/report/compare"
	"github.com/tokentime/tokentime/report/html"
	"github.com/tokentime/tokentime/results"
)

// compareFlags are the flags of compare: those of report and its own.
type compareFlags struct {
	*reportFlags
	failIf     texts
	confident  bool
	confidence float64
	resamples  int
	seed       uint64
	allow      bool
}

// texts is a flag that may be repeated. It is parsed with the other options,
// so that a mistake is not followed by a page of usage.
type texts []string

func (t *texts) String() string { return strings.Join(*t, ",") }

func (t *texts) Set(s string) error {
	*t = append(*t, s)
	return nil
}

func newCompareFlags(stderr io.Writer) *compareFlags {
	f := &compareFlags{reportFlags: newReportFlags("compare", " BASE NEW...", stderr)}
	s := f.set
	f.pictureFlags.register(f.reportFlags)
	s.Lookup("quantiles").Usage = "exact; a comparison keeps every value"
	s.Var(&f.failIf, "fail-if", "exit with status 4 if the `conditions` hold, such as \"p99(ttft) > +5%, rate(output) < -2%\"; may be repeated")
	s.BoolVar(&f.confident, "confident", false, "a condition holds only if its whole confidence interval is beyond the limit")
	s.Float64Var(&f.confidence, "confidence", compare.DefaultConfidence, "of the intervals")
	s.IntVar(&f.resamples, "resamples", compare.DefaultResamples, "number of resamples of the requests")
	s.Uint64Var(&f.seed, "seed", compare.DefaultSeed, "of the resampling; the same gives the same intervals")
	s.BoolVar(&f.allow, "allow-population-difference", false, "judge latencies also where the requests of the runs ended differently")
	return f
}

// options turns the flags into options; every error is a usageError.
func (f *compareFlags) options() (o compare.Options, err error) {
	if o.Report, err = f.reportFlags.options(); err != nil {
		return o, err
	}
	if o.Report.Method != metrics.ExactMethod {
		return o, usageError{errors.New("-quantiles: a comparison keeps every value; leave it at exact")}
	}
	for _, text := range f.failIf {
		list, err := compare.ParseConditions(text)
		if err != nil {
			return o, usageError{fmt.Errorf("-fail-if: %w", err)}
		}
		o.Conditions = append(o.Conditions, list...)
	}
	if n := len(o.Conditions); n > compare.MaxConditions {
		return o, usageError{fmt.Errorf("-fail-if: %d conditions; there can be %d", n, compare.MaxConditions)}
	}
	if !(f.confidence > 0 && f.confidence < 1) {
		return o, usageError{fmt.Errorf("-confidence: %v is not between 0 and 1", f.confidence)}
	}
	if f.resamples < 1 {
		return o, usageError{fmt.Errorf("-resamples: %d is not positive", f.resamples)}
	}
	o.Confidence, o.Resamples, o.Seed = f.confidence, f.resamples, metrics.Known(f.seed)
	o.AllowDifference, o.Confident = f.allow, f.confident
	if err := o.Validate(); err != nil {
		return o, usageError{err}
	}
	return o, nil
}

func runCompare(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	f := newCompareFlags(stderr)
	if err := f.set.Parse(args); err != nil {
		return parseExit(err)
	}
	o, err := f.options()
	if err != nil {
		return exit(err, stderr)
	}
	if f.set.NArg() < 2 {
		return exit(usageError{errors.New("compare: want a base and at least one other file")}, stderr)
	}
	var all compared
	for i, name := range f.set.Args() {
		content, err := openInput(name, stdin, stderr)
		if err == nil {
			err = f.read(&all, name, content, o)
			content.Close()
		}
		if err == nil && i == 0 && len(all.runs) != 1 {
			err = fmt.Errorf("%s: holds %d runs; the base is one", name, len(all.runs))
		}
		if err != nil {
			return exit(err, stderr)
		}
	}
	c, err := compare.Compare(all.runs[0], all.runs[1:], o)
	if err == nil {
		err = f.write(stdout, c, &all.pictures)
	}
	if err != nil {
		return exit(err, stderr)
	}
	return compareExit(c, stderr)
}

// compared are the runs of a comparison, base first, and what is drawn of
// them.
type compared struct {
	runs []*compare.Run
	pictures
}

// read reads all runs of the content.
func (f *compareFlags) read(all *compared, name string, content io.Reader, o compare.Options) error {
	return readRuns(name, content, f.input, func(info *results.Run) (func(*metrics.Request) error, error) {
		run, err := compare.NewRun(info, o)
		if err != nil {
			return nil, err
		}
		all.runs = append(all.runs, run)
		if !f.drawing() {
			return run.Add, nil
		}
		w := watched{info: run.Info, metrics: &run.Metrics, goodput: &run.Goodput}
		return all.watch(w, o.Report, f.request, run.Add), nil
	})
}

// write renders into memory first: an error leaves nothing on stdout.
func (f *compareFlags) write(stdout io.Writer, c *compare.Comparison, p *pictures) error {
	if f.drawing() {
		p.draw(c.Names())
	}
	var out bytes.Buffer
	var err error
	switch f.format {
	case "text":
		err = compare.Text(&out, c)
	case "json":
		err = compare.JSON(&out, c)
	case "markdown":
		err = compare.Markdown(&out, c)
	case "html":
		page := html.Comparison{Comparison: c, Figures: p.figures, LeftOut: p.leftOut}
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

// compareExit names on stderr what failed: the comparison itself may have
// gone to a file.
func compareExit(c *compare.Comparison, stderr io.Writer) int {
	if c.Failed() == 0 {
		return exitDone
	}
	for _, p := range c.Pairs {
		for _, x := range p.Conditions {
			if x.Holds {
				fmt.Fprintf(stderr, "tokentime: %s against %s: failed: %s: %s\n", p.New.Source, c.Base.Source, x.Condition, x.Reason)
			}
		}
	}
	return exitFailIf
}
