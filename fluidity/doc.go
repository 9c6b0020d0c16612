// Package fluidity judges a token stream by deadlines: a token that is early
// banks time for the ones after it, and a token that is late is charged for
// every deadline that passed while its reader waited.
//
// # The model
//
// A reader expects the first token D_p after the arrival a of the request,
// and one more token every D_d after that. With t_1..t_N the instants of the
// tokens and d_i their deadlines relative to a,
//
//	d_1 = D_p
//	d_{i+1} = max(d_i, t_i - a) + D_d
//	token i is a hit if t_i - a <= d_i, else it adds floor((t_i - a - d_i) / D_d) + 1 misses
//	index = 1 - misses / (hits + misses)
//
// This is the fluidity index of Agrawal et al., "Etalon: Holistic Performance
// Evaluation Framework for LLM Inference Systems", arXiv:2407.07000 (earlier
// named Metron), restated in "On Evaluating Performance of LLM Inference
// Serving Systems", arXiv:2507.09019. It is published as a loop that carries
// a slack from token to token. The absolute form above gives the same hits
// and misses on every input and has no slack in it: a token in time leaves
// the schedule alone, a late one restarts it from its own instant.
//
// [Deadlines] holds D_p, D_d and the choices that the papers leave open, and
// [Deadlines.Score] gives the hits and misses of one request. Tokens are fed,
// not chunks: a delivery of k tokens is k entries at one instant.
//
// Turned round, the same schedule asks for the pace that a stream could keep:
// [MinDecodeDeadline] is the smallest D_d with which a request reaches an
// index, and [Summary] takes from those of many requests the fluid token
// generation rate. [PrefillCurve] makes D_p a function of the prompt's
// length. [TokenDeadlines] is the simpler score without a restart that other
// papers use.
//
// # Exactness
//
// Hits, misses, minimum deadlines and every comparison with a [Target] are
// exact integers; instants are nanoseconds. A float64 appears once, in the
// quotient that is printed. On millisecond grids held as float seconds the
// published code miscounts about one random request in eight, because a
// lateness of a whole number of deadlines falls on either side by chance.
//
// # What the index does not say
//
// Because a late token restarts the schedule from its own instant, holding it
// back further can raise the index: the tokens after it get later deadlines,
// and the lateness of one is charged once. A system that knows the deadlines
// can therefore gain from delay, which idle latency and smooth goodput
// (package goodput) never reward. Read the index beside the largest gap.
//
// # Undefined
//
// A request without a deadline (no token, or one token when the first is not
// scored) has no index, nor has one whose gaps were not recorded
// ([metrics.Request.Sparse]). That is not 1, and not 0: it is unknown, it prints as
// "–", and a [Summary] counts it and says why it was left out.
//
// # Errors and warnings
//
// Options that mean nothing, such as D_d <= 0, are an [*OptionError]. Doubt
// about a number that was computed is a [metrics.Warning] in
// [Summary.Warnings]. Requests are supposed to be valid in the sense of
// [metrics.Request.Validate]; on others the numbers mean nothing.
package fluidity
