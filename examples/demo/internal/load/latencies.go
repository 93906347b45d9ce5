package load

import (
	"math/bits"
	"time"
)

// subBits is the resolution of Latencies: 2^subBits buckets for each doubling, so that a quantile is
// wrong by less than 1 part in 64.
const subBits = 6

// Latencies is a log-linear histogram of durations of a nanosecond and more.
type Latencies struct {
	counts [64 << subBits]uint64
	total  uint64
	max    time.Duration
}

// bucket keeps the leading subBits+1 bits of a duration.
func bucket(d time.Duration) int {
	n := uint64(max(d, 0))
	shift := max(bits.Len64(n)-subBits-1, 0)
	return shift<<subBits + int(n>>shift)
}

// ceiling returns the largest duration of a bucket.
func ceiling(bucket int) time.Duration {
	shift := max(bucket>>subBits-1, 0)
	leading := bucket - shift<<subBits
	return time.Duration((leading+1)<<shift - 1)
}

// Add counts a duration.
func (l *Latencies) Add(d time.Duration) {
	l.counts[bucket(d)]++
	l.total++
	l.max = max(l.max, d)
}

// Quantile returns the duration that a share q of all durations does not exceed; 0 if there is none.
func (l *Latencies) Quantile(q float64) time.Duration {
	seen := uint64(0)
	for i, count := range l.counts {
		if seen += count; count > 0 && float64(seen) >= q*float64(l.total) {
			return min(ceiling(i), l.max)
		}
	}
	return 0
}
