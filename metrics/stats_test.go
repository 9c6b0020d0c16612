package metrics

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestStatsJSON(t *testing.T) {
	var d Distribution
	for _, v := range upTo(10) {
		d.Add(v)
	}
	d.AddUndefined(2)
	tests := []struct {
		name  string
		stats Stats
		want  string
	}{
		{"ten values", d.Stats(), `{"n":10,"undefined":2,"min":1,"mean":5.5,"stddev":2.8722813232690143,` +
			`"p50":5.5,"p90":9.1,"p95":9.549999999999999,"p99":9.91,"p999":9.991,"max":10,` +
			`"confidence_95":{"p50":{"lo":2,"hi":9,"confidence":0.9785156250000001},"p90":null,"p95":null,"p99":null,"p999":null}}`}, // sqrt(33/4); P95 as NumPy rounds it
		{"none", new(Distribution).Stats(), `{"n":0,"undefined":0,"min":null,"mean":null,"stddev":null,` +
			`"p50":null,"p90":null,"p95":null,"p99":null,"p999":null,"max":null}`},
	}
	for _, tt := range tests {
		got, err := json.Marshal(tt.stats)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, string(got)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tt.name, diff)
		}
	}
}

func TestTooFewSamplesWarning(t *testing.T) {
	const p999 = "P99.9 needs 10000 values"
	tests := []struct {
		n      int64
		want   string
		reason string
	}{
		{0, "", "no quantile to doubt"},
		{1, "ttft: 1 values leave fewer than 10 beyond P90, P95, P99, P99.9; no quantile is to be trusted, and " + p999, "not even the median"},
		{19, "ttft: 19 values leave fewer than 10 beyond P90, P95, P99, P99.9; no quantile is to be trusted, and " + p999, "9.5 beyond the median"},
		{20, "ttft: 20 values leave fewer than 10 beyond P90, P95, P99, P99.9; the highest quantile to trust is P50, and " + p999, "10 beyond the median"},
		{99, "ttft: 99 values leave fewer than 10 beyond P90, P95, P99, P99.9; the highest quantile to trust is P50, and " + p999, "9.9 beyond P90"},
		{100, "ttft: 100 values leave fewer than 10 beyond P95, P99, P99.9; the highest quantile to trust is P90, and " + p999, "100 (1 - 0.9) is 10, whatever float64 says"},
		{200, "ttft: 200 values leave fewer than 10 beyond P99, P99.9; the highest quantile to trust is P95, and " + p999, "boundary of P95"},
		{999, "ttft: 999 values leave fewer than 10 beyond P99, P99.9; the highest quantile to trust is P95, and " + p999, "9.99 beyond P99"},
		{1000, "ttft: 1000 values leave fewer than 10 beyond P99.9; the highest quantile to trust is P99, and " + p999, "exactly 10 beyond P99"},
		{9999, "ttft: 9999 values leave fewer than 10 beyond P99.9; the highest quantile to trust is P99, and " + p999, "9.999 beyond P99.9"},
		{10000, "", "enough"},
	}
	for _, tt := range tests {
		var want []Warning
		if tt.want != "" {
			want = []Warning{{WarnTooFewSamples, tt.want}}
		}
		for _, m := range []Method{ExactMethod, HDRMethod} {
			d := Distribution{Options: DistributionOptions{Method: m}}
			d.AddN(5, tt.n)
			if diff := cmp.Diff(want, d.Warnings("ttft")); diff != "" {
				t.Errorf("%v, n = %d: %s (-want +got)\n%s", m, tt.n, tt.reason, diff)
			}
		}
	}
}

func TestOutOfRangeWarning(t *testing.T) {
	d := Distribution{Options: DistributionOptions{Method: HDRMethod}}
	d.AddN(1, 20000)
	if w := d.Warnings("ttft"); w != nil {
		t.Errorf("in range: %v", w)
	}
	d.AddSpan(Known(2 * time.Hour))
	want := []Warning{{WarnOutOfRange, "ttft: 1 of 20001 values are outside the histogram's 0 to 1h13m18.046511103s; its quantiles take them for its ends, exact ones would not"}}
	if diff := cmp.Diff(want, d.Warnings("ttft")); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	share := Distribution{Options: DistributionOptions{Method: HDRMethod, Unit: Share}}
	share.AddN(1, 10000)
	share.Add(-0.5)
	want = []Warning{{WarnOutOfRange, "index: 1 of 10001 values are outside the histogram's 0 to 4398.046511103; its quantiles take them for its ends, exact ones would not"}}
	if diff := cmp.Diff(want, share.Warnings("index")); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
