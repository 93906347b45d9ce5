// Package settings lets every flag of a program be given by the environment too, which is how a
// manifest or `kubectl set env` changes one setting without repeating the whole command line.
package settings

import (
	"flag"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// FromEnv sets the flags of fs that have an environment variable: flag "live-heap" and prefix "DEMO"
// make DEMO_LIVE_HEAP. Call it before fs.Parse, so that the command line wins over the environment.
func FromEnv(fs *flag.FlagSet, prefix string, lookup func(string) (string, bool)) error {
	var failed error
	fs.VisitAll(func(f *flag.Flag) {
		name := prefix + "_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		value, found := lookup(name)
		if !found || failed != nil {
			return
		}
		if err := fs.Set(f.Name, value); err != nil {
			failed = fmt.Errorf("environment variable %s=%q: %w", name, value, err)
		}
	})
	return failed
}

// Bytes is a flag.Value for a size: a number of bytes with an optional KiB, MiB or GiB.
type Bytes int64

var units = []struct {
	suffix string
	bytes  int64
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"", 1}}

func (b Bytes) String() string {
	for _, unit := range units {
		if b != 0 && int64(b)%unit.bytes == 0 {
			return strconv.FormatInt(int64(b)/unit.bytes, 10) + unit.suffix
		}
	}
	return "0"
}

// Set parses a size such as 64MiB.
func (b *Bytes) Set(text string) error {
	for _, unit := range units {
		digits, found := strings.CutSuffix(text, unit.suffix)
		if !found {
			continue
		}
		n, err := strconv.ParseInt(digits, 10, 64)
		if err != nil || n < 0 || n > math.MaxInt64/unit.bytes {
			break
		}
		*b = Bytes(n * unit.bytes)
		return nil
	}
	return fmt.Errorf("want a number of bytes such as 65536, 64KiB or 24MiB")
}

// Floats is a flag.Value for comma-separated numbers in strictly ascending order, such as histogram buckets.
type Floats []float64

func (f Floats) String() string {
	texts := make([]string, len(f))
	for i, value := range f {
		texts[i] = strconv.FormatFloat(value, 'g', -1, 64)
	}
	return strings.Join(texts, ",")
}

// Set parses a list such as 0.1,0.3,1.
func (f *Floats) Set(text string) error {
	var values Floats
	for part := range strings.SplitSeq(text, ",") {
		value, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
		if err != nil || math.IsNaN(value) {
			return fmt.Errorf("%q is not a number", part)
		}
		if len(values) > 0 && value <= values[len(values)-1] {
			return fmt.Errorf("%g does not come after %g: want ascending numbers", value, values[len(values)-1])
		}
		values = append(values, value)
	}
	*f = values
	return nil
}
