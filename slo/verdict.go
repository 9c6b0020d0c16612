package slo

import "fmt"

// Verdict says whether something held. There are three answers, because a
// value that does not exist is neither within its limit nor beyond it.
type Verdict uint8

const (
	// Undefined means that there was nothing to compare. It is the zero
	// Verdict.
	Undefined Verdict = iota
	// Met means that the value is within its limit, or at it.
	Met
	// Missed means that the value is beyond its limit.
	Missed

	numVerdicts = iota
)

var verdictNames = [...]string{"undefined", "met", "missed"}

// String returns the verdict's name.
func (v Verdict) String() string { return name(verdictNames[:], "Verdict", uint8(v)) }

// MarshalText returns the verdict's name.
func (v Verdict) MarshalText() ([]byte, error) {
	return marshalName(verdictNames[:], "verdict", uint8(v))
}

// UnmarshalText accepts the names that MarshalText returns.
func (v *Verdict) UnmarshalText(b []byte) error {
	i, err := unmarshalName(verdictNames[:], "verdict", b)
	*v = Verdict(i)
	return err
}

// And returns the verdict on two conditions that must both hold: missed if
// either is, else undefined if either is, else met (Kleene's conjunction).
// Parts about many requests are combined so: what could not be judged is not
// called met.
func (v Verdict) And(w Verdict) Verdict {
	switch {
	case v == Missed || w == Missed:
		return Missed
	case v == Undefined || w == Undefined:
		return Undefined
	}
	return Met
}

func verdict(holds bool) Verdict {
	if holds {
		return Met
	}
	return Missed
}

// Policy says what an undefined part counts as in the verdict on its request.
//
//	parts about one request          IgnoreUndefined   FailUndefined
//	all met                          met               met
//	one missed                       missed            missed
//	some undefined, the others met   met               missed
//	all undefined, or no part        undefined         missed, or undefined
type Policy uint8

const (
	// IgnoreUndefined leaves the part out: an answer of one token is judged
	// by its TTFT alone. It is the zero Policy.
	IgnoreUndefined Policy = iota
	// FailUndefined takes the part as missed.
	FailUndefined
)

var policyNames = [...]string{"ignore", "fail"}

// String returns the policy's name.
func (p Policy) String() string { return name(policyNames[:], "Policy", uint8(p)) }

// MarshalText returns the policy's name.
func (p Policy) MarshalText() ([]byte, error) { return marshalName(policyNames[:], "policy", uint8(p)) }

// UnmarshalText accepts the names that MarshalText returns.
func (p *Policy) UnmarshalText(b []byte) error {
	i, err := unmarshalName(policyNames[:], "policy", b)
	*p = Policy(i)
	return err
}

// and adds the verdict on one more part to that on the parts before it, which
// is Undefined when there were none.
func (p Policy) and(parts, part Verdict) Verdict {
	if part == Undefined && p == FailUndefined {
		part = Missed
	}
	switch {
	case parts == Missed || part == Missed:
		return Missed
	case parts == Met || part == Met:
		return Met
	}
	return Undefined
}

func name(names []string, kind string, i uint8) string {
	if int(i) < len(names) {
		return names[i]
	}
	return fmt.Sprintf("%s(%d)", kind, i)
}

func marshalName(names []string, kind string, i uint8) ([]byte, error) {
	if int(i) < len(names) {
		return []byte(names[i]), nil
	}
	return nil, fmt.Errorf("no %s has the number %d", kind, i)
}

func unmarshalName(names []string, kind string, b []byte) (uint8, error) {
	for i, s := range names {
		if s == string(b) {
			return uint8(i), nil
		}
	}
	return 0, fmt.Errorf("unknown %s %q (want one of %q)", kind, b, names)
}
