# The two commands that matter: `make demo` and `make test`. Both install what they need.

UV := tools/uv
RUN := PYTHONPATH=tools $(UV) run --frozen
DEMO := $(RUN) python -m demo

.DEFAULT_GOAL := help
.PHONY: help demo demo-break demo-heal demo-down demo-status test test-pure test-contract test-sources test-e2e lint \
        generate bench-scale bench-rules clean

help: ## Show this text
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 24

demo: ## Real cluster, operator, Prometheus, Go service and load, up to a table of measured compliance
	@$(DEMO) up

demo-break: ## Make the demo's service fail and watch the status move
	@$(DEMO) break

demo-heal: ## End the failure and watch the status come back
	@$(DEMO) heal

demo-status: ## Print the demo's table again
	@$(DEMO) status

demo-down: ## Take the demo's cluster away without a trace
	@$(DEMO) down

test: ## Everything: pure tests, contract tests on a real API server, the chart, end to end on real pods
	@$(RUN) pytest tests

test-pure: ## Only what needs no cluster
	@$(RUN) pytest tests -m "not apiserver and not node and not prometheus and not sources and not helm"

test-contract: ## Only what needs an API server, Prometheus or Helm, but no node
	@$(RUN) pytest tests -m "(apiserver or prometheus or helm) and not node and not sources"

test-sources: ## Only what needs a real VictoriaMetrics, Thanos or Cortex
	@$(RUN) pytest tests -m sources

test-e2e: ## Only end to end on real pods
	@$(RUN) pytest tests -m node

lint: ## Style, types, import rules, rendered files, chart, links
	@$(UV) run --frozen ruff check .
	@$(UV) run --frozen ruff format --check .
	@$(UV) run --frozen mypy
	@$(UV) run --frozen lint-imports
	@$(RUN) python -m quality

generate: ## Render again what is made from the models and from the cases
	@$(UV) run --frozen goslo crd > crds/goslo.dev_goserviceslos.yaml.new
	@mv crds/goslo.dev_goserviceslos.yaml.new crds/goslo.dev_goserviceslos.yaml
	@cp crds/goslo.dev_goserviceslos.yaml charts/goserviceslo/files/crds/
	@$(UV) run --frozen goslo reference > docs/reference/goserviceslo.md.new
	@mv docs/reference/goserviceslo.md.new docs/reference/goserviceslo.md
	@$(UV) run --frozen goslo report --schema > docs/reference/report.schema.json.new
	@mv docs/reference/report.schema.json.new docs/reference/report.schema.json
	@$(RUN) python -m quality.caselibrary

bench-scale: ## Ten thousand resources, with Sloth and Pyrra beside
	@$(RUN) python -m bench.scale

bench-rules: ## What rules cost a Prometheus and how right they are, with Sloth and Pyrra beside
	@$(RUN) python -m bench.rules

clean: ## Remove what lies in the checkout; the cache outside stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis dist
