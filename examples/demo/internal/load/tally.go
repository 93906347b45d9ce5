package load

import (
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"
)

// Outcome is what became of one request.
type Outcome struct {
	Code     int           // the answer's status; 0 if there was no whole answer
	Server   string        // who says to have answered; empty if nobody does
	Failure  string        // why there was none: timeout, refused, reset, dns or other
	FromDue  time.Duration // to the end of the answer, from when the request should have been sent
	FromSend time.Duration // the same, from when it was sent: what the service can see of it
}

// Tally counts requests and what became of them.
type Tally struct {
	Sent           int64
	Codes          map[int]int64    // answers by status
	Servers        map[string]int64 // answers by who gave them, as far as they say so
	Failures       map[string]int64 // requests without a whole answer, by reason
	Slower         []int64          // answers that took longer than each bound, from when they were due
	SlowerFromSend []int64          // the same, from when they were sent
}

func newTally(bounds int) Tally {
	return Tally{
		Codes: map[int]int64{}, Servers: map[string]int64{}, Failures: map[string]int64{},
		Slower: make([]int64, bounds), SlowerFromSend: make([]int64, bounds),
	}
}

// count adds an outcome.
func (t *Tally) count(outcome Outcome, bounds []time.Duration) {
	if outcome.Code == 0 {
		t.Failures[outcome.Failure]++
		return
	}
	t.Codes[outcome.Code]++
	if outcome.Server != "" {
		t.Servers[outcome.Server]++
	}
	for i, bound := range bounds {
		if outcome.FromDue > bound {
			t.Slower[i]++
		}
		if outcome.FromSend > bound {
			t.SlowerFromSend[i]++
		}
	}
}

// Minus returns what t counts beyond other, a part of t.
func (t Tally) Minus(other Tally) Tally {
	rest := newTally(len(t.Slower))
	rest.Sent = t.Sent - other.Sent
	subtract(rest.Codes, t.Codes, other.Codes)
	subtract(rest.Servers, t.Servers, other.Servers)
	subtract(rest.Failures, t.Failures, other.Failures)
	for i := range rest.Slower {
		rest.Slower[i] = t.Slower[i] - other.Slower[i]
		rest.SlowerFromSend[i] = t.SlowerFromSend[i] - other.SlowerFromSend[i]
	}
	return rest
}

// plus adds other to t.
func (t *Tally) plus(other Tally) {
	t.Sent += other.Sent
	for code, n := range other.Codes {
		t.Codes[code] += n
	}
	for server, n := range other.Servers {
		t.Servers[server] += n
	}
	for reason, n := range other.Failures {
		t.Failures[reason] += n
	}
	for i := range t.Slower {
		t.Slower[i] += other.Slower[i]
		t.SlowerFromSend[i] += other.SlowerFromSend[i]
	}
}

func subtract[K comparable](into, from, part map[K]int64) {
	for key, n := range from {
		if rest := n - part[key]; rest != 0 {
			into[key] = rest
		}
	}
}

func sum[K comparable](counts map[K]int64) int64 {
	total := int64(0)
	for n := range maps.Values(counts) {
		total += n
	}
	return total
}

// Answered is how many requests got a whole answer of whatever status.
func (t Tally) Answered() int64 { return sum(t.Codes) }

// Failed is how many requests got none.
func (t Tally) Failed() int64 { return sum(t.Failures) }

// Bad is how many answers have a status that the rule calls bad.
func (t Tally) Bad(rule CodeRule) int64 {
	bad := int64(0)
	for code, n := range t.Codes {
		if rule.matches(code) {
			bad += n
		}
	}
	return bad
}

// CodeRule says which statuses are bad: ranges of codes, first and last included.
type CodeRule [][2]int

// ParseCodeRule reads a list such as 5xx,429.
func ParseCodeRule(text string) (CodeRule, error) {
	var rule CodeRule
	for part := range strings.SplitSeq(text, ",") {
		if class, isClass := strings.CutSuffix(part, "xx"); isClass && len(class) == 1 && class >= "1" && class <= "5" {
			first := int(class[0]-'0') * 100
			rule = append(rule, [2]int{first, first + 99})
		} else if code, err := strconv.Atoi(part); err == nil && code >= 100 && code <= 599 {
			rule = append(rule, [2]int{code, code})
		} else {
			return nil, fmt.Errorf("%q is no status: want a list such as 5xx,429", part)
		}
	}
	return rule, nil
}

func (r CodeRule) matches(code int) bool {
	for _, codes := range r {
		if code >= codes[0] && code <= codes[1] {
			return true
		}
	}
	return false
}
