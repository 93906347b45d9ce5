package server

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"goslo.dev/examples/demo/internal/checkout"
	"goslo.dev/examples/demo/internal/fault"
	"goslo.dev/examples/demo/internal/instrument"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

func public(t *testing.T, faults *fault.Switch, registry *prometheus.Registry) http.Handler {
	t.Helper()
	in, err := instrument.New(instrument.Options{Convention: "promhttp", Histogram: "classic"}, registry)
	if err != nil {
		t.Fatal(err)
	}
	return Public(checkout.Open(checkout.Load{}), faults, in, "pod-1")
}

func TestTheRoutesAnswerAndRefuse(t *testing.T) {
	handler := public(t, &fault.Switch{}, prometheus.NewRegistry())
	for target, want := range map[string]struct {
		code int
		body string
	}{
		"/checkout":                 {200, "total"},
		"/checkout?items=3":         {200, "total"},
		"/checkout?items=0":         {400, "items: want a number from 1 to 100"},
		"/checkout?items=many":      {400, "items: want a number from 1 to 100"},
		"/burn?for=1ms":             {200, "burned 1ms"},
		"/burn?for=1h":              {400, "for: want a duration up to 2s"},
		"/burn?for=long":            {400, "for: want a duration up to 2s"},
		"/metrics":                  {404, "not found"}, // the admin port has it
		"/fault?errors=1&delay=10s": {404, "not found"},
	} {
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, httptest.NewRequest("POST", target, nil))
		if recorder.Code != want.code || !strings.Contains(recorder.Body.String(), want.body) {
			t.Errorf("%s: %d %s", target, recorder.Code, recorder.Body)
		}
		if host := recorder.Header().Get("X-Served-By"); want.code != 404 && host != "pod-1" {
			t.Errorf("%s: served by %q", target, host)
		}
	}
}

func TestFailedRequestsAreCountedAsFailed(t *testing.T) {
	faults, registry := &fault.Switch{}, prometheus.NewRegistry()
	faults.Set(fault.Plan{Errors: 1})
	handler := public(t, faults, registry)
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, httptest.NewRequest("POST", "/checkout", nil))
	metrics := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(metrics, httptest.NewRequest("GET", "/", nil))
	if host := recorder.Header().Get("X-Served-By"); host != "pod-1" {
		t.Errorf("served by %q", host)
	}
	if want := `http_requests_total{code="500",handler="/checkout",method="post"} 1`; recorder.Code != 500 ||
		!strings.Contains(metrics.Body.String(), want) {
		t.Errorf("answered %d, metrics:\n%s", recorder.Code, metrics.Body)
	}
}

// service is a running server and what a test asks of it.
type service struct {
	t             *testing.T
	public, admin string
	stop          context.CancelFunc
	ended         chan error
}

func start(t *testing.T, stages Lifecycle, handler http.Handler) *service {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	ready := &Readiness{}
	ports := [2]Port{{Handler: handler}, {Handler: Admin(http.NotFoundHandler(), &fault.Switch{}, ready)}}
	for i := range ports {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ports[i].Listener = listener
	}
	s := &service{t: t, stop: stop, ended: make(chan error, 1)}
	s.public, s.admin = "http://"+ports[0].Listener.Addr().String(), "http://"+ports[1].Listener.Addr().String()
	go func() { s.ended <- Run(ctx, stages, ready, ports[0], ports[1]) }()
	s.until(s.admin+"/readyz", 200)
	return s
}

// get returns the status, or 0 where nothing answers, on a connection of its own.
func (s *service) get(url string) int {
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, url, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	request.Close = true
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body)
	return response.StatusCode
}

func (s *service) until(url string, code int) {
	s.t.Helper()
	for range 2000 {
		if s.get(url) == code {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	s.t.Fatalf("%s never answered %d", url, code)
}

func TestAnUnreadyServiceServesOnUntilItIsDrained(t *testing.T) {
	s := start(t, Lifecycle{Drain: time.Hour}, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.stop()
	s.until(s.admin+"/readyz", 503)
	if got := s.get(s.public); got != 200 {
		t.Errorf("the public port answers %d", got)
	}
}

func TestARequestInFlightIsAnsweredAfterThePublicPortHasClosed(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	s := start(t, Lifecycle{Shutdown: time.Hour}, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(arrived)
		<-release
	}))
	answer := make(chan int)
	go func() { answer <- s.get(s.public) }()
	<-arrived
	s.stop()
	s.until(s.public, 0)
	close(release)
	if got := <-answer; got != 200 {
		t.Errorf("the request in flight got %d", got)
	}
}

func TestTheMetricsAreServedForALastScrape(t *testing.T) {
	s := start(t, Lifecycle{Scrape: time.Hour}, http.NotFoundHandler())
	s.stop()
	s.until(s.public, 0)
	select {
	case err := <-s.ended:
		t.Errorf("ended at once: %v", err)
	case <-time.After(200 * time.Millisecond):
		if got := s.get(s.admin + "/healthz"); got != 200 {
			t.Errorf("the admin port answers %d", got)
		}
	}
}

func TestTheEndIsCleanOnlyIfNoRequestWasCutOff(t *testing.T) {
	quiet := start(t, Lifecycle{}, http.NotFoundHandler())
	quiet.stop()
	if err := <-quiet.ended; err != nil {
		t.Errorf("a quiet service ended with %v", err)
	}

	arrived := make(chan struct{})
	busy := start(t, Lifecycle{Shutdown: time.Millisecond}, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
	}))
	go busy.get(busy.public)
	<-arrived
	busy.stop()
	if err := <-busy.ended; err == nil || !strings.Contains(err.Error(), "still running after 1ms") {
		t.Errorf("a busy service ended with %v", err)
	}
}
