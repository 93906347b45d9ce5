package instrument

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// RegisterRuntime registers the metrics of the Go runtime and of the process. How much of the runtime a
// service shows differs from team to team: "off" nothing, "default" what client_golang shows unasked
// (among it go_gc_gogc_percent, go_gc_gomemlimit_bytes and go_sched_gomaxprocs_threads), "gc" all of the
// collector and the scheduler beside, "all" everything, the classes of CPU time included.
func RegisterRuntime(level string, registry prometheus.Registerer) error {
	var shown []collectors.GoRuntimeMetricsRule
	switch level {
	case "off":
		return nil
	case "default":
	case "gc":
		shown = []collectors.GoRuntimeMetricsRule{collectors.MetricsGC, collectors.MetricsScheduler}
	case "all":
		shown = []collectors.GoRuntimeMetricsRule{collectors.MetricsAll}
	default:
		return fmt.Errorf("no level of runtime metrics %q: want off, default, gc or all", level)
	}
	if err := registry.Register(collectors.NewGoCollector(collectors.WithGoCollectorRuntimeMetrics(shown...))); err != nil {
		return err
	}
	return registry.Register(collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
}
