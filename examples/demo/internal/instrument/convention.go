package instrument

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// request is what a convention may put into labels.
type request struct {
	*http.Request
	code  int
	route string
}

type label struct {
	name  string
	value func(request) string
}

// convention is one of the ways in which Go services commonly name their HTTP metrics.
type convention struct {
	counter         string // empty where there is only the histogram
	counterLabels   []label
	histogram       string
	histogramLabels []label
	constant        prometheus.Labels
	buckets         []float64 // nil: the service's own
}

func code(r request) string        { return strconv.Itoa(r.code) }
func route(r request) string       { return r.route }
func host(r request) string        { return r.Host }
func method(r request) string      { return r.Method }
func lowerMethod(r request) string { return strings.ToLower(r.Method) }

func fixed(text string) func(request) string { return func(request) string { return text } }

// promhttp.InstrumentHandlerCounter and InstrumentHandlerDuration with a curried handler label, as their
// documentation shows it.
var promhttpLabels = []label{{"code", code}, {"method", lowerMethod}, {"handler", route}}

// github.com/go-chi/metrics, which leaves host and proto empty unless told to fill them.
var chiLabels = []label{
	{"status", code},
	{"endpoint", func(r request) string { return r.Method + " " + r.route }},
	{"host", fixed("")},
	{"proto", fixed("")},
}

// github.com/labstack/echo-contrib/echoprometheus.
var echoLabels = []label{{"code", code}, {"method", method}, {"host", host}, {"url", route}}

// go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp v0.72 behind the OpenTelemetry Prometheus
// exporter: a histogram alone.
var otelLabels = []label{
	{"http_request_method", method},
	{"http_response_status_code", code},
	{"http_route", route},
	{"network_protocol_name", fixed("http")},
	{"network_protocol_version", func(r request) string { return strings.TrimPrefix(r.Proto, "HTTP/") }},
	{"server_address", func(r request) string { name, _, _ := strings.Cut(r.Host, ":"); return name }},
	{"url_scheme", fixed("http")},
}

var conventions = map[string]convention{
	"promhttp": {
		counter: "http_requests_total", counterLabels: promhttpLabels,
		histogram: "http_request_duration_seconds", histogramLabels: promhttpLabels,
	},
	"status-label": {
		counter: "http_requests_total", counterLabels: chiLabels,
		histogram: "http_request_duration_seconds", histogramLabels: chiLabels,
	},
	"otel": {
		histogram: "http_server_request_duration_seconds", histogramLabels: otelLabels,
		constant: prometheus.Labels{
			"otel_scope_name":       "go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp",
			"otel_scope_version":    "0.72.0",
			"otel_scope_schema_url": "",
		},
		buckets: []float64{.005, .01, .025, .05, .075, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10},
	},
	// github.com/zsais/go-gin-prometheus; its two metrics differ in labels.
	"gin": {
		counter: "gin_requests_total",
		counterLabels: []label{
			{"code", code}, {"method", method}, {"handler", fixed("main.checkout")}, {"host", host}, {"url", route},
		},
		histogram: "gin_request_duration_seconds", histogramLabels: []label{{"code", code}, {"method", method}, {"url", route}},
		buckets: prometheus.DefBuckets,
	},
	"echo": {
		counter: "echo_requests_total", counterLabels: echoLabels,
		histogram: "echo_request_duration_seconds", histogramLabels: echoLabels,
		buckets: prometheus.DefBuckets,
	},
	"none": {},
}

// Conventions lists the names that New accepts.
func Conventions() []string { return slices.Sorted(maps.Keys(conventions)) }
