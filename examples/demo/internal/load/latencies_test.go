package load

import (
	"math"
	"testing"
	"testing/quick"
	"time"
)

func TestQuantilesOfEvenlySpreadDurations(t *testing.T) {
	var latencies Latencies
	for ms := range 1000 {
		latencies.Add(time.Duration(ms+1) * time.Millisecond)
	}
	for q, want := range map[float64]time.Duration{0.5: 500, 0.9: 900, 0.99: 990, 0.999: 999, 1: 1000} {
		got := float64(latencies.Quantile(q)) / float64(want*time.Millisecond)
		if got < 1 || got > 1+1./64 {
			t.Errorf("quantile %g is %.4f of what it should be", q, got)
		}
	}
}

func TestWithoutDurationsQuantilesAreZero(t *testing.T) {
	var latencies Latencies
	if got := latencies.Quantile(0.99); got != 0 {
		t.Errorf("got %s", got)
	}
}

func TestEveryDurationLiesInItsBucket(t *testing.T) {
	law := func(n int64) bool {
		d := time.Duration(n & math.MaxInt64)
		b := bucket(d)
		lies := d <= ceiling(b) && (b == 0 || d > ceiling(b-1))
		exact := float64(ceiling(b)-d) <= float64(d)/64
		return lies && exact
	}
	if err := quick.Check(law, nil); err != nil {
		t.Error(err)
	}
	for _, d := range []int64{0, 1, 63, 64, 127, 128, 129, math.MaxInt64} {
		if !law(d) {
			t.Errorf("%d ns lies elsewhere", d)
		}
	}
}
