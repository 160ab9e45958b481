# Every verb installs what it needs first; nothing has to be set up by hand. `make help` lists them.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

BIN := .venv/bin
PYTEST := $(BIN)/pytest
# On all cores. A file is run by one worker, in its order: its tests may share a server.
PARALLEL := -n logical --dist loadfile --no-loadscope-reorder

# Python keeps what it has compiled, also where the caller's environment forbids it: a thousand starts read it again.
export PYTHONDONTWRITEBYTECODE :=

# What the locks say decides what must be installed: a stamp is named after their content.
hash_of = $(shell cat $(1) 2>/dev/null | sha256sum | cut -c1-16)
INSTALLED := .venv/.installed-$(call hash_of,pyproject.toml requirements/build.txt requirements/dev.txt)
INSTALLED_FUZZ := .venv/.installed-fuzz-$(call hash_of,requirements/fuzz.txt)

# Can be set on the command line, as in `make crash KILLS=10`.
ARGS ?=
BENCH ?=
KILLS ?= 200
YEARS ?= 3
CLIENTS ?= 200
SEED ?= 1
SECONDS ?= 300
SHARED ?= ../shared
JUDGE_DATA ?= $(SHARED)/data/judges
JUDGE_SUITES ?= 'smtp-line-*' 'addr-*' spoof-emailtesttools 'spf-*' 'dkim-*' 'arc-*' 'dmarc-*' psl mtasts 'bimi-*' \
    'reports*' mime-ambiguity mime-is-broken-valid mail-hostile mime-cpython mime-rubymail mime-haraka mime-stalwart mime-mime4j 'containers-*' qr-zxing 'docs-*' files-strelka files-generated \
    url-wpt confusables 'web-*'
JUDGE_SMTP_SUITES ?= 'smtp-*'

.PHONY: help run demo test check browser api lint bench judge ham outbound crash late simulate fuzz sizes lock servers
# The verbs share one environment and two cores.
.NOTPARALLEL:

help: ## list the verbs
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

run: $(INSTALLED) ## start everything with a demo client and sample mail on 127.0.0.1:2525; Ctrl-C ends it
	@$(BIN)/ecluse up --demo $(ARGS)

demo: $(INSTALLED) ## send the sample mail once; fails unless every sample meets its expected fate
	@$(BIN)/ecluse up --demo --once $(ARGS)

test: $(INSTALLED) servers ## install the servers that the tests talk to, then run every test (ARGS="-k name")
	@$(PYTEST) $(if $(ARGS),,$(PARALLEL)) $(ARGS)

check: lint ## format, lint, types, import contracts and unit tests, in some minutes
	@$(PYTEST) -q $(PARALLEL) $(wildcard tests/unit tests/contract tests/architecture)

browser: $(INSTALLED) servers ## the console in Chromium: both themes and languages, a phone; pictures in var/pictures
	@ECLUSE_BROWSER=all $(PYTEST) -q tests/browser $(ARGS)

api: $(INSTALLED) ## 2,000 calls of the API in each role, made up by schemathesis: no fault, and every answer as promised
	@ECLUSE_API_CALLS=2000 $(PYTEST) -q -n logical tests/web/test_api_fuzzed.py $(ARGS)

bench: $(INSTALLED) ## speed, side by side with Postfix and Rspamd on this machine (ARGS=--quick)
	@$(BIN)/python bench/run.py $(BENCH) $(ARGS)

judge: $(INSTALLED) ## the outside suites in ../shared, through both doors
	@if [ ! -e $(SHARED)/judge/judge.py ]; then echo "No judge: $(SHARED)/judge is not there"; exit 0; fi; \
	failed=0; \
	$(BIN)/python -B $(SHARED)/judge/judge.py --command "$(CURDIR)/$(BIN)/ecluse judge" --data $(JUDGE_DATA) \
	    --suite $(JUDGE_SUITES) $(ARGS) || failed=1; \
	$(BIN)/python -B $(SHARED)/judge/judge.py smtp --command "$(CURDIR)/$(BIN)/ecluse mta" --data $(JUDGE_DATA)/smtp-dev.tar.xz \
	    --suite $(JUDGE_SMTP_SUITES) $(ARGS) | grep -v DNSHandler || failed=1; \
	exit $$failed

OUTBOUND := tests/journeys/outbound tests/journeys/outbound_tls tests/journeys/test_submission.py \
    tests/journeys/test_outbound_by_mx.py tests/journeys/test_sending_limits.py tests/contract/quotas \
    tests/journeys/delivery/test_domains.py tests/unit/mta/reception/test_emission_watch.py \
    tests/control/test_stolen_account.py tests/control/test_two_nodes.py
outbound: $(INSTALLED) servers ## the journeys of outbound mail: logins, limits, thefts, signatures, delivery, DANE and MTA-STS
	@$(PYTEST) -q $(OUTBOUND) $(ARGS)

crash: $(INSTALLED) servers ## kill processes under real traffic and count what was lost (KILLS=200)
	@$(BIN)/python tests/crash/run.py --kills $(KILLS) $(ARGS)

late: $(INSTALLED) servers ## tests of nodes and of mail transfer, each write to the disk 60 ms late: those that look too early fail
	@PYTHONPATH=$(CURDIR)/tests/late $(PYTEST) -q -n logical tests/journeys tests/contract tests/unit/mta $(ARGS)

simulate: $(INSTALLED) ## three years of 200 clients day by day: contracts, invoices, payments, and what must hold each evening (SEED=1)
	@$(BIN)/python tests/simulate/run.py --years $(YEARS) --clients $(CLIENTS) --seed $(SEED) $(ARGS)

fuzz: $(INSTALLED) $(INSTALLED_FUZZ) ## feed random bytes to each parser for a while (SECONDS=300)
	@$(BIN)/python tests/fuzz/run.py --seconds $(SECONDS) $(ARGS)

sizes: ## how long our files and functions are
	@python3 scripts/sizes

# Not verbs for every day: `make lint` is check without its tests; `make lock` after a change of dependencies,
# `make servers` for what the tests need; `make ham` for every honest message of the shared corpora and 3,030 of 101 kinds
# that it writes, through all checks: hours, and what was begun goes on where it stopped (ARGS="--shard 1/4" for a part,
# ARGS=--table for what is known).
ham: $(INSTALLED)
	@$(BIN)/python tests/ham/run.py $(ARGS)

lint: $(INSTALLED)
	@$(BIN)/ruff format --check --quiet . || { echo "Not formatted; .venv/bin/ruff format does it"; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy & types=$$! failed=0; $(BIN)/lint-imports || failed=1; wait $$types || failed=1; exit $$failed

lock:
	@scripts/lock $(ARGS)

servers:
	@scripts/install-test-servers

$(INSTALLED):
	@scripts/install-python dev
	@rm -f .venv/.installed-????????????????
	@touch $@

$(INSTALLED_FUZZ): $(INSTALLED)
	@scripts/install-python fuzz
	@rm -f .venv/.installed-fuzz-*
	@touch $@
