// Package layout turns numbers into text for people: durations, counts,
// rates and shares with their units, tables of aligned cells, and wrapped
// prose. It is shared by package report and the packages below it.
//
// A number is printed with about three digits, in the unit of which it holds
// at least one. Rounding never makes a share or an index look like all or
// nothing: only a true 0 prints as 0 % and only a true 1 as 100 %. What is
// undefined prints as [metrics.Undefined], "–", never as 0.
//
// Nothing here computes a metric, and nothing is read back: machine-readable
// forms carry the whole number.
package layout
