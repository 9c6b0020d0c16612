package figure

import (
	"cmp"
	"math"
	"slices"
)

// thin returns at most about the given number of the requests, in their
// order: those with the least and the largest of either value, the convex
// hull, and of each cell of the finest grid that is coarse enough the first
// one. Cells and hull are of logarithms.
func thin(all []dilution, most int) []dilution {
	if len(all) <= most {
		return all
	}
	const fine = 1024 // a convex polygon on so fine a grid has some hundred corners at most
	at := cells(all, fine)
	keep := append(hull(at), extremesOf(all)...)
	for n := int64(fine); n > 1; n = n * 3 / 4 {
		chosen := onePerCell(at, fine, n)
		if len(chosen)+len(keep) <= most || n <= 2 {
			keep = append(keep, chosen...)
			break
		}
	}
	slices.Sort(keep)
	var out []dilution
	for _, i := range slices.Compact(keep) {
		out = append(out, all[i])
	}
	return out
}

// cell is a place on a square grid.
type cell struct{ x, y int64 }

// cells returns where each request lies on a grid of n by n.
func cells(all []dilution, n int64) []cell {
	lo, hi := all[0], all[0]
	for _, d := range all {
		lo.x, lo.y, hi.x, hi.y = min(lo.x, d.x), min(lo.y, d.y), max(hi.x, d.x), max(hi.y, d.y)
	}
	of := func(v, lo, hi float64) int64 {
		if hi <= lo {
			return 0
		}
		return min(int64(math.Log(v/lo)/math.Log(hi/lo)*float64(n)), n-1)
	}
	out := make([]cell, len(all))
	for i, d := range all {
		out[i] = cell{of(d.x, lo.x, hi.x), of(d.y, lo.y, hi.y)}
	}
	return out
}

// onePerCell returns the index of the first request in each cell of a grid of
// n by n that has one, for places on a grid of fine by fine.
func onePerCell(at []cell, fine, n int64) []int {
	taken := make([]bool, n*n)
	var out []int
	for i, c := range at {
		if k := c.x*n/fine*n + c.y*n/fine; !taken[k] {
			taken[k] = true
			out = append(out, i)
		}
	}
	return out
}

// extremesOf returns the indices of the requests with the least and the
// largest of either value.
func extremesOf(all []dilution) []int {
	out := make([]int, 4)
	for i, d := range all {
		for k, better := range [...]bool{d.x < all[out[0]].x, d.x > all[out[1]].x, d.y < all[out[2]].y, d.y > all[out[3]].y} {
			if better {
				out[k] = i
			}
		}
	}
	return out
}

// hull returns the indices of the corners of the convex hull, by Andrew's
// monotone chain ("Another efficient algorithm for convex hulls in two
// dimensions", Information Processing Letters 9(5), 1979). A corner that is
// the end of both chains is there twice.
func hull(at []cell) []int {
	order := make([]int, len(at))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(at[a].x, at[b].x), cmp.Compare(at[a].y, at[b].y), a-b)
	})
	turn := func(a, b, c int) int64 {
		return (at[b].x-at[a].x)*(at[c].y-at[a].y) - (at[b].y-at[a].y)*(at[c].x-at[a].x)
	}
	var out []int
	for range 2 { // the lower chain, then the upper
		start := len(out)
		for _, i := range order {
			for len(out) >= start+2 && turn(out[len(out)-2], out[len(out)-1], i) <= 0 {
				out = out[:len(out)-1]
			}
			out = append(out, i)
		}
		slices.Reverse(order)
	}
	return out
}
