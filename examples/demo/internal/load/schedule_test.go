package load

import (
	"context"
	"math"
	"testing"
	"testing/synctest"
	"time"
)

// running runs a schedule in a bubble of fake time and returns it with the due times it has fired.
func running(t *testing.T, rate float64, fire func(due time.Time)) *Schedule {
	t.Helper()
	schedule, err := NewSchedule(rate, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)
	go schedule.Run(ctx, fire)
	return schedule
}

func TestRequestsAreDueAtEvenIntervals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var dues []time.Duration
		running(t, 300, func(due time.Time) { dues = append(dues, due.Sub(start)) })
		time.Sleep(10*time.Second - time.Nanosecond)
		synctest.Wait()
		if len(dues) != 3000 {
			t.Fatalf("%d requests in 10 s at 300 per second", len(dues))
		}
		for i, due := range dues {
			if want := time.Duration(i) * time.Second / 300; (due - want).Abs() > time.Microsecond {
				t.Fatalf("request %d was due at %s, want %s", i, due, want)
			}
		}
	})
}

func TestASlowSenderDelaysRequestsButLeavesNoneOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fired, latest := 0, time.Duration(0)
		running(t, 100, func(due time.Time) {
			if fired++; fired == 1 {
				time.Sleep(2 * time.Second)
			}
			latest = max(latest, time.Since(due))
		})
		time.Sleep(5*time.Second - time.Nanosecond)
		synctest.Wait()
		if fired != 500 {
			t.Errorf("%d requests in 5 s at 100 per second", fired)
		}
		if latest != 2*time.Second {
			t.Errorf("the most belated request was %s late", latest)
		}
	})
}

func TestTheRateChangesAtOnceAndForgivesWhatWasOverdue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fired := 0
		schedule := running(t, 0.001, func(time.Time) { fired++ })
		time.Sleep(time.Second)
		synctest.Wait()
		if fired != 1 {
			t.Fatalf("%d requests at the low rate", fired)
		}
		if err := schedule.SetRate(50); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10*time.Second - time.Nanosecond)
		synctest.Wait()
		if fired != 1+500 {
			t.Errorf("%d requests after 10 s at 50 per second", fired-1)
		}
	})
}

func TestAPauseSendsNothingAndIsNotMadeUpFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fired := 0
		schedule := running(t, 10, func(time.Time) { fired++ })
		time.Sleep(time.Second - time.Nanosecond)
		schedule.Pause()
		time.Sleep(time.Hour)
		synctest.Wait()
		if rate, paused := schedule.Rate(); fired != 10 || !paused || rate != 10 {
			t.Errorf("%d requests, rate %g, paused %t", fired, rate, paused)
		}
		schedule.Resume()
		time.Sleep(time.Second - time.Nanosecond)
		synctest.Wait()
		if fired != 20 {
			t.Errorf("%d requests in the second after the pause", fired-10)
		}
	})
}

func TestARateBeyondTheBoundIsRefused(t *testing.T) {
	schedule, err := NewSchedule(5, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, rate := range []float64{-1, 100.5, math.Inf(1), math.NaN()} {
		if schedule.SetRate(rate) == nil {
			t.Errorf("%g was taken", rate)
		}
	}
	if rate, _ := schedule.Rate(); rate != 5 {
		t.Errorf("the rate became %g", rate)
	}
	if _, err = NewSchedule(200, 100); err == nil {
		t.Error("a first rate beyond the bound was taken")
	}
}
