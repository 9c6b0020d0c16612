package results

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// replaceNonFinite is what reading through a jsonContent must give, byte by
// byte over the whole text.
func replaceNonFinite(text string) string {
	var b strings.Builder
	inString := false
	for i := 0; i < len(text); {
		if inString {
			n := 1
			if text[i] == '\\' && i+1 < len(text) {
				n = 2
			}
			inString = text[i] != '"'
			b.WriteString(text[i : i+n])
			i += n
			continue
		}
		replaced := false
		for _, f := range nonFinite {
			if strings.HasPrefix(text[i:], f.word) {
				b.WriteString(f.replacement)
				i += len(f.word)
				replaced = true
				break
			}
		}
		if !replaced {
			inString = text[i] == '"'
			b.WriteByte(text[i])
			i++
		}
	}
	return b.String()
}

// checkNonFinite reads text through the smallest buffer and pieces of several
// sizes.
func checkNonFinite(t *testing.T, text string) {
	t.Helper()
	want := replaceNonFinite(text)
	for _, piece := range []int{1, 2, 3, 7, 64, 4096} {
		for _, src := range []io.Reader{strings.NewReader(text), iotest.OneByteReader(strings.NewReader(text))} {
			c := jsonContent{src: bufio.NewReaderSize(src, 16)}
			var got bytes.Buffer
			p := make([]byte, piece)
			for {
				n, err := c.Read(p)
				got.Write(p[:n])
				if err == io.EOF {
					break
				}
				if err != nil || n == 0 {
					t.Fatalf("Read = %d, %v", n, err)
				}
				if i := bytes.IndexByte(p[:n], '['); i >= 0 && i < n-1 && !strings.Contains(text, `"`) {
					t.Fatalf("a piece goes on behind a bracket: %q", p[:n])
				}
			}
			if got.String() != want {
				t.Fatalf("pieces of %d of %q:\ngot  %q\nwant %q", piece, text, got.String(), want)
			}
		}
	}
}

var nonFiniteTexts = []string{
	`{"request_rate": Infinity, "x": -Infinity, "y": NaN}`,
	`{"a": "NaN and \"Infinity\" \\", "b": NaN}`,
	`[NaN,-Infinity,Infinity,-1.5,1e-06]`,
	`-`, `--Infinity`, `-Inf`, `Inf`, `N`, `NaNNaN`, `1-Infinity`, `Infinit`, `"`, `"\`, `"\"NaN`, ``,
	`{"a": -1, "b": [[1e-05, -2], [Infinity]], "c": "[NaN"}`,
	strings.Repeat(`"-Infinity\\" -Infinity `, 20),
}

func TestNonFinite(t *testing.T) {
	for _, text := range nonFiniteTexts {
		checkNonFinite(t, text)
		if got := replaceNonFinite(text); len(got) != len(text) {
			t.Errorf("%q changes its length: %q", text, got)
		}
	}
}

func FuzzNonFinite(f *testing.F) {
	for _, text := range nonFiniteTexts {
		f.Add(text)
	}
	f.Fuzz(checkNonFinite)
}
