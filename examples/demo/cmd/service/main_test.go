package main

import (
	"context"
	"runtime/debug"
	"strings"
	"testing"

	"goslo.dev/examples/demo/internal/server"
)

// ended runs the service with the given arguments until it has begun to serve and ended again.
func ended(t *testing.T, args ...string) error {
	t.Helper()
	cfg, err := configure(append([]string{"--listen=127.0.0.1:0", "--admin=127.0.0.1:0", "--live-heap=0"}, args...),
		func(string) (string, bool) { return "", false })
	if err != nil {
		return err
	}
	cfg.stages = server.Lifecycle{}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	return run(ctx, cfg)
}

func TestTheServiceOverridesGOGCOnlyWhenToldTo(t *testing.T) {
	before := debug.SetGCPercent(123)
	defer debug.SetGCPercent(before)
	if err := ended(t); err != nil {
		t.Fatal(err)
	}
	if got := debug.SetGCPercent(123); got != 123 {
		t.Errorf("GOGC became %d unasked", got)
	}
	if err := ended(t, "--override-gogc=40"); err != nil {
		t.Fatal(err)
	}
	if got := debug.SetGCPercent(123); got != 40 {
		t.Errorf("GOGC is %d, want 40", got)
	}
}

func TestBadSettingsEndTheServiceWithTheirName(t *testing.T) {
	for arg, want := range map[string]string{
		"--fault=errors=2":         `--fault: errors: "2" is not a share`,
		"--fault=%zz":              "--fault: invalid URL escape",
		"--metrics=statsd":         "no metrics convention",
		"--runtime-metrics=little": "no level of runtime metrics",
		"--listen=nowhere":         "nowhere",
		"--live-heap=much":         "live-heap",
	} {
		if err := ended(t, arg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", arg, err)
		}
	}
}

func TestTheEnvironmentConfiguresTheServiceToo(t *testing.T) {
	env := map[string]string{"DEMO_FAULT": "errors=0.5", "DEMO_LIVE_HEAP": "1MiB", "DEMO_BUCKETS": "0.2,0.4"}
	cfg, err := configure(nil, func(name string) (string, bool) { value, found := env[name]; return value, found })
	if err != nil {
		t.Fatal(err)
	}
	if cfg.fault != "errors=0.5" || cfg.liveHeap != 1<<20 || len(cfg.instrument.Buckets) != 2 {
		t.Errorf("got %+v", cfg)
	}
}
