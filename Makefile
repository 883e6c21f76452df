# Everything a fresh machine needs is Python (3.11 to 3.13) and make: `make demo`, `make test`.

PYTHON ?= python3
VENV ?= .venv
WORKERS ?= 2

BIN := $(VENV)/bin
# The native code, in C++.
SOURCES := $(wildcard sklstm/networks/csrc/*.cpp sklstm/networks/csrc/*.h)
# Quiet TensorFlow, no GPU, no windows: what the tests are written for.
TEST_ENV := TF_CPP_MIN_LOG_LEVEL=2 CUDA_VISIBLE_DEVICES= MPLBACKEND=Agg SCIPY_ARRAY_API=1

.DEFAULT_GOAL := help
.PHONY: help install lint format types test test-fast test-slow test-native doctest docs bench demo clean

help:  ## Show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' || { \
	  echo "sklstm needs Python 3.11 to 3.13 and $(PYTHON) is" \
	       "$$($(PYTHON) --version 2>&1); try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)

# The stamps make the installation happen once, and again when what it is made from changes: the
# native code is compiled by it.
$(VENV)/.installed-test: pyproject.toml hatch_build.py $(SOURCES) | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[test,plots]'
	# For the data in it alone: it would hold pandas back.
	$(BIN)/python -m pip install --quiet --no-deps 'sktime>=1.2'
	@touch $@

$(VENV)/.installed-docs: pyproject.toml | $(VENV)/.installed-test
	$(BIN)/python -m pip install --quiet --editable '.[docs]'
	@touch $@

$(VENV)/.installed-bench: pyproject.toml | $(VENV)/.installed-test
	$(BIN)/python -m pip install --quiet --editable '.[bench]'
	@touch $@

install: $(VENV)/.installed-test  ## Make .venv and install sklstm into it, editable, with its test tools

demo: $(VENV)/.installed-test  ## Tune an LSTM on real weather: the main example, under three minutes
	TF_CPP_MIN_LOG_LEVEL=2 MPLBACKEND=Agg $(BIN)/python examples/plot_tune_window.py

test: $(VENV)/.installed-test  ## Run all but the slow tests, with coverage: under five minutes
	$(TEST_ENV) $(BIN)/python -m pytest -m "not slow" -n $(WORKERS) --cov --cov-report=term

test-fast: $(VENV)/.installed-test  ## Run the fastest tests while you edit: under a minute
	$(TEST_ENV) $(BIN)/python -m pytest -m "not slow and not medium" -n $(WORKERS)

test-slow: $(VENV)/.installed-test  ## Run the tests that take longer
	$(TEST_ENV) $(BIN)/python -m pytest -m slow -n $(WORKERS)

test-native: $(VENV)/.installed-test  ## Test the native code with the sanitizers of the compiler
	$(BIN)/python -m tests.sanitize

doctest: $(VENV)/.installed-test  ## Run the examples of the docstrings, the README and the docs
	$(TEST_ENV) $(BIN)/python -m pytest --doctest-modules --doctest-glob='*.md' \
	  --ignore=docs/_build --ignore=docs/auto_examples --ignore=docs/conf.py sklstm README.md docs

lint: $(VENV)/.installed-test  ## Check style, format and types; changes nothing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/clang-format --dry-run -Werror $(SOURCES)
	$(BIN)/mypy

format: $(VENV)/.installed-test  ## Put the code into the house format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/clang-format -i $(SOURCES)

types: $(VENV)/.installed-test  ## Check the types alone
	$(BIN)/mypy

docs: $(VENV)/.installed-docs  ## Build the documentation and run its gallery
	MPLBACKEND=Agg TF_CPP_MIN_LOG_LEVEL=2 $(BIN)/python -m sphinx -W --keep-going -b html docs docs/_build/html

bench: $(VENV)/.installed-bench  ## Compare with Keras and PyTorch, half an hour; ARGS=--quick: a minute
	$(BIN)/python -m benchmarks $(ARGS)

clean:  ## Remove what building and testing left behind; keeps .venv
	rm -rf build dist docs/_build docs/auto_examples docs/generated htmlcov \
	  .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache .benchmarks
	find sklstm tests examples benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
