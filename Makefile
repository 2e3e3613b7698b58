# Two commands matter: make demo, make test. The others are their parts.
.DEFAULT_GOAL := help
.PHONY: help demo test test-fast unit-fast check fmt chaos compose-test bench-stream bench-store bench-roads bench-routing bench-forecast twin install install-dev browser servers map-tool lock clean

BIN := .venv/bin
FRONTEND := services/web/node_modules/.package-lock.json

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 22

demo: .venv/.installed $(FRONTEND) $(if $(filter real,$(STACK)),servers) ## Run a simulated city on this machine (EXIT=1 ends after the table, CITY=folder takes another city, STACK=real the real servers, ROADS=0 straight lines)
	@$(BIN)/tournee demo $(if $(EXIT),--exit) $(if $(CITY),--city "$(CITY)") $(if $(filter real,$(STACK)),--real) $(if $(filter 0,$(ROADS)),--no-roads)

test: check browser servers map-tool ## Install what the tests need, then check and test everything
	$(BIN)/pytest

# Style, types and imports on one core, the tests on the other.
test-fast: .venv/.installed-dev $(FRONTEND) ## What needs no server and no patience, in a minute and a half: for every change while working
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target check unit-fast

unit-fast:
	@$(BIN)/pytest -q -m "not slow" tests/unit

check: .venv/.installed-dev $(FRONTEND) ## Style, types and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

chaos: .venv/.installed-dev servers ## Kill, hold and fill up everything for some minutes, then count (SEED=1)
	@$(BIN)/python -m tests.chaos --seed $(or $(SEED),1)

compose-test: .venv/.installed-dev servers ## Run docker-compose.yml for real, on a Docker engine of its own (as root)
	@sh infra/install/engine.sh
	@$(BIN)/pytest -rs -s -o python_files="story_*.py" tests/compose

bench-stream: .venv/.installed-dev servers ## Messages a second from MQTT publish to committed row, beside the C tools
	@$(BIN)/python -m tests.benchmarks.stream

bench-store: .venv/.installed-dev servers ## The morning's queries over 100 million readings
	@$(BIN)/python -m tests.benchmarks.store_at_size

bench-roads: .venv/.installed-dev ## Graphs, matrices, and Valhalla beside OSRM (EXTRACTS=folder of .osm.pbf)
	@$(BIN)/python -m tests.benchmarks.roads $(or $(EXTRACTS),../shared/data/osm)

bench-routing: .venv/.installed-dev ## The solver beside PyVRP and plain OR-Tools on made-up cities (an hour)
	@$(BIN)/tournee bench routing --made 300,1000,3000 --seeds 5 --seconds 60

bench-forecast: .venv/.installed-dev ## Our forecast beside own history and LightGBM on real fills (SHARED=folder of data and tools)
	@$(BIN)/python -m tests.benchmarks.forecast --shared $(or $(SHARED),../shared)

twin: .venv/.installed-dev ## What the savings ledger says, held against what a simulated city truly burnt (SEEDS=20, DAYS=28)
	@$(BIN)/python -m tests.benchmarks.honest_twin --seeds $(or $(SEEDS),20) --days $(or $(DAYS),28)

fmt: .venv/.installed-dev ## Put the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

install: .venv/.installed $(FRONTEND) ## Install what it runs on
install-dev: .venv/.installed-dev $(FRONTEND) ## Install what it is tested with too

servers:
	@sh infra/install/real.sh

map-tool:
	@sh infra/install/map.sh

browser:
	@sh infra/install/browser.sh

# The development lock holds all of the other, at the same versions.
.venv/.installed: requirements.lock pyproject.toml
	@test -e .venv/.installed-dev || sh infra/install/venv.sh requirements.lock
	@touch $@

.venv/.installed-dev: requirements-dev.lock pyproject.toml
	@sh infra/install/venv.sh requirements-dev.lock
	@touch $@ .venv/.installed

$(FRONTEND): services/web/package-lock.json | .venv/.installed
	@sh infra/install/frontend.sh
	@touch $@

lock: .venv/.installed-dev ## Renew the locks within what pyproject.toml allows
	@sh infra/install/lock.sh

clean: ## Remove what was installed and built
	rm -rf .venv services/web/node_modules var .mypy_cache .ruff_cache .pytest_cache .hypothesis
