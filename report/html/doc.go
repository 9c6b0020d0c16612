// Package html writes reports and comparisons as pages: one file each, with
// its pictures, its style and a little script inside, so that it can be
// mailed, attached to an issue and opened without a network.
//
// # The model
//
// A page holds what the text of package report holds: it is made of the same
// blocks, so no number can differ; that of a comparison is made of those of
// package compare. In front of the tables of a report stand the pictures of
// package figure and, for runs with records, the requests that had to wait
// longest.
//
// The page of a [Comparison] begins with what decides: the conditions that
// fail or pass, and warnings that the runs are not comparable. Every row has its
// verdict as a word; color, blue and orange of Okabe and Ito, repeats it. Texts
// have a contrast of at least 4.5 with their background, light and dark.
//
// A page works without JavaScript. With it, a picture shows the values under
// the pointer, and a click on the head of a column sorts the requests. The
// script asks for nothing and stores nothing: a content security policy in the
// page forbids both.
//
// Names in a page come from files: of runs, of models, of requests. They are
// escaped where they stand, by html/template.
package html
