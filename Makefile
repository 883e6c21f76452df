# Everything a fresh machine needs is Python (3.11 to 3.13) and make: `make demo`, `make test`.

PYTHON ?= python3
VENV ?= .venv
WORKERS ?= 2

BIN := $(VENV)/bin
# The native code, in C++.
CSRC := sklstm/networks/csrc
SOURCES := $(wildcard $(CSRC)/*.cpp $(CSRC)/*.h tests/native/*.cpp)
# Threads sleep while they wait. Where they spin beside other busy processes, scikit-learn's gradient
# boosting takes a minute for half a second of work.
PATIENT := OMP_WAIT_POLICY=PASSIVE
# Quiet TensorFlow, no GPU, no windows: what the tests are written for.
TEST_ENV := TF_CPP_MIN_LOG_LEVEL=2 CUDA_VISIBLE_DEVICES= MPLBACKEND=Agg SCIPY_ARRAY_API=1 $(PATIENT)

.DEFAULT_GOAL := help
.PHONY: help install lint format types test test-fast test-slow test-native test-arm test-neighbours test-minimum doctest docs bench demo wheels clean

help:  ## Show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

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
	TF_CPP_MIN_LOG_LEVEL=2 MPLBACKEND=Agg $(PATIENT) $(BIN)/python examples/plot_tune_window.py

test: $(VENV)/.installed-test  ## Run all but the slow tests, with coverage: under five minutes
	$(TEST_ENV) $(BIN)/python -m pytest -m "not slow" -n $(WORKERS) --cov --cov-report=term

test-fast: $(VENV)/.installed-test  ## Run the fastest tests while you edit: under a minute
	$(TEST_ENV) $(BIN)/python -m pytest -m "not slow and not medium" -n $(WORKERS)

test-slow: $(VENV)/.installed-test  ## Run the tests that take longer
	$(TEST_ENV) $(BIN)/python -m pytest -m slow -n $(WORKERS)

test-native: $(VENV)/.installed-test  ## Test the native code with the sanitizers of the compiler
	$(BIN)/python -m tests.native.sanitize

$(VENV)-neighbours/.installed: pyproject.toml hatch_build.py $(SOURCES)
	$(PYTHON) -m venv $(VENV)-neighbours
	$(VENV)-neighbours/bin/python -m pip install --quiet --editable '.[neighbours]' hypothesis 'pytest>=9'
	@touch $@

test-neighbours: $(VENV)-neighbours/.installed  ## Run the estimators inside skforecast, sktime and mlforecast
	$(TEST_ENV) $(VENV)-neighbours/bin/python -m pytest tests/test_neighbours.py

$(VENV)-minimum/.installed: pyproject.toml hatch_build.py .ci/minimum.txt $(SOURCES)
	$(PYTHON) -m venv $(VENV)-minimum
	$(VENV)-minimum/bin/python -m pip install --quiet --editable '.[test]' --constraint .ci/minimum.txt
	$(VENV)-minimum/bin/python -m pip install --quiet --no-deps 'sktime>=1.2'
	@touch $@

test-minimum: $(VENV)-minimum/.installed  ## Run the fastest tests with the lowest versions of the dependencies
	$(TEST_ENV) $(VENV)-minimum/bin/python -m pytest -m "not slow and not medium" -n $(WORKERS) $(ARGS)

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
	MPLBACKEND=Agg TF_CPP_MIN_LOG_LEVEL=2 $(PATIENT) $(BIN)/python -m sphinx -W --keep-going -b html docs docs/_build/html

bench: $(VENV)/.installed-bench  ## Compare with Keras and PyTorch, half an hour; ARGS=--quick: a minute
	$(BIN)/python -m benchmarks $(ARGS)

$(VENV)/.installed-wheels: pyproject.toml | $(VENV)/.installed-test
	$(BIN)/python -m pip install --quiet --editable '.[wheels]'
	@touch $@

# Of this machine's wheel, what it needs of the system goes into it; the others are compiled by Zig.
wheels: $(VENV)/.installed-wheels  ## Build the wheels of all platforms and the source, into dist/
	rm -rf dist build/wheels
	SKLSTM_BUILD_NATIVE=1 $(BIN)/python -m pip wheel --quiet --no-deps -w build/wheels .
	PATH="$(abspath $(BIN)):$$PATH" $(BIN)/python -m auditwheel repair -w dist build/wheels/*.whl
	zig=$$($(BIN)/python -c "import pathlib, ziglang; print(pathlib.Path(ziglang.__file__).parent / 'zig')"); \
	for target in linux-aarch64 macos-arm64 macos-x86_64 windows-x86_64; do \
	  SKLSTM_BUILD_NATIVE=1 SKLSTM_BUILD_TARGET=$$target CXX="$$zig c++" \
	    $(BIN)/python -m pip wheel --quiet --no-deps -w dist . || exit 1; \
	done
	SKLSTM_BUILD_NATIVE=0 $(BIN)/python -m pip wheel --quiet --no-deps -w dist .
	$(BIN)/python -m build --quiet --sdist --outdir dist .
	$(BIN)/python -m twine check --strict dist/*

test-arm: $(VENV)/.installed-wheels  ## Run the native code for ARM beside NumPy, under QEMU
	$(BIN)/python -m tests.native.arm

clean:  ## Remove what building and testing left behind; keeps .venv
	rm -rf build dist docs/_build docs/auto_examples docs/generated htmlcov \
	  .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache .benchmarks
	find sklstm tests examples benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
