# Two commands: `make demo` and `make test`. Only python3 (3.11 or newer) and make are needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEMO_FLAGS := $(if $(DAILY_USE),--daily-use $(DAILY_USE),) $(if $(SEED),--seed $(SEED),)

.PHONY: demo serve test check format thorough clean-demo clean

demo: $(READY) ## Load the sample county, run three months of nights, serve the console
	$(BIN)/zaikong demo $(DEMO_FLAGS)

serve: $(READY) ## Serve the console on what is there
	$(BIN)/zaikong serve

clean-demo: $(READY) ## Forget the sample county
	$(BIN)/zaikong demo --clean

$(READY): pyproject.toml uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Zaikong needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Name another with: make PYTHON=python3.12")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	UV_PROJECT_ENVIRONMENT=$(VENV) $(BIN)/uv sync --frozen --quiet --extra spark --extra bench --extra credit --extra rivals --inexact --python $(BIN)/python
	touch $(READY)

check: $(READY) ## Formatter, lint, types, layers
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

test: check ## Everything: what CI runs
	$(BIN)/pytest -q -n 2 --dist loadgroup

thorough: check ## The long properties too, before a release
	$(BIN)/pytest -q -n 2 --dist loadgroup --thorough

format: $(READY)
	$(BIN)/ruff format --quiet .
	$(BIN)/ruff check --fix --quiet .

clean: clean-demo
	rm -rf $(VENV) var
