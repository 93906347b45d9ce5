// Command service is a checkout-like HTTP service to try GoServiceSLO on: real work and real metrics,
// and a switch of its own to fail.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"goslo.dev/examples/demo/internal/checkout"
	"goslo.dev/examples/demo/internal/fault"
	"goslo.dev/examples/demo/internal/instrument"
	"goslo.dev/examples/demo/internal/server"
	"goslo.dev/examples/demo/internal/settings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

type config struct {
	listen, admin  string
	fault          string
	overrideGOGC   int
	runtimeMetrics string
	liveHeap       settings.Bytes
	garbage        settings.Bytes
	hashRounds     int
	buckets        settings.Floats
	instrument     instrument.Options
	stages         server.Lifecycle
}

func main() {
	cfg, err := configure(os.Args[1:], os.LookupEnv)
	if err != nil {
		os.Exit(2) // the flag package has said why
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	if err := run(ctx, cfg); err != nil {
		slog.Error("ended", "error", err)
		os.Exit(1)
	}
}

func configure(args []string, lookup func(string) (string, bool)) (config, error) {
	// The default buckets of client_golang and one at 300 ms: an objective's bound must be a bucket's.
	cfg := config{liveHeap: 24 << 20, garbage: 32 << 10, buckets: settings.Floats{.005, .01, .025, .05, .1, .25, .3, .5, 1, 2.5, 5, 10}}
	flags := flag.NewFlagSet("service", flag.ContinueOnError)
	flags.Usage = func() {
		fmt.Fprintln(flags.Output(), "usage: service [flags]    (a flag may be given as DEMO_<FLAG> in the environment too)")
		flags.PrintDefaults()
	}
	flags.StringVar(&cfg.listen, "listen", ":8080", "public address: /checkout and /burn")
	flags.StringVar(&cfg.admin, "admin", ":8081", "admin address: /metrics, /healthz, /readyz and /fault")
	flags.StringVar(&cfg.fault, "fault", "", "how to fail from the start, such as errors=0.3&delay=400ms&slow=0.5")
	flags.IntVar(&cfg.overrideGOGC, "override-gogc", 0, "set GOGC in the program, whatever the environment says (0: do not)")
	flags.Var(&cfg.liveHeap, "live-heap", "bytes that stay reachable")
	flags.Var(&cfg.garbage, "garbage", "short-lived bytes allocated per request")
	flags.IntVar(&cfg.hashRounds, "hash-rounds", 500, "processor work per request, in SHA-256 rounds")
	flags.StringVar(&cfg.instrument.Convention, "metrics", "promhttp", "whose metric names: "+strings.Join(instrument.Conventions(), ", "))
	flags.StringVar(&cfg.instrument.Histogram, "histogram", "classic", "kind of histogram: classic, native or both")
	flags.Var(&cfg.buckets, "buckets", "classic buckets in seconds, where the metric names do not imply them")
	flags.StringVar(&cfg.runtimeMetrics, "runtime-metrics", "gc", "how much of the Go runtime to show: off, default, gc or all")
	flags.DurationVar(&cfg.stages.Drain, "drain-delay", 5*time.Second, "on SIGTERM, serve on unready for so long")
	flags.DurationVar(&cfg.stages.Shutdown, "shutdown-timeout", 10*time.Second, "then wait so long for the requests in flight")
	flags.DurationVar(&cfg.stages.Scrape, "scrape-grace", 10*time.Second, "then serve metrics alone for so long")
	if err := settings.FromEnv(flags, "DEMO", lookup); err != nil {
		fmt.Fprintln(flags.Output(), err)
		return cfg, err
	}
	err := flags.Parse(args)
	cfg.instrument.Buckets = cfg.buckets
	return cfg, err
}

func run(ctx context.Context, cfg config) error {
	if cfg.overrideGOGC != 0 {
		debug.SetGCPercent(cfg.overrideGOGC)
	}
	faults, err := initialFault(cfg.fault)
	if err != nil {
		return err
	}
	registry := prometheus.NewRegistry()
	in, err := instrument.New(cfg.instrument, registry)
	if err != nil {
		return err
	}
	if err = instrument.RegisterRuntime(cfg.runtimeMetrics, registry); err != nil {
		return err
	}
	shop := checkout.Open(checkout.Load{
		LiveHeap: int64(cfg.liveHeap), Garbage: int64(cfg.garbage), HashRounds: cfg.hashRounds,
	})
	ready := &server.Readiness{}
	public, err := listen(cfg.listen)
	if err != nil {
		return err
	}
	admin, err := listen(cfg.admin)
	if err != nil {
		return err
	}
	host, err := os.Hostname()
	if err != nil {
		return err
	}
	public.Handler = server.Public(shop, faults, in, host)
	admin.Handler = server.Admin(promhttp.HandlerFor(registry, promhttp.HandlerOpts{}), faults, ready)
	return server.Run(ctx, cfg.stages, ready, public, admin)
}

func initialFault(text string) (*fault.Switch, error) {
	query, err := url.ParseQuery(text)
	if err != nil {
		return nil, fmt.Errorf("--fault: %w", err)
	}
	plan, err := fault.Parse(query)
	if err != nil {
		return nil, fmt.Errorf("--fault: %w", err)
	}
	faults := &fault.Switch{}
	faults.Set(plan)
	return faults, nil
}

func listen(address string) (server.Port, error) {
	listener, err := net.Listen("tcp", address)
	return server.Port{Listener: listener}, err
}
