package load

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func sender(t *testing.T, target string, perConnection int) *Sender {
	t.Helper()
	s, err := NewSender(target, SenderOptions{
		Method: "POST", Timeout: 2 * time.Second, RequestsPerConnection: perConnection, MaxInFlight: 10,
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestEachEndOfARequestHasItsName(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /ok", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/elsewhere", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/ok", http.StatusFound) })
	mux.HandleFunc("/unavailable", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	mux.HandleFunc("/hang", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	mux.HandleFunc("/cut", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = fmt.Fprint(w, "half an ans")
		panic(http.ErrAbortHandler)
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = closed.Close()

	for target, want := range map[string]Outcome{
		server.URL + "/ok":                 {Code: 200},
		server.URL + "/elsewhere":          {Code: 302},
		server.URL + "/unavailable":        {Code: 503},
		server.URL + "/hang":               {Failure: "timeout"},
		server.URL + "/cut":                {Failure: "reset"},
		"http://" + closed.Addr().String(): {Failure: "refused"},
		"http://no-such-host.invalid":      {Failure: "dns"},
	} {
		due := time.Now().Add(-time.Minute)
		got := sender(t, target, 1).Send(t.Context(), due)
		if got.Code != want.Code || got.Failure != want.Failure {
			t.Errorf("%s: %+v", target, got)
		}
		if got.FromDue-got.FromSend < time.Minute {
			t.Errorf("%s: a request sent a minute late took %s from due, %s from send", target, got.FromDue, got.FromSend)
		}
	}
}

func TestATargetIsReachableOnceItAcceptsConnectionsAndNoRequestIsSentToFindOut(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	target := "http://" + listener.Addr().String()
	_ = listener.Close()
	soon, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := sender(t, target, 1).Reachable(soon); err == nil || !strings.Contains(err.Error(), "nothing accepts connections") {
		t.Errorf("before it listens: %v", err)
	}

	var served atomic.Int64
	reached := make(chan error)
	go func() { reached <- sender(t, target, 1).Reachable(t.Context()) }()
	if listener, err = net.Listen("tcp", listener.Addr().String()); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { served.Add(1) }))
	_ = server.Listener.Close()
	server.Listener = listener
	server.Start()
	defer server.Close()
	if err := <-reached; err != nil || served.Load() != 0 {
		t.Errorf("once it listens: %v, %d requests", err, served.Load())
	}
}

func TestConnectionsCarryAsManyRequestsAsAskedFor(t *testing.T) {
	for perConnection, want := range map[int]int64{1: 12, 4: 3, 0: 1} {
		var connections atomic.Int64
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
			if state == http.StateNew {
				connections.Add(1)
			}
		}
		server.Start()
		s := sender(t, server.URL, perConnection)
		for range 12 {
			if got := s.Send(t.Context(), time.Now()); got.Code != 200 {
				t.Fatalf("%+v", got)
			}
		}
		server.Close()
		if got := connections.Load(); got != want {
			t.Errorf("%d requests per connection: %d connections for 12 requests, want %d", perConnection, got, want)
		}
	}
}

func TestOnlyAURLOfAServerIsATarget(t *testing.T) {
	options := SenderOptions{Method: "GET", Timeout: time.Second, MaxInFlight: 1}
	for _, target := range []string{"", "checkout", "/checkout", "ftp://host/", "http://", "http:// space/"} {
		if _, err := NewSender(target, options); err == nil {
			t.Errorf("%q was taken", target)
		}
	}
	for _, bad := range []SenderOptions{
		{Method: "GET", Timeout: time.Second},
		{Method: "GET", MaxInFlight: 1},
		{Method: "GET", Timeout: time.Second, MaxInFlight: 1, RequestsPerConnection: -1},
		{Method: "NOT VALID", Timeout: time.Second, MaxInFlight: 1},
	} {
		if _, err := NewSender("http://localhost", bad); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
}

// generator sends 500 requests per second to a server that fails every fourth.
func generator(t *testing.T) (g *Generator, served *atomic.Int64) {
	t.Helper()
	served = &atomic.Int64{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if served.Add(1)%4 == 0 {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	t.Cleanup(server.Close)
	schedule, err := NewSchedule(500, 1000)
	if err != nil {
		t.Fatal(err)
	}
	return &Generator{
		Schedule: schedule, Ledger: NewLedger(time.Now(), time.Minute, []time.Duration{time.Nanosecond, time.Minute}),
		Sender: sender(t, server.URL, 0), MaxInFlight: 10,
	}, served
}

func ask(t *testing.T, g *Generator, method, target string) (int, string) {
	t.Helper()
	recorder := httptest.NewRecorder()
	g.API().ServeHTTP(recorder, httptest.NewRequest(method, target, nil))
	return recorder.Code, strings.TrimSpace(recorder.Body.String())
}

func counts(t *testing.T, g *Generator, query string) Counts {
	t.Helper()
	code, body := ask(t, g, "GET", "/counts"+query)
	var got Counts
	if err := json.Unmarshal([]byte(body), &got); code != 200 || err != nil {
		t.Fatalf("/counts%s: %d %s", query, code, body)
	}
	return got
}

func TestTheGeneratorCountsWhatTheServerCounts(t *testing.T) {
	g, served := generator(t)
	ctx, stop := context.WithCancel(t.Context())
	var report strings.Builder
	done := make(chan struct{})
	go func() { g.Run(ctx); close(done) }()
	for served.Load() < 200 {
		time.Sleep(time.Millisecond)
	}
	stop()
	<-done
	g.Report(ctx, time.Hour, &report) // an ended context: the last line alone

	n := served.Load()
	got := counts(t, g, "")
	if got.State != "finished" || got.Sent != n || got.Answered != n || got.InFlight != 0 || got.Unanswered != 0 {
		t.Errorf("the server served %d: %+v", n, got)
	}
	if got.Codes[500] != n/4 || got.Codes[200] != n-n/4 || got.Availability != (Availability{"5xx", n - n/4, n / 4}) {
		t.Errorf("the server failed %d of %d: %+v", n/4, n, got)
	}
	if got.Latency["1ns"] != (Bound{Slower: n, SlowerFromSend: n}) || got.Latency["1m0s"] != (Bound{Faster: n, FasterFromSend: n}) {
		t.Errorf("latency: %+v", got.Latency)
	}
	if q := got.Quantiles; q == nil || q.FromDue["p50"] <= 0 || q.FromDue["p50"] > q.FromDue["max"] || q.FromSend["p50"] > q.FromDue["max"] {
		t.Errorf("quantiles: %+v", got.Quantiles)
	}
	if other := counts(t, g, "?bad=2xx"); other.Availability != (Availability{"2xx", n / 4, n - n/4}) {
		t.Errorf("by another rule: %+v", other.Availability)
	}
	if want := fmt.Sprintf("total finished rate=500 sent=%d 2xx=%d 5xx=%d unanswered=0 p50=", n, n-n/4, n/4); !strings.Contains(report.String(), want) {
		t.Errorf("report %s, want %s", report.String(), want)
	}
}

func TestTheRequestsInFlightAtTheEndAreWaitedForAndCounted(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(arrived)
		<-release
	}))
	defer server.Close()
	g, _ := generator(t)
	g.Sender, g.MaxInFlight = sender(t, server.URL, 1), 1
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { g.Run(ctx); close(done) }()
	<-arrived
	stop()
	close(release)
	<-done
	if got := counts(t, g, ""); got.Sent != 1 || got.Codes[200] != 1 {
		t.Errorf("%+v", got)
	}
}

func TestCountsAreAskedForByTime(t *testing.T) {
	start := time.Now().Add(-20 * time.Second).Truncate(time.Second)
	g := &Generator{Ledger: NewLedger(start, time.Minute, nil)}
	g.Schedule, _ = NewSchedule(1, 1)
	for second := range 10 {
		g.Ledger.Sent(start.Add(time.Duration(second) * time.Second))
		g.Ledger.Ended(start.Add(time.Duration(second)*time.Second), Outcome{Code: 200})
	}
	at := func(second float64) string { return fmt.Sprintf("%.1f", float64(start.Unix())+second) }
	for query, want := range map[string]int64{
		"":                                      10,
		"?until=" + at(4):                       4,
		"?until=" + at(4.1):                     5,
		"?since=" + at(4):                       6,
		"?since=" + at(2) + "&until=" + at(7):   5,
		"?since=" + at(-5) + "&until=" + at(60): 10,
	} {
		got := counts(t, g, query)
		if got.Sent != want || got.Answered != want {
			t.Errorf("%s: sent %d, answered %d, want %d", query, got.Sent, got.Answered, want)
		}
		if (got.Quantiles != nil) != (query == "") {
			t.Errorf("%s: quantiles %v", query, got.Quantiles)
		}
	}
	for query, want := range map[string]string{
		"?until=yesterday":                    `until: "yesterday" is no time: want Unix seconds`,
		"?since=NaN":                          "is no time",
		"?since=" + at(3) + "&until=" + at(2): "until is before since",
		"?bad=some":                           `bad: "some" is no status`,
	} {
		if code, body := ask(t, g, "GET", "/counts"+query); code != 400 || !strings.Contains(body, want) {
			t.Errorf("%s: %d %s", query, code, body)
		}
	}
}

func TestTheLoadIsSteeredOverHTTP(t *testing.T) {
	g, _ := generator(t)
	for _, step := range []struct {
		method, target string
		code           int
		body           string
	}{
		{"GET", "/healthz", 200, "ok"},
		{"POST", "/rate?rps=250.5", 200, "running at 250.5 requests per second"},
		{"POST", "/pause", 200, "paused at 250.5 requests per second"},
		{"POST", "/rate?rps=1001", 400, "want a rate from 0 to 1000 requests per second, not 1001"},
		{"POST", "/rate?rps=fast", 400, "invalid syntax"},
		{"POST", "/rate", 400, "invalid syntax"},
		{"POST", "/resume", 200, "running at 250.5 requests per second"},
		{"GET", "/pause", 405, "Method Not Allowed"},
	} {
		code, body := ask(t, g, step.method, step.target)
		if code != step.code || !strings.Contains(body, step.body) {
			t.Errorf("%s %s: %d %s", step.method, step.target, code, body)
		}
	}
	ended, end := context.WithCancel(t.Context())
	end()
	g.Run(ended)
	if code, _ := ask(t, g, "POST", "/resume"); code != http.StatusConflict {
		t.Errorf("resuming an ended load: %d", code)
	}
}
