# The verbs for people. Each runs in an environment that is built on first use (msp_report/environment.py).
# CLIENT, MONTH and YEAR choose, as in: make monthly CLIENT=demo MONTH=2026-04

PYTHON ?= python3
CLIENT ?= demo
MONTH ?=
YEAR ?=

IN = @$(PYTHON) -m msp_report.environment $(if $(filter file,$(origin PYTHON)),--fastest)
TEST = $(IN) --with test
LAB = $(IN) --with lab
REPORT = $(IN) python -m msp_report
client = --client '$(CLIENT)'
month = $(if $(MONTH),--month '$(MONTH)')
year = $(if $(YEAR),--year '$(YEAR)')
notebooks = $(wildcard notebooks/*/*.ipynb)
# A file of tests more at a time than there are cores, for some wait; in the order of tests/conftest.py, the longest first.
workers = -n $(shell $(PYTHON) -c 'import os; print(min(8, 1 + (os.cpu_count() or 1)))') --dist loadfile --no-loadscope-reorder
not_tests = --ignore=tests/benchmarks --ignore=tests/abuse

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: monthly daily annual check lab pdf mail test long quick live bench abuse bill env help

monthly: ## the board pack of a month, the latest complete one unless MONTH= names it
	$(REPORT) monthly $(client) $(month)

daily: ## the help desk's open tasks and the payments due, from today's exports
	$(REPORT) daily $(client)

annual: ## the annual assessment of a year, the latest whole one or twelve months unless YEAR= names it
	$(REPORT) annual $(client) $(year)

check: ## read and validate the exports only, and list every bad row
	$(REPORT) check $(client) $(month)

lab: ## open the notebooks in JupyterLab
	$(LAB) jupyter lab notebooks

pdf: ## the pack of a month as one PDF, through Chromium; of a year where YEAR= names it
	$(REPORT) pdf $(client) $(month) $(year)

mail: ## page one of the pack as a mail, with the PDF and a zip of the pages attached: board.eml
	$(REPORT) mail $(client) $(month) $(year)

# Tests start Python hundreds of times: each start compiles the package anew where nobody keeps what was compiled.
test quick long live abuse: export PYTHONDONTWRITEBYTECODE :=
test: ## code and notebooks linted, notebooks free of outputs, and the tests
	$(TEST) ruff check
	$(TEST) ruff format --check
	$(if $(notebooks),$(TEST) nbstripout --verify --keep-id $(notebooks))
	$(TEST) pytest $(workers) -m 'not long and not thorough and not servers' $(not_tests)

long: ## the tests that make, manipulate, fork and kill whole months; CI runs them after `make test`
	$(TEST) pytest $(workers) -m 'long and not thorough and not servers' $(not_tests)

quick: ## the quick tests, under 90 s on two cores: no packs, no browser, of metrics the rules
	$(TEST) pytest $(workers) -m 'not slow and not long and not thorough and not servers'

live: ## sources, stores and clusters, against servers of their own on this machine; what is not installed is skipped
	$(TEST) --with live --with cluster --with servers pytest $(workers) tests/live

bench: ## how fast and how large, in pairs: a table and charts in output/bench; MSP_REPORT_BENCH=long for all sizes
	$(TEST) --with cluster pytest -q tests/benchmarks

abuse: export EXAMPLES = all
abuse: export TEXTS = pyarrow
abuse: ## evidence left out, cut and broken in more months, with more seeds and examples than the tests have time for
	$(TEST) pytest $(workers) -m 'thorough or hypothesis'

bill: ## the bill of materials of what a report needs (CycloneDX), in output/bill.cdx.json
	@mkdir -p output
	$(IN) python -m msp_report.reference.supply bill > output/bill.cdx.json

env: ## build the environment in .venv and nothing else; every verb does when it is missing or stale
	$(IN)

help: ## these verbs
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s  %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
