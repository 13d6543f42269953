# Everything below sets itself up in .venv; it needs Python >= 3.11 and make, nothing else.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SPARK := $(VENV)/.spark
MOTO := .venv-moto/.ready

# In the order of collection: the longest files first, see tests/conftest.py.
PYTEST := $(BIN)/pytest -q -n auto --dist loadfile --no-loadscope-reorder
# Some images switch compiled files off; every worker and child process would compile all anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo fast test check lint slow browser peers spark scale bench tables clean lock

demo: $(READY)            ## a simulated tenant, the whole pipeline, the dashboard
	$(BIN)/hve demo

fast: $(READY)            ## while editing: unit tests without the files that take long
	$(PYTEST) tests/unit -m "not slow and not long"

test: $(READY) $(MOTO)    ## unit and contract tests
	$(PYTEST)

check: lint test          ## what every commit must pass

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

slow: $(READY) $(MOTO)    ## tests that take longer
	EXAMPLES=10 $(PYTEST) --dist worksteal -m "slow or property"

browser: $(READY)         ## the dashboard in a real Chromium
	$(PYTEST) -m browser

peers: $(READY)           ## what is shipped, with the programs of others (see .ci/run for their packages)
	$(PYTEST) -m peers

spark: $(SPARK)           ## what make scale needs beside the rest

scale: $(SPARK)           ## large data, and the same models on Spark (needs Java 17 or later)
	$(PYTEST) -m scale

bench: $(READY)           ## writes docs/benchmarks.md: over an hour; one section: benchmarks/report.py NAME
	$(BIN)/python benchmarks/report.py

tables: $(READY)          ## writes docs/tables.md from the dictionary of the published file
	$(BIN)/python -m tests.table_page

# uv is several times faster; where it cannot be installed, pip reads the same hashed list.
$(READY): requirements.lock requirements-uv.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-uv.lock || true
	if [ -x $(BIN)/uv ]; then \
	  $(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock; \
	else \
	  $(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock; \
	fi
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $(READY)

# The object store of the tests is a program beside them: it wants older packages than the product.
$(MOTO): $(READY) requirements-moto.lock
	$(PYTHON) -m venv .venv-moto
	if [ -x $(BIN)/uv ]; then \
	  $(BIN)/uv pip install --quiet --python .venv-moto/bin/python --require-hashes -r requirements-moto.lock; \
	else \
	  .venv-moto/bin/python -m pip install --quiet --require-hashes -r requirements-moto.lock; \
	fi
	touch $(MOTO)

# Spark is 500 MB and wanted by few: its own list, on top of the other.
$(SPARK): $(READY) requirements-spark.lock
	if [ -x $(BIN)/uv ]; then \
	  $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements-spark.lock; \
	else \
	  $(BIN)/python -m pip install --quiet --require-hashes -r requirements-spark.lock; \
	fi
	touch $(SPARK)

COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
  --no-emit-index-url --no-emit-find-links

# requirements-run.lock is what the product itself needs, without the tools of development.
lock:                     ## writes the lists of requirements anew from pyproject.toml
	$(BIN)/$(COMPILE) --group dev pyproject.toml -o requirements.lock
	$(BIN)/$(COMPILE) --constraint requirements.lock pyproject.toml -o requirements-run.lock
	echo 'uv>=0.13' | $(BIN)/$(COMPILE) - -o requirements-uv.lock
	$(BIN)/python -c "import tomllib; project = tomllib.load(open('pyproject.toml', 'rb'))['project']; \
	  print(*project['optional-dependencies']['spark'])" \
	  | $(BIN)/$(COMPILE) --constraint requirements.lock - -o requirements-spark.lock
	$(BIN)/python -c "import tomllib; project = tomllib.load(open('pyproject.toml', 'rb'))['project']; \
	  print(*project['optional-dependencies']['objects'], sep='\n')" \
	  | $(BIN)/$(COMPILE) --constraint requirements.lock - -o requirements-objects.lock
	printf 'moto[s3]>=5.2\nflask\nflask-cors\n' | $(BIN)/$(COMPILE) - -o requirements-moto.lock

clean:                    ## removes what was made here, the demo store included
	rm -rf $(VENV) .venv-moto data/demo .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
