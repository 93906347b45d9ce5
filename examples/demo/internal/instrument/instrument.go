// Package instrument counts and times HTTP requests under the metric names of the common Go middlewares,
// so that a tool that finds a service's metrics by itself can be tried on each of them.
package instrument

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// nativeBucketFactor is the largest ratio between two buckets of a native histogram, as client_golang's
// documentation suggests.
const nativeBucketFactor = 1.1

// Options choose the names and the kind of histogram.
type Options struct {
	Convention string    // one of Conventions
	Histogram  string    // classic, native or both
	Buckets    []float64 // upper bounds in seconds, where the convention does not fix them
}

// Instrument wraps handlers. Its zero value measures nothing.
type Instrument struct {
	convention convention
	requests   *prometheus.CounterVec
	durations  *prometheus.HistogramVec
}

// New registers the convention's metrics. It fails for an unknown convention or kind of histogram.
func New(options Options, registry prometheus.Registerer) (*Instrument, error) {
	chosen, found := conventions[options.Convention]
	if !found {
		return nil, fmt.Errorf("no metrics convention %q: want one of %s",
			options.Convention, strings.Join(Conventions(), ", "))
	}
	in := &Instrument{convention: chosen}
	if chosen.counter != "" {
		in.requests = prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: chosen.counter, Help: "HTTP requests answered.", ConstLabels: chosen.constant,
		}, names(chosen.counterLabels))
		if err := registry.Register(in.requests); err != nil {
			return nil, err
		}
	}
	if chosen.histogram != "" {
		histogram := prometheus.HistogramOpts{
			Name: chosen.histogram, Help: "Seconds from a request's arrival to its answer.", ConstLabels: chosen.constant,
		}
		if err := shape(&histogram, options, chosen.buckets); err != nil {
			return nil, err
		}
		in.durations = prometheus.NewHistogramVec(histogram, names(chosen.histogramLabels))
		if err := registry.Register(in.durations); err != nil {
			return nil, err
		}
	}
	return in, nil
}

func shape(histogram *prometheus.HistogramOpts, options Options, buckets []float64) error {
	if buckets == nil {
		buckets = options.Buckets
	}
	switch options.Histogram {
	case "classic":
		histogram.Buckets = buckets
	case "both":
		histogram.Buckets = buckets
		histogram.NativeHistogramBucketFactor = nativeBucketFactor
	case "native":
		histogram.NativeHistogramBucketFactor = nativeBucketFactor
	default:
		return fmt.Errorf("no kind of histogram %q: want classic, native or both", options.Histogram)
	}
	return nil
}

func names(labels []label) []string {
	texts := make([]string, len(labels))
	for i, label := range labels {
		texts[i] = label.name
	}
	return texts
}

func values(labels []label, r request) []string {
	texts := make([]string, len(labels))
	for i, label := range labels {
		texts[i] = label.value(r)
	}
	return texts
}

// Wrap measures a handler under the name of its route. A request is counted before its answer leaves the
// process, so that whoever holds an answer finds it counted.
func (in *Instrument) Wrap(route string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		answer := &statusWriter{ResponseWriter: w, code: http.StatusOK}
		next.ServeHTTP(answer, r)
		seen := request{Request: r, code: answer.code, route: route}
		if in.requests != nil {
			in.requests.WithLabelValues(values(in.convention.counterLabels, seen)...).Inc()
		}
		if in.durations != nil {
			in.durations.WithLabelValues(values(in.convention.histogramLabels, seen)...).Observe(time.Since(start).Seconds())
		}
	})
}

// statusWriter remembers the first status that was written.
type statusWriter struct {
	http.ResponseWriter
	code    int
	written bool
}

func (w *statusWriter) WriteHeader(code int) {
	if !w.written {
		w.code, w.written = code, true
	}
	w.ResponseWriter.WriteHeader(code)
}

func (w *statusWriter) Write(body []byte) (int, error) {
	w.written = true
	return w.ResponseWriter.Write(body)
}
