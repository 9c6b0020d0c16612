package results

import (
	"errors"
	"io"
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/metrics"
)

func headOf(t *testing.T, text string) *Head {
	t.Helper()
	h, err := newHead(&Content{newBuffer(strings.NewReader(text))})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestHead(t *testing.T) {
	for _, test := range []struct {
		text   string
		want   []string
		reason string
	}{
		{`{"a":1,"b":{"c":{"d":{"e":1}}}}`, []string{"a", "b", "b.c", "b.c.d"}, "three levels, no more"},
		{`[{"a":1},{"b":2}]`, []string{"a"}, "of an array the first element"},
		{`{"a":[{"b":1},{"c":2}],"d":3}`, []string{"a", "a.b", "d"}, "an array within counts as its first element"},
		{`{"a":[1,2,3],"b":Infinity,"c":NaN}`, []string{"a", "b", "c"}, "numbers that are no JSON"},
		{`{"a":1,"b":"cut of`, []string{"a", "b"}, "a head that is cut off"},
		{`{"a":1}` + "\n" + `{"b":1}`, []string{"a"}, "of lines the first"},
		{`{"a":1,"a":2,"b":3}`, []string{"a"}, "a repeated name ends it"},
		{" \n\t{\"a\":1}", []string{"a"}, "white space before it"},
		{`id,ttft`, nil, "no JSON"},
		{`{`, nil, "almost nothing"},
	} {
		if diff := cmp.Diff(test.want, headOf(t, test.text).keys); diff != "" {
			t.Errorf("%s: %s\n%s", test.reason, test.text, diff)
		}
	}
	h := headOf(t, `{"a":1,"b":{"c":2}}`)
	if !h.HasAll("a", "b.c") || h.HasAll("a", "c") || !h.HasAny("x", "b") || h.HasAny("x", "c") {
		t.Error("HasAll and HasAny look for whole paths")
	}
}

// TestDetectSorted holds that files whose keys were sorted, as jq -S does, are
// told apart by what comes before the texts, which can fill the head.
func TestDetectSorted(t *testing.T) {
	texts := `"generated_texts":["` + strings.Repeat("word ", bufferSize/5) + `"]`
	for _, test := range []struct{ text, want, reason string }{
		{`{"backend":"vllm","burstiness":1.0,"completed":1,"duration":2.5,"errors":[""],` + texts + `,"itls":[[]]}`, FormatVLLM, "vLLM"},
		{`{"accept_length":null,"backend":"sglang","completed":1,"concurrency":1.5,"duration":2.5,"errors":[""],` + texts + `,"itls":[[]]}`, FormatSGLang,
			"SGLang, which alone states the mean concurrency"},
		{`{"backend":"vllm","completed":1,"duration":2.5,"itls":[[]],"max_concurrency":4}`, FormatVLLM, "vLLM with a limit of concurrency"},
	} {
		got := ""
		for _, f := range Formats() {
			if f.Detect(headOf(t, test.text)) {
				got = f.Name
				break
			}
		}
		if got != test.want {
			t.Errorf("%s: got %q, want %q", test.reason, got, test.want)
		}
	}
}

// letters is a format of a caller: each byte is a request.
type letters struct {
	content *Content
	run     bool
}

func (l *letters) NextRun() (*Run, error) {
	if l.run {
		return nil, io.EOF
	}
	l.run = true
	return new(Run), nil
}

func (l *letters) Next(r *metrics.Request) error {
	var b [1]byte
	if _, err := io.ReadFull(l.content, b[:]); err != nil {
		return err
	}
	*r = metrics.Request{ID: string(b[:])}
	return nil
}

func TestOwnFormat(t *testing.T) {
	format := Format{Name: "letters",
		Detect:     func(h *Head) bool { return strings.HasPrefix(string(h.Text), "ab") },
		NewDecoder: func(c *Content) Decoder { return &letters{content: c} }}
	opts := Options{Formats: append(Formats(), format)}
	got, err := readAll("x", strings.NewReader("abc"), opts)
	if err != nil || len(got) != 1 || len(got[0].Requests) != 3 || got[0].Run.Format != "letters" || got[0].Run.Source != "x" {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := readAll("x", strings.NewReader("abc"), Options{}); !errors.Is(err, ErrUnknownFormat) {
		t.Errorf("without the format: %v", err)
	}
	if _, err := readAll("x", strings.NewReader(vllmFile()), Options{Formats: []Format{format}}); !errors.Is(err, ErrUnknownFormat) || !strings.Contains(err.Error(), "known: letters ") {
		t.Errorf("a list of one format knows no other: %v", err)
	}
	if got, err := readAll("x", strings.NewReader("xyz"), Options{Formats: []Format{format}, Format: "letters"}); err != nil || len(got[0].Requests) != 3 {
		t.Errorf("asked for by name: %v", err)
	}
}

// TestParseTime compares with exact rational arithmetic, in every unit.
func TestParseTime(t *testing.T) {
	rng := rand.New(rand.NewPCG(61, 62))
	for range 20_000 {
		digits := strconv.FormatUint(rng.Uint64()>>(rng.IntN(60)+4), 10)
		lit := digits
		if rng.IntN(2) == 0 {
			lit += "." + strconv.FormatUint(rng.Uint64()>>rng.IntN(60), 10)
		}
		if rng.IntN(4) == 0 {
			lit += "e" + strconv.Itoa(rng.IntN(20)-12)
		}
		if rng.IntN(4) == 0 {
			lit = "-" + lit
		}
		for _, u := range []unit{nanosecond, microsecond, millisecond, second} {
			want, fits := roundedExactly(lit, int64(u))
			got, err := parseTime([]byte(lit), u)
			if fits != (err == nil) || fits && got != want {
				t.Fatalf("%s in 10^%d ns: got %d, %v; want %d, %v", lit, u, got, err, want, fits)
			}
		}
	}
}

// roundedExactly returns lit * 10^exp rounded, a half away from zero.
func roundedExactly(lit string, exp int64) (int64, bool) {
	x, ok := new(big.Rat).SetString(lit)
	if !ok {
		panic(lit)
	}
	x.Mul(x, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(exp), nil)))
	half := big.NewRat(int64(x.Sign()), 2)
	x.Add(x, half)
	q := new(big.Int).Quo(x.Num(), x.Denom())
	return q.Int64(), q.IsInt64()
}

func TestUnitOf(t *testing.T) {
	for name, want := range map[string]unit{"ns": nanosecond, "us": microsecond, "µs": microsecond, "ms": millisecond, "s": second, "sec": second} {
		if got, err := unitOf(name); got != want || err != nil {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	if _, err := unitOf("tokens"); err == nil {
		t.Error("tokens are no time")
	}
}

func TestReportedNanoseconds(t *testing.T) {
	if ns, ok := (Reported{Value: 1.5, Unit: "ms"}).Nanoseconds(); ns != 1.5e6 || !ok {
		t.Errorf("1.5 ms: %v, %v", ns, ok)
	}
	if _, ok := (Reported{Value: 5, Unit: "tokens"}).Nanoseconds(); ok {
		t.Error("tokens are no time")
	}
}

func TestStated(t *testing.T) {
	run := Run{Facts: []Fact{{"backend", "vllm"}, {"model", "b"}, {"model_id", "None"}, {"server_engine", "SGLang"}, {"request_rate", ""}}}
	if f, ok := run.Stated(FactModel); !ok || f != (Fact{"model", "b"}) {
		t.Errorf("a model of \"None\" is none: %v, %v", f, ok)
	}
	if f, _ := run.Stated(FactEngine); f.Value != "SGLang" {
		t.Errorf("the most telling name first: %v", f)
	}
	chat := Run{Facts: []Fact{{"endpoint_type", "openai-chat"}, {"backend", "openai-chat"}, {"service_kind", "openai"}, {"backend.kind", "openai_http"}}}
	if f, ok := chat.Stated(FactEngine); ok {
		t.Errorf("a protocol is no engine: %v", f)
	}
	chat.Facts = append(chat.Facts, Fact{"sut_name", "PySUT"})
	if f, _ := chat.Stated(FactEngine); f.Value != "PySUT" {
		t.Errorf("a protocol hides no engine: %v", f)
	}
	if f, ok := run.Stated(FactRequestRate); ok {
		t.Errorf("an empty fact says nothing: %v", f)
	}
	if _, ok := run.Stated(FactToolVersion + 1); ok {
		t.Error("no such kind")
	}
}

func TestWalkerErrors(t *testing.T) {
	for _, test := range []struct {
		text   string
		walk   func(w *walker) error
		want   string
		is     error
		reason string
	}{
		{`{"a":{"b":[1,"x"]}}`, func(w *walker) error {
			return w.object(func(string) error {
				return w.object(func(string) error {
					return w.array(func(int) error { _, err := w.count(); return err })
				})
			})
		}, "a.b[1]: byte 16: wrong type: want a number", ErrType, "the path to the value"},
		{`{"a":1,"a":2}`, func(w *walker) error { return w.object(func(string) error { return w.skip() }) },
			`duplicate key: "a"`, ErrDuplicateKey, "a repeated name"},
		{`{"a":-1}`, func(w *walker) error { return w.object(func(string) error { _, err := w.wait(second); return err }) },
			"a: byte 7: negative time: -1s", ErrNegativeTime, "a wait"},
		{`{"a":1.5}`, func(w *walker) error { return w.object(func(string) error { _, err := w.count(); return err }) },
			"a: byte 8: not an integer", ErrNotInteger, "half a token"},
		{`{"a":1e300}`, func(w *walker) error { return w.object(func(string) error { _, err := w.count(); return err }) },
			"a: byte 10: out of range", ErrRange, "too many tokens"},
		{`{"a":[0.5,NaN]}`, func(w *walker) error {
			return w.object(func(string) error { _, err := w.spans(nil, second); return err })
		},
			"a[1]: byte 10: not a finite number: NaN", ErrNotFinite, "a time that is none"},
		{`xyz`, func(w *walker) error { return w.object(nil) }, "malformed JSON: invalid character 'x' at start of value", nil, "no value at all"},
		{`]`, func(w *walker) error { return w.object(nil) }, "malformed JSON: invalid character ']'", nil, "an end without a begin"},
		{`[1]`, func(w *walker) error { return w.object(nil) }, "wrong type: want an object, got an array", ErrType, "another kind"},
		{`{"a":`, func(w *walker) error { return w.object(func(string) error { return w.skip() }) }, "unexpected EOF", io.ErrUnexpectedEOF, "cut off"},
		{`{} {}`, func(w *walker) error { w.skip(); return w.end() }, "more behind the end", nil, "a second document"},
	} {
		w := newWalker(&Content{newBuffer(strings.NewReader(test.text))})
		err := w.fail(test.walk(w))
		var e *Error
		if !errors.As(err, &e) || !strings.Contains(err.Error(), test.want) || test.is != nil && !errors.Is(err, test.is) {
			t.Errorf("%s: %s: got %v, want %s", test.reason, test.text, err, test.want)
		}
	}
}

func TestWalkerValues(t *testing.T) {
	w := newWalker(&Content{newBuffer(strings.NewReader(`57.0 12 null 1.5 Infinity null "a\u0000" null true null [1.5, 2e-3]`))})
	var got []any
	for range 2 {
		n, err := w.count()
		got = append(got, n.String(), err)
	}
	n, err := w.count()
	got = append(got, n.Known(), err)
	for range 3 {
		v, ok, err := w.number()
		got = append(got, v, ok, err)
	}
	for range 2 {
		s, err := w.text()
		got = append(got, s, err)
	}
	for range 2 {
		b, err := w.boolean()
		got = append(got, b, err)
	}
	ns, err := w.spans(nil, millisecond)
	got = append(got, ns, err)
	want := []any{"57", nil, "12", nil, false, nil, 1.5, true, nil, 0.0, false, nil, 0.0, false, nil, "a\x00", nil, "", nil, true, nil, false, nil, []int64{15e5, 2000}, nil}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestDistinctFacts(t *testing.T) {
	got := distinct([]Fact{{"a", "1"}, {"a (2)", "2"}, {"a", "3"}, {"b", "4"}, {"a", "5"}})
	want := []Fact{{"a", "1"}, {"a (2)", "2"}, {"a (3)", "3"}, {"b", "4"}, {"a (4)", "5"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestFactsThatCollide: found by FuzzPerfAnalyzer.
func TestFactsThatCollide(t *testing.T) {
	text := vllmFile(`"a.b": 1`, `"a": {"b": 2}`)
	got, err := readAll("x", strings.NewReader(text), Options{})
	if err != nil {
		t.Fatal(err)
	}
	writeAll(t, got) // an error for a fact that stands twice
}
