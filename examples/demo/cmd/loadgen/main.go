// Command loadgen sends requests to one URL at a constant rate and keeps count of what it sent and got:
// the other side of a service's own metrics.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"goslo.dev/examples/demo/internal/load"
	"goslo.dev/examples/demo/internal/settings"
)

const (
	longestRun     = 7 * 24 * time.Hour
	reportInterval = 10 * time.Second
)

type config struct {
	url, listen   string
	rate, maxRate float64
	duration      time.Duration
	exit          bool
	wait          time.Duration
	lookBack      time.Duration
	bounds        durations
	sender        load.SenderOptions
}

// durations is a flag.Value for a comma-separated list.
type durations []time.Duration

func (d durations) String() string {
	texts := make([]string, len(d))
	for i, value := range d {
		texts[i] = value.String()
	}
	return strings.Join(texts, ",")
}

func (d *durations) Set(text string) error {
	var values durations
	for part := range strings.SplitSeq(text, ",") {
		value, err := time.ParseDuration(part)
		if err != nil {
			return err
		}
		values = append(values, value)
	}
	*d = values
	return nil
}

func main() {
	cfg, err := configure(os.Args[1:], os.LookupEnv)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	if err == nil {
		err = run(ctx, cfg)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "loadgen:", err)
		os.Exit(1)
	}
}

func configure(args []string, lookup func(string) (string, bool)) (config, error) {
	cfg := config{bounds: durations{
		100 * time.Millisecond, 250 * time.Millisecond, 300 * time.Millisecond, 500 * time.Millisecond, time.Second,
	}}
	flags := flag.NewFlagSet("loadgen", flag.ContinueOnError)
	flags.StringVar(&cfg.url, "url", "", "where to send requests, such as http://checkout.shop/checkout")
	flags.StringVar(&cfg.sender.Method, "method", http.MethodPost, "HTTP method")
	flags.Float64Var(&cfg.rate, "rps", 100, "requests per second, also set by POST /rate?rps=")
	flags.Float64Var(&cfg.maxRate, "max-rps", 2000, "the highest rate that may be set")
	flags.DurationVar(&cfg.duration, "duration", time.Hour, "stop sending after so long")
	flags.BoolVar(&cfg.exit, "exit", false, "end the program after the duration, instead of serving the counts on")
	flags.DurationVar(&cfg.wait, "wait", time.Minute, "before the first request, wait so long for the target to accept connections")
	flags.DurationVar(&cfg.sender.Timeout, "timeout", 5*time.Second, "give a request up after so long")
	flags.IntVar(&cfg.sender.RequestsPerConnection, "requests-per-connection", 1,
		"1 connects anew for each request, so that a Service spreads them over its pods; 0 keeps connections alive")
	flags.IntVar(&cfg.sender.MaxInFlight, "max-in-flight", 1000, "requests in flight at most; others wait, and their wait counts")
	flags.Var(&cfg.bounds, "bounds", "latency bounds to count by")
	flags.DurationVar(&cfg.lookBack, "look-back", 30*time.Minute, "how far back GET /counts?until= reaches")
	flags.StringVar(&cfg.listen, "listen", "127.0.0.1:8090", "address of the remote control: /counts, /rate, /pause, /resume")
	if err := settings.FromEnv(flags, "LOADGEN", lookup); err != nil {
		return cfg, err
	}
	if err := flags.Parse(args); err != nil {
		return cfg, err
	}
	if cfg.duration <= 0 || cfg.duration > longestRun {
		return cfg, fmt.Errorf("--duration: want more than 0s and at most %s", longestRun)
	}
	if cfg.lookBack < load.SlotWidth || cfg.lookBack > 24*time.Hour {
		return cfg, fmt.Errorf("--look-back: want from %s to 24h", load.SlotWidth)
	}
	return cfg, nil
}

func reachable(ctx context.Context, sender *load.Sender, within time.Duration) error {
	waiting, stop := context.WithTimeout(ctx, within)
	defer stop()
	return sender.Reachable(waiting)
}

func run(ctx context.Context, cfg config) error {
	schedule, err := load.NewSchedule(cfg.rate, cfg.maxRate)
	if err != nil {
		return fmt.Errorf("--rps: %w", err)
	}
	sender, err := load.NewSender(cfg.url, cfg.sender)
	if err != nil {
		return fmt.Errorf("--url: %w", err)
	}
	if err = reachable(ctx, sender, cfg.wait); err != nil {
		return fmt.Errorf("--url: %w", err)
	}
	generator := &load.Generator{
		Schedule: schedule, Sender: sender, MaxInFlight: cfg.sender.MaxInFlight,
		Ledger: load.NewLedger(time.Now(), cfg.lookBack, cfg.bounds),
	}
	listener, err := net.Listen("tcp", cfg.listen)
	if err != nil {
		return err
	}
	control := &http.Server{Handler: generator.API(), ReadHeaderTimeout: 10 * time.Second}
	defer control.Close()
	go func() { _ = control.Serve(listener) }()
	fmt.Printf("sending to %s at %g requests per second for %s; counts at http://%s/counts\n",
		cfg.url, cfg.rate, cfg.duration, listener.Addr())

	sending, stop := context.WithTimeout(ctx, cfg.duration)
	defer stop()
	reported := make(chan struct{})
	finished, finish := context.WithCancel(context.WithoutCancel(ctx))
	go func() {
		generator.Report(finished, reportInterval, os.Stdout)
		close(reported)
	}()
	generator.Run(sending)
	finish()
	<-reported
	if !cfg.exit {
		<-ctx.Done()
	}
	return nil
}
