package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/results"
)

// input is the content of a file or of standard input, read with progress.
type input struct {
	*progress
	file *os.File // nil for standard input
}

// openInput opens the file; "-" is stdin. The input must be closed.
func openInput(name string, stdin io.Reader, stderr io.Writer) (*input, error) {
	if name == "-" {
		return &input{progress: newProgress(name, stdin, 0, stderr)}, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = fmt.Errorf("%s: %w", name, results.ErrDirectory)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return &input{newProgress(name, f, info.Size(), stderr), f}, nil
}

// Close clears the progress and closes the file.
func (in *input) Close() error {
	in.clear()
	if in.file == nil {
		return nil
	}
	return in.file.Close()
}

// readRuns reads all runs of a file in the format of that name, "" for any. For
// each run it calls begin, and what begin returns for each request of the run.
func readRuns(name string, content io.Reader, format string, begin func(*results.Run) (func(*metrics.Request) error, error)) error {
	rd, err := results.NewReader(name, content, results.Options{Format: format})
	if err != nil {
		return err
	}
	for rd.NextRun() {
		add, err := begin(rd.Run())
		if err != nil {
			return err
		}
		for rd.Next() {
			if err := add(rd.Request()); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return rd.Err()
}

// inputUsage describes the flag that names the format of the inputs.
func inputUsage() string {
	return "`format` of the files, if it is not to be recognised by content: " + strings.Join(inputNames(), ", ")
}

func inputNames() []string {
	var names []string
	for _, f := range results.Formats() {
		names = append(names, f.Name)
	}
	return names
}

// checkInput returns a usageError for the name of a format that there is not.
func checkInput(name string) error {
	if name == "" || slices.Contains(inputNames(), name) {
		return nil
	}
	return usageError{fmt.Errorf("-input: no format %q; there are %s", name, strings.Join(inputNames(), ", "))}
}
