package policy

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// minDocLines is the least number of lines in which a library package
// explains its model.
const minDocLines = 10

var licenseHeader = regexp.MustCompile(`(?i)^\W*(copyright|licensed under|spdx-license)`)

// checkPackageDocs reports directories without exactly one package doc, docs
// that are a license header, and docs of libraries that are too short or do
// not begin with "Package name".
func checkPackageDocs(t *tree) []string {
	var found []string
	for _, dir := range t.dirs {
		var documented []*file
		code := 0
		for _, f := range t.files {
			if f.dir != dir || f.test {
				continue
			}
			code++
			if f.ast.Doc != nil {
				documented = append(documented, f)
			}
		}
		switch {
		case code > 0 && len(documented) == 0:
			found = append(found, fmt.Sprintf("%s: no package doc; a program needs one too: it is its manual", dir))
		case len(documented) > 1:
			for _, f := range documented[1:] {
				found = append(found, t.at(f.ast.Package, "a second package doc; the first is in %s", documented[0].path))
			}
		}
		for _, f := range documented {
			found = append(found, checkPackageDoc(t, f)...)
		}
	}
	return found
}

func checkPackageDoc(t *tree, f *file) []string {
	text := f.ast.Doc.Text()
	if licenseHeader.MatchString(text) {
		return []string{t.at(f.ast.Doc.Pos(), "the license header is the package doc; put a blank line after it")}
	}
	if f.ast.Name.Name == "main" {
		return nil
	}
	var found []string
	if want := "Package " + f.ast.Name.Name + " "; !strings.HasPrefix(text, want) {
		found = append(found, t.at(f.ast.Doc.Pos(), "the package doc does not begin with %q", want))
	}
	lines := strings.Count(text, "\n")
	if lines < minDocLines {
		found = append(found, t.at(f.ast.Doc.Pos(), "the package doc has %d lines; explain the model in at least %d", lines, minDocLines))
	}
	return found
}

// checkDirectoryNames reports directories whose name says nothing. A package
// is a noun of the field.
func checkDirectoryNames(t *tree) []string {
	var found []string
	for _, dir := range t.dirs {
		if slices.Contains([]string{"util", "utils", "common", "helper", "helpers", "misc", "pkg", "types"}, path.Base(dir)) {
			found = append(found, fmt.Sprintf("%s: name the directory for what it is about", dir))
		}
	}
	return found
}

func TestPackageDocs(t *testing.T) {
	long := strings.Repeat("// Line.\n", minDocLines-1)
	short := strings.Repeat("// Line.\n", minDocLines-2)
	testCheck(t, checkPackageDocs, []synthetic{
		{"good", "docs of a library, a program and a directory of tests", map[string]string{
			"slo/doc.go":          "// Package slo is.\n" + long + "package slo",
			"slo/a.go":            "// Copyright nobody.\n\npackage slo",
			"slo/a_test.go":       "// About these tests.\npackage slo",
			"cmd/tokentime/a.go":  "// Tokentime prints.\npackage main",
			"examples/stall/a.go": "// Stall shows.\npackage main",
			"readme_test.go":      "package tokentime_test",
		}, nil},
		{"none", "programs and examples too", map[string]string{
			"slo/a.go":            "package slo",
			"cmd/tokentime/a.go":  "package main",
			"examples/stall/a.go": "package main",
		}, []string{
			"cmd/tokentime: no package doc; a program needs one too: it is its manual",
			"examples/stall: no package doc; a program needs one too: it is its manual",
			"slo: no package doc; a program needs one too: it is its manual",
		}},
		{"two", "go doc prints both, in order of file names", map[string]string{
			"slo/a.go": "// Package slo is.\n" + long + "package slo",
			"slo/b.go": "// Package slo is.\n" + long + "package slo",
		}, []string{"slo/b.go:11: a second package doc; the first is in slo/a.go"}},
		{"license", "no blank line between header and package clause", map[string]string{
			"slo/a.go":           "// Copyright 2026 The authors.\n" + long + "package slo",
			"cmd/tokentime/a.go": "/*\nSPDX-License-Identifier: Apache-2.0\n*/\npackage main",
		}, []string{
			"cmd/tokentime/a.go:1: the license header is the package doc; put a blank line after it",
			"slo/a.go:1: the license header is the package doc; put a blank line after it",
		}},
		{"short", "one line below the least", map[string]string{
			"slo/a.go": "// Package slo is.\n" + short + "package slo",
		}, []string{"slo/a.go:1: the package doc has 9 lines; explain the model in at least 10"}},
		{"beginning", "go doc lists packages by their first sentence", map[string]string{
			"slo/a.go": "// This package is.\n" + long + "package slo",
		}, []string{`slo/a.go:1: the package doc does not begin with "Package slo "`}},
	})
}

func TestDirectoryNames(t *testing.T) {
	testCheck(t, checkDirectoryNames, []synthetic{
		{"nouns", "a name that contains a bad one is another name", map[string]string{
			"metrics/typeset/a.go": "package typeset",
		}, nil},
		{"drawers", "at any depth", map[string]string{
			"metrics/internal/util/a.go": "package util",
			"pkg/slo/a.go":               "package slo",
		}, []string{
			"metrics/internal/util: name the directory for what it is about",
			"pkg: name the directory for what it is about",
		}},
	})
}
