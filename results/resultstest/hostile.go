package resultstest

import (
	"bytes"
	"math/rand/v2"
	"runtime/metrics"
	"slices"
	"strings"
)

// span is a part of a content.
type span struct{ start, end int }

// values returns where the strings, numbers and words of a content are that
// are no names of members. The content need not be JSON as a whole.
func values(content []byte) []span {
	var all []span
	for i := 0; i < len(content); {
		end := valueEnd(content, i)
		if end == i {
			i++
			continue
		}
		behind := bytes.TrimLeft(content[end:], " \t\r\n")
		if content[i] != '"' || len(behind) == 0 || behind[0] != ':' {
			all = append(all, span{i, end})
		}
		i = end
	}
	return all
}

// valueEnd returns the end of the string, number or word that begins at i, or
// i if none does.
func valueEnd(content []byte, i int) int {
	switch c := content[i]; {
	case c == '"':
		return stringEnd(content, i)
	case c == '-' || '0' <= c && c <= '9':
		end := i + 1
		for end < len(content) && strings.IndexByte("0123456789.eE+-", content[end]) >= 0 {
			end++
		}
		return end
	}
	for _, word := range []string{"true", "false", "null", "NaN", "Infinity"} {
		if bytes.HasPrefix(content[i:], []byte(word)) {
			return i + len(word)
		}
	}
	return i
}

// stringEnd returns the end of the string that begins at i.
func stringEnd(content []byte, i int) int {
	for i++; i < len(content) && content[i] != '"'; i++ {
		if content[i] == '\\' {
			i++
		}
	}
	return min(i+1, len(content))
}

// firstMembers returns where the first member, name and value, of each JSON
// object in the content is.
func firstMembers(content []byte) []span {
	var all []span
	for i := 0; i < len(content); i++ {
		switch content[i] {
		case '"':
			i = stringEnd(content, i) - 1
		case '{':
			start := len(content) - len(bytes.TrimLeft(content[i+1:], " \t\r\n"))
			if start < len(content) && content[start] == '"' {
				all = append(all, span{start, memberEnd(content, start)})
			}
		}
	}
	return all
}

// memberEnd returns the end of the member that begins at i.
func memberEnd(content []byte, i int) int {
	for depth := 0; i < len(content); {
		switch content[i] {
		case '"':
			i = stringEnd(content, i)
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth < 0 {
				return i
			}
		case ',':
			if depth == 0 {
				return i
			}
		}
		i++
	}
	return i
}

// small are hostile values that are quick to read, large those that are not.
func small() []string {
	return []string{
		"null", "true", `""`, `"x"`, `"\ud800"`, "[]", "{}", "[[]]", "[{}]", "[1]",
		"0", "-0.0", "-1", "-1e-9", "0.5", "1e-400", "1e18", "1e300", "-1e300", "1e999999999999999999999", "9223372036854775807", "-9223372036854775808",
		"18446744073709551616", "2147483647", "2147483648", "2305843009213693952", "2305843009213693953", "1787267980.0827403",
		"NaN", "Infinity", "-Infinity", "inf", "nan", "0x1", "01", "1.", "+1", "'a'",
	}
}

func large() []string {
	return []string{
		strings.Repeat("9", 1<<16), "0." + strings.Repeat("9", 1<<16), "1e" + strings.Repeat("9", 1<<16), `"` + strings.Repeat("x", 1<<18) + `"`,
		strings.Repeat("[", 1<<16), strings.Repeat("[", 5000) + strings.Repeat("]", 5000),
		strings.Repeat(`{"a":`, 1<<16) + "1" + strings.Repeat("}", 1<<16), "[" + strings.Repeat("0,", 1<<16) + "0]",
	}
}

// Bounds of what reading a hostile content may allocate in all, whether held or
// not: our definition, above what a JSON decoder spends on values nested as
// deep as it goes, far below what a count that is taken at its word costs.
const (
	allocBase    = 256 << 20
	allocPerByte = 256
)

// hostile damages the sample in many ways.
func (s *suite) hostile(i int) {
	content := s.samples[i].Content
	all, rng := values(content), rand.New(rand.NewPCG(1, uint64(i)))
	for _, v := range spread(all, 100) {
		// As many as time allows; all of them for a sample of few values.
		bad := small()
		rng.Shuffle(len(bad), func(a, b int) { bad[a], bad[b] = bad[b], bad[a] })
		for _, bad := range bad[:min(len(bad), max(12, 400/len(all)))] {
			s.survives(i, replaced(content, v, bad))
		}
	}
	for _, v := range spread(all, 3) {
		for _, bad := range large() {
			s.survives(i, replaced(content, v, bad))
		}
	}
	for range 300 {
		s.survives(i, damaged(rng, content))
	}
}

// spread returns at most n of the spans, evenly.
func spread(all []span, n int) []span {
	if len(all) <= n {
		return all
	}
	some := make([]span, 0, n)
	for k := range n {
		some = append(some, all[k*len(all)/n])
	}
	return some
}

func replaced(content []byte, v span, by string) []byte {
	return slices.Concat(content[:v.start], []byte(by), content[v.end:])
}

// damaged returns the content with a few of its bytes changed, left out or
// repeated.
func damaged(rng *rand.Rand, content []byte) []byte {
	b := slices.Clone(content)
	for range 1 + rng.IntN(3) {
		if len(b) < 2 {
			return b
		}
		from := rng.IntN(len(b))
		to := min(len(b), from+1+rng.IntN(30))
		switch rng.IntN(4) {
		case 0:
			b[from] = byte(rng.Uint32())
		case 1:
			b[from] = `{}[],:"-0 `[rng.IntN(10)]
		case 2:
			b = slices.Delete(b, from, to)
		case 3:
			b = slices.Insert(b, to, slices.Clone(b[from:to])...)
		}
	}
	return b
}

// survives checks that the content is an error, or valid requests that the
// native format can hold.
func (s *suite) survives(i int, content []byte) {
	if s.enough() {
		return
	}
	before := allocated()
	runs, err := s.read(content)
	if n := allocated() - before; n > allocBase+allocPerByte*uint64(len(content)) {
		s.errorf(i, "%s: %d bytes of content made the reader allocate %d bytes", excerpt(s.samples[i].Content, content), len(content), n)
	}
	bad := badError(err)
	if bad == "" {
		bad = badRequest(runs)
	}
	if bad == "" {
		bad = lost(runs)
	}
	if bad != "" {
		s.errorf(i, "%s: %s", excerpt(s.samples[i].Content, content), bad)
	}
}

// allocated returns how many bytes the program has allocated so far, give or
// take what the caches of the allocator hold.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// excerpt returns where b begins to differ from the content.
func excerpt(content, b []byte) string {
	at := 0
	for at < min(len(content), len(b)) && content[at] == b[at] {
		at++
	}
	return string(bytes.ToValidUTF8(b[max(0, at-40):min(len(b), at+40)], []byte("?")))
}
