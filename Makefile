.PHONY: help demo test check migrate bench lock

help: ## This list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: .venv/ready-demo ## The whole journey on this machine: hub, provider sandbox and a small MCP server
	@.venv/bin/pip-hub demo

test: .venv/ready-dev ## Set up what the tests need, then check everything
	@scripts/system-packages tests
	@scripts/check

check: .venv/ready-dev ## Format, lint, types, import contracts, tests, coverage of the core
	@scripts/check

migrate: .venv/ready-demo ## Bring the database of PIP_HUB_DATABASE_URL to head
	@.venv/bin/pip-hub migrate

bench: .venv/ready-dev ## The benchmarks beside their baselines
	@.venv/bin/python -m benchmarks

lock: .venv/ready-dev ## Re-make requirements/*.txt from pyproject.toml
	@scripts/lock

.venv/ready-%: requirements/%.txt pyproject.toml
	@scripts/venv $*
