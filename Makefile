# Two commands: `make demo` sets up and runs the main job, `make test` sets up and passes the tests.
PYTHON ?= python3
CONFIG ?= configs/demo.yaml
BIN := .venv/bin
READY := .venv/ready

.PHONY: help setup demo test slow test-all bench-corpus bench-distill bench-grid bench-train lint format

help:
	@echo "make demo      set up, then run the whole pipeline on sample data; ends with the report's address"
	@echo "make test      set up, then run the tests"
	@echo "make test-all  the slow tests too"
	@echo "make setup     the environment alone, in .venv"
	@echo "make bench-corpus   what preparing a corpus costs, against the tokenizer alone (15 minutes)"
	@echo "make bench-distill  what a distillation step costs, against the reference's (half an hour)"
	@echo "make bench-grid     what the grid's short cuts save, and that kills change nothing (20 minutes)"
	@echo "make bench-train    what training under Ray costs, gains and survives"
	@echo "make lint      ruff and mypy"

setup: $(READY)
	@echo "ready: $(BIN)/python jobs/pipeline.py $(CONFIG)"

$(READY): pyproject.toml constraints.txt
	@echo "setting up .venv with the versions of constraints.txt (2 to 4 minutes)"
	@$(PYTHON) -c 'import sys; sys.exit("raykd needs Python 3.11 or newer, and $(PYTHON) is " + sys.version.split()[0] + "; use make PYTHON=...") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt -e '.[development]'
	@touch $(READY)

demo: $(READY)
	$(BIN)/python jobs/pipeline.py $(CONFIG)

test: $(READY)
	$(BIN)/python -m pytest

slow: $(READY)
	$(BIN)/python -m pytest -m slow

test-all: $(READY)
	$(BIN)/python -m pytest -m ''

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

bench-train: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[benchmark]'
	$(BIN)/python benchmarks/train.py

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
