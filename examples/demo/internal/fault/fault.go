// Package fault is the switch by which the demo service fails on demand: a share of 500s, and latency.
package fault

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"
)

// Plan says how to fail. The zero value fails nothing.
type Plan struct {
	Errors float64       // share of requests answered 500, in [0, 1]
	Delay  time.Duration // added before the answer
	Slow   float64       // share of requests that Delay is added to, in [0, 1]
}

// Parse reads a plan from query parameters: errors=0.3, delay=400ms, slow=0.1. Without slow, every
// request is delayed.
func Parse(query url.Values) (Plan, error) {
	plan := Plan{}
	for name := range query {
		var err error
		switch value := query.Get(name); name {
		case "errors":
			plan.Errors, err = share(value)
		case "slow":
			plan.Slow, err = share(value)
		case "delay":
			plan.Delay, err = time.ParseDuration(value)
			if err == nil && (plan.Delay < 0 || plan.Delay > time.Minute) {
				err = fmt.Errorf("%s is not between 0s and 1m", plan.Delay)
			}
		default:
			err = fmt.Errorf("no such setting: want errors=0.3, delay=400ms or slow=0.1")
		}
		if err != nil {
			return Plan{}, fmt.Errorf("%s: %w", name, err)
		}
	}
	if plan.Delay > 0 && !query.Has("slow") {
		plan.Slow = 1
	}
	return plan, nil
}

func share(text string) (float64, error) {
	value, err := strconv.ParseFloat(text, 64)
	if err != nil || !(value >= 0 && value <= 1) {
		return 0, fmt.Errorf("%q is not a share between 0 and 1", text)
	}
	return value, nil
}

// Switch holds the plan in force. It is safe for concurrent use; its zero value is off.
type Switch struct {
	plan atomic.Pointer[Plan]
	seen atomic.Uint64
}

// Set puts a plan in force at once, for requests that arrive from now on.
func (s *Switch) Set(plan Plan) { s.plan.Store(&plan) }

// Get returns the plan in force.
func (s *Switch) Get() Plan {
	if plan := s.plan.Load(); plan != nil {
		return *plan
	}
	return Plan{}
}

// The odd constants nearest to the fractional parts of the golden ratio and of the square root of two,
// times 2^64. Their multiples spread evenly over [0, 2^64), so that the shares come out right over short
// runs too, without randomness and without the errors and the delays falling on the same requests.
const (
	goldenStep = 0x9e3779b97f4a7c15
	root2Step  = 0x6a09e667f3bcc909
)

// falls tells whether request n is among the given share.
func falls(n, step uint64, share float64) bool {
	if share >= 1 {
		return true
	}
	return n*step < uint64(share*math.Exp2(64))
}

// Wrap makes next fail as the plan says.
func (s *Switch) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		plan := s.Get()
		n := s.seen.Add(1)
		if plan.Delay > 0 && falls(n, root2Step, plan.Slow) {
			timer := time.NewTimer(plan.Delay)
			defer timer.Stop()
			select {
			case <-timer.C:
			case <-r.Context().Done():
				return
			}
		}
		if falls(n, goldenStep, plan.Errors) {
			http.Error(w, "failing as the fault switch says", http.StatusInternalServerError)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// ServeHTTP is the switch itself: GET shows the plan, POST replaces it, DELETE ends it.
func (s *Switch) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
	case http.MethodDelete:
		s.Set(Plan{})
	case http.MethodPost:
		plan, err := Parse(r.URL.Query())
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		s.Set(plan)
	default:
		w.Header().Set("Allow", "GET, POST, DELETE")
		http.Error(w, "want GET, POST or DELETE", http.StatusMethodNotAllowed)
		return
	}
	plan := s.Get()
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{
		"errors": plan.Errors, "delay": plan.Delay.String(), "slow": plan.Slow,
	})
}
