package load

import (
	"reflect"
	"testing"
	"testing/quick"
	"time"
)

var (
	begin  = time.Unix(1_800_000_000, 0)
	bounds = []time.Duration{100 * time.Millisecond, 300 * time.Millisecond}
)

func after(d time.Duration) time.Time { return begin.Add(d) }

func TestOutcomesAreToldApart(t *testing.T) {
	ledger := NewLedger(begin, time.Minute, bounds)
	for range 6 {
		ledger.Sent(begin)
	}
	ledger.Ended(begin, Outcome{Code: 200, Server: "pod-1", FromDue: 100 * time.Millisecond, FromSend: 100 * time.Millisecond})
	ledger.Ended(begin, Outcome{Code: 200, FromDue: 400 * time.Millisecond, FromSend: 101 * time.Millisecond})
	ledger.Ended(begin, Outcome{Code: 500, Server: "pod-2", FromDue: 200 * time.Millisecond, FromSend: 1 * time.Millisecond})
	ledger.Ended(begin, Outcome{Code: 503})
	ledger.Ended(begin, Outcome{Failure: "refused", FromDue: time.Second})
	got, want := ledger.Total(), Tally{
		Sent: 6, Codes: map[int]int64{200: 2, 500: 1, 503: 1}, Failures: map[string]int64{"refused": 1},
		Servers: map[string]int64{"pod-1": 1, "pod-2": 1}, Slower: []int64{2, 1}, SlowerFromSend: []int64{1, 0},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	if got.Answered() != 4 || got.Failed() != 1 {
		t.Errorf("answered %d, failed %d", got.Answered(), got.Failed())
	}
}

func TestACountAsOfAMomentHasWhatWasBookedBefore(t *testing.T) {
	ledger := NewLedger(begin, time.Minute, bounds)
	for tenth := range 100 { // one request each 100 ms, answered 1 s later
		ledger.Sent(after(time.Duration(tenth) * SlotWidth))
	}
	for tenth := range 100 {
		ledger.Ended(after(time.Second+time.Duration(tenth)*SlotWidth), Outcome{Code: 200})
	}
	now := after(11 * time.Second)
	for moment, want := range map[time.Duration][2]int64{
		-time.Second:           {0, 0},
		0:                      {0, 0},
		500 * time.Millisecond: {5, 0},
		3 * time.Second:        {30, 20},
		11 * time.Second:       {100, 100},
	} {
		got, err := ledger.Until(after(moment), now)
		if err != nil || got.Sent != want[0] || got.Answered() != want[1] {
			t.Errorf("as of %s: sent %d, answered %d, %v; want %v", moment, got.Sent, got.Answered(), err, want)
		}
	}
}

func TestMomentsFurtherBackThanTheAccountAreRefused(t *testing.T) {
	ledger := NewLedger(begin, 10*time.Second, bounds)
	for second := range 30 {
		ledger.Sent(after(time.Duration(second) * time.Second))
	}
	now := after(29500 * time.Millisecond)
	if got, err := ledger.Until(after(20*time.Second), now); err != nil || got.Sent != 20 {
		t.Errorf("within reach: %d, %v", got.Sent, err)
	}
	if _, err := ledger.Until(after(19*time.Second), now); err == nil {
		t.Error("a moment out of reach was answered")
	}
}

func TestTheCountBeforeAMomentNeverFallsAsTheMomentMovesOn(t *testing.T) {
	law := func(offsets []uint16, a, b uint16) bool {
		ledger := NewLedger(begin, 2*time.Minute, nil)
		for _, offset := range offsets {
			at := after(time.Duration(offset) * time.Millisecond)
			ledger.Sent(at)
			ledger.Ended(at, Outcome{Code: 200 + int(offset)%2*300})
		}
		now := after(70 * time.Second)
		early, err1 := ledger.Until(after(time.Duration(min(a, b))*time.Millisecond), now)
		late, err2 := ledger.Until(after(time.Duration(max(a, b))*time.Millisecond), now)
		between := late.Minus(early)
		return err1 == nil && err2 == nil && between.Sent >= 0 && between.Answered() == between.Sent &&
			late.Sent <= ledger.Total().Sent
	}
	if err := quick.Check(law, nil); err != nil {
		t.Error(err)
	}
}

func TestRecentLatenciesBeginAnewEachTime(t *testing.T) {
	ledger := NewLedger(begin, time.Minute, nil)
	for _, latency := range []time.Duration{time.Second, 2 * time.Second} {
		ledger.Ended(begin, Outcome{Code: 200, FromDue: latency, FromSend: time.Millisecond})
		if got := ledger.Recent([]float64{1})[0]; got != latency {
			t.Errorf("recent %s, want %s", got, latency)
		}
	}
	fromDue, fromSend := ledger.Quantiles([]float64{1})
	if fromDue[0] != 2*time.Second || fromSend[0] != time.Millisecond {
		t.Errorf("since the start: %s from due, %s from send", fromDue[0], fromSend[0])
	}
}

func TestRulesSayWhichStatusesAreBad(t *testing.T) {
	tally := Tally{Codes: map[int]int64{200: 100, 404: 20, 429: 3, 500: 4, 503: 5}}
	for text, want := range map[string]int64{"5xx": 9, "500": 4, "5xx,429": 12, "4xx,5xx": 32, "2xx": 100, "418": 0} {
		rule, err := ParseCodeRule(text)
		if err != nil || tally.Bad(rule) != want {
			t.Errorf("%s: %d, %v; want %d", text, tally.Bad(rule), err, want)
		}
	}
	for _, text := range []string{"", "6xx", "xx", "50x", "99", "600", "5xx,", "ok"} {
		if rule, err := ParseCodeRule(text); err == nil {
			t.Errorf("%q was taken as %v", text, rule)
		}
	}
}
