package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// Exit statuses.
const (
	exitDone   = 0
	exitInput  = 1 // an input could not be read or is malformed
	exitUsage  = 2
	exitWrong  = 3 // the input could be read, and is wrong: vectors -check, audit
	exitFailIf = 4 // compare -fail-if: a condition holds, or cannot be evaluated
)

const usage = `tokentime tells the truth about token timing.

usage:
  tokentime report [flags] FILE...   report on result files; - is standard input
  tokentime conventions [flags] FILE...
                                     the same run under the formulas of every tool, and why they differ
  tokentime audit [flags] FILE...    find what is wrong or misleading in result files
  tokentime compare [flags] BASE NEW...
                                     compare runs, with confidence intervals and conditions for CI
  tokentime demo [flags]             the same on two small built-in runs
  tokentime vectors [flags]          test vectors for metrics in any language, and a check of answers
  tokentime help

"tokentime report -h" lists the flags.
`

func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		fmt.Fprint(stderr, usage)
		return exitUsage
	}
	switch args[0] {
	case "report":
		return runReport(args[1:], stdin, stdout, stderr)
	case "conventions":
		return runConventions(args[1:], stdin, stdout, stderr)
	case "audit":
		return runAudit(args[1:], stdin, stdout, stderr)
	case "compare":
		return runCompare(args[1:], stdin, stdout, stderr)
	case "demo":
		return runDemo(args[1:], stdout, stderr)
	case "vectors":
		return runVectors(args[1:], stdin, stdout, stderr)
	case "help", "-h", "-help", "--help":
		fmt.Fprint(stdout, usage)
		return exitDone
	}
	fmt.Fprintf(stderr, "tokentime: no command %q\n\n%s", args[0], usage)
	return exitUsage
}

// usageError is a mistake on the command line.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

// exit says on stderr what went wrong and returns the exit status for it.
func exit(err error, stderr io.Writer) int {
	var u usageError
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return exitDone
	case errors.As(err, &u):
		fmt.Fprintf(stderr, "tokentime: %v\n", err)
		return exitUsage
	}
	fmt.Fprintf(stderr, "tokentime: %v\n", err)
	return exitInput
}
