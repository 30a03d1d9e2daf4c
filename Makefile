# make demo: three clips become verified proxies.  make test: what CI runs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := demo
export JOBSPEC_ROOT_MEDIA = $(CURDIR)/$(DEMO)/media
export JOBSPEC_ROOT_PROXIES = $(CURDIR)/$(DEMO)/proxies

.PHONY: demo test faults test-cluster fuzz bench bench-compare frontier lint clean

$(VENV)/.ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

demo: $(VENV)/.ready
	@mkdir -p $(DEMO)/media $(DEMO)/proxies
	@$(BIN)/python tools/demo_media.py $(DEMO)/media
	@$(BIN)/jobspec run specs/demo.yaml

lint: $(VENV)/.ready
	$(BIN)/ruff check runner tests tools
	$(BIN)/ruff format --check runner tests tools
	$(BIN)/mypy

test: lint
	$(BIN)/jobspec check
	left_out=$$($(BIN)/python -m tools.faults_ready) && $(BIN)/python -m pytest -n auto --dist loadfile $$left_out

# Every fault, the long part too, and its table in docs/reliability.md; about a quarter of an hour.
faults: $(VENV)/.ready
	$(BIN)/python -m tools.faults_ready
	rm -rf build/faults && mkdir -p build/faults
	JOBSPEC_FIGURES=$(CURDIR)/build/faults $(BIN)/python -m pytest -n auto -m 'long or not long' tests/faults
	$(BIN)/python -m tools.reliability build/faults docs/reliability.md

# A scheduler and two workers as processes on loopback, and whoever dies in the middle; about five minutes.
test-cluster: $(VENV)/.ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,dask]'
	$(BIN)/python -m pytest -m cluster tests/cluster

# What reads a stranger's files, fed with what libFuzzer thinks up; a minute each, or SECONDS.
SECONDS ?= 60
fuzz: $(VENV)/.ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[fuzz]'
	for target in reading locks names escaping; do \
	    $(BIN)/python -m tools.fuzz $$target -max_total_time=$(SECONDS) -max_len=4096 || exit 1; \
	done

# Encoder settings against each other, for the next number of recipes; a few minutes, or CODECS=prores_lt.
frontier: $(VENV)/.ready
	$(BIN)/python -m tools.frontier $(CODECS)

# Measurements, in Markdown and JSON below build/bench; some of them with BENCH="gate plan_and_diff", repeated RUNS times.
RUNS ?= 3
bench: $(VENV)/.ready
	@mkdir -p build/bench
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,dask]'
	$(BIN)/python -m tests.benchmarks $(BENCH) --runs $(RUNS) --markdown build/bench/bench.md --json build/bench/bench.json

# Both revisions in turns, with the ratios: make bench-compare REV=main
bench-compare: $(VENV)/.ready
	$(BIN)/python -m tests.benchmarks.compare --runs $(RUNS) $(REV)

clean:
	rm -rf $(VENV) $(DEMO)
