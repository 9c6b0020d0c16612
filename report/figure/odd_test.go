package figure

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tokentime/tokentime/fluidity"
	"github.com/tokentime/tokentime/goodput"
	"github.com/tokentime/tokentime/metrics"
)

// checkFigure checks what holds for every figure.
func checkFigure(t *testing.T, f *Figure) {
	t.Helper()
	fail := func(format string, args ...any) {
		t.Helper()
		t.Errorf(f.Name+": "+format, args...)
	}
	if f.Name == "" || strings.Trim(f.Name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || f.Title == "" || f.Caption == "" {
		fail("name %q, title %q, caption %q", f.Name, f.Title, f.Caption)
	}
	for i, a := range []*Axis{&f.X, &f.Y} {
		if !(a.Min < a.Max) || a.Max-a.Max != 0 || a.Min-a.Min != 0 || a.Scale == Log && a.Min <= 0 || a.Label == "" {
			fail("axis %+v", *a)
		}
		if a.Position(a.Min) != 0 || math.Abs(a.Position(a.Max)-1) > 1e-12 {
			fail("axis %+v begins at %v and ends at %v", *a, a.Position(a.Min), a.Position(a.Max))
		}
		labeled := 0
		ticks := a.ticks()
		if i == 0 {
			ticks = newSpaced(&f.X, &f.Y).Ticks(0, 0)
		}
		for _, tick := range ticks {
			if tick.Label != "" {
				labeled++
			}
		}
		if labeled < 2 || labeled > 12 {
			fail("axis %+v has %d labels", *a, labeled)
		}
	}
	if len(f.Series()) == 0 {
		fail("no series")
	}
	for _, s := range f.Series() {
		checkSeries(t, f, s)
	}
	checkSVG(t, f, svg(t, f))
}

func checkSeries(t *testing.T, f *Figure, s Series) {
	t.Helper()
	n := len(s.X)
	extent := s.Mark == Bars || s.Mark == Spans || s.Mark == Bands || s.Mark == Strips
	if n == 0 || len(s.Y) != n || extent && len(s.X2) != n || !extent && s.X2 != nil || s.Mark == Bars && len(s.Y2) != n ||
		s.Labels != nil && len(s.Labels) != n || s.Weights != nil && len(s.Weights) != n {
		t.Errorf("%s: series %q (%v): %d X, %d Y, %d X2, %d Y2, %d labels, %d weights", f.Name, s.Name, s.Mark, n, len(s.Y), len(s.X2), len(s.Y2), len(s.Labels), len(s.Weights))
	}
	for _, v := range [][]float64{s.X, s.Y, s.X2, s.Y2} {
		for _, x := range v {
			if x-x != 0 {
				t.Fatalf("%s: series %q holds %v", f.Name, s.Name, x)
			}
		}
	}
	for i := range n {
		if s.X[i] > f.X.Max*(1+1e-9) || s.Y[i] > f.Y.Max*(1+1e-9) && s.Mark != Bands && s.Mark != Strips || extent && s.X2[i] > f.X.Max*(1+1e-9) {
			t.Errorf("%s: series %q: point %d (%v, %v) is beyond the axes, which end at %v and %v", f.Name, s.Name, i, s.X[i], s.Y[i], f.X.Max, f.Y.Max)
		}
	}
}

// checkSVG checks that the picture is XML, small, and that all of its texts
// are inside it and apart from each other.
func checkSVG(t *testing.T, f *Figure, out string) {
	t.Helper()
	if len(out) > 100_000 {
		t.Errorf("%s: %d bytes, want at most 100,000", f.Name, len(out))
	}
	for _, no := range []string{"NaN", "Inf", "http:", "https:", "url(", "<script"} {
		if strings.Contains(strings.Replace(out, "http://www.w3.org/2000/svg", "", 1), no) {
			t.Errorf("%s: holds %s", f.Name, no)
		}
	}
	w, h := f.Size()
	area := f.Area()
	if !(0 < area.Left && area.Left+150 < area.Right && area.Right <= w && 0 < area.Top && area.Top+100 < area.Bottom && area.Bottom < h) {
		t.Errorf("%s: area %+v in %v by %v", f.Name, area, w, h)
	}
	type box struct {
		Rectangle
		text string
	}
	var boxes []box
	var current *box
	d := xml.NewDecoder(strings.NewReader(out))
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			if tok.Name.Local == "text" {
				b := textBox(tok.Attr)
				boxes = append(boxes, box{b, ""})
				current = &boxes[len(boxes)-1]
			}
		case xml.CharData:
			if current != nil {
				current.text += string(tok)
			}
		case xml.EndElement:
			current = nil
		}
	}
	for i, b := range boxes {
		if b.Left < 0 || b.Top < 0 || b.Right > w || b.Bottom > h {
			t.Errorf("%s: text %q at %+v is cut off at %v by %v", f.Name, b.text, b.Rectangle, w, h)
		}
		for _, c := range boxes[:i] {
			if b.Left < c.Right && c.Left < b.Right && b.Top < c.Bottom && c.Top < b.Bottom {
				t.Errorf("%s: texts %q at %+v and %q at %+v overlap", f.Name, b.text, b.Rectangle, c.text, c.Rectangle)
			}
		}
	}
}

// textBox returns about the place of a text, without what hangs below its
// line.
func textBox(attrs []xml.Attr) Rectangle {
	v := map[string]float64{}
	for _, a := range attrs {
		v[a.Name.Local], _ = strconv.ParseFloat(a.Value, 64)
	}
	return Rectangle{v["x"], v["y"] - 0.7*v["font-size"], v["x"] + v["textLength"], v["y"]}
}

// oddRun returns requests with everything that a valid record may lack or
// exaggerate.
func oddRun(rng *rand.Rand) *Collector {
	scale := int64(1) << rng.IntN(62)
	instant := func(after time.Duration) time.Duration {
		return min(after+time.Duration(rng.Int64N(scale)), metrics.MaxInstant)
	}
	o := Options{
		Name: []string{"", "run", "<&\">\x01\xff 模型", strings.Repeat("long/", 60)}[rng.IntN(4)], CommonClock: rng.IntN(2) == 0,
		Convention: []metrics.Convention{{}, metrics.VLLM, metrics.GuideLLM, metrics.LLMPerf, metrics.AIInfra}[rng.IntN(5)],
	}
	if rng.IntN(3) > 0 {
		o.Deadlines = fluidity.Deadlines{Prefill: time.Duration(rng.Int64N(scale)), Decode: 1 + time.Duration(rng.Int64N(scale)), First: fluidity.FirstToken(rng.IntN(3))}
	}
	if rng.IntN(3) == 0 {
		o.Show = "r1"
	}
	if rng.IntN(3) == 0 {
		o.Stall = time.Duration(rng.Int64N(scale))
	}
	o.Reader = goodput.Reader{PerToken: time.Duration(rng.Int64N(scale)), Tolerance: time.Duration(rng.Int64N(scale))}
	c := &Collector{Options: o}
	for i := range rng.IntN(6) * rng.IntN(60) {
		r := &metrics.Request{ID: "r" + strconv.Itoa(i%5), Outcome: metrics.Outcome(rng.IntN(5)), Sparse: rng.IntN(4) == 0}
		t := instant(-metrics.MaxInstant / time.Duration(1+rng.IntN(1000)))
		for _, f := range []*metrics.Instant{&r.Due, &r.Sent, &r.Scheduled} {
			if rng.IntN(4) > 0 {
				*f = metrics.Known(t)
				t = instant(t)
			}
		}
		n := rng.IntN(8)
		if r.Sparse {
			n = min(n, 2)
		}
		for range n {
			r.Deliveries = append(r.Deliveries, metrics.Delivery{At: t, Tokens: rng.IntN(3) * rng.IntN(1+1000/(1+rng.IntN(1000)))})
			if rng.IntN(3) > 0 {
				t = instant(t)
			}
		}
		if rng.IntN(2) == 0 {
			r.End = metrics.Known(t)
		}
		if rng.IntN(3) == 0 {
			r.UsageTokens = metrics.Known(int64(rng.IntN(50)))
		}
		if err := c.Add(r); err != nil {
			panic(err)
		}
	}
	return c
}

// kinds is how many figures each run has of its own, and shared how many all
// have together.
const kinds, shared = 4, 7

func checkRuns(t *testing.T, runs []*Collector) {
	t.Helper()
	figures, left := Figures(runs)
	if len(runs) == 0 {
		if figures != nil || left != nil {
			t.Errorf("no run has %d figures and %d reasons", len(figures), len(left))
		}
		return
	}
	seen := map[string]bool{}
	for _, f := range figures {
		if seen[f.Name] {
			t.Errorf("two figures are called %s", f.Name)
		}
		seen[f.Name] = true
		checkFigure(t, f)
	}
	for i, l := range left {
		if slices.Contains(left[:i], l) {
			t.Errorf("%v: twice", l)
		}
		if l.Reason == "" {
			t.Errorf("%v: no reason", l)
		}
		seen[l.Name] = true
	}
	if want := shared + kinds*len(runs); len(seen) != want {
		t.Errorf("%d figures drawn or explained, want %d: %v", len(seen), want, seen)
	}
}

func TestOddRuns(t *testing.T) {
	rng := rand.New(rand.NewPCG(12, 13))
	rounds := 60
	if testing.Short() {
		rounds = 20
	}
	for i := range rounds {
		var runs []*Collector
		for range rng.IntN(4) {
			runs = append(runs, oddRun(rng))
		}
		checkRuns(t, runs)
		if t.Failed() {
			t.Fatalf("in round %d", i)
		}
	}
}

func FuzzFigures(f *testing.F) {
	f.Add(uint64(1), uint64(2))
	f.Fuzz(func(t *testing.T, a, b uint64) {
		rng := rand.New(rand.NewPCG(a, b))
		checkRuns(t, []*Collector{oddRun(rng), oddRun(rng)})
	})
}

// Runs in which almost nothing is known.
func TestReasons(t *testing.T) {
	for _, tt := range []struct {
		name    string
		all     []*metrics.Request
		figures int
		reason  string
	}{
		{"empty run", nil, 0, "no request"},
		{"one request without tokens", []*metrics.Request{{ID: "a", Sent: metrics.Known(sec), End: metrics.Known(2 * sec)}}, 2, "its row and the load"},
		{"nothing known", []*metrics.Request{{ID: "a"}}, 0, "no instant at all"},
		{"one token", []*metrics.Request{at("a", 0, 10*ms)}, 6, "TTFT twice, row, load, fluidity, scatter"},
		{"length zero", []*metrics.Request{at("a", 0, 0, 0, 0)}, 9, "all but the split, and no logarithm of 0 in the scatter"},
		{"two tokens", []*metrics.Request{at("a", 0, 10*ms, 20*ms)}, 10, "all but the split"},
	} {
		c := collect(t, standard("run"), tt.all)
		figures, left := Figures([]*Collector{c})
		if len(figures) != tt.figures {
			t.Errorf("%s: %d figures, want %d (%s); left out: %v", tt.name, len(figures), tt.figures, tt.reason, left)
		}
		checkRuns(t, []*Collector{c})
	}
}

// A bad record stops nothing and is in no figure.
func TestBadRecordIsNotAdded(t *testing.T) {
	c := collect(t, standard("run"), freezing(20))
	before := svg(t, find(t, "tbt-cdf", c))
	bad := at("bad", 0, 20*ms, 10*ms)
	var want *metrics.RequestError
	if err := c.Add(bad); !errors.As(err, &want) || want.ID != "bad" {
		t.Errorf("error %v, want a *metrics.RequestError of the request", err)
	}
	if svg(t, find(t, "tbt-cdf", c)) != before {
		t.Error("the figure changed")
	}
	invalid := Collector{Options: Options{Deadlines: fluidity.Deadlines{Decode: -1}}}
	if err := invalid.Add(at("a", 0, 1)); !errors.Is(err, fluidity.ErrRange) {
		t.Errorf("negative deadline: error %v, want %v", err, fluidity.ErrRange)
	}
}

func TestPNG(t *testing.T) {
	f := find(t, "load", collect(t, standard("run"), freezing(50)))
	w, h := f.Size()
	var images [2]bytes.Buffer
	for i, o := range []PNGOptions{{}, {Dark: true, Scale: 1}} {
		if err := f.PNG(&images[i], o); err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(&images[i])
		if err != nil {
			t.Fatal(err)
		}
		scale := []float64{2, 1}[i]
		if b := img.Bounds(); math.Abs(float64(b.Dx())-w*scale) > 1 || math.Abs(float64(b.Dy())-h*scale) > 1 {
			t.Errorf("%+v: %v by %v pixels, want %v by %v", o, b.Dx(), b.Dy(), w*scale, h*scale)
		}
		r, _, _, _ := img.At(1, 1).RGBA()
		if dark := r < 0x8000; dark != o.Dark {
			t.Errorf("%+v: the paper is dark: %v", o, dark)
		}
	}
	for _, scale := range []float64{-1, 0.01, 11, math.NaN(), math.Inf(1)} {
		if err := f.PNG(io.Discard, PNGOptions{Scale: scale}); err == nil {
			t.Errorf("scale %v: no error", scale)
		}
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestWriterErrors(t *testing.T) {
	f := find(t, "load", collect(t, standard("run"), freezing(50)))
	if err := f.SVG(brokenWriter{}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("SVG: error %v", err)
	}
	if err := f.PNG(brokenWriter{}, PNGOptions{}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("PNG: error %v", err)
	}
}
