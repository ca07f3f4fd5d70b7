# Two commands: `make demo` sets up and runs the main job, `make test` sets up and passes the tests.
PYTHON ?= python3
CONFIG ?= configs/demo.yaml
# Processes that share the tests, each with a Ray of its own (1.5 GB).
PARALLEL ?= 3
# Another release of Ray than constraints.txt's, in an environment of its own: make test RAY=2.58.1
RAY :=
VENV := .venv$(addprefix -ray-,$(RAY))
BIN := $(VENV)/bin
READY := $(VENV)/ready

.PHONY: help setup locked wheel demo check test test-cluster test-security slow test-all cases bench-corpus bench-distill bench-grid bench-inference bench-scale bench-statistics bench-train results docs lint format

help:
	@echo "make demo      set up, then run the whole pipeline on sample data; ends with the report's address"
	@echo "make test      set up, then run the tests"
	@echo "make check     lint, types and the tests that need neither Ray nor torch (two minutes)"
	@echo "make test-security  what strangers, neighbours and damaged files could do (docs/security.md); part of the other two"
	@echo "make test-cluster   a cluster that grows, shrinks and loses machines, all on this machine; part of make slow"
	@echo "make slow      the slow tests"
	@echo "make test-all  both"
	@echo "make cases     what becomes of each input in the folder CASES, as a table"
	@echo "make setup     the environment alone, in .venv"
	@echo "make test RAY=2.58.1   the tests on another Ray, in .venv-ray-2.58.1"
	@echo "make wheel     the package in dist/, for cluster.yaml and the Dockerfile"
	@echo "make locked    the same from files whose sha256 stands in requirements.lock (Python 3.11 on Linux, x86_64)"
	@echo "make bench-corpus   what preparing a corpus costs, against the tokenizer alone (15 minutes)"
	@echo "make bench-distill  what a distillation step costs, against the reference's (half an hour)"
	@echo "make bench-grid     what the grid's short cuts save, and that kills change nothing (20 minutes)"
	@echo "make bench-scale    what 1 TB asks of a store and a driver, with small bytes (15 minutes)"
	@echo "make bench-statistics  how often marks, intervals and verdicts are wrong (10 minutes)"
	@echo "make bench-inference  what export and int8 gain, and that they change nothing (10 minutes on two quiet cores)"
	@echo "make bench-train    what training under Ray costs, gains and survives"
	@echo "make results   the tables and the figure of docs/results.md from the scores beside it"
	@echo "make docs      the pages of docs/ as a site that needs no network: site/index.html"
	@echo "make lint      ruff and mypy"

setup: $(READY)
	@echo "ready: $(BIN)/python jobs/pipeline.py $(CONFIG)"

$(READY): pyproject.toml constraints.txt
	@echo "setting up $(VENV) with the versions of constraints.txt (2 to 4 minutes)"
	@$(PYTHON) -c 'import sys; sys.exit("raykd needs Python 3.11 or newer, and $(PYTHON) is " + sys.version.split()[0] + "; use make PYTHON=...") if sys.version_info < (3, 11) else None'
	@$(PYTHON) -c 'import pyexpat; print("warning: this Python has expat %d.%d.%d, older than 2.6, which is weak against hostile XML; raykd refuses what is known to harm it, but a newer Python is better" % pyexpat.version_info) if pyexpat.version_info < (2, 6) else None'
	$(PYTHON) -m venv $(VENV)
	@sed '$(if $(RAY),s/^ray==.*/ray==$(RAY)/)' constraints.txt > $(VENV)/constraints.txt
	$(BIN)/python -m pip install --disable-pip-version-check -c $(VENV)/constraints.txt -e '.[development]'
	@touch $(READY)

# Without hashes are torch, each machine's own build, and setuptools, which pip fetches to build raykd.
locked:
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --require-hashes --no-deps --only-binary :all: -r requirements.lock
	$(BIN)/python -m pip install -c constraints.txt torch
	$(BIN)/python -m pip install --no-deps -e .
	@touch $(READY)

# pip builds in build/, where what a former version had would still lie.
wheel: $(READY)
	rm -rf build dist
	$(BIN)/python -m pip wheel --disable-pip-version-check --quiet --no-deps -w dist .
	rm -rf build

demo: $(READY)
	$(BIN)/python jobs/pipeline.py $(CONFIG)

test: $(READY)
	$(BIN)/python -m pytest -n $(PARALLEL)

test-security: $(READY)
	$(BIN)/python -m pytest -n $(PARALLEL) -m security

test-cluster: $(READY)
	$(BIN)/python -m pytest -v -m slow tests/cluster

# Types are checked by one core while the tests take the other.
check: $(READY)
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy & types=$$!; \
	$(BIN)/python -m pytest -q -n $(PARALLEL) -m 'not slow and not ray and not heavy'; tests=$$?; \
	wait $$types && exit $$tests

slow: $(READY)
	$(BIN)/python -m pytest -v -n $(PARALLEL) -m slow --durations=0 --durations-min=5

test-all: test slow

cases: $(READY)
	$(BIN)/python -m pytest -q -rs --tb=no tests/test_cases.py

bench-corpus: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[benchmark]'
	$(BIN)/python benchmarks/corpus.py --megabytes 100 1000

bench-distill: $(READY)
	$(BIN)/python benchmarks/convergence.py
	$(BIN)/python benchmarks/distill.py

bench-grid: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[benchmark]'
	$(BIN)/python benchmarks/grid_crashes.py
	$(BIN)/python benchmarks/grid.py

bench-scale: $(READY)
	$(BIN)/python benchmarks/scale.py

bench-statistics: $(READY)
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python benchmarks/verdicts.py

bench-inference: $(READY)
	$(BIN)/python benchmarks/inference.py

bench-train: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[benchmark]'
	$(BIN)/python benchmarks/train.py

results: $(READY)
	$(BIN)/python benchmarks/real_text.py

docs: $(READY)
	$(BIN)/python build_docs.py

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mypy --no-warn-unused-ignores $(addprefix --disable-error-code ,arg-type assignment misc call-arg) benchmarks/*.py

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
