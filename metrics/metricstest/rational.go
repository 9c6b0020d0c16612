package metricstest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strconv"

	"github.com/tokentime/tokentime/metrics"
)

// Rational is the exact fraction Num/Den in lowest terms, Den >= 1. In JSON it
// is an integer if Den is 1, and {"num":Num,"den":Den} otherwise.
type Rational struct {
	Num, Den int64
}

// Quotient is a Rational, defined or not.
type Quotient = metrics.Optional[Rational]

var errRational = errors.New(`metricstest: a rational is an integer or {"num":n,"den":d} in lowest terms with d > 1`)

// NewRational returns x, and whether its terms fit.
func NewRational(x *big.Rat) (Rational, bool) {
	r := Rational{x.Num().Int64(), x.Denom().Int64()}
	return r, x.Num().IsInt64() && x.Denom().IsInt64()
}

// Rat returns the fraction as a big.Rat. It panics if Den is 0, as that of
// the zero Rational is.
func (r Rational) Rat() *big.Rat {
	if r.Den == 0 {
		panic("metricstest: the zero Rational is no number")
	}
	return big.NewRat(r.Num, r.Den)
}

// Float64 returns the fraction rounded once.
func (r Rational) Float64() float64 {
	f, _ := r.Rat().Float64()
	return f
}

// String returns the fraction as in "5" or "1/15".
func (r Rational) String() string {
	if r.Den == 1 {
		return strconv.FormatInt(r.Num, 10)
	}
	return fmt.Sprintf("%d/%d", r.Num, r.Den)
}

type fraction struct {
	Num int64 `json:"num"`
	Den int64 `json:"den"`
}

// MarshalJSON encodes the one form that the fraction has.
func (r Rational) MarshalJSON() ([]byte, error) {
	if r.Den == 1 {
		return json.Marshal(r.Num)
	}
	if !r.lowest() {
		return nil, errRational
	}
	return json.Marshal(fraction(r))
}

// UnmarshalJSON decodes what MarshalJSON encodes. A fraction that is not in
// lowest terms, or that is an integer, is an error.
func (r *Rational) UnmarshalJSON(b []byte) error {
	if !bytes.HasPrefix(b, []byte("{")) {
		n, err := strconv.ParseInt(string(b), 10, 64)
		*r = Rational{n, 1}
		return err
	}
	var f fraction
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return err
	}
	*r = Rational(f)
	if r.Den == 1 || !r.lowest() {
		return errRational
	}
	return nil
}

func (r Rational) lowest() bool {
	return r.Den > 0 && big.NewRat(r.Num, r.Den).Denom().Int64() == r.Den
}
