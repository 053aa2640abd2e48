# The project's commands. `make help` lists them.
PYTHON ?= python3
VENV   ?= .venv
BIN     = $(VENV)/bin
PORT   ?= 8000

.DEFAULT_GOAL := help
.PHONY: help demo test lint format bench measure clean

help:  ## List the commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# Stamps: an environment is remade only when what it is made from has changed.
$(VENV)/.base: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/.full: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[train,dev]'
	@touch $@ $(VENV)/.base

demo: $(VENV)/.base  ## Index the sample (or DIR=~/Pictures), search it, serve it on PORT
	$(BIN)/binocle demo $(if $(DIR),"$(DIR)") --port $(PORT)

# Compiled files are kept, else each worker and each process that a test starts compiles all anew.
# Files are taken in their order: those of the browser and of whole services come first.
test: export PYTHONDONTWRITEBYTECODE =
test: $(VENV)/.full  ## Run all tests, coverage shown
	$(BIN)/python -m pytest -n logical --maxprocesses 8 --dist loadfile --no-loadscope-reorder \
	  -rs --cov --cov-report=term

lint: $(VENV)/.full  ## Style, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy examples/make_catalog.py examples/openclipart.py examples/page_figures.py
	$(BIN)/mypy -p examples.closed_loop
	$(BIN)/lint-imports

format: $(VENV)/.full  ## Mend what the formatter can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.base  ## Speed and memory, as ratios in one run
	$(BIN)/binocle bench all

# SEED: real vectors to multiply, such as --data DIR --collection NAME; the sample's without.
measure: $(VENV)/.full  ## All of docs/measured anew, and the plan's constants: hours, idle machine
	$(BIN)/binocle bench quantization $(SEED) --results docs/measured/quantization.json --docs docs
	$(BIN)/binocle bench calibrate $(SEED) --results docs/measured/quantization.json \
	  --sizes 10000,100000,1000000 --only int8,none,binary,turbo,product --to eval/planning/constants.json
	$(BIN)/binocle bench fanout --calibration eval/planning/constants.json --docs docs
	COLUMNS=100 $(BIN)/binocle plan --images 150e9 --dim 256 --quantization binary --qps 11500 \
	  --p99 100ms --update-rate 1e8/day --compare --simulate \
	  --calibration eval/planning/constants.json > docs/measured/plan.txt

clean:  ## Remove the environment and caches; data is kept
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .coverage *.egg-info
