package main

import (
	"embed"
	"errors"
	"fmt"
	"io"
)

// demoFiles are two runs in the native format, made by TestDemoFiles.
//
//go:embed demo/steady.jsonl demo/freezing.jsonl
var demoFiles embed.FS

const demoIntro = `Two servers answer the same 60 requests. "freezing" generates faster, but two of
three answers stand still for 2.5 s after their first token. Both runs are synthetic and built in;
"tokentime report FILE..." does the same with yours.

`

func runDemo(args []string, stdout, stderr io.Writer) int {
	f := newReportFlags("demo", "", stderr)
	f.pictureFlags.register(f)
	if err := f.set.Parse(args); err != nil {
		return parseExit(err)
	}
	o, err := f.options()
	if err != nil {
		return exit(err, stderr)
	}
	if f.set.NArg() > 0 {
		return exit(usageError{errors.New("demo takes no file; try \"tokentime report FILE...\"")}, stderr)
	}
	var p reported
	for _, name := range []string{"demo/steady.jsonl", "demo/freezing.jsonl"} {
		in, err := demoFiles.Open(name)
		if err != nil {
			return exit(err, stderr)
		}
		err = f.read(&p, name, in, o)
		in.Close()
		if err != nil {
			return exit(err, stderr)
		}
	}
	if f.format == "text" {
		fmt.Fprint(stdout, demoIntro)
	}
	return exit(f.write(stdout, &p), stderr)
}
