package layout

import "strings"

// Markdown returns the page in GitHub's Markdown. The blocks of a section
// named in folded are hidden until they are asked for.
func (p *Page) Markdown(folded ...string) string {
	var out strings.Builder
	open := false
	end := func() {
		if open {
			out.WriteString("\n</details>\n")
		}
		open = false
	}
	for i, b := range p.Blocks {
		switch b.Kind {
		case Title:
			out.WriteString("# " + MarkdownText(b.Text) + "\n")
		case Section:
			end()
			if hasPrefixOf(b.Text, folded) {
				out.WriteString("\n<details><summary>" + MarkdownText(b.Text) + "</summary>\n")
				open = true
				break
			}
			out.WriteString("\n## " + MarkdownText(b.Text) + "\n")
		case Part:
			out.WriteString("\n### " + MarkdownText(b.Text) + "\n")
		case Alert, Pass:
			out.WriteString("\n> **" + MarkdownText(b.Mark) + "** " + MarkdownText(b.Text) + "\n")
		case Prose, Note:
			out.WriteString("\n" + MarkdownText(b.Text) + "\n")
		case Line, Item:
			if open && p.Blocks[i-1].Kind == Section {
				out.WriteByte('\n') // or the list is taken for HTML
			}
			out.WriteString("- " + MarkdownText(b.Text) + "\n")
		case Group:
			out.WriteString("\n" + MarkdownCode(b.Text) + "\n\n")
		case TableBlock:
			out.WriteByte('\n')
			b.Table.markdown(&out)
		}
	}
	end()
	return out.String()
}

func hasPrefixOf(text string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(text, p) {
			return true
		}
	}
	return false
}

// MarkdownText returns the text so that Markdown, and the HTML in it, take no
// part of it for their own. Lines become one.
func MarkdownText(s string) string {
	return strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "<", "&lt;", ">", "&gt;", "&", "&amp;",
		"|", `\|`, "[", `\[`, "]", `\]`, "#", `\#`, "~", `\~`, "\n", " ", "\r", " ").Replace(s)
}

// markdown writes the table. The first row is its head if Head says so; a row
// of one cell is bold.
func (t *Table) markdown(out *strings.Builder) {
	rows, columns := t.Columns()
	head := make([]string, len(columns))
	if t.Head {
		head, rows = rows[0], rows[1:]
	}
	line := func(cells []string) {
		for i := range columns {
			cell := ""
			if i < len(cells) {
				cell = cells[i]
			}
			indent := len(cell) - len(strings.TrimLeft(cell, " "))
			out.WriteString("| " + strings.Repeat("&nbsp;", indent) + MarkdownText(strings.TrimSpace(cell)) + " ")
		}
		out.WriteString("|\n")
	}
	line(head)
	for _, left := range columns {
		if left {
			out.WriteString("|:--")
		} else {
			out.WriteString("|--:")
		}
	}
	out.WriteString("|\n")
	for _, r := range rows {
		if len(r) == 1 {
			out.WriteString("| **" + MarkdownText(strings.TrimSpace(r[0])) + "** " + strings.Repeat("| ", len(columns)-1) + "|\n")
			continue
		}
		line(r)
	}
}

// MarkdownCode returns the text as a code span, whatever it holds. In a table
// a bar would end the cell even there, so that it becomes a slash.
func MarkdownCode(s string) string {
	s = strings.NewReplacer("\n", " ", "\r", " ", "|", "/").Replace(s)
	if s != "" && !strings.Contains(s, "`") {
		return "`" + s + "`"
	}
	fence := "``"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	return fence + " " + s + " " + fence
}
