package results

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/tokentime/tokentime/metrics"
)

// Format is a file format that a [Reader] reads. Those of this package are in
// [Formats]; a caller may pass fewer, or further ones of its own, in
// [Options.Formats].
type Format struct {
	// Name is what [Options.Format] and [Run.Format] say.
	Name string

	// Detect reports whether a content that begins with head is of this
	// format. The first Format of the list that says so reads it. A nil
	// Detect never does: the format must be asked for by name.
	Detect func(head *Head) bool

	// NewDecoder returns a Decoder of the content, of which nothing has been
	// read.
	NewDecoder func(content *Content) Decoder
}

// Decoder is what a [Format] implements. An error of either method ends the
// reading; it may be an [*Error] with the place as far as the Decoder knows
// it, to which the [Reader] adds file and run.
type Decoder interface {
	// NextRun begins the next run, or returns io.EOF. All requests of the
	// run before it have been read.
	NextRun() (*Run, error)

	// Next reads the next request of the run into r, whose slices it may
	// reuse, or returns io.EOF. The request is valid in the sense of
	// [metrics.Request.Validate].
	Next(r *metrics.Request) error
}

// Formats returns all formats of this package, in the order in which they are
// asked whether a content is theirs.
func Formats() []Format {
	return []Format{
		{FormatNative, detectNative, func(c *Content) Decoder { return newNativeDecoder(c.src) }},
		{FormatAIPerfRaw, detectAIPerfRaw, func(c *Content) Decoder { return newAIPerfDecoder(c, true) }},
		{FormatAIPerf, detectAIPerf, func(c *Content) Decoder { return newAIPerfDecoder(c, false) }},
		{FormatSSECapture, detectSSECapture, func(c *Content) Decoder { return newSSECaptureDecoder(c) }},
		{FormatPerfAnalyzer, detectPerfAnalyzer, func(c *Content) Decoder { return newPerfAnalyzerDecoder(c) }},
		{FormatAIPerfSummary, detectAIPerfSummary, func(c *Content) Decoder { return newAIPerfSummaryDecoder(c) }},
		{FormatGuideLLM, detectGuideLLM, func(c *Content) Decoder { return newGuideLLMDecoder(c) }},
		{FormatInferencePerf, detectInferencePerf, func(c *Content) Decoder { return newInferencePerfDecoder(c) }},
		{FormatInferencePerfSummary, detectInferencePerfSummary, func(c *Content) Decoder { return newInferencePerfSummaryDecoder(c) }},
		{FormatLLMPerf, detectLLMPerf, func(c *Content) Decoder { return newLLMPerfDecoder(c) }},
		{FormatVeeksha, detectVeeksha, func(c *Content) Decoder { return newVeekshaDecoder(c) }},
		{FormatEtalon, detectEtalon, func(c *Content) Decoder { return newEtalonDecoder(c) }},
		{FormatServerStamps, detectServerStamps, func(c *Content) Decoder { return newServerStampsDecoder(c) }},
		{FormatSpecDecode, detectSpecDecode, func(c *Content) Decoder { return newSpecDecodeDecoder(c) }},
		{FormatGenAIBench, detectGenAIBench, func(c *Content) Decoder { return newGenAIBenchDecoder(c) }},
		{FormatMLPerf, detectMLPerf, func(c *Content) Decoder { return newMLPerfDecoder(c) }},
		{FormatMLPerfSummary, detectMLPerfSummary, func(c *Content) Decoder { return newMLPerfSummaryDecoder(c) }},
		{FormatSGLang, detectSGLang, func(c *Content) Decoder { return newSGLangDecoder(c) }},
		{FormatVLLM, detectVLLM, func(c *Content) Decoder { return newVLLMDecoder(c) }},
	}
}

// Head is the beginning of a content, as [Format.Detect] sees it.
type Head struct {
	Text []byte // up to 64 KB of the content, behind leading white space; never empty
	keys []string
	err  error // that ended the reading of Text early
}

// HasAll reports whether all of the paths occur in the head of a JSON content.
// A path names a member of the first object, such as "metrics", or one within
// it, such as "metadata.benchmark_phase". An array is looked at only as far as
// its first element, whose members count as those of the array.
func (h *Head) HasAll(paths ...string) bool {
	return !slices.ContainsFunc(paths, func(p string) bool { return !slices.Contains(h.keys, p) })
}

// HasAny reports whether at least one of the paths occurs; see [Head.HasAll].
func (h *Head) HasAny(paths ...string) bool {
	return slices.ContainsFunc(paths, func(p string) bool { return slices.Contains(h.keys, p) })
}

// newHead looks at the beginning of the content without consuming it.
func newHead(content *Content) (*Head, error) {
	text, err := content.src.Peek(bufferSize)
	h := &Head{Text: bytes.TrimLeft(text, " \t\r\n")}
	switch {
	case len(h.Text) > 0:
	case err == io.EOF:
		return nil, ErrEmptyFile
	case err == nil:
		return nil, fmt.Errorf("%w: its first %d bytes are white space", ErrUnknownFormat, len(text))
	default:
		return nil, err
	}
	if err != io.EOF {
		h.err = err
	}
	if h.Text[0] == '{' || h.Text[0] == '[' {
		h.scan()
	}
	return h, nil
}

// scan collects the paths of members. What it cannot make sense of, for one
// the place where the head is cut off, ends it.
func (h *Head) scan() {
	w := newWalker(&Content{newBuffer(bytes.NewReader(h.Text))})
	h.value(w, "", 0, 0)
}

// maxHeadDepth is the depth of objects, and that of arrays, to which the head
// is looked at.
const maxHeadDepth = 3

func (h *Head) value(w *walker, path string, depth, arrays int) error {
	switch {
	case w.kind() == '[' && arrays <= maxHeadDepth:
		return w.array(func(i int) error {
			if i > 0 {
				return w.skip()
			}
			return h.value(w, path, depth, arrays+1)
		})
	case w.kind() == '{' && depth < maxHeadDepth:
		return w.object(func(name string) error {
			name = strings.TrimPrefix(path+"."+name, ".")
			h.keys = append(h.keys, name)
			return h.value(w, name, depth+1, arrays)
		})
	}
	return w.skip()
}

// choose returns the format to read with.
func (o *Options) choose(content *Content) (Format, error) {
	formats := o.Formats
	if formats == nil {
		formats = Formats()
	}
	head, err := newHead(content)
	if err != nil && (o.Format == "" || errors.Is(err, ErrEmptyFile)) {
		return Format{}, err
	}
	var known []string
	for _, f := range formats {
		known = append(known, f.Name)
		if o.Format == f.Name || o.Format == "" && f.Detect != nil && f.Detect(head) {
			return f, nil
		}
	}
	list := strings.Join(known, ", ")
	if o.Format == "" && head.err != nil {
		return Format{}, head.err
	}
	if o.Format != "" {
		return Format{}, fmt.Errorf("%q is %w; known: %s", o.Format, ErrUnknownFormat, list)
	}
	hint := ""
	if bytes.HasPrefix(head.Text, []byte("SQLite format 3\x00")) {
		hint = "; a database of evalscope is read by the module contrib/evalscope"
	}
	return Format{}, fmt.Errorf("%w; known: %s (begins with %s)%s", ErrUnknownFormat, list, quoted(head.Text[:min(len(head.Text), 16)]), hint)
}

// detectNative looks at the text, as its mark must come first.
func detectNative(h *Head) bool {
	rest, ok := bytes.CutPrefix(h.Text, []byte("{"))
	return ok && bytes.HasPrefix(bytes.TrimLeft(rest, " \t\r\n"), []byte(`"tokentime"`))
}
