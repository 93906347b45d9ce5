// Nothing is built here: the custom resource definitions are read from the module's own files, so that no copy of
// them has to be kept. `go mod tidy` would drop the requirement; after a new version, `go mod download` fills go.sum.
module goslo.dev/tools/prometheus-operator

go 1.26.0

require github.com/prometheus-operator/prometheus-operator v0.90.1
