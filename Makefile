# make app    the studio in your browser            make test   everything a change must pass
# Both start from nothing: they create .venv and install into it. Run again, they only do what is missing.

PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$python" && break; done)
BIN := .venv/bin
APT := DEBIAN_FRONTEND=noninteractive apt-get
LIGHT := not slow and not browser and not gpu
FAST := $(LIGHT) and not whole_run

# Two processes of one thread each: the tests' tensors are tiny, and results then do not depend on the
# machine's cores.
TEST_ENV := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1

# axe-core finds accessibility faults. It is a script for the browser and comes from the npm registry.
AXE_VERSION := 4.14.1
AXE := .axe/$(AXE_VERSION)

.PHONY: app test check lint fast whole browser chromium axe test-slow results docs story clean

app: .venv/app.stamp
	$(BIN)/streamlit run app/main.py $(if $(PORT),--server.port $(PORT))

test: check whole browser

check: lint fast

lint: .venv/test.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell
	$(BIN)/mypy
	$(BIN)/lint-imports

fast: .venv/test.stamp
	$(TEST_ENV) $(BIN)/pytest -n 2 --dist worksteal -m "$(FAST)"

# Whole runs at tiny sizes, by the command line, the worker and the pages.
whole: .venv/test.stamp
	$(TEST_ENV) $(BIN)/pytest -n 2 --dist worksteal -m "$(LIGHT) and whole_run"

browser: .venv/test.stamp chromium axe
	$(TEST_ENV) $(BIN)/pytest -m "browser and not slow"

# Real scenes, kills and load. Needs ../shared/data or ADAREC_BENCH_DATA; what is missing is skipped and named.
test-slow: .venv/test.stamp chromium
	$(TEST_ENV) $(BIN)/pytest -m "slow or gpu"

chromium:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || { \
		command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ] && \
		$(APT) update -q && $(APT) install -qy --no-install-recommends chromium; } || \
		echo "No Chromium and no way to install it here: the browser tests will be skipped."

axe:
	@[ -f $(AXE)/node_modules/axe-core/axe.min.js ] || { command -v npm >/dev/null && \
		npm install --silent --no-audit --no-fund --no-save --prefix $(AXE) axe-core@$(AXE_VERSION); } || \
		echo "No npm or no way to its registry here: the accessibility tests will be skipped."

# Hours: the tables of docs/results/, one file a command, joined into docs/results.md. Experiments go on from the
# runs that are kept there. One thread each: two of them side by side then use two cores better than one with two.
results: .venv/test.stamp
	$(BIN)/python benchmarks/scenes.py
	$(BIN)/python benchmarks/newcomer.py
	for mode in ablation asrep dt4sr dfa adain adapt; do \
		$(BIN)/python -m adarec bench $$mode --threads 1 --to docs/results || exit; done
	$(BIN)/python benchmarks/draw.py
	cat docs/results/*.md | sed 's|](\([^)/]*\.svg\))|](results/\1)|' > docs/results.md

# The pages that are written from the code; a test fails while they are behind it.
docs: .venv/app.stamp
	$(BIN)/python docs/generate.py

# The whole flow by the command line, on a scene whose right answer is known.
story: .venv/app.stamp
	docs/story.sh

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis tests/artefacts
	rm -rf build dist *.egg-info .axe
	find adarec app pages tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

# Debian keeps the venv module in a package of its own.
$(BIN)/python:
	@[ -n "$(PYTHON)" ] || { echo "Found no Python 3.11 or newer; install one, or say make PYTHON=/path/to/python."; exit 2; }
	$(PYTHON) -m venv .venv || { rm -rf .venv; \
		command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ] && \
		$(APT) update -q && $(APT) install -qy python3-venv && $(PYTHON) -m venv .venv; } || { \
		rm -rf .venv; echo "$(PYTHON) cannot create .venv; install its venv package (python3-venv)."; exit 2; }

.venv/app.stamp: requirements.txt | $(BIN)/python
	$(BIN)/pip install -q -r requirements.txt
	@touch $@

.venv/test.stamp: requirements.txt requirements-dev.txt | $(BIN)/python
	$(BIN)/pip install -q -r requirements-dev.txt
	@touch .venv/app.stamp $@
