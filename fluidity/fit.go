package fluidity

import "math/big"

// leastSquares returns the q >= 0 that minimise the sum of
// (TTFT - q_0 - q_1 x (2w - x) - q_2 x^2)^2 over the samples, and whether q >= 0
// made a difference. There are at least three different x, so the minimum is
// unique.
//
// The optimum of such a problem is the unconstrained optimum over the
// coefficients that are not 0 in it. With three coefficients there are seven
// such sets; all are solved, and of those without a negative coefficient the
// nearest is the answer. Prompt lengths and nanoseconds are integers, so the
// sums and the solutions are exact.
func leastSquares(samples []PrefillSample, low, high int64) (q [3]*big.Rat, constrained bool) {
	n := newNormal(samples, low, high)
	var most *big.Rat
	for set := 1; set < 8; set++ { // the set of all three comes last
		x := n.solve(set)
		gain := new(big.Rat)
		constrained = false
		for i, v := range x {
			if v.Sign() < 0 {
				constrained = true
			}
			gain.Add(gain, new(big.Rat).Mul(v, n.b[i]))
		}
		if !constrained && (most == nil || gain.Cmp(most) > 0) {
			q, most = x, gain
		}
	}
	return q, constrained
}

// normal holds the normal equations a q = b. For the solution over a set of
// coefficients the sum of squares is that of the TTFTs less q·b, so the
// nearest one is that with the largest q·b.
type normal struct {
	a [3][3]*big.Rat
	b [3]*big.Rat
}

func newNormal(samples []PrefillSample, low, high int64) *normal {
	var a [3][3]big.Int
	var b [3]big.Int
	w2 := 2 * (high - low)
	var product big.Int
	for _, s := range samples {
		x := s.PromptTokens - low
		y := big.NewInt(int64(s.TTFT))
		f := [3]*big.Int{big.NewInt(1), big.NewInt(x * (w2 - x)), big.NewInt(x * x)} // x <= 2^31
		for i := range f {
			b[i].Add(&b[i], product.Mul(f[i], y))
			for j := range f {
				a[i][j].Add(&a[i][j], product.Mul(f[i], f[j]))
			}
		}
	}
	n := new(normal)
	for i := range a {
		n.b[i] = new(big.Rat).SetInt(&b[i])
		for j := range a[i] {
			n.a[i][j] = new(big.Rat).SetInt(&a[i][j])
		}
	}
	return n
}

// solve returns the solution with the coefficients outside the set held at 0,
// by elimination. The matrix is positive definite, so no pivot is 0.
func (n *normal) solve(set int) [3]*big.Rat {
	var rows [][]*big.Rat // the equations of the set, each with its right side last
	var in []int
	for i := range 3 {
		if set>>i&1 == 1 {
			in = append(in, i)
		}
	}
	for _, i := range in {
		var row []*big.Rat
		for _, j := range in {
			row = append(row, n.a[i][j])
		}
		rows = append(rows, append(row, n.b[i]))
	}
	for p := range rows {
		for r := range rows {
			if r == p {
				continue
			}
			f := new(big.Rat).Quo(rows[r][p], rows[p][p])
			for c := range rows[r] {
				rows[r][c] = new(big.Rat).Sub(rows[r][c], new(big.Rat).Mul(f, rows[p][c]))
			}
		}
	}
	x := [3]*big.Rat{new(big.Rat), new(big.Rat), new(big.Rat)}
	for p, i := range in {
		x[i].Quo(rows[p][len(in)], rows[p][p])
	}
	return x
}
