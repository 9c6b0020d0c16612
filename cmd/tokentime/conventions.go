package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/report"
	"github.com/tokentime/tokentime/results"
)

func runConventions(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	set := flag.NewFlagSet("conventions", flag.ContinueOnError)
	set.SetOutput(stderr)
	set.Usage = func() {
		fmt.Fprint(stderr, "usage: tokentime conventions [flags] FILE...\n\nflags:\n")
		set.PrintDefaults()
	}
	format := set.String("format", "text", "text or json")
	quantiles := set.String("quantiles", "exact", "exact, or hdr for constant memory: within 0.1 %, and of one kind for all conventions")
	input := set.String("input", "", inputUsage())
	if err := set.Parse(args); err != nil {
		return parseExit(err)
	}
	render := map[string]func(io.Writer, []*report.ConventionRun) error{"text": report.ConventionsText, "json": report.ConventionsJSON}[*format]
	if render == nil {
		return exit(usageError{fmt.Errorf("-format: no format %q; there are text and json", *format)}, stderr)
	}
	var method metrics.Method
	if err := method.UnmarshalText([]byte(*quantiles)); err != nil {
		return exit(usageError{fmt.Errorf("-quantiles: %w", err)}, stderr)
	}
	if err := checkInput(*input); err != nil {
		return exit(err, stderr)
	}
	if set.NArg() == 0 {
		return exit(usageError{errors.New("conventions: no file given; - reads standard input")}, stderr)
	}
	var runs []*report.ConventionRun
	for _, name := range set.Args() {
		more, err := conventionRuns(name, stdin, stderr, results.Options{Format: *input}, method)
		if err != nil {
			return exit(err, stderr)
		}
		runs = append(runs, more...)
	}
	var out bytes.Buffer // an error leaves nothing on stdout
	if err := render(&out, runs); err != nil {
		return exit(err, stderr)
	}
	_, err := stdout.Write(out.Bytes())
	return exit(err, stderr)
}

// conventionRuns reads all runs of a file; "-" is stdin.
func conventionRuns(name string, stdin io.Reader, stderr io.Writer, o results.Options, method metrics.Method) ([]*report.ConventionRun, error) {
	in, err := openInput(name, stdin, stderr)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	rd, err := results.NewReader(name, in, o)
	if err != nil {
		return nil, err
	}
	var runs []*report.ConventionRun
	for rd.NextRun() {
		run := report.NewConventionRun(rd.Run(), method)
		for rd.Next() {
			if err := run.Add(rd.Request()); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		}
		runs = append(runs, run)
	}
	return runs, rd.Err()
}
