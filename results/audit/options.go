package audit

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Options holds the limits of all checks. The zero value of each field stands
// for its default; a field without a source is our definition.
type Options struct {
	// Ignore lists codes that are not to be reported.
	Ignore []string

	// MinRequests is the least number of requests over which a statement
	// about their distribution is made. Default 20.
	MinRequests int

	// MaxShare is the share of requests that may have a defect before it is
	// one of the run. Default 0.01: what a P99 leaves out as well.
	MaxShare float64

	// Noticeable is the delay at which a user's flow of thought breaks.
	// Default 1 s (Nielsen, Usability Engineering, 1993, §5.5).
	Noticeable time.Duration

	// Attention is the delay at which a user turns to something else. Default
	// 10 s (likewise).
	Attention time.Duration

	// ReadingPace is the time per token above which an answer comes slower
	// than people read. Default 200 ms: 238 words/min (Brysbaert, "How many
	// words do we read per minute?", 2019) at 1.3 tokens a word.
	ReadingPace time.Duration

	// StallMultiple is how many times the TPOT of its request a gap must be
	// to count as hidden by it. Default 10.
	StallMultiple float64

	// TPOTLimit is the TPOT that requests are to meet: only stalls of
	// requests within it count as hidden. 0: every TPOT.
	TPOTLimit time.Duration

	// PooledMultiple is how many times the pooled TBT P99 a request's largest
	// gap must be to count as hidden by it. Default 3.
	PooledMultiple float64

	// PooledShare is the share of requests with such a gap from which the
	// pooled P99 misleads. Default 0.05: five times what "P99" promises.
	PooledShare float64

	// HiddenShare is the share of the tenth of the requests that waited
	// longest whose normalized latency may be below the median. Default 0.25;
	// 0.5 is expected if the normalized latency knew nothing of the wait.
	HiddenShare float64

	// BurstGap and BurstRatio bound the median TBT of a run that comes in
	// bursts: at most BurstGap, and at most BurstRatio of the mean. Defaults
	// 1 ms and 0.1.
	BurstGap   time.Duration
	BurstRatio float64

	// NobodyFactor and NobodyShare say when a mean is nobody's: at most
	// NobodyShare of the requests are within the factor of it, up or down.
	// Defaults 1.25 and 0.02.
	NobodyFactor float64
	NobodyShare  float64

	// Tolerance is the relative difference at which two figures that should
	// agree do not. Default 0.05.
	Tolerance float64

	// TPOTFactor bounds, up and down, what the stated end-to-end latency
	// implies as TPOT over the stated TPOT. Default 1.5: medians of different
	// quantities agree only roughly.
	TPOTFactor float64

	// TailGap and TailShare bound the time from the last token to the end of
	// the stream: at most TailGap, or else at most TailShare of the
	// end-to-end latency. Defaults 100 ms and 0.1.
	TailGap   time.Duration
	TailShare float64

	// RoleGap bounds the first gap of a stream that opens with a chunk
	// without text. Default 50 µs; recordings have 2 to 13 µs.
	RoleGap time.Duration

	// ClientLag bounds the P99 of sent - due of a client that sends on time.
	// Default 100 ms.
	ClientLag time.Duration

	// OmissionFactor bounds TTFT from schedule over TTFT from sending, at P50
	// and P99, where the difference is at least ClientLag. Default 1.25.
	OmissionFactor float64

	// GapVariation bounds the coefficient of variation of the gaps of a
	// schedule of constant rate. Default 0.25; exponential gaps have 1.
	GapVariation float64

	// WarmupFactor is how many times the median of the others the TTFT of
	// the first requests must be to count as warm-up. Default 3.
	WarmupFactor float64

	// TrendZ bounds the statistic Z of the Mann-Kendall test, and TrendFactor
	// the growth between the first and the last quarter. Defaults 3.09 (one
	// in a thousand by chance) and 2.
	TrendZ      float64
	TrendFactor float64

	// LimitShare is the share of the answers of which all have the largest
	// length there is, from which a limit ended them. Default 0.2.
	LimitShare float64
}

func (o Options) withDefaults() Options {
	for _, f := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&o.Noticeable, time.Second},
		{&o.Attention, 10 * time.Second},
		{&o.ReadingPace, 200 * time.Millisecond},
		{&o.BurstGap, time.Millisecond},
		{&o.TailGap, 100 * time.Millisecond},
		{&o.RoleGap, 50 * time.Microsecond},
		{&o.ClientLag, 100 * time.Millisecond},
	} {
		if *f.field == 0 {
			*f.field = f.value
		}
	}
	for _, f := range []struct {
		field *float64
		value float64
	}{
		{&o.MaxShare, 0.01},
		{&o.StallMultiple, 10},
		{&o.PooledMultiple, 3},
		{&o.PooledShare, 0.05},
		{&o.HiddenShare, 0.25},
		{&o.BurstRatio, 0.1},
		{&o.NobodyFactor, 1.25},
		{&o.NobodyShare, 0.02},
		{&o.Tolerance, 0.05},
		{&o.TPOTFactor, 1.5},
		{&o.TailShare, 0.1},
		{&o.OmissionFactor, 1.25},
		{&o.GapVariation, 0.25},
		{&o.WarmupFactor, 3},
		{&o.TrendZ, 3.09},
		{&o.TrendFactor, 2},
		{&o.LimitShare, 0.2},
	} {
		if *f.field == 0 {
			*f.field = f.value
		}
	}
	if o.MinRequests == 0 {
		o.MinRequests = 20
	}
	return o
}

// Validate returns an error that names the first of the codes to ignore that
// there is not.
func (o Options) Validate() error {
	for _, code := range o.Ignore {
		if !slices.Contains(Codes(), code) {
			return fmt.Errorf("no finding has the code %q; there are %s", code, strings.Join(Codes(), ", "))
		}
	}
	return nil
}
