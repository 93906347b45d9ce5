package load

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Counts is what GET /counts answers. Times are Unix seconds, durations seconds.
type Counts struct {
	State    string        `json:"state"`
	Rate     float64       `json:"rate"`
	Since    float64       `json:"since"`
	Until    float64       `json:"until"`
	Sent     int64         `json:"sent"`
	Answered int64         `json:"answered"`
	InFlight int64         `json:"in_flight"` // at the end of the span, less what was at its begin
	Codes    map[int]int64 `json:"codes"`     // answers by status
	// Answers by who gave them, of those that say so in the header X-Served-By.
	Servers map[string]int64 `json:"servers"`
	// Requests without a whole answer, which a service cannot have counted as answered.
	Unanswered       int64            `json:"unanswered"`
	UnansweredReason map[string]int64 `json:"unanswered_reasons"`
	Availability     Availability     `json:"availability"`
	// By bound, such as "300ms".
	Latency map[string]Bound `json:"latency"`
	// Of all answers since the start; absent where since or until are asked for.
	Quantiles *Quantiles `json:"quantiles,omitempty"`
}

// Availability splits the answers by a rule of bad statuses.
type Availability struct {
	BadCodes string `json:"bad_codes"`
	Good     int64  `json:"good"`
	Bad      int64  `json:"bad"`
}

// Bound splits the answers by latency: from when a request was due, which is what a user feels, and from
// when it was sent, which is what the service can measure.
type Bound struct {
	Faster         int64 `json:"faster"`
	Slower         int64 `json:"slower"`
	FasterFromSend int64 `json:"faster_from_send"`
	SlowerFromSend int64 `json:"slower_from_send"`
}

// Quantiles of latency by name, such as "p99".
type Quantiles struct {
	FromDue  map[string]float64 `json:"from_due"`
	FromSend map[string]float64 `json:"from_send"`
}

var (
	quantileNames = []string{"p50", "p90", "p99", "p999", "max"}
	quantileRanks = []float64{.5, .9, .99, .999, 1}
)

// API is the generator's remote control:
//
//	GET  /counts[?since=<unix>][&until=<unix>][&bad=5xx,429]
//	POST /rate?rps=100
//	POST /pause
//	POST /resume
//	GET  /healthz
func (g *Generator) API() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /counts", func(w http.ResponseWriter, r *http.Request) {
		counts, err := g.counts(r.URL.Query(), time.Now())
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(counts)
	})
	mux.HandleFunc("POST /rate", func(w http.ResponseWriter, r *http.Request) {
		rate, err := strconv.ParseFloat(r.URL.Query().Get("rps"), 64)
		if err == nil {
			err = g.Schedule.SetRate(rate)
		}
		g.acknowledge(w, err)
	})
	mux.HandleFunc("POST /pause", func(w http.ResponseWriter, _ *http.Request) {
		g.Schedule.Pause()
		g.acknowledge(w, nil)
	})
	mux.HandleFunc("POST /resume", func(w http.ResponseWriter, _ *http.Request) {
		g.Schedule.Resume()
		g.acknowledge(w, nil)
	})
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprintln(w, "ok") })
	return mux
}

// acknowledge answers a command with the state that it led to.
func (g *Generator) acknowledge(w http.ResponseWriter, err error) {
	switch {
	case err != nil:
		http.Error(w, err.Error(), http.StatusBadRequest)
	case g.finished.Load():
		http.Error(w, "the load is over: its duration has passed", http.StatusConflict)
	default:
		rate, _ := g.Schedule.Rate()
		_, _ = fmt.Fprintf(w, "%s at %g requests per second\n", g.State(), rate)
	}
}

// counts answers a query. It fails for a moment out of the ledger's reach, and for parameters it cannot read.
func (g *Generator) counts(query url.Values, now time.Time) (Counts, error) {
	badCodes := "5xx"
	if query.Has("bad") {
		badCodes = query.Get("bad")
	}
	rule, err := ParseCodeRule(badCodes)
	if err != nil {
		return Counts{}, fmt.Errorf("bad: %w", err)
	}
	since, until, err := span(query, g.Ledger.started, now)
	if err != nil {
		return Counts{}, err
	}
	tally := g.Ledger.Total()
	if query.Has("until") {
		if tally, err = g.Ledger.Until(until, now); err != nil {
			return Counts{}, fmt.Errorf("until: %w", err)
		}
	}
	if query.Has("since") {
		before, err := g.Ledger.Until(since, now)
		if err != nil {
			return Counts{}, fmt.Errorf("since: %w", err)
		}
		tally = tally.Minus(before)
	}

	rate, _ := g.Schedule.Rate()
	answered, bad := tally.Answered(), tally.Bad(rule)
	counts := Counts{
		State: g.State(), Rate: rate, Since: seconds(since), Until: seconds(until),
		Sent: tally.Sent, Answered: answered, Codes: tally.Codes, Servers: tally.Servers,
		Unanswered: tally.Failed(), UnansweredReason: tally.Failures, InFlight: tally.Sent - answered - tally.Failed(),
		Availability: Availability{BadCodes: badCodes, Good: answered - bad, Bad: bad},
		Latency:      map[string]Bound{},
	}
	for i, bound := range g.Ledger.bounds {
		counts.Latency[bound.String()] = Bound{
			Faster: answered - tally.Slower[i], Slower: tally.Slower[i],
			FasterFromSend: answered - tally.SlowerFromSend[i], SlowerFromSend: tally.SlowerFromSend[i],
		}
	}
	if !query.Has("since") && !query.Has("until") {
		fromDue, fromSend := g.Ledger.Quantiles(quantileRanks)
		counts.Quantiles = &Quantiles{FromDue: named(fromDue), FromSend: named(fromSend)}
	}
	return counts, nil
}

// span reads since and until; without them it is from start to now.
func span(query url.Values, start, now time.Time) (since, until time.Time, err error) {
	since, until = start, now
	for name, moment := range map[string]*time.Time{"since": &since, "until": &until} {
		if !query.Has(name) {
			continue
		}
		unix, err := strconv.ParseFloat(query.Get(name), 64)
		if err != nil || !(unix >= 0 && unix <= 1<<33) {
			return since, until, fmt.Errorf("%s: %q is no time: want Unix seconds", name, query.Get(name))
		}
		*moment = time.UnixMilli(int64(math.Round(unix * 1000)))
	}
	if until.Before(since) {
		return since, until, fmt.Errorf("until is before since")
	}
	return since, until, nil
}

func named(values []time.Duration) map[string]float64 {
	byName := map[string]float64{}
	for i, value := range values {
		byName[quantileNames[i]] = value.Seconds()
	}
	return byName
}

func seconds(moment time.Time) float64 { return float64(moment.UnixMilli()) / 1000 }
