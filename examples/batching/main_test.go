package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/report/figure"
)

// TestPeak holds what the example is there to show, from the numbers themselves.
func TestPeak(t *testing.T) {
	if testing.Short() {
		t.Skip("a sweep takes seconds under the race detector, and TestOutput makes one as well")
	}
	points, err := sweep(a100(), lengths())
	if err != nil {
		t.Fatal(err)
	}
	last := len(points) - 1
	for i, alpha := range alphas[1:] {
		top := best(points, i+1)
		if top == 0 || top == last {
			t.Errorf("alpha %v: best at %v requests/s, an end of the sweep", alpha, points[top].Rate.perSecond())
		}
		for j := 1; j <= last; j++ {
			if rises := smooth(points[j], i+1) > smooth(points[j-1], i+1); rises != (j <= top) {
				t.Errorf("alpha %v: rising at %v requests/s: %v, with the top at %v",
					alpha, points[j].Rate.perSecond(), rises, points[top].Rate.perSecond())
			}
		}
		if before := best(points, i); top > before {
			t.Errorf("alpha %v is best served at %v requests/s, the smaller %v at %v",
				alpha, points[top].Rate.perSecond(), alphas[i], points[before].Rate.perSecond())
		}
	}
	if a, b := best(points, 1), best(points, len(alphas)-1); b >= a {
		t.Errorf("alpha %v is best served at %v requests/s, %v at %v", alphas[1],
			points[a].Rate.perSecond(), alphas[len(alphas)-1], points[b].Rate.perSecond())
	}
	for j, p := range points {
		throughput, _ := p.Latency.Stats().Throughput.OutputTokens.Get()
		if throughput != smooth(p, 0) {
			t.Errorf("%v requests/s: at alpha 0 smooth goodput is %v, throughput %v", p.Rate.perSecond(), smooth(p, 0), throughput)
		}
		if j > 0 && smooth(p, 0)-smooth(p, 2) <= smooth(points[j-1], 0)-smooth(points[j-1], 2) { // alphas 0 and 1: B
			t.Errorf("waiting does not grow at %v requests/s", p.Rate.perSecond())
		}
		if p.Latency.OutputTokens != points[0].Latency.OutputTokens || p.Latency.Requests.Completed != requests {
			t.Errorf("%v requests/s: %d tokens of %d requests, a share was lost", p.Rate.perSecond(),
				p.Latency.OutputTokens, p.Latency.Requests.Completed)
		}
	}
	checkDrawn(t, points)
	if alphas[0] != 0 || alphas[2] != 1 {
		t.Error("this test takes alphas 0 and 2 for 0 and 1")
	}
}

// checkDrawn checks that the figure of each alpha shows what the table says.
func checkDrawn(t *testing.T, points []*point) {
	t.Helper()
	for i, alpha := range alphas {
		of := drawn(points, i)
		f, err := figure.RateFigure(of)
		if err != nil {
			t.Fatal(err)
		}
		var rates, values []float64
		for _, p := range points[:len(of)] {
			rates, values = append(rates, p.Rate.perSecond()), append(values, smooth(p, i))
		}
		line := f.Series()[0]
		if diff := cmp.Diff([][]float64{rates, values}, [][]float64{line.X, line.Y}); diff != "" {
			t.Errorf("alpha %v, %q (-table +figure):\n%s", alpha, line.Name, diff)
		}
	}
}

// valued returns points with the given smooth goodputs at the first alpha.
func valued(values ...float64) []*point {
	var points []*point
	for i, v := range values {
		p := &point{Rate: rate(10 * (i + 1))}
		p.Goodput[0].Smooth = metrics.Known(v)
		points = append(points, p)
	}
	return points
}

func TestBestAndDrawn(t *testing.T) {
	for _, tt := range []struct {
		name        string
		points      []*point
		best, drawn int
		reason      string
	}{
		{"one", valued(1), 0, 1, "there is no other"},
		{"peak", valued(1, 3, 2), 1, 3, "neither end"},
		{"plateau", valued(1, 3, 3), 1, 3, "the lowest rate that gives as much"},
		{"a fall below zero", valued(1, 2, -1, -5), 1, 3, "the first loss shows that there is one"},
		{"zero", valued(1, 0, -1), 0, 3, "is no loss"},
		{"all below zero", valued(-2, -1), 1, 1, "there are smaller losses"},
	} {
		if got := best(tt.points, 0); got != tt.best {
			t.Errorf("%s: best is %d, want %d: %s", tt.name, got, tt.best, tt.reason)
		}
		if got := len(drawn(tt.points, 0)); got != tt.drawn {
			t.Errorf("%s: %d drawn, want %d: %s", tt.name, got, tt.drawn, tt.reason)
		}
	}
}

// TestLoadedServer: the constants of the example obey the invariants as well.
func TestLoadedServer(t *testing.T) {
	for _, at := range []rate{20, 120, 200} {
		load := arrivals(lengths(), at)
		records, steps := a100().serve(load)
		checkInvariants(t, a100(), load, records, steps)
		if testing.Short() {
			continue // the twin goes through all requests for each step
		}
		if diff := cmp.Diff(naive(a100(), load), records); diff != "" {
			t.Errorf("%v requests/s (-naive +got):\n%s", at.perSecond(), diff)
		}
	}
}

// TestArrivals: 600 gaps of a mean of 1/rate have a mean within 12 % of it, three
// standard errors, and only the unit of time depends on the rate.
func TestArrivals(t *testing.T) {
	slow, fast := arrivals(lengths(), 20), arrivals(lengths(), 40)
	mean := slow[requests-1].Arrival.Seconds() / requests
	if mean < 0.44 || mean > 0.56 {
		t.Errorf("mean gap at 2 requests/s is %v s", mean)
	}
	for i := range slow {
		if slow[i].Arrival != 2*fast[i].Arrival || slow[i].Prompt != fast[i].Prompt || slow[i].Output != fast[i].Output {
			t.Fatalf("request %d is %v at 2 requests/s and %v at 4", i, slow[i], fast[i])
		}
	}
}

func TestTraced(t *testing.T) {
	path := filepath.Join("..", "..", "..", "shared", "data", "traces", "azure-conv-2023.csv.gz")
	if _, err := os.Stat(path); err != nil {
		t.Skipf("the traces are not on this machine: %v", err)
	}
	got, err := traced(path)
	if err != nil {
		t.Fatal(err)
	}
	want := []planned{{Prompt: 374, Output: 44}, {Prompt: 396, Output: 109}} // its first lines
	if diff := cmp.Diff(want, got[:2]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(got) != requests {
		t.Errorf("%d requests, want %d", len(got), requests)
	}
}

func TestTracedErrors(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"empty", "", "header: EOF"},
		{"no requests", "TIMESTAMP,ContextTokens,GeneratedTokens\n", "no requests"},
		{"no number", "T,C,G\n0,1,2\n0,1,x\n", `request 1: "x" is no number of tokens`},
		{"no answer", "T,C,G\n0,1,0\n", `request 0: "0" is no number of tokens`},
		{"another file", "a,b\n", "wrong number of fields"},
	} {
		path := filepath.Join(t.TempDir(), "trace.csv")
		if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := traced(path); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want %q in it", tt.name, err, tt.want)
		}
	}
}

const want = `600 requests, 540 tokens in the mean prompt, 137 in the mean answer

                                                    smooth goodput in tokens/s at alpha
req/s   TTFT   TPOT  stall   idle  attain goodput       0     0.5       1     2.5      10
    2   74ms    9ms   81ms   25ms  100.0%    2.06     284     283     282     280     271
    3   75ms   10ms   95ms   28ms  100.0%    3.09     424     423     422     418     400
    4   80ms   11ms  102ms   33ms  100.0%    4.10     563     561     559     553     521
    5   85ms   12ms  107ms   41ms  100.0%    5.10     701     697     694     684     636
    6   88ms   13ms  109ms   49ms  100.0%    6.09     837     832     827     814     744
    7   94ms   14ms  126ms   61ms  100.0%    7.07     971     964     957     936     829
    8  103ms   15ms  153ms   76ms   99.8%    8.02    1104    1094    1083    1051     891
    9  108ms   17ms  178ms  103ms   99.7%    8.96    1236    1221    1207    1164     947
   10  122ms   20ms  197ms  154ms   99.3%    9.87    1365    1343    1321    1256     929
   11  140ms   24ms  200ms  229ms   97.7%   10.60    1492    1455    1419    1310     765
   12  175ms   28ms  204ms  374ms   95.2%   11.19    1616    1554    1493    1309     389
   13  208ms   36ms  211ms  544ms   80.8%   10.21    1736    1639    1542    1251    -206
   14  368ms   52ms  206ms  1.18s   47.0%    6.28    1835    1632    1430     822   -2214
   15  897ms   56ms  208ms  2.38s   22.8%    3.12    1877    1578    1279     381   -4107
   16  1.55s   60ms  210ms  3.14s   10.8%    1.51    1910    1495    1080    -166   -6394
   17  2.28s   61ms  214ms  3.91s    3.0%    0.42    1931    1390     848    -776   -8898
   18  2.99s   62ms  208ms  4.53s    0.3%    0.05    1943    1282     621   -1361  -11275
   19  3.73s   62ms  215ms  5.25s    0.8%    0.12    1950    1174     398   -1929  -13565
   20  4.45s   62ms  207ms  5.99s    0.3%    0.05    1953    1066     180   -2480  -15778

alpha 0    is best served at 20 requests/s: 1953 tokens/s
alpha 0.5  is best served at 13 requests/s: 1639 tokens/s
alpha 1    is best served at 13 requests/s: 1542 tokens/s
alpha 2.5  is best served at 11 requests/s: 1310 tokens/s
alpha 10   is best served at  9 requests/s: 947 tokens/s
`

func TestOutput(t *testing.T) {
	var got strings.Builder
	dir := filepath.Join(t.TempDir(), "new")
	if err := run(&got, lengths(), dir); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got.String()[:min(len(want), got.Len())]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, alpha := range alphas {
		checkFigures(t, dir, fmt.Sprintf("goodput-vs-rate-alpha-%v", alpha))
	}
}

// checkFigures checks that the figures of the doc comment are there, and are SVG.
func checkFigures(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		b, err := os.ReadFile(filepath.Join(dir, name+".svg"))
		if err != nil {
			t.Error(err)
		} else if !bytes.HasPrefix(b, []byte("<svg ")) || !bytes.Contains(b, []byte("<path")) {
			t.Errorf("%s.svg holds no picture", name)
		}
	}
}
