package settings

import (
	"flag"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/quick"
	"time"
)

func parse(t *testing.T, env map[string]string, args ...string) (time.Duration, error) {
	t.Helper()
	fs := flag.NewFlagSet("test", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	delay := fs.Duration("drain-delay", time.Second, "")
	lookup := func(name string) (string, bool) { value, found := env[name]; return value, found }
	if err := FromEnv(fs, "DEMO", lookup); err != nil {
		return 0, err
	}
	return *delay, fs.Parse(args)
}

func TestTheEnvironmentSetsAFlagAndTheCommandLineWins(t *testing.T) {
	env := map[string]string{"DEMO_DRAIN_DELAY": "3s"}
	if got, err := parse(t, env); err != nil || got != 3*time.Second {
		t.Errorf("environment alone: %v, %v", got, err)
	}
	if got, err := parse(t, env, "-drain-delay=5s"); err != nil || got != 5*time.Second {
		t.Errorf("environment and command line: %v, %v", got, err)
	}
}

func TestABadEnvironmentVariableIsNamedInTheError(t *testing.T) {
	_, err := parse(t, map[string]string{"DEMO_DRAIN_DELAY": "soon"})
	if err == nil || !strings.Contains(err.Error(), `DEMO_DRAIN_DELAY="soon"`) {
		t.Errorf("got %v", err)
	}
}

func TestSizesAreReadWithTheirUnit(t *testing.T) {
	for text, want := range map[string]Bytes{"0": 0, "512": 512, "64KiB": 64 << 10, "24MiB": 24 << 20, "1GiB": 1 << 30} {
		var got Bytes
		if err := got.Set(text); err != nil || got != want {
			t.Errorf("%s: got %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "MiB", "-1", "1.5MiB", "64MB", "64Mi", "9999999999GiB"} {
		var got Bytes
		if err := got.Set(text); err == nil {
			t.Errorf("%q was taken as %d", text, got)
		}
	}
}

func TestASizeReadsBackAsItself(t *testing.T) {
	law := func(n uint32) bool {
		var back Bytes
		return back.Set(Bytes(n).String()) == nil && back == Bytes(n)
	}
	if err := quick.Check(law, nil); err != nil {
		t.Error(err)
	}
}

func TestListsMustAscend(t *testing.T) {
	var got Floats
	if err := got.Set("0.1, 0.3,1"); err != nil || !slices.Equal(got, []float64{0.1, 0.3, 1}) {
		t.Errorf("got %v, %v", got, err)
	}
	if got.String() != "0.1,0.3,1" {
		t.Errorf("rendered as %s", got)
	}
	for _, text := range []string{"", "a", "1,1", "2,1", "NaN", "1,,2"} {
		if err := got.Set(text); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
}
