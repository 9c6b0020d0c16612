package metrics

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSummarySnapshotRoundTrip(t *testing.T) {
	run := randomRun(9, 200)
	for _, c := range Conventions() {
		for _, o := range []SummaryOptions{
			{Convention: c},
			{Convention: c, Method: HDRMethod, Duration: Known(7 * s1)},
			{Convention: c, SeparateClocks: true},
		} {
			s := summaryOf(t, o, run)
			b, err := s.MarshalBinary()
			if err != nil {
				t.Fatal(err)
			}
			var back Summary
			if err := back.UnmarshalBinary(b); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(s.Stats(), back.Stats()); diff != "" || back.Largest != s.Largest {
				t.Errorf("%s: (-written +read)\n%s", c.Name, diff)
			}
			again, err := back.MarshalBinary()
			if err != nil || !bytes.Equal(b, again) {
				t.Errorf("%s: writing what was read gives other bytes, %v", c.Name, err)
			}
			more := run[0]
			if err := errors.Join(back.Add(more), s.Add(more), back.Merge(s)); err != nil {
				t.Errorf("%s: what was read cannot go on: %v", c.Name, err)
			}
		}
	}
}

func TestSummarySnapshotErrors(t *testing.T) {
	s := summaryOf(t, SummaryOptions{Method: HDRMethod}, randomRun(10, 20))
	good, err := s.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	change := func(i int, to byte) []byte {
		b := bytes.Clone(good)
		b[i] = to
		return b
	}
	for _, tt := range []struct {
		name string
		data []byte
		err  error
	}{
		{"nothing", nil, ErrSnapshotFormat},
		{"another magic", change(2, 'X'), ErrSnapshotFormat},
		{"a later version", change(3, summaryVersion+1), ErrSnapshotVersion},
		{"cut", good[:len(good)-1], ErrSnapshotShort},
		{"a byte more", append(bytes.Clone(good), 0), ErrSnapshotExcess},
		{"no such rule", change(len(summaryMagic)+2+len(Paper.Name)*0, 99), ErrSnapshotInvalid},
	} {
		back := *s
		err := back.UnmarshalBinary(tt.data)
		var se *SnapshotError
		if !errors.As(err, &se) || !errors.Is(err, tt.err) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.err)
		}
		if back.Requests != s.Requests {
			t.Errorf("%s: the summary changed", tt.name)
		}
	}
}

func FuzzSummaryUnmarshal(f *testing.F) {
	for _, o := range []SummaryOptions{{}, {Convention: VLLM, Method: HDRMethod}} {
		s := Summary{Options: o}
		for _, r := range randomRun(11, 5) {
			if err := s.Add(r); err != nil {
				f.Fatal(err)
			}
		}
		b, err := s.MarshalBinary()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var s Summary
		if err := s.UnmarshalBinary(data); err != nil {
			var se *SnapshotError
			if !errors.As(err, &se) {
				t.Fatalf("untyped error %v", err)
			}
			return
		}
		again, err := s.MarshalBinary()
		if err != nil || !bytes.Equal(data, again) {
			t.Fatalf("accepted %x, wrote %x, %v", data, again, err)
		}
		_ = s.Stats()
		_ = s.Warnings()
	})
}
