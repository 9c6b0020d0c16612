package sse

import (
	"math/rand/v2"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/tokentime/tokentime/metrics"
)

// counts returns the counts that are not negative.
func counts(prompt, output, reasoning int64) Counts {
	var c Counts
	for _, f := range []struct {
		to *metrics.Count
		n  int64
	}{{&c.Prompt, prompt}, {&c.Output, output}, {&c.Reasoning, reasoning}} {
		if f.n >= 0 {
			*f.to = metrics.Known(f.n)
		}
	}
	return c
}

func metricsOutput(n int64) Counts { return counts(-1, n, -1) }

// classified returns the events of a stream that is written in the pieces.
func classified(maxEvent int, pieces ...string) []Event {
	var got []Event
	c := Classifier{MaxEvent: maxEvent, Handle: func(e Event) { got = append(got, e) }}
	for _, p := range pieces {
		c.Write([]byte(p))
	}
	c.Close()
	return got
}

// plain is the twin: it has the whole stream, and takes it apart by the text
// of the standard. Classification of one event is not its subject.
func plain(stream string) []Event {
	var got []Event
	var c Classifier
	body := strings.TrimPrefix(stream, "\xef\xbb\xbf")
	end := int64(len(stream) - len(body))
	event, data := "", "" // data with a line feed behind each line
	for _, line := range regexp.MustCompile(`(?s)[^\r\n]*(\r\n|\r|\n|$)`).FindAllString(body, -1) {
		text := strings.TrimRight(line, "\r\n")
		end += int64(len(line))
		if text != "" {
			field, value, _ := strings.Cut(text, ":")
			value = strings.TrimPrefix(value, " ")
			switch field {
			case "data":
				data += value + "\n"
			case "event":
				event = value
			}
		}
		complete := text == "" && line != ""
		last := end == int64(len(stream))
		if complete || last {
			if data != "" {
				e := c.Classify(event, []byte(strings.TrimSuffix(data, "\n")))
				if !complete && e.Err == ErrSyntax {
					e.Err = ErrTruncated
				}
				e.End = end
				if complete && line == "\r\n" {
					e.End-- // the event is complete with the CR; nobody waits for the LF
				}
				got = append(got, e)
			}
			event, data = "", ""
		}
	}
	return got
}

func TestStreams(t *testing.T) {
	for _, s := range streams() {
		t.Run(s.name, func(t *testing.T) {
			got := classified(0, s.text)
			if diff := cmp.Diff(s.want, got, cmpopts.IgnoreFields(Event{}, "End")); diff != "" {
				t.Errorf("%s: (-want +got)\n%s", s.reason, diff)
			}
		})
	}
}

// The events do not depend on where the stream is cut, nor on how its lines
// end.
func TestSplits(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, s := range streams() {
		for _, eol := range []string{"\n", "\r\n", "\r", "mixed"} {
			ends := strings.NewReplacer("\n", eol)
			if eol == "mixed" {
				ends = strings.NewReplacer("\n\n", "\r\n\r")
			}
			text := ends.Replace("\xef\xbb\xbf: comment\n" + s.text)
			want := plain(text)
			if diff := cmp.Diff(s.want, want, cmpopts.IgnoreFields(Event{}, "End")); diff != "" {
				t.Fatalf("%s, lines end with %q: the twin is wrong (-want +got)\n%s", s.name, eol, diff)
			}
			var got []Event
			c := Classifier{Handle: func(e Event) { got = append(got, e) }}
			check := func(pieces ...string) {
				t.Helper()
				got = got[:0]
				for _, p := range pieces {
					c.Write([]byte(p))
				}
				if c.Close(); !slices.Equal(got, want) {
					t.Fatalf("%s, lines end with %q, pieces %q: (-want +got)\n%s", s.name, eol, pieces, cmp.Diff(want, got, cmpopts.EquateErrors()))
				}
			}
			for i := range len(text) + 1 {
				if eol == "mixed" { // it has all that the others have
					check(text[:i], text[i:])
				}
			}
			check(strings.Split(text, "")...)
			for range 100 {
				i, j := rng.IntN(len(text)+1), rng.IntN(len(text)+1)
				check(text[:min(i, j)], text[min(i, j):max(i, j)], "", text[max(i, j):])
			}
		}
	}
}

func TestFraming(t *testing.T) {
	const text = `{"choices":[{"text":"a"}]}`
	for _, tt := range []struct {
		name, reason string
		stream       string
		want         []Event
	}{
		{"nothing", "an empty stream has no events", "", nil},
		{"blank lines", "an event without data is none", "\n\r\n\r\n\n", nil},
		{"event field alone", "likewise; HTML Living Standard 9.2.6", "event: ping\n\n", nil},
		{"empty data", "a keep-alive; by the standard it is an event", "data:\n\ndata\n\ndata: \n\ndata\ndata\n\n",
			[]Event{{End: 7}, {End: 13}, {End: 21}, {End: 32}}},
		{"empty data of a type", "the type says enough", "event: message_stop\ndata:\n\n", []Event{{Kind: Done, End: 27}}},
		{"comment", "keep-alives of proxies", ": ping\n\n:\n\ndata: " + text + "\n\n", []Event{{Kind: Text, End: 45}}},
		{"unknown fields", "id and retry say nothing about tokens", "id: 1\nretry: 3\ndatas: 1\ndat\ndata: " + text + "\nnonsense\n\n", []Event{{Kind: Text, End: 71}}},
		{"no space", "one space behind the colon is optional", "data:" + text + "\n\n", []Event{{Kind: Text, End: 33}}},
		{"data of several lines", "joined with a line feed", "data: {\"choices\":\ndata: [{\"text\":\ndata:\"a\"}]}\n\n", []Event{{Kind: Text, End: 47}}},
		{"data in two fields, no JSON together", "two objects are no object", "data: {}\ndata: {}\n\n", []Event{{Kind: Unreadable, Err: ErrSyntax, End: 19}}},
		{"byte order mark", "once, at the beginning", "\xef\xbb\xbfdata: [DONE]\n\n", []Event{{Kind: Done, End: 17}}},
		{"byte order mark later", "there it is part of the field's name", "\n\xef\xbb\xbfdata: [DONE]\n\n", nil},
		{"byte order mark alone", "a first line of nothing else is blank", "\xef\xbb\xbf\n\ndata: [DONE]\n\n", []Event{{Kind: Done, End: 19}}},
		{"event field goes with its event", "the next one has none", "event: error\ndata: {}\n\ndata: {}\n\n", []Event{{Kind: Error, End: 23}, {Kind: Control, End: 33}}},
		{"last event field counts", "as in the standard", "event: ping\nevent: error\ndata: {}\n\n", []Event{{Kind: Error, End: 35}}},
		{"long event field", "no known name is that long", "event: error" + strings.Repeat("r", 100) + "\ndata: {}\n\n", []Event{{Kind: Control, End: 123}}},
		{"CR LF is one end", "two would make a blank line", "data: {\"error\":\r\ndata: 1}\r\n\r\n", []Event{{Kind: Error, End: 28}}},
		{"no blank line at the end", "clients that read by line see the event", "data: [DONE]\n", []Event{{Kind: Done, End: 13}}},
		{"no line end at the end", "likewise", "data: [DONE]", []Event{{Kind: Done, End: 12}}},
		{"cut off", "half an object says nothing", "data: " + text[:20], []Event{{Kind: Unreadable, Err: ErrTruncated, End: 26}}},
		{"cut off in the name", "no data came", "dat", nil},
		{"not JSON", "the next event is read", "data: hello\n\ndata: [DONE]\n\n", []Event{{Kind: Unreadable, Err: ErrSyntax, End: 13}, {Kind: Done, End: 27}}},
		{"NUL", "it is a byte like others", "data: {\"\x00\":1}\n\n\x00: 1\ndata: [DONE]\n\n", []Event{{Kind: Unreadable, Err: ErrSyntax, End: 15}, {Kind: Done, End: 34}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := classified(0, tt.stream)
			if diff := cmp.Diff(tt.want, got, cmpopts.EquateErrors()); diff != "" {
				t.Errorf("%s: (-want +got)\n%s", tt.reason, diff)
			}
			if diff := cmp.Diff(plain(tt.stream), got, cmpopts.EquateErrors()); diff != "" {
				t.Errorf("differs from the twin: (-want +got)\n%s", diff)
			}
		})
	}
}

func TestMaxEvent(t *testing.T) {
	const text = `{"choices":[{"text":"abc"}]}` // 28 bytes
	const done = "data: [DONE]\n\n"
	tooLong := Event{Kind: Unreadable, Err: ErrTooLong}
	for _, tt := range []struct {
		name, reason string
		max          int
		stream       string
		want         []Event
	}{
		{"at the limit", "the limit itself is allowed", 28, "data: " + text + "\n\n", events(Text)},
		{"one byte more", "and no more", 27, "data: " + text + "\n\n" + done, append([]Event{tooLong}, events(Done)...)},
		{"the line feed counts", "it is part of the data", 28, "data: {\ndata:" + text[1:] + "\n\n", []Event{tooLong}},
		{"the space does not", "it is part of the framing", 28, "data:" + text + "\n\n", events(Text)},
		{"a short line after it", "the event stays unreadable", 6, "data: 1234567\ndata: {}\n\n" + done, append([]Event{tooLong}, events(Done)...)},
		{"the event field still counts", "an end too long to read is an end", 28,
			"event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{}}\n\n", []Event{{Kind: Unreadable | Done, Err: ErrTooLong}}},
		{"at the end", "too long goes before cut off", 6, "data: 1234567", []Event{tooLong}},
		{"a long comment", "no limit is needed for what is not kept", 6, ": 1234567890\n" + done, events(Done)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, pieces := range [][]string{{tt.stream}, strings.Split(tt.stream, "")} {
				got := classified(tt.max, pieces...)
				if diff := cmp.Diff(tt.want, got, cmpopts.IgnoreFields(Event{}, "End"), cmpopts.EquateErrors()); diff != "" {
					t.Errorf("%s: %d pieces (-want +got)\n%s", tt.reason, len(pieces), diff)
				}
			}
		})
	}
}

// A line of 100 MB is one event, costs no more memory than the limit, and the
// next event is read.
func TestHugeLine(t *testing.T) {
	piece := []byte(strings.Repeat("a", 1<<16))
	var got []Event
	c := Classifier{Handle: func(e Event) { got = append(got, e) }}
	c.Write([]byte(frame(delta(`{"content":"a"}`)) + `data: {"choices":[{"text":"`))
	const pieces = 100 << 20 / (1 << 16)
	for range pieces {
		c.Write(piece)
	}
	c.Write([]byte(`"}]}` + "\n\n" + frame(delta(`{"content":"a"}`))))
	want := []Event{{Kind: Text}, {Kind: Unreadable, Err: ErrTooLong}, {Kind: Text}}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(Event{}, "End"), cmpopts.EquateErrors()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if held := cap(c.data); held > 2*DefaultMaxEvent {
		t.Errorf("the classifier holds %d bytes, the limit is %d", held, DefaultMaxEvent)
	}
	if last := got[len(got)-1]; last.End != c.read || last.End < 100<<20 {
		t.Errorf("the last event ends at %d, the stream at %d", last.End, c.read)
	}
}

// What a classifier holds after the worst of events stays within what its
// documentation says.
func TestMemory(t *testing.T) {
	const limit = 1 << 20
	for name, data := range map[string]string{
		"text":                delta(`{"content":"` + strings.Repeat("a", limit-300) + `"}`),
		"too long":            strings.Repeat("a", 10*limit),
		"name with an escape": `{"\u0061` + strings.Repeat("a", limit-20) + `":1}`,
		"nested arrays":       `{"a":` + strings.Repeat("[", 9990),
		"nested long names":   `{"a":` + strings.Repeat(`{"`+strings.Repeat("b", 95)+`":`, 9990),
	} {
		c := Classifier{MaxEvent: limit}
		stream := []byte(frame(data))
		held := func() int64 {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			return int64(m.HeapAlloc)
		}
		before := held()
		for range 3 {
			c.Write(stream)
		}
		if n := held() - before; n > 4*limit {
			t.Errorf("%s: holds %d bytes, limit %d", name, n, limit)
		}
		runtime.KeepAlive(&c)
		runtime.KeepAlive(stream)
	}
}

// Lines that end with CR must not make the search for LF quadratic: this
// stream would take minutes.
func TestManyShortLines(t *testing.T) {
	n := 0
	c := Classifier{Handle: func(Event) { n++ }}
	c.Write([]byte(strings.Repeat("data:1\r\r", 1<<19) + "\n"))
	if n != 1<<19 {
		t.Errorf("%d events, want %d", n, 1<<19)
	}
}

func TestCloseBeginsAnew(t *testing.T) {
	var got []Event
	c := Classifier{Handle: func(e Event) { got = append(got, e) }}
	for range 2 {
		c.Write([]byte("\xef\xbb\xbfevent: error\ndata: {}\r"))
		c.Close()
		c.Write([]byte("\ndat"))
		c.Close()
	}
	want := []Event{{Kind: Error, End: 25}, {Kind: Error, End: 25}}
	if diff := cmp.Diff(want, got, cmpopts.EquateErrors()); diff != "" {
		t.Errorf("a stream knows of the one before it (-want +got)\n%s", diff)
	}
}

func TestWithoutHandle(t *testing.T) {
	var c Classifier
	p := []byte(messagesStream)
	if n, err := c.Write(p); n != len(p) || err != nil || c.Close() != nil {
		t.Errorf("Write = %d, %v", n, err)
	}
	if string(p) != messagesStream {
		t.Error("Write changed its argument")
	}
}

func TestAllocations(t *testing.T) {
	for _, s := range streams() {
		c := Classifier{Handle: func(Event) {}}
		p := []byte(s.text)
		write := func() { c.Write(p); c.Close() }
		write() // the buffer grows
		if n := testing.AllocsPerRun(100, write); n != 0 {
			t.Errorf("%s: %v allocations, want none", s.name, n)
		}
	}
}

func FuzzClassifier(f *testing.F) {
	for _, s := range streams() {
		f.Add([]byte(s.text), uint16(len(s.text)/2), uint16(50))
	}
	f.Add([]byte("\xef\xbb\xbfdata:1\r\rdata\r\n:\ndata: {\"\\u0063hoices\":[[{}]]}\n\n"), uint16(9), uint16(0))
	f.Fuzz(func(t *testing.T, stream []byte, cut, limit uint16) {
		i := min(int(cut), len(stream))
		whole, split := string(stream), []string{string(stream[:i]), string(stream[i:])}
		got := classified(0, whole)
		if want := plain(whole); !slices.Equal(got, want) {
			t.Fatalf("(-want +got)\n%s", cmp.Diff(want, got, cmpopts.EquateErrors()))
		}
		if other := classified(0, split...); !slices.Equal(got, other) {
			t.Fatalf("cut at %d: (-whole +cut)\n%s", i, cmp.Diff(got, other, cmpopts.EquateErrors()))
		}
		checkInvariants(t, got, int64(len(stream)))
		small := classified(int(limit), split...)
		checkInvariants(t, small, int64(len(stream)))
		if limit > 0 && len(small) != len(got) {
			t.Fatalf("%d events with a limit of %d, %d without", len(small), limit, len(got))
		}
	})
}

func checkInvariants(t *testing.T, events []Event, length int64) {
	t.Helper()
	var end int64
	for i, e := range events {
		if e.End <= end || e.End > length {
			t.Fatalf("event %d ends at %d, the one before at %d, the stream at %d", i, e.End, end, length)
		}
		end = e.End
		checkEvent(t, e)
	}
}

func checkEvent(t *testing.T, e Event) {
	t.Helper()
	if e.Has(Usage) != e.Usage.known() {
		t.Fatalf("%v with usage %v", e.Kind, e.Usage)
	}
	unreadable := e.Err != nil && e.Err != ErrCount
	if e.Has(Unreadable) != unreadable || unreadable && e.Has(Output|Role|Usage|Finish) {
		t.Fatalf("%v with error %v", e.Kind, e.Err)
	}
	for _, c := range []metrics.Count{e.Usage.Prompt, e.Usage.Output, e.Usage.Reasoning} {
		if n, ok := c.Get(); n < 0 || n > metrics.MaxTokens || !ok && n != 0 {
			t.Fatalf("count %v", c)
		}
	}
}
