package layout

import (
	"fmt"
	"slices"
	"strings"
)

// A Page is a report as a list of blocks. It is written once, with every
// number already in words, and rendered as text for a terminal, as Markdown
// or as HTML: the formats cannot differ in what they say.
type Page struct{ Blocks []Block }

// Block is a part of a Page.
type Block struct {
	Kind  Kind
	Mark  string // of an Alert or a Pass
	Text  string
	Table *Table // of a TableBlock
}

// Kind says what a [Block] is.
type Kind uint8

const (
	Title      Kind = iota // of the page
	Section                // title of a part
	Part                   // title within a section
	Prose                  // a paragraph
	Alert                  // a paragraph not to be overlooked, behind a mark such as "FAIL" or "!"
	Pass                   // its contrary, behind a mark such as "PASS"
	Line                   // a line of a list
	Note                   // about the table before it
	Group                  // heading of the items that follow
	Item                   // one of them
	TableBlock             // a table
	Gap                    // an empty line, on a terminal only
)

func (p *Page) add(k Kind, format string, args ...any) {
	text := format
	if len(args) > 0 {
		text = fmt.Sprintf(format, args...)
	}
	p.Blocks = append(p.Blocks, Block{Kind: k, Text: text})
}

// The methods below add a block.

func (p *Page) Title(format string, args ...any) { p.add(Title, format, args...) }
func (p *Page) Section(text string)              { p.add(Section, "%s", text) }
func (p *Page) Part(text string)                 { p.add(Part, "%s", text) }
func (p *Page) Prose(format string, args ...any) { p.add(Prose, format, args...) }
func (p *Page) Line(text string)                 { p.add(Line, "%s", text) }
func (p *Page) Note(text string)                 { p.add(Note, "%s", text) }
func (p *Page) Group(text string)                { p.add(Group, "%s", text) }
func (p *Page) Item(text string)                 { p.add(Item, "%s", text) }
func (p *Page) Gap()                             { p.add(Gap, "") }
func (p *Page) Alert(mark, text string)          { p.marked(Alert, mark, text) }
func (p *Page) Pass(mark, text string)           { p.marked(Pass, mark, text) }

func (p *Page) marked(k Kind, mark, text string) {
	p.Blocks = append(p.Blocks, Block{Kind: k, Mark: mark, Text: text})
}

// Table adds a table, unless it is empty.
func (p *Page) Table(t *Table) {
	if len(t.Rows) > 0 {
		p.Blocks = append(p.Blocks, Block{Kind: TableBlock, Table: t})
	}
}

// Render returns the page for a terminal, prose wrapped at width.
func (p *Page) Render(width int) string {
	var out strings.Builder
	before := Section // kind of the block before
	for _, b := range p.Blocks {
		switch b.Kind {
		case Title:
			out.WriteString(b.Text + "\n")
		case Section, Part:
			out.WriteString("\n" + b.Text + "\n")
		case Prose:
			out.WriteString("  " + Wrap(b.Text, width, "  ") + "\n")
		case Alert, Pass:
			out.WriteString("  " + Wrap(b.Mark+" "+b.Text, width, "  ") + "\n")
		case Gap:
			out.WriteByte('\n')
		case Line:
			out.WriteString("  " + b.Text + "\n")
		case Note:
			out.WriteString(b.Text + "\n")
		case Group:
			out.WriteString("  [" + b.Text + "]\n")
		case Item:
			out.WriteString("    " + Wrap(b.Text, width-4, "    ") + "\n")
		case TableBlock:
			if !slices.Contains([]Kind{Section, Part, Prose, Gap}, before) {
				out.WriteByte('\n')
			}
			b.Table.Write(&out)
		}
		before = b.Kind
	}
	return out.String()
}

// Columns returns the rows without the columns of bars that separate halves on
// a terminal, and for each column whether it is flush left.
func (t *Table) Columns() (rows [][]string, left []bool) {
	var keep []int
	for i := range t.widths() {
		bar := false
		for _, r := range t.Rows {
			bar = bar || len(r) > 1 && i < len(r) && r[i] == "|"
		}
		if !bar {
			keep = append(keep, i)
			left = append(left, i == 0 || t.Left[i])
		}
	}
	for _, r := range t.Rows {
		if len(r) == 1 {
			rows = append(rows, r)
			continue
		}
		var row []string
		for _, i := range keep {
			if i < len(r) {
				row = append(row, r[i])
			}
		}
		rows = append(rows, row)
	}
	return rows, left
}
