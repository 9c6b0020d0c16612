// Evalscope2tokentime writes the requests of an evalscope database in the
// native format of tokentime, for its program:
//
//	evalscope2tokentime benchmark_data.db | tokentime report -
//
// The exit status is 1 if the database cannot be read, and 2 without exactly
// one file.
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/tokentime/tokentime/contrib/evalscope"
	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/results"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	if len(args) != 1 {
		fmt.Fprintln(stderr, "usage: evalscope2tokentime benchmark_data.db | tokentime report -")
		return 2
	}
	if err := convert(args[0], stdout); err != nil {
		fmt.Fprintln(stderr, "evalscope2tokentime:", err)
		return 1
	}
	return 0
}

// convert reads the database twice: its warnings are complete only behind the
// last request, and the header that holds them comes first.
func convert(path string, out io.Writer) error {
	run, err := read(path, func(*metrics.Request) error { return nil })
	if err != nil {
		return err
	}
	w := results.NewWriter(out, run)
	if _, err := read(path, w.Write); err != nil {
		return err
	}
	return w.Flush()
}

// read hands each request of the database to use and returns its run.
func read(path string, use func(*metrics.Request) error) (*results.Run, error) {
	rd, err := results.Open(path, results.Options{Formats: []results.Format{evalscope.Format()}})
	if err != nil {
		return nil, err
	}
	defer rd.Close()
	if !rd.NextRun() {
		return nil, rd.Err()
	}
	for rd.Next() {
		if err := use(rd.Request()); err != nil {
			return nil, err
		}
	}
	return rd.Run(), rd.Err()
}
