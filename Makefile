# make demo: three clips become verified proxies.  make test: what CI runs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := demo
export JOBSPEC_ROOT_MEDIA = $(CURDIR)/$(DEMO)/media
export JOBSPEC_ROOT_PROXIES = $(CURDIR)/$(DEMO)/proxies

.PHONY: demo test bench lint clean

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
	$(BIN)/python -m pytest -n auto --dist loadfile

bench: $(VENV)/.ready
	$(BIN)/python -m tests.benchmarks.plan_and_diff

clean:
	rm -rf $(VENV) $(DEMO)
