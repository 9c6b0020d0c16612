// Package policy tests the rules of this house: what may import what, and
// what no file may do. It holds no code but its tests.
//
// # The model
//
// The tests read the module's source as a file system, parse every file with
// go/parser, tests included, and check it with go/types against the module's
// own packages. Packages from outside stand in empty: a rule asks which
// package a name comes from, never what the package holds, so neither the go
// command nor the network nor another module's source is needed.
//
// A check is a function from a tree to the violations in it, each with file,
// line, the rule and what to do instead. It runs twice: on the module, where
// it must find nothing, and on small trees held in memory, one for each way
// to break the rule, where it must find exactly that.
//
// # When a check fails
//
// The code is to change, not the rule. A rule changes in a commit of its own
// that says why; CONTRIBUTING.md repeats the import rules, and a test compares
// the two.
//
// # What the checks do not see
//
// They read names, not behavior. A slice held in a package-level variable
// and handed to a function that changes it is not noticed; nor is a clock that
// is read through a variable of type func() time.Time. Files under testdata,
// and nested modules except for their go.mod, are not looked at.
package policy
