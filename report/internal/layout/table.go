package layout

import (
	"io"
	"strings"
	"unicode/utf8"
)

// Table aligns rows of cells. The first column, and every column named in
// Left, is flush left; the others are flush right. A row of one cell is a
// heading and does not widen its column.
//
// Head says that the first row names the columns, for formats that tell such
// a row from others.
type Table struct {
	Head bool
	Left map[int]bool
	Rows [][]string
}

// Row adds a row.
func (t *Table) Row(cells ...string) { t.Rows = append(t.Rows, cells) }

func (t *Table) widths() []int {
	var w []int
	for _, r := range t.Rows {
		if len(r) == 1 {
			continue
		}
		for i, c := range r {
			if i == len(w) {
				w = append(w, 0)
			}
			w[i] = max(w[i], utf8.RuneCountInString(c))
		}
	}
	return w
}

// Write writes the rows, without spaces at the ends of lines.
func (t *Table) Write(w io.StringWriter) {
	widths := t.widths()
	for _, r := range t.Rows {
		var line strings.Builder
		for i, c := range r {
			pad := ""
			if len(r) > 1 {
				pad = strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c))
			}
			if i > 0 {
				line.WriteString("  ")
			}
			if i == 0 || t.Left[i] {
				line.WriteString(c + pad)
			} else {
				line.WriteString(pad + c)
			}
		}
		w.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
}

// Wrap breaks text into lines of at most width characters, the later ones
// indented.
func Wrap(text string, width int, indent string) string {
	var out strings.Builder
	length := 0
	for i, word := range strings.Fields(text) {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case length+1+n > width:
			out.WriteString("\n" + indent)
			length = utf8.RuneCountInString(indent)
		default:
			out.WriteByte(' ')
			length++
		}
		out.WriteString(word)
		length += n
	}
	return out.String()
}
