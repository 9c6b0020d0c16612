package html

import (
	"slices"
	"strconv"
	"strings"

	"github.com/tokentime/tokentime/report/internal/layout"
)

// section is a part of a page with the blocks in it.
type section struct {
	ID     string
	Title  string
	Nav    string // the title in a list of links
	Folded bool
	Blocks []block
}

// block is a block of a section: one of the fields is set.
type block struct {
	Text  string
	Note  string
	Code  string   // of the items that follow
	Items []string // a list
	Part  string   // title of what follows
	Alert *alert
	Table *table
}

// alert is a paragraph not to be overlooked, or its contrary.
type alert struct {
	Word, Text string
	Good       bool
}

// table is a table as HTML has it.
type table struct {
	Head     []cell
	Rows     []row
	Verdicts bool // the rows have verdicts
}

type row struct {
	Heading string // a row that names the ones below it
	Span    int    // columns that Heading takes
	Cells   []cell
	Names   bool   // the cells name what is below them
	Verdict string // class of a row that has one
}

type cell struct {
	Text   string
	Left   bool
	Indent bool
	Label  bool // names its row
	Span   int  // columns that it takes, if more than one
}

// sections groups the blocks of a page. What stands before the first section
// is one without a title. Sections whose titles begin as one of those in
// folded are shown on demand.
func sections(p *layout.Page, folded ...string) []section {
	out := []section{{ID: "overview"}}
	ids := map[string]int{}
	for _, b := range p.Blocks {
		s := &out[len(out)-1]
		switch b.Kind {
		case layout.Title:
		case layout.Section:
			title, _, _ := strings.Cut(b.Text, ":")
			hidden := slices.ContainsFunc(folded, func(f string) bool { return strings.HasPrefix(title, f) })
			id := idOf(title)
			if ids[id]++; ids[id] > 1 {
				id += "-" + strconv.Itoa(ids[id])
			}
			out = append(out, section{ID: id, Title: b.Text, Nav: strings.ToLower(title), Folded: hidden})
		case layout.Part:
			s.Blocks = append(s.Blocks, block{Part: b.Text})
		case layout.Alert, layout.Pass:
			s.Blocks = append(s.Blocks, block{Alert: newAlert(b)})
		case layout.Gap:
		case layout.Prose:
			s.Blocks = append(s.Blocks, block{Text: b.Text})
		case layout.Note:
			s.Blocks = append(s.Blocks, block{Note: b.Text})
		case layout.Group:
			s.Blocks = append(s.Blocks, block{Code: b.Text})
		case layout.Line, layout.Item:
			s.item(b.Text)
		case layout.TableBlock:
			if tab := newTable(b.Table); len(tab.Rows) > 0 { // a head alone says nothing
				s.Blocks = append(s.Blocks, block{Table: tab})
			}
		}
	}
	return out
}

// newAlert returns the block of a mark and a text. The mark of a warning is
// too small a sign on a page.
func newAlert(b layout.Block) *alert {
	word := b.Mark
	if word == "!" {
		word = "WARNING"
	}
	return &alert{Word: word, Text: b.Text, Good: b.Kind == layout.Pass}
}

// item adds to the list that the section ends with, or begins one.
func (s *section) item(text string) {
	if n := len(s.Blocks); n > 0 && s.Blocks[n-1].Items != nil {
		s.Blocks[n-1].Items = append(s.Blocks[n-1].Items, text)
		return
	}
	s.Blocks = append(s.Blocks, block{Items: []string{text}})
}

// idOf makes an anchor of a title.
func idOf(title string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(title), func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < '0' || c > '9')
	}), "-")
}

func newTable(t *layout.Table) *table {
	rows, left := t.Columns()
	out := &table{}
	for i, r := range rows {
		if len(r) == 1 {
			out.Rows = append(out.Rows, row{Heading: strings.TrimSpace(r[0]), Span: len(left)})
			continue
		}
		var cells []cell
		for j, text := range r {
			label := left[j] && j == 0
			cells = append(cells, cell{Text: strings.TrimSpace(text), Left: left[j], Indent: strings.HasPrefix(text, " "), Label: label})
		}
		if i == 0 && t.Head {
			out.Head = cells
			continue
		}
		names := namesBelow(r)
		if names {
			cells = spread(cells)
		}
		out.Rows = append(out.Rows, row{Cells: cells, Names: names})
	}
	return out
}

// spread lets each name take the empty columns behind it, so that a long one
// does not make the first column wide and push the values out of a phone.
func spread(cells []cell) []cell {
	var out []cell
	for _, c := range cells {
		if n := len(out) - 1; n >= 0 && c.Text == "" {
			out[n].Span = max(out[n].Span, 1) + 1
			continue
		}
		out = append(out, c)
	}
	return out
}

// namesBelow reports whether a row has names at most: in the halves of a
// table, each with its values left empty.
func namesBelow(cells []string) bool {
	for i, text := range cells {
		if strings.HasPrefix(text, " ") || i == 1 && text != "" {
			return false
		}
	}
	return len(cells) > 1
}
