package server

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"goslo.dev/examples/demo/internal/checkout"
	"goslo.dev/examples/demo/internal/fault"
	"goslo.dev/examples/demo/internal/instrument"
)

const (
	defaultItems = 8
	defaultBurn  = 50 * time.Millisecond
	maxBurn      = 2 * time.Second
)

// Public returns what customers reach: POST or GET /checkout?items=8, and /burn?for=50ms, which keeps one
// core busy for that long. Both are measured, and both fail as the switch says. Every answer names the host
// (in Kubernetes the pod) that gave it.
func Public(shop *checkout.Shop, faults *fault.Switch, in *instrument.Instrument, host string) http.Handler {
	mux := http.NewServeMux()
	route := func(path string, handler http.HandlerFunc) {
		mux.Handle(path, in.Wrap(path, named(host, faults.Wrap(handler))))
	}
	route("/checkout", func(w http.ResponseWriter, r *http.Request) {
		items, err := intParameter(r, "items", defaultItems)
		if err != nil || items < 1 || items > checkout.MaxItems {
			http.Error(w, fmt.Sprintf("items: want a number from 1 to %d", checkout.MaxItems), http.StatusBadRequest)
			return
		}
		_, _ = w.Write(shop.Checkout(items).Receipt)
	})
	route("/burn", func(w http.ResponseWriter, r *http.Request) {
		length, err := durationParameter(r, "for", defaultBurn)
		if err != nil || length < 0 || length > maxBurn {
			http.Error(w, fmt.Sprintf("for: want a duration up to %s", maxBurn), http.StatusBadRequest)
			return
		}
		burn(r, length)
		_, _ = fmt.Fprintf(w, "burned %s\n", length)
	})
	return mux
}

func named(host string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Served-By", host)
		next.ServeHTTP(w, r)
	})
}

// Admin returns what operators reach, on a port of its own: /metrics, /healthz, /readyz and /fault.
func Admin(metrics http.Handler, faults *fault.Switch, ready *Readiness) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/metrics", metrics)
	mux.Handle("/readyz", ready)
	mux.Handle("/fault", faults)
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprintln(w, "ok") })
	return mux
}

func intParameter(r *http.Request, name string, otherwise int) (int, error) {
	if text := r.URL.Query().Get(name); text != "" {
		return strconv.Atoi(text)
	}
	return otherwise, nil
}

func durationParameter(r *http.Request, name string, otherwise time.Duration) (time.Duration, error) {
	if text := r.URL.Query().Get(name); text != "" {
		return time.ParseDuration(text)
	}
	return otherwise, nil
}

// burn hashes until the time is over or the client has gone.
func burn(r *http.Request, length time.Duration) {
	var block [4096]byte
	for end := time.Now().Add(length); time.Now().Before(end) && r.Context().Err() == nil; {
		digest := sha256.Sum256(block[:])
		copy(block[:], digest[:])
	}
}
