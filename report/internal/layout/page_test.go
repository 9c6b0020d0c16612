package layout

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sample returns a page with a block of each kind.
func sample() *Page {
	var p Page
	p.Title("title: %d %%", 7)
	p.Note("about the title")
	p.Table(&Table{Rows: [][]string{{"a", "b.json"}}, Left: map[int]bool{1: true}})
	p.Section("FIRST")
	p.Table(&Table{Head: true, Rows: [][]string{{"", "x", "|", "y"}, {"heading"}, {"  p50", "1 ms", "|", "2 ms"}, {"", "–", "|"}}})
	p.Note("? few")
	p.Prose("prose that is longer than the width of %s", "this page")
	p.Table(&Table{Rows: [][]string{{"after prose", "1"}}})
	p.Part("PART")
	p.Alert("FAIL", "p50 > 1: one two three four")
	p.Pass("PASS", "p99")
	p.Gap()
	p.Table(&Table{Rows: [][]string{{"after a gap", "1"}}})
	p.Section("WARNINGS: two")
	p.Line("a line")
	p.Group("co`de|x\n")
	p.Item("an item that is longer than the width")
	p.Table(&Table{})
	p.Section("LAST")
	p.Line("end")
	return &p
}

func TestRender(t *testing.T) {
	want := `title: 7 %
about the title

a  b.json

FIRST
          x  |     y
heading
  p50  1 ms  |  2 ms
          –  |
? few
  prose that is longer than the
  width of this page
after prose  1

PART
  FAIL p50 > 1: one two three
  four
  PASS p99

after a gap  1

WARNINGS: two
  a line
  [co` + "`de|x\n" + `]
    an item that is longer
    than the width

LAST
  end
`
	if diff := cmp.Diff(want, sample().Render(30)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestMarkdown(t *testing.T) {
	want := `# title: 7 %

about the title

|  |  |
|:--|:--|
| a | b.json |

## FIRST

|  | x | y |
|:--|--:|--:|
| **heading** | | |
| &nbsp;&nbsp;p50 | 1 ms | 2 ms |
|  | – |  |

? few

prose that is longer than the width of this page

|  |  |
|:--|--:|
| after prose | 1 |

### PART

> **FAIL** p50 &gt; 1: one two three four

> **PASS** p99

|  |  |
|:--|--:|
| after a gap | 1 |

<details><summary>WARNINGS: two</summary>

- a line

` + "`` co`de/x  ``" + `

- an item that is longer than the width

</details>

## LAST
- end
`
	if diff := cmp.Diff(want, sample().Markdown("WARNINGS")); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestMarkdownFolded: what is folded ends before what follows, and at the end.
func TestMarkdownFolded(t *testing.T) {
	var p Page
	for _, title := range []string{"A", "B1", "B2", "C", "B3"} {
		p.Section(title)
		p.Line("of " + title)
	}
	hidden := func(title string) string {
		return "\n<details><summary>" + title + "</summary>\n\n- of " + title + "\n\n</details>\n"
	}
	shown := func(title string) string { return "\n## " + title + "\n- of " + title + "\n" }
	for _, test := range []struct {
		folded []string
		want   string
		reason string
	}{
		{nil, shown("A") + shown("B1") + shown("B2") + shown("C") + shown("B3"), "nothing is folded unless named"},
		{[]string{"B"}, shown("A") + hidden("B1") + hidden("B2") + shown("C") + hidden("B3"), "the name is how a title begins"},
		{[]string{"A", "C"}, hidden("A") + shown("B1") + shown("B2") + hidden("C") + shown("B3"), "several names"},
		{[]string{"1"}, shown("A") + shown("B1") + shown("B2") + shown("C") + shown("B3"), "not what a title holds elsewhere"},
	} {
		if diff := cmp.Diff(test.want, p.Markdown(test.folded...)); diff != "" {
			t.Errorf("%q: %s (-want +got)\n%s", test.folded, test.reason, diff)
		}
	}
}

func TestMarkdownText(t *testing.T) {
	for _, test := range []struct{ text, want, reason string }{
		{"plain 1.5 ms (P99)", "plain 1.5 ms (P99)", "nothing to escape"},
		{"a|b", `a\|b`, "a bar ends a cell"},
		{"<script>&amp;", "&lt;script&gt;&amp;amp;", "Markdown lets HTML through"},
		{"a`b", "a\\`b", "a code span"},
		{"snake_case_name *bold*", `snake\_case\_name \*bold\*`, "emphasis"},
		{"[95, 97] ~~x~~ #1", `\[95, 97\] \~\~x\~\~ \#1`, "links, strikethrough, headings and issues"},
		{`back\slash|`, `back\\slash\|`, "the escape itself"},
		{"two\r\nlines", "two  lines", "a line would end the row"},
	} {
		if got := MarkdownText(test.text); got != test.want {
			t.Errorf("%q: got %q, want %q: %s", test.text, got, test.want, test.reason)
		}
	}
}

func TestMarkdownCode(t *testing.T) {
	for _, test := range []struct{ text, want, reason string }{
		{"p99(ttft) > +5%", "`p99(ttft) > +5%`", "nothing is escaped in code"},
		{"", "``  ``", "an empty span would be two backticks"},
		{"a`b", "`` a`b ``", "a longer fence"},
		{"a``b`", "``` a``b` ```", "longer than any in it"},
		{"a|b\nc\r", "`a/b c `", "a bar would end a cell, a line the span"},
	} {
		if got := MarkdownCode(test.text); got != test.want {
			t.Errorf("%q: got %q, want %q: %s", test.text, got, test.want, test.reason)
		}
	}
}

// TestMarkdownTable escapes cells, and takes no row for a head unless told.
func TestMarkdownTable(t *testing.T) {
	var p Page
	p.Table(&Table{Rows: [][]string{{"a|b", "<i>"}, {" one | cell "}, {"c"}, {"d", "e"}}})
	want := `
|  |  |
|:--|--:|
| a\|b | &lt;i&gt; |
| **one \| cell** | |
| **c** | |
| d | e |
`
	if diff := cmp.Diff(want, p.Markdown()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestRenderTable: a table on a page is what Write writes, bars and all.
func TestRenderTable(t *testing.T) {
	tab := &Table{Head: true, Left: map[int]bool{3: true}, Rows: [][]string{
		{"", "µs", "|", "wörter", "n"}, {"a heading that is wider than its column"}, {"  x", "1", "|", "ab", "22"}, {"y"}, {"z", "333"}}}
	var want strings.Builder
	tab.Write(&want)
	var p Page
	p.Section("S")
	p.Table(tab)
	if diff := cmp.Diff("\nS\n"+want.String(), p.Render(80)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestColumns(t *testing.T) {
	for _, test := range []struct {
		name string
		tab  Table
		rows [][]string
		left []bool
	}{
		{"no bars", Table{Rows: [][]string{{"a", "1"}, {"b", "2"}}}, [][]string{{"a", "1"}, {"b", "2"}}, []bool{true, false}},
		{"a column of bars goes, and its side with it", Table{Left: map[int]bool{3: true}, Rows: [][]string{{"a", "1", "|", "b", "2"}, {"c", "3", "|", "d", "4"}}},
			[][]string{{"a", "1", "b", "2"}, {"c", "3", "d", "4"}}, []bool{true, false, true, false}},
		{"a row that ends before the bars", Table{Rows: [][]string{{"a", "1", "|", "2"}, {"b", "3"}}}, [][]string{{"a", "1", "2"}, {"b", "3"}}, []bool{true, false, false}},
		{"a heading stays as it is", Table{Rows: [][]string{{"|"}, {"a", "|", "1"}}}, [][]string{{"|"}, {"a", "1"}}, []bool{true, false}},
		{"a bar within a text is one of its characters", Table{Rows: [][]string{{"a", "x|y"}}}, [][]string{{"a", "x|y"}}, []bool{true, false}},
	} {
		before := len(test.tab.Rows[0])
		rows, left := test.tab.Columns()
		if diff := cmp.Diff(test.rows, rows); diff != "" {
			t.Errorf("%s: rows (-want +got)\n%s", test.name, diff)
		}
		if diff := cmp.Diff(test.left, left); diff != "" {
			t.Errorf("%s: left (-want +got)\n%s", test.name, diff)
		}
		if len(test.tab.Rows[0]) != before {
			t.Errorf("%s: the table was changed", test.name)
		}
	}
}

func TestEmptyPage(t *testing.T) {
	var p Page
	if got := p.Render(80) + p.Markdown(); got != "" {
		t.Errorf("an empty page is %q", got)
	}
}
