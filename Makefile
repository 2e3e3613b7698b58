# Two commands matter: make demo, make test. The others are their parts.
.DEFAULT_GOAL := help
.PHONY: help demo test test-fast unit-fast check fmt chaos test-firefox compose-test fuzz bench-stream bench-doors bench-store bench-map bench-roads bench-routing bench-forecast twin install install-dev browser servers map-tool lock clean

BIN := .venv/bin
FRONTEND := services/web/node_modules/.package-lock.json
ALONE := tests/load tests/chaos tests/security/test_login_limits.py tests/integration/test_simulators_mqtt.py
IDENTITY := tests/identity/node_modules/.package-lock.json

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 22

demo: .venv/.installed $(FRONTEND) $(if $(filter real,$(STACK)),servers) ## Run a simulated city on this machine (EXIT=1 ends after the table, CITY=folder takes another city, STACK=real the real servers, ROADS=0 straight lines)
	@$(BIN)/tournee demo $(if $(EXIT),--exit) $(if $(CITY),--city "$(CITY)") $(if $(filter real,$(STACK)),--real) $(if $(filter 0,$(ROADS)),--no-roads)

# Two files at a time, since most of a test is waiting for its servers. What measures or kills goes alone afterwards.
test: check browser servers map-tool $(IDENTITY) ## Install what the tests need, then check and test everything (JOBS=2)
	@failed=; \
	$(BIN)/pytest --numprocesses $(or $(JOBS),2) --dist loadfile $(ALONE:%=--ignore=%) || failed=1; \
	$(BIN)/pytest $(ALONE) || failed=1; \
	test -z "$$failed"

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

test-firefox: .venv/.installed-dev $(FRONTEND) servers ## The main pages in Firefox (Debian's, installed where it is not there)
	@sh infra/install/firefox.sh
	@$(BIN)/pytest -rs tests/browser/test_firefox.py

compose-test: .venv/.installed-dev servers ## Run docker-compose.yml for real, on a Docker engine of its own (as root)
	@sh infra/install/engine.sh
	@$(BIN)/pytest -rs -s -o python_files="story_*.py" tests/compose

fuzz: .venv/.installed-dev ## A million spoilt messages at doors and decoders (CASES=, SEED=; GUIDED=60: so many seconds each, by coverage)
ifdef GUIDED
	@sh infra/install/guided_fuzzing.sh
	@for target in doors decoders; do PYTHONPATH=var/fuzz/lib $(BIN)/python -m tests.fuzz.guided $$target --seconds $(GUIDED) --seed $(or $(SEED),1) || exit 1; done
else
	@$(BIN)/python -m tests.fuzz --cases $(or $(CASES),1000000) --seed $(or $(SEED),1)
endif

bench-stream: .venv/.installed-dev servers ## Messages a second from MQTT publish to committed row, beside the C tools
	@$(BIN)/python -m tests.benchmarks.stream

bench-doors: .venv/.installed-dev servers ## Uplinks a second through the ChirpStack door, by MQTT and over HTTP
	@$(BIN)/python -m tests.benchmarks.stream --only doors

bench-store: .venv/.installed-dev servers ## The morning's queries over 100 million readings
	@$(BIN)/python -m tests.benchmarks.store_at_size

bench-map: .venv/.installed-dev $(FRONTEND) browser ## Frames a second of the operator's map, software-rendered, at a large city's size (CONTAINERS=50000, CIRCUITS=200)
	@$(BIN)/python -m tests.benchmarks.console --containers $(or $(CONTAINERS),50000) --circuits $(or $(CIRCUITS),200)

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

$(IDENTITY): tests/identity/package-lock.json | $(FRONTEND)
	@sh infra/install/identity.sh
	@touch $@

lock: .venv/.installed-dev ## Renew the locks within what pyproject.toml allows
	@sh infra/install/lock.sh

clean: ## Remove what was installed and built
	rm -rf .venv services/web/node_modules tests/identity/node_modules tests/firefox/node_modules var .mypy_cache .ruff_cache .pytest_cache .hypothesis
