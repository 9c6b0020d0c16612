package html_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// measure runs in the page under test, and tells the page around it what is
// wrong with its layout. Coordinates are CSS pixels.
const measure = `
const wrong = [];
const say = (what, e) => wrong.push(what + ": " + (e.id || e.className.baseVal || e.className || e.tagName) + " " + (e.textContent || "").trim().slice(0, 60));
const box = (e) => e.getBoundingClientRect();
const width = document.documentElement.clientWidth;
if (document.documentElement.scrollWidth > width) wrong.push("the page is wider than the window: " + document.documentElement.scrollWidth + " > " + width);
document.querySelectorAll("details").forEach((d) => d.open = true);
for (const e of document.querySelectorAll("h1, h2, h3, p, li, figcaption, figure, svg, summary, .scroll")) {
  const b = box(e);
  if (b.width <= 0 || b.height <= 0) say("empty", e);
  if (!e.closest(".scroll") && (b.left < -0.5 || b.right > width + 0.5)) say("clipped", e);
}
for (const e of document.querySelectorAll(".scroll")) {
  const t = box(e.firstElementChild);
  if (t.width > box(e).width + 1 && getComputedStyle(e).overflowX !== "auto") say("clipped and not scrollable", e);
}
for (const e of document.querySelectorAll(".sortable td")) if (box(e).width > 400) say("a cell that pushes others out of sight", e);
for (const s of document.querySelectorAll("section, figure")) if (s.textContent.trim() === "") say("without content", s);
for (const svg of document.querySelectorAll("svg")) {
  const outer = box(svg), texts = [...svg.querySelectorAll("text")].filter((t) => t.textContent.trim() !== "");
  if (texts.length < 5) say("few texts", svg);
  if (svg.querySelectorAll("path, line, rect, circle, polyline, polygon").length < 5) say("nothing drawn", svg);
  const boxes = texts.map(box);
  boxes.forEach((b, i) => {
    if (b.left < outer.left - 1 || b.right > outer.right + 1 || b.top < outer.top - 1 || b.bottom > outer.bottom + 1) say("text outside its picture", texts[i]);
    if (b.height < 7) say("text too small, " + b.height.toFixed(1) + " px", texts[i]);
    for (let j = 0; j < i; j++) {
      const c = boxes[j], x = Math.min(b.right, c.right) - Math.max(b.left, c.left), y = Math.min(b.bottom, c.bottom) - Math.max(b.top, c.top);
      if (x > 1 && y > 0.35 * Math.min(b.height, c.height)) say("overlaps \"" + texts[j].textContent + "\"", texts[i]);
    }
  });
}
// Contrast of text with what is behind it, as WCAG 2 defines it.
const channels = (c) => c.match(/[\d.]+/g).map(Number);
const light = (c) => {
  const [r, g, b] = channels(c).slice(0, 3).map((v) => v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = (e) => {
  for (; e; e = e.parentElement) {
    const c = getComputedStyle(e).backgroundColor, alpha = channels(c)[3];
    if (alpha === undefined || alpha === 1) return c;
    if (alpha > 0) say("a background that is seen through", e);
  }
  return "rgb(255, 255, 255)";
};
let least = 21;
const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walk.nextNode()) {
  const e = walk.currentNode.parentElement, b = box(e);
  if (walk.currentNode.data.trim() === "" || b.width === 0 || e.closest("script, style, title, desc")) continue;
  const style = getComputedStyle(e), color = e.closest("svg") ? style.fill : style.color;
  const one = light(color), two = light(behind(e));
  const contrast = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
  least = Math.min(least, contrast);
  if (contrast < 4.5) say("contrast " + contrast.toFixed(2) + " of " + color + " on " + behind(e), e);
}
const blocks = [...document.querySelectorAll("header, section > h2, section > h3, section > p, .scroll, figure, .plot, figcaption")];
for (let i = 0; i < blocks.length; i++) for (let j = 0; j < i; j++) {
  const a = blocks[i], b = blocks[j];
  if (a.contains(b) || b.contains(a)) continue;
  const p = box(a), q = box(b);
  if (Math.min(p.right, q.right) - Math.max(p.left, q.left) > 1 && Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top) > 1) say("overlaps " + (b.id || b.className || b.tagName), a);
}
const svg = document.querySelector("figure svg"), b = svg && box(svg);
if (svg) {
  const p = JSON.parse(svg.closest("figure").querySelector("script").textContent)[0], k = b.width / svg.viewBox.baseVal.width;
  svg.dispatchEvent(new PointerEvent("pointermove", {clientX: b.left + p[0] * k, clientY: b.top + p[1] * k, bubbles: true}));
  const tip = document.querySelector(".tip");
  if (!tip || tip.textContent === "") wrong.push("no value under the pointer");
  else if (box(tip).right > width + 0.5 || box(tip).left < -0.5) say("clipped", tip);
}
const head = document.querySelector("table.sortable th:nth-child(5) button");
if (head) {
  const keys = () => [...head.closest("table").tBodies[0].rows].map((r) => r.cells[4].dataset.key).filter((k) => k !== "").map(Number);
  head.click();
  if (keys().some((k, i, all) => i > 0 && k > all[i - 1])) wrong.push("a click does not sort, the largest first");
  head.click();
  if (keys().some((k, i, all) => i > 0 && k < all[i - 1])) wrong.push("a second click does not sort, the least first");
}
parent.postMessage({name: window.name, width: innerWidth, dark: matchMedia("(prefers-color-scheme: dark)").matches, least, wrong,
  texts: document.querySelectorAll("svg text").length}, "*");
`

// browser returns the path of Chromium, or skips the test.
func browser(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			return p
		}
	}
	if os.Getenv("TOKENTIME_BROWSER") == "required" {
		t.Fatal("TOKENTIME_BROWSER=required, and there is no chromium")
	}
	t.Skip("no chromium on this machine: the layout of pages is not looked at (apt-get install chromium)")
	return ""
}

// frame is a page to look at, and what was seen of it.
type frame struct {
	page  string
	width int // CSS pixels
	seen
}

type seen struct {
	Name  string   `json:"name"` // index of the frame
	Width int      `json:"width"`
	Dark  bool     `json:"dark"`
	Least float64  `json:"least"` // contrast of a text with its background
	Wrong []string `json:"wrong"`
	Texts int      `json:"texts"`
}

// look renders all pages, each in a frame of its width, and sets what was
// seen.
func look(t *testing.T, chromium string, dark bool, frames []*frame) {
	t.Helper()
	dir := t.TempDir()
	var outer bytes.Buffer
	fmt.Fprintf(&outer, `<!doctype html><meta charset="utf-8"><pre id="seen"></pre><script>
const all = [];
addEventListener("message", (e) => { all.push(e.data); if (all.length === %d) document.getElementById("seen").textContent = JSON.stringify(all); });
</script>`, len(frames))
	for i, f := range frames {
		page := strings.Replace(f.page, "</body>", "<script>"+measure+"</script></body>", 1)
		fmt.Fprintf(&outer, `<iframe name="%d" style="border:0;width:%dpx;height:800px" srcdoc="%s"></iframe>`, i, f.width, html.EscapeString(page))
	}
	name := filepath.Join(dir, "page.html")
	if err := os.WriteFile(name, outer.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	args := []string{"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--user-data-dir=" + filepath.Join(dir, "profile"),
		"--window-size=1400,900", "--virtual-time-budget=20000", "--dump-dom"}
	if dark {
		args = append(args, "--blink-settings=preferredColorScheme=0")
	}
	out, err := exec.CommandContext(ctx, chromium, append(args, "file://"+name)...).Output()
	if err != nil {
		t.Fatalf("%s: %v", chromium, err)
	}
	m := regexp.MustCompile(`(?s)<pre id="seen">(.*?)</pre>`).FindSubmatch(out)
	if m == nil || len(m[1]) == 0 {
		t.Fatalf("the page did not answer:\n%.2000s", out)
	}
	var got []seen
	if err := json.Unmarshal([]byte(html.UnescapeString(string(m[1]))), &got); err != nil {
		t.Fatal(err)
	}
	for _, s := range got {
		i, err := strconv.Atoi(s.Name)
		if err != nil {
			t.Fatal(err)
		}
		frames[i].seen = s
	}
}

// TestBrowser looks at pages in Chromium, at the width of a desktop and of a
// phone, light and dark: nothing is clipped, overlapping or empty, every text
// stands out from its background, values show under the pointer and tables
// sort.
func TestBrowser(t *testing.T) {
	chromium := browser(t)
	pages := []struct {
		name string
		page writer
	}{
		{"one run", reportOf(t, 1)},
		{"two runs", reportOf(t, 2)},
		{"five runs", reportOf(t, 5)},
		{"long ids", longIDs(t)},
		{"comparison of two", comparisonOf(t, 2, 0)},
		{"comparison of three", comparisonOf(t, 3, 0)},
		{"populations that differ", comparisonOf(t, 3, 20)},
	}
	for _, dark := range []bool{false, true} {
		var frames []*frame
		for _, p := range pages {
			text := written(t, p.page)
			frames = append(frames, &frame{page: text, width: 1280}, &frame{page: text, width: 390})
		}
		look(t, chromium, dark, frames)
		for i, f := range frames {
			at := fmt.Sprintf("%s, %d px, dark %v", pages[i/2].name, f.width, dark)
			if f.Width != f.width || f.Dark != dark || f.Least > 20 || f.Texts < 50 {
				t.Errorf("%s: was the page looked at? width %d, dark %v, least contrast %.1f, %d texts in pictures", at, f.Width, f.Dark, f.Least, f.Texts)
			}
			for _, w := range f.Wrong {
				t.Errorf("%s: %s", at, w)
			}
		}
	}
}

// TestBrowserSees plants defects, each of which must be seen.
func TestBrowserSees(t *testing.T) {
	chromium := browser(t)
	page := written(t, longIDs(t))
	defects := []struct{ style, want string }{
		{"main { width: 2000px; }", "wider than the window"},
		{"figcaption { margin-top: -3rem; }", "overlaps"},
		{".scroll { overflow: visible; }", "not scrollable"},
		{"section p { display: none; }", "empty"},
		{"svg text { font-size: 60px; }", "picture"},
		{"figcaption { color: #8a8a8a; }", "contrast 3.4"},
		{".sortable td.left { max-width: none; }", "out of sight"},
		{"td { background: rgba(0, 0, 0, 0.1); }", "seen through"},
	}
	var frames []*frame
	for _, d := range defects {
		frames = append(frames, &frame{page: strings.Replace(page, "</style>", d.style+"</style>", 1), width: 390})
	}
	look(t, chromium, false, frames)
	for i, d := range defects {
		if got := fmt.Sprint(frames[i].Wrong); !strings.Contains(got, d.want) {
			t.Errorf("%s: %.600s; want %q", d.style, got, d.want)
		}
	}
}
