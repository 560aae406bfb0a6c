# make report   set up if needed, run the demo suite into reports/demo/
# make test     set up if needed, run all tests but the slow ones
# make check    lint and types          make lab        JupyterLab on the notebooks
# make messages collect what is to be translated into every catalogue
# make house    sizes and layers         make test-slow  simulation studies
# make setup    the virtual environment   make pictures  those of docs/, from the demo
# make wheel    the package in dist/ and what it brings (CycloneDX), the same bytes for the same commit
# make docs     the docs as a site, in docs/made/site/index.html
# make profile REPORT=churn: where its seconds go, as a list and a flame picture in .cx/profile
# make findings what other libraries surprised us with, run anew (needs the internet)
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
#- Threads of two test processes that wait cost three times the time; without bytecode, which many containers forbid, every kernel compiles cxlib.
ONE_THREAD := OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=

.PHONY: wheel docs profile findings fonts pictures help setup report test test-slow house check format messages lab bench clean

help:
	@sed -n 's/^# //p' Makefile

setup: $(READY)

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) -V 2>&1). Name one: make setup PYTHON=python3.12"; exit 2; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
	  { echo "This Python has no venv module. On Debian or Ubuntu: apt-get install python3-venv"; exit 2; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --constraint constraints.txt --editable '.[test,dev]'
	@$(BIN)/python -m compileall -qq -j 0 .venv/lib || true  # pip does it on one core; both pass over what is no Python
	@touch $(READY)

report: $(READY)
	$(BIN)/cx run demo

test: $(READY)
	$(ONE_THREAD) $(BIN)/python -m pytest -n 2 --dist loadscope --durations=20 -m "not slow"

test-slow: $(READY)
	$(ONE_THREAD) $(BIN)/python -m pytest -n 2 --dist worksteal --durations=20 -m slow

house: $(READY)
	$(BIN)/python -m pytest -q -n 0 -s tests/house/test_sizes.py tests/house/test_layers.py

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

messages: $(READY)
	@mkdir -p .cx
	@for part in cxlib notebooks; do \
	  $(BIN)/pybabel --quiet extract -F babel.cfg --no-default-keywords -k T -k N:1,2 -k C:1c,2 \
	    --sort-output --no-location -o .cx/$$part.pot $$part && \
	  $(BIN)/pybabel --quiet update -D $$part -i .cx/$$part.pot -d cxlib/language/locale \
	    --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --width=120 || exit 1; done

fonts: $(READY)
	$(BIN)/python -c 'from cxlib.publish.page import write_cuts; write_cuts()'

pictures: report
	$(BIN)/python docs/pictures.py

wheel: $(READY)
	rm -rf build dist
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(BIN)/python docs/sbom.py dist/cxlib.cdx.json

docs: $(READY)
	$(BIN)/python -m sphinx -q -W --keep-going -b html docs docs/made/site

profile: $(READY)
	@test -n "$(REPORT)" || { echo "Name a report: make profile REPORT=churn"; exit 2; }
	$(ONE_THREAD) $(BIN)/python docs/profile.py $(REPORT)

findings: $(READY)
	$(BIN)/python findings/index.py > findings/README.md
	@changed=0; for script in findings/*.sh; do echo "== $$script"; bash $$script || changed=1; done; exit $$changed

lab: $(READY)
	$(BIN)/jupyter lab notebooks

bench: $(READY)
	@for script in benchmarks/*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

clean:
	rm -rf .venv .cx .mypy_cache .ruff_cache .pytest_cache .hypothesis
