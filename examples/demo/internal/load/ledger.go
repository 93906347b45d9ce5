// Package load sends requests at a constant rate and keeps its own account of what it sent and what came
// back, to hold other people's counts against.
package load

import (
	"fmt"
	"sync"
	"time"
)

// SlotWidth is the resolution in time of a Ledger.
const SlotWidth = 100 * time.Millisecond

// Ledger is the account: totals, and what happened in each slot of the recent past. It is safe for
// concurrent use.
type Ledger struct {
	mu       sync.Mutex
	bounds   []time.Duration
	started  time.Time
	total    Tally
	slots    []slot // a ring by slot number
	fromDue  Latencies
	fromSend Latencies
	recent   Latencies // from due, since the last call of Recent
}

type slot struct {
	number int64
	tally  Tally
}

// NewLedger starts an account that looks back over the given time and counts answers slower than each bound.
func NewLedger(now time.Time, lookBack time.Duration, bounds []time.Duration) *Ledger {
	return &Ledger{
		bounds: bounds, started: now, total: newTally(len(bounds)), slots: make([]slot, lookBack/SlotWidth+1),
	}
}

func slotNumber(at time.Time) int64 { return at.UnixNano() / int64(SlotWidth) }

// at returns the slot of a moment, emptied if it held an older one.
func (l *Ledger) at(now time.Time) *Tally {
	number := slotNumber(now)
	s := &l.slots[number%int64(len(l.slots))]
	if s.number != number {
		*s = slot{number: number, tally: newTally(len(l.bounds))}
	}
	return &s.tally
}

// Sent books a request at the time when it was sent.
func (l *Ledger) Sent(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total.Sent++
	l.at(now).Sent++
}

// Ended books an outcome at the time when the answer was complete or the request had failed.
func (l *Ledger) Ended(now time.Time, outcome Outcome) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total.count(outcome, l.bounds)
	l.at(now).count(outcome, l.bounds)
	if outcome.Code != 0 {
		l.fromDue.Add(outcome.FromDue)
		l.fromSend.Add(outcome.FromSend)
		l.recent.Add(outcome.FromDue)
	}
}

// Until returns what was booked before a moment, to the slot: events of the slot that the moment falls
// into are left out. It fails for a moment that the ledger no longer reaches back to.
func (l *Ledger) Until(moment, now time.Time) (Tally, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if oldest := now.Add(-time.Duration(len(l.slots)-1) * SlotWidth); moment.Before(oldest) && oldest.After(l.started) {
		return Tally{}, fmt.Errorf("the account reaches back to %d only", oldest.Unix()+1)
	}
	first, later := slotNumber(moment), newTally(len(l.bounds))
	for _, s := range l.slots {
		if s.number >= first {
			later.plus(s.tally)
		}
	}
	return l.total.Minus(later), nil
}

// Total returns all that was booked.
func (l *Ledger) Total() Tally {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.total.Minus(newTally(len(l.bounds)))
}

// Quantiles of the latency of all answers, in the order of qs.
func (l *Ledger) Quantiles(qs []float64) (fromDue, fromSend []time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return quantiles(&l.fromDue, qs), quantiles(&l.fromSend, qs)
}

// Recent returns quantiles of the latency, from due, of the answers since the last call.
func (l *Ledger) Recent(qs []float64) []time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer func() { l.recent = Latencies{} }()
	return quantiles(&l.recent, qs)
}

func quantiles(latencies *Latencies, qs []float64) []time.Duration {
	values := make([]time.Duration, len(qs))
	for i, q := range qs {
		values[i] = latencies.Quantile(q)
	}
	return values
}
