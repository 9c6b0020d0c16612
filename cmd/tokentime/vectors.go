package main

import (
	"bufio"
	_ "embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/tokentime/tokentime/metrics/metricstest"
	"github.com/tokentime/tokentime/results"
)

// pythonExample answers all vectors. It is a copy of
// examples/python/tokentime_answers.py, as a test holds.
//
//go:embed python/tokentime_answers.py
var pythonExample string

func runVectors(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	set := flag.NewFlagSet("vectors", flag.ContinueOnError)
	set.SetOutput(stderr)
	set.Usage = func() {
		fmt.Fprint(stderr, "usage: tokentime vectors [-lang python | -check ANSWERS]\n\nflags:\n")
		set.PrintDefaults()
	}
	lang := set.String("lang", "", "write an example `program` that answers the vectors: python")
	check := set.String("check", "", "check the answers in a `file`, JSON Lines; - is standard input")
	if err := set.Parse(args); err != nil {
		return parseExit(err)
	}
	switch {
	case set.NArg() > 0:
		return exit(usageError{fmt.Errorf("vectors takes no argument %q; answers are checked by -check FILE", set.Arg(0))}, stderr)
	case *lang != "" && *check != "":
		return exit(usageError{errors.New("vectors: -lang and -check do not go together")}, stderr)
	case *lang == "python":
		_, err := io.WriteString(stdout, pythonExample)
		return exit(err, stderr)
	case *lang != "":
		return exit(usageError{fmt.Errorf("-lang: no example in %q; there is python", *lang)}, stderr)
	case *check != "":
		return checkAnswers(*check, stdin, stdout, stderr)
	}
	return exit(writeVectors(stdout), stderr)
}

// writeVectors writes all vectors as JSON Lines.
func writeVectors(w io.Writer) error {
	vectors, err := metricstest.Vectors()
	if err != nil {
		return err
	}
	out := bufio.NewWriter(w)
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	for _, v := range vectors {
		if err := e.Encode(v); err != nil {
			return err
		}
	}
	return out.Flush()
}

func checkAnswers(name string, stdin io.Reader, stdout, stderr io.Writer) int {
	report, err := readAnswers(name, stdin)
	if err != nil {
		return exit(err, stderr)
	}
	text := report.String() + "\n"
	if len(report.Skipped) > 0 {
		text += "not answered: " + strings.Join(report.Skipped, ", ") + "\n"
	}
	if _, err := io.WriteString(stdout, text); err != nil {
		return exit(err, stderr)
	}
	if !report.OK() {
		return exitWrong
	}
	return exitDone
}

func readAnswers(name string, stdin io.Reader) (*metricstest.Report, error) {
	in := stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		if info, err := f.Stat(); err == nil && info.IsDir() {
			return nil, fmt.Errorf("%s: %w", name, results.ErrDirectory)
		}
		in = f
	}
	answers, err := metricstest.ReadAnswers(in)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return metricstest.CheckAnswers(answers), nil
}
