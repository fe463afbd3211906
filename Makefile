# Two commands to remember: `make run` and `make test`. README.md explains both.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CHECKED := ml_utils app.py tests benchmarks docs

.PHONY: run setup setup-test test test-all nightly lint bench clean

run: setup  ## serve the lab
	exec $(BIN)/python app.py

setup: $(VENV)/.run node_modules/.lockstep-stamp  ## everything that serving needs

setup-test: $(VENV)/.test node_modules/.lockstep-dev  ## everything that testing needs, a browser included

test: setup-test lint  ## all tests
	$(BIN)/python -m pytest -n 2 --dist loadfile

nightly: setup-test  ## tests that take minutes: every model of torchvision
	$(BIN)/python -m pytest -m nightly

lint: setup-test
	$(BIN)/ruff check $(CHECKED)
	$(BIN)/mypy

bench: setup-test $(VENV)/.bench  ## the numbers, each a ratio or percentile of one run
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) node_modules

$(VENV)/.run: requirements.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -r requirements.txt
	touch $@

$(VENV)/.test: requirements.txt requirements-dev.txt $(VENV)/.run
	$(BIN)/python -m pip install --quiet -r requirements-dev.txt
	touch $@

$(VENV)/.bench: requirements-bench.txt $(VENV)/.test
	$(BIN)/python -m pip install --quiet -r requirements-bench.txt
	touch $@

node_modules/.lockstep-stamp: package.json package-lock.json $(VENV)/.run
	$(BIN)/python -m ml_utils.web.vendor
	touch $@

node_modules/.lockstep-dev: node_modules/.lockstep-stamp
	$(BIN)/python -m ml_utils.web.vendor --dev
	$(BIN)/python -m tests.browser.chromium
	touch $@
