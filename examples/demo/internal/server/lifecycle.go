// Package server runs the demo service: a public port, an admin port, and an orderly end.
package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// Readiness answers /readyz: 200 while the service wants traffic, else 503.
type Readiness struct{ ready atomic.Bool }

func (r *Readiness) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	if !r.ready.Load() {
		http.Error(w, "not ready", http.StatusServiceUnavailable)
		return
	}
	_, _ = fmt.Fprintln(w, "ready")
}

// Lifecycle is how a service ends. Each stage begins when the one before is over:
// unready but serving for Drain, until every load balancer has noticed; no new connections and at most
// Shutdown for the requests in flight; then metrics alone for Scrape, so that Prometheus sees the final counts.
type Lifecycle struct {
	Drain, Shutdown, Scrape time.Duration
}

// headerTimeout bounds how long a client may take to send its headers.
const headerTimeout = 10 * time.Second

// Run serves until the context ends, and then goes through the lifecycle. It returns an error if a
// server fails, or if requests were still running when Shutdown was over.
func Run(ctx context.Context, stages Lifecycle, ready *Readiness, public, admin Port) error {
	publicServer := &http.Server{Handler: public.Handler, ReadHeaderTimeout: headerTimeout}
	adminServer := &http.Server{Handler: admin.Handler, ReadHeaderTimeout: headerTimeout}
	failed := make(chan error, 2)
	go func() { failed <- publicServer.Serve(public.Listener) }()
	go func() { failed <- adminServer.Serve(admin.Listener) }()
	defer adminServer.Close()
	defer publicServer.Close()

	ready.ready.Store(true)
	slog.Info("ready", "public", public.Listener.Addr().String(), "admin", admin.Listener.Addr().String())
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}

	ready.ready.Store(false)
	publicServer.SetKeepAlivesEnabled(false) // each answer now asks its client to connect elsewhere
	slog.Info("draining", "for", stages.Drain)
	time.Sleep(stages.Drain)

	slog.Info("finishing the requests in flight", "within", stages.Shutdown)
	deadline, cancel := context.WithTimeout(context.Background(), stages.Shutdown)
	defer cancel()
	err := publicServer.Shutdown(deadline)
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("requests were still running after %s", stages.Shutdown)
	}

	slog.Info("serving metrics for a last scrape", "for", stages.Scrape)
	time.Sleep(stages.Scrape)
	return err
}

// Port is a listening address and what answers there.
type Port struct {
	Listener net.Listener
	Handler  http.Handler
}
