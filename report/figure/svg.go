package figure

import (
	"bufio"
	"fmt"
	"image/color"
	"io"
	"strings"
)

// SVG writes the picture as an svg element that can stand in a page or be a
// file of its own. It scales to the width that it is given.
//
// It has the class "tokentime-figure" and follows the reader's preference for
// light or dark. A page decides itself by setting the custom properties
// --tokentime-text, -muted, -grid, -paper, -stall, -band, -wait, -idle and
// -run1 to -run7 on the element or above it. Programs that do not know custom
// properties show it light.
//
// The text is laid out for Liberation Sans and Arial; in another font it is
// stretched to the same width, so that nothing overlaps. The output depends
// on the figure only.
func (f *Figure) SVG(w io.Writer) error {
	l := newLayout(f)
	c := newSVGCanvas(l.height)
	l.draw(c)
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, `<svg xmlns="http://www.w3.org/2000/svg" class="tokentime-figure" viewBox="0 0 %s %s" width="100%%" role="img" aria-labelledby="%[3]s-title %[3]s-desc">`+"\n",
		hundredths(width*100), hundredths(int64(l.height*100)), "tokentime-"+f.Name)
	fmt.Fprintf(b, "<title id=%q>%s</title>\n<desc id=%q>%s</desc>\n",
		"tokentime-"+f.Name+"-title", escape(f.Title), "tokentime-"+f.Name+"-desc", escape(f.Caption))
	b.WriteString(c.styles())
	b.WriteString(c.out.String())
	b.WriteString("</svg>\n")
	return b.Flush()
}

// styles returns the style element: what the classes look like that were
// used.
//
// Each rule says its color twice. A reader that does not know var() drops
// the second.
func (c *svgCanvas) styles() string {
	var b strings.Builder
	light, dark := lightTheme(), darkTheme()
	properties := func(t *theme) {
		b.WriteString(".tokentime-figure{")
		for i, used := range c.used {
			if used {
				fmt.Fprintf(&b, "--f-%s:var(--tokentime-%[1]s,%s);", inkNames[i], hex(t[i]))
			}
		}
		b.WriteString("}")
	}
	b.WriteString("<style>\n")
	properties(&light)
	b.WriteString("\n@media (prefers-color-scheme:dark){")
	properties(&dark)
	b.WriteString("}\n.tokentime-figure text{font-family:\"Liberation Sans\",Arial,Helvetica,sans-serif}\n")
	for i, used := range c.used {
		if used {
			fmt.Fprintf(&b, ".tokentime-figure .s-%s{fill:none;stroke:%s;stroke:var(--f-%[1]s)}.tokentime-figure .f-%[1]s{fill:%[2]s;fill:var(--f-%[1]s)}\n",
				inkNames[i], hex(light[i]))
		}
	}
	b.WriteString("</style>\n")
	return b.String()
}

func hex(c color.RGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

// printable returns s with a space for each control character and each that
// XML has no place for, and a question mark for what is not UTF-8.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r == 0xfffe || r == 0xffff {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
}

// escape returns s as text of XML or of an attribute.
func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(printable(s))
}
