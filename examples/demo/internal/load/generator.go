package load

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Generator sends what the schedule says and books what becomes of it.
type Generator struct {
	Schedule    *Schedule
	Ledger      *Ledger
	Sender      *Sender
	MaxInFlight int // further requests wait, and their wait counts as latency
	finished    atomic.Bool
}

// Run sends until the context ends, and returns when every request in flight has ended too.
func (g *Generator) Run(ctx context.Context) {
	var flights sync.WaitGroup
	places := make(chan struct{}, g.MaxInFlight)
	g.Schedule.Run(ctx, func(due time.Time) {
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
			return
		}
		g.Ledger.Sent(time.Now())
		flights.Go(func() {
			outcome := g.Sender.Send(context.WithoutCancel(ctx), due)
			g.Ledger.Ended(time.Now(), outcome)
			<-places
		})
	})
	flights.Wait()
	g.finished.Store(true)
}

// State is running, paused, or finished once Run has returned.
func (g *Generator) State() string {
	_, paused := g.Schedule.Rate()
	switch {
	case g.finished.Load():
		return "finished"
	case paused:
		return "paused"
	default:
		return "running"
	}
}

// Report prints a line at each interval until the context ends, and a last line then.
func (g *Generator) Report(ctx context.Context, interval time.Duration, out io.Writer) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	before := g.Ledger.Total()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			g.line(out, "total", g.Ledger.Total())
			return
		}
		total := g.Ledger.Total()
		g.line(out, interval.String(), total.Minus(before))
		before = total
	}
}

func (g *Generator) line(out io.Writer, span string, tally Tally) {
	rate, _ := g.Schedule.Rate()
	var classes strings.Builder
	for class := 1; class <= 5; class++ {
		if n := tally.Bad(CodeRule{{class * 100, class*100 + 99}}); n > 0 {
			fmt.Fprintf(&classes, " %dxx=%d", class, n)
		}
	}
	latency := g.Ledger.Recent([]float64{.5, .99, 1})
	_, _ = fmt.Fprintf(out, "%s %s %s rate=%g sent=%d%s unanswered=%d p50=%s p99=%s max=%s\n",
		time.Now().UTC().Format(time.RFC3339), span, g.State(), rate, tally.Sent, classes.String(), tally.Failed(),
		latency[0].Round(10*time.Microsecond), latency[1].Round(10*time.Microsecond), latency[2].Round(10*time.Microsecond))
}
