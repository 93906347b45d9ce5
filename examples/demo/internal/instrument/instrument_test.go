package instrument

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

func exposition(t *testing.T, registry *prometheus.Registry) string {
	t.Helper()
	recorder := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(recorder, httptest.NewRequest("GET", "/metrics", nil))
	body, err := io.ReadAll(recorder.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// measured returns the exposition after three requests, of which one failed.
func measured(t *testing.T, options Options) string {
	t.Helper()
	registry := prometheus.NewRegistry()
	in, err := New(options, registry)
	if err != nil {
		t.Fatal(err)
	}
	answers := []int{http.StatusOK, http.StatusInternalServerError, http.StatusOK}
	for _, code := range answers {
		handler := in.Wrap("/checkout", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if code != http.StatusOK {
				w.WriteHeader(code)
			}
			_, _ = io.WriteString(w, "answer")
		}))
		request := httptest.NewRequest("POST", "http://checkout.shop:80/checkout", nil)
		handler.ServeHTTP(httptest.NewRecorder(), request)
	}
	return exposition(t, registry)
}

func TestEachConventionShowsTheNamesOfItsMiddleware(t *testing.T) {
	otelScope := `otel_scope_name="go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp",otel_scope_schema_url="",otel_scope_version="0.72.0"`
	for convention, lines := range map[string][]string{
		"promhttp": {
			`http_requests_total{code="200",handler="/checkout",method="post"} 2`,
			`http_requests_total{code="500",handler="/checkout",method="post"} 1`,
			`http_request_duration_seconds_bucket{code="200",handler="/checkout",method="post",le="0.3"} 2`,
			`http_request_duration_seconds_count{code="500",handler="/checkout",method="post"} 1`,
		},
		"status-label": {
			`http_requests_total{endpoint="POST /checkout",host="",proto="",status="500"} 1`,
			`http_request_duration_seconds_count{endpoint="POST /checkout",host="",proto="",status="200"} 2`,
		},
		"otel": {
			`http_server_request_duration_seconds_count{http_request_method="POST",http_response_status_code="200",` +
				`http_route="/checkout",network_protocol_name="http",network_protocol_version="1.1",` + otelScope +
				`,server_address="checkout.shop",url_scheme="http"} 2`,
			`http_server_request_duration_seconds_bucket{http_request_method="POST",http_response_status_code="500",` +
				`http_route="/checkout",network_protocol_name="http",network_protocol_version="1.1",` + otelScope +
				`,server_address="checkout.shop",url_scheme="http",le="0.075"} 1`,
		},
		"gin": {
			`gin_requests_total{code="500",handler="main.checkout",host="checkout.shop:80",method="POST",url="/checkout"} 1`,
			`gin_request_duration_seconds_count{code="200",method="POST",url="/checkout"} 2`,
		},
		"echo": {
			`echo_requests_total{code="500",host="checkout.shop:80",method="POST",url="/checkout"} 1`,
			`echo_request_duration_seconds_count{code="200",host="checkout.shop:80",method="POST",url="/checkout"} 2`,
		},
	} {
		got := measured(t, Options{Convention: convention, Histogram: "classic", Buckets: []float64{.1, .3, 1}})
		for _, line := range lines {
			if !strings.Contains(got, line+"\n") {
				t.Errorf("%s: no line %s in\n%s", convention, line, got)
			}
		}
	}
}

func TestOTelHasNoCounterAndNoneHasNothing(t *testing.T) {
	if got := measured(t, Options{Convention: "otel", Histogram: "classic"}); strings.Contains(got, "counter") {
		t.Errorf("otel shows a counter:\n%s", got)
	}
	if got := measured(t, Options{Convention: "none", Histogram: "classic"}); got != "" {
		t.Errorf("none shows\n%s", got)
	}
}

func TestTheKindOfHistogramIsWhatWasAskedFor(t *testing.T) {
	for kind, want := range map[string]struct{ classic, native bool }{
		"classic": {true, false}, "native": {false, true}, "both": {true, true},
	} {
		registry := prometheus.NewRegistry()
		in, err := New(Options{Convention: "promhttp", Histogram: kind, Buckets: []float64{.1}}, registry)
		if err != nil {
			t.Fatal(err)
		}
		in.Wrap("/", http.NotFoundHandler()).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
		families, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, family := range families {
			if histogram := family.Metric[0].Histogram; histogram != nil {
				classic, native := len(histogram.Bucket) > 0, histogram.Schema != nil
				if classic != want.classic || native != want.native {
					t.Errorf("%s: classic %t, native %t", kind, classic, native)
				}
			}
		}
	}
}

func TestUnknownNamesAreRefusedWithTheKnownOnes(t *testing.T) {
	_, err := New(Options{Convention: "statsd", Histogram: "classic"}, prometheus.NewRegistry())
	if err == nil || !strings.Contains(err.Error(), "echo, gin, none, otel, promhttp, status-label") {
		t.Errorf("convention: %v", err)
	}
	_, err = New(Options{Convention: "otel", Histogram: "sparse"}, prometheus.NewRegistry())
	if err == nil || !strings.Contains(err.Error(), "classic, native or both") {
		t.Errorf("histogram: %v", err)
	}
	if err = RegisterRuntime("some", prometheus.NewRegistry()); err == nil {
		t.Error("runtime metrics: an unknown level was taken")
	}
}

func TestTheRuntimeShowsAsMuchAsItsLevelSays(t *testing.T) {
	samples := []struct {
		metric string
		levels string
	}{
		{"go_gc_gogc_percent", "default gc all"},
		{"go_gc_gomemlimit_bytes", "default gc all"},
		{"go_sched_gomaxprocs_threads", "default gc all"},
		{"process_resident_memory_bytes", "default gc all"},
		{"go_gc_heap_live_bytes", "gc all"},
		{"go_sched_latencies_seconds_count", "gc all"},
		{"go_cpu_classes_gc_total_cpu_seconds_total", "all"},
	}
	for _, level := range []string{"off", "default", "gc", "all"} {
		registry := prometheus.NewRegistry()
		if err := RegisterRuntime(level, registry); err != nil {
			t.Fatal(err)
		}
		got := exposition(t, registry)
		for _, sample := range samples {
			want := strings.Contains(" "+sample.levels+" ", " "+level+" ")
			if shown := strings.Contains(got, "\n"+sample.metric+" "); shown != want {
				t.Errorf("level %s: %s shown: %t, want %t", level, sample.metric, shown, want)
			}
		}
	}
}
