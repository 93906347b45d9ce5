package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func noEnvironment(string) (string, bool) { return "", false }

func TestALoadWithAnEndSendsThroughItsDurationAndEnds(t *testing.T) {
	var served atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { served.Add(1) }))
	defer server.Close()
	cfg, err := configure([]string{"--url", server.URL, "--rps=100", "--duration=2s", "--exit", "--listen=127.0.0.1:0"}, noEnvironment)
	if err != nil {
		t.Fatal(err)
	}
	if err = run(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	if got := served.Load(); got < 1 || got > 201 {
		t.Errorf("the server served %d in 2 s at 100 per second", got)
	}
}

func TestALoadServesItsCountsOnUntilItIsToldToEnd(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	cfg, err := configure([]string{"--url", server.URL, "--rps=0", "--duration=1ms", "--listen=127.0.0.1:0"}, noEnvironment)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error)
	go func() { ended <- run(ctx, cfg) }()
	select {
	case <-ended:
		t.Error("ended by itself")
	case <-time.After(100 * time.Millisecond):
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

func TestBadSettingsAreRefusedWithTheirName(t *testing.T) {
	for arg, want := range map[string]string{
		"--duration=0s":     "--duration: want more than 0s",
		"--duration=999h":   "--duration",
		"--look-back=1ns":   "--look-back",
		"--look-back=1000h": "--look-back",
		"--bounds=1s,fast":  "bounds",
		"--rps=5000":        "--rps: want a rate from 0 to 2000",
		"--url=checkout":    "--url: \"checkout\": want a URL",
		"--wait=1ms":        "--url: nothing accepts connections",
	} {
		cfg, err := configure([]string{"--url=http://127.0.0.1:1", "--listen=127.0.0.1:0", arg}, noEnvironment)
		if err == nil {
			err = run(t.Context(), cfg)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", arg, err)
		}
	}
}

func TestTheEnvironmentConfiguresTheLoadToo(t *testing.T) {
	env := map[string]string{"LOADGEN_RPS": "42", "LOADGEN_BOUNDS": "10ms,1s"}
	cfg, err := configure(nil, func(name string) (string, bool) { value, found := env[name]; return value, found })
	if err != nil || cfg.rate != 42 || cfg.bounds.String() != "10ms,1s" {
		t.Errorf("got %+v, %v", cfg, err)
	}
}
