package load

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"
)

// Schedule says when requests are due: at a constant rate, whatever becomes of the ones before. It is safe
// for concurrent use.
type Schedule struct {
	mu      sync.Mutex
	max     float64
	rate    float64
	paused  bool
	origin  time.Time // when the rate in force began
	fired   int64     // requests since origin
	changed chan struct{}
}

// NewSchedule makes a schedule of rate requests per second, which may never be set above max.
func NewSchedule(rate, max float64) (*Schedule, error) {
	s := &Schedule{max: max, changed: make(chan struct{}, 1)}
	return s, s.SetRate(rate)
}

// SetRate changes the rate from now on; what was overdue at the old rate is forgiven. 0 sends nothing.
func (s *Schedule) SetRate(rate float64) error {
	if !(rate >= 0 && rate <= s.max) {
		return fmt.Errorf("want a rate from 0 to %g requests per second, not %g", s.max, rate)
	}
	s.restart(func() { s.rate = rate })
	return nil
}

// Pause stops sending.
func (s *Schedule) Pause() { s.restart(func() { s.paused = true }) }

// Resume goes on sending, without making up for the pause.
func (s *Schedule) Resume() { s.restart(func() { s.paused = false }) }

// Rate returns the rate in force, and whether sending is paused.
func (s *Schedule) Rate() (perSecond float64, paused bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rate, s.paused
}

func (s *Schedule) restart(change func()) {
	s.mu.Lock()
	change()
	s.origin, s.fired = time.Now(), 0
	s.mu.Unlock()
	select {
	case s.changed <- struct{}{}:
	default: // the runner has a change to see already
	}
}

// never is longer than any run.
const never = time.Duration(math.MaxInt64)

// poll takes the next request if it is due, or says how long it is until one will be.
func (s *Schedule) poll(now time.Time) (due time.Time, wait time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.paused || s.rate == 0 {
		return time.Time{}, never
	}
	due = s.origin.Add(time.Duration(float64(s.fired) / s.rate * float64(time.Second)))
	if wait = due.Sub(now); wait > 0 {
		return time.Time{}, wait
	}
	s.fired++
	return due, 0
}

// Run calls fire with the time at which each request was due, from now until the context ends. When fire
// blocks, the requests that fall due meanwhile are fired late and none is left out, so that what is timed
// from its due time shows the delay (no coordinated omission).
func (s *Schedule) Run(ctx context.Context, fire func(due time.Time)) {
	s.restart(func() {})
	timer := time.NewTimer(never)
	defer timer.Stop()
	for ctx.Err() == nil {
		due, wait := s.poll(time.Now())
		if wait == 0 {
			fire(due)
			continue
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-s.changed:
		}
	}
}
