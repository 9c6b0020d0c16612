package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/tokentime/tokentime/report"
	"github.com/tokentime/tokentime/results"
	"github.com/tokentime/tokentime/results/audit"
)

func runAudit(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	set := flag.NewFlagSet("audit", flag.ContinueOnError)
	set.SetOutput(stderr)
	set.Usage = func() {
		fmt.Fprint(stderr, "usage: tokentime audit [-format text|json] [-input FORMAT] [-ignore CODES] FILE...\n\nflags:\n")
		set.PrintDefaults()
	}
	format := set.String("format", "text", "text or json")
	input := set.String("input", "", inputUsage())
	ignore := set.String("ignore", "", "`codes` of findings to leave out, joined by commas")
	if err := set.Parse(args); err != nil {
		return parseExit(err)
	}
	render := map[string]func(io.Writer, []*audit.Audit) error{"text": report.AuditText, "json": report.AuditJSON}[*format]
	if render == nil {
		return exit(usageError{fmt.Errorf("-format: no format %q; there are text and json", *format)}, stderr)
	}
	if err := checkInput(*input); err != nil {
		return exit(err, stderr)
	}
	o := audit.Options{}
	if *ignore != "" {
		o.Ignore = strings.Split(*ignore, ",")
	}
	if err := o.Validate(); err != nil {
		return exit(usageError{fmt.Errorf("-ignore: %w", err)}, stderr)
	}
	if set.NArg() == 0 {
		return exit(usageError{errors.New("audit: no file given; - reads standard input")}, stderr)
	}
	var audits []*audit.Audit
	for _, name := range set.Args() {
		more, err := auditFile(name, stdin, stderr, results.Options{Format: *input}, o)
		if err != nil {
			return exit(err, stderr)
		}
		audits = append(audits, more...)
	}
	var out bytes.Buffer // an error leaves nothing on stdout
	if err := render(&out, audits); err != nil {
		return exit(err, stderr)
	}
	if _, err := stdout.Write(out.Bytes()); err != nil {
		return exit(err, stderr)
	}
	for _, a := range audits {
		if f := a.Findings(); len(f) > 0 && f[0].Severity == audit.Error {
			return exitWrong
		}
	}
	return exitDone
}

// auditFile audits all runs of a file; "-" is stdin.
func auditFile(name string, stdin io.Reader, stderr io.Writer, ro results.Options, o audit.Options) ([]*audit.Audit, error) {
	in, err := openInput(name, stdin, stderr)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	rd, err := results.NewReader(name, in, ro)
	if err != nil {
		return nil, err
	}
	return audit.Read(rd, o)
}
