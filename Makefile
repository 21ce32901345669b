# Everything on a fresh machine: `make up` runs the main job, `make test` the tests. Needs Node 20 or newer, and Go or
# Python where pulumi cannot be downloaded. `make` itself ends with status 2 whenever a command fails; its last line
# shows the command's own status.

# One of dev, qa, uat, prod.
STACK ?= dev
# Further arguments for pulumi, such as ARGS="--diff".
ARGS ?=

# Of up and rebuild: anything here prints roles, rules of privileges and every version at the end.
VERBOSE ?=

# Of a rebuild: anything here ends the sessions that hold it up, and those of the application.
END_SESSIONS ?=

# Change tickets approved for this run, separated by commas.
TICKETS ?=
ifneq ($(TICKETS),)
export DDL_TICKETS := $(TICKETS)
endif

CLI = node cli/bin/make.js
DDL = node cli/bin/ddl.js
BIN = node_modules/.bin
READY = node_modules/.installed

.DEFAULT_GOAL := help
.PHONY: bench bench-backfill bench-contract bench-files bench-grants bench-latency bench-migrations bench-stacks crash-matrix help tour postgis up preview drift heal rebuild refresh env psql sandbox-stop clean distclean test test-all test-rest test-times mutations check check-format check-lint check-types check-unused

help: ## List these targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | sed 's/[$$][$$]*/$$/' | \
	  awk -F'|' '{ printf "  make %-14s %s\n", $$1, $$2 }'
	@echo '  with STACK=dev|qa|uat|prod (default dev), TICKETS=CHG-2026-0101,..., ARGS="..." for pulumi, PG_MAJOR=15|18 or PG_BINARIES=npm|packages|/usr/lib/postgresql/15 for a new sandbox'

up: $(READY) ## Bring a stack of the sandbox up to date (VERBOSE=1: and show roles, rules and versions)
	@$(CLI) up --stack $(STACK) $(if $(VERBOSE),--verbose) -- $(ARGS)

preview: $(READY) ## Show what up would do
	@$(CLI) preview --stack $(STACK) -- $(ARGS)

drift: $(READY) ## Say whether the database still is as declared (Error 1: drift, 2: could not tell)
	@$(CLI) drift --stack $(STACK) -- $(ARGS)

heal: $(READY) ## Mend privileges in a stack's database, and change nothing else
	@$(DDL) heal --stack $(STACK) --sandbox

rebuild: $(READY) ## Drop the schemas of a dev or qa stack and build them anew (END_SESSIONS=1: end sessions in its way)
	@$(CLI) rebuild --stack $(STACK) $(if $(VERBOSE),--verbose) $(if $(END_SESSIONS),--end-sessions) -- $(ARGS)

refresh: $(READY) ## Read the state of the stack from the database again
	@$(CLI) refresh --stack $(STACK) -- $(ARGS)

env: $(READY) ## Print the environment of a stack, for: eval "$$(make env)"
	@$(CLI) env --stack $(STACK)

psql: $(READY) ## Open a session in a stack's database, as its admin
	@$(CLI) psql --stack $(STACK) -- $(ARGS)

tour: $(READY) ## Walk a change from dev to prod in databases of its own, with each refusal on the way (minutes)
	@$(CLI) tour

postgis: $(READY) ## Fetch PostgreSQL with PostGIS from the packages of this Debian or Ubuntu, without root
	@$(CLI) postgis

sandbox-stop: $(READY) ## Stop the sandbox; its data stays
	@$(CLI) sandbox-stop

clean: $(READY) ## Stop the sandbox and remove it with all its data
	@$(CLI) clean

distclean: $(READY) ## The same, and the cache of built or downloaded programs
	@$(CLI) distclean

test: check ## Format, lint, types, and every test but the long ones on the newest PostgreSQL (ten minutes)
	@$(CLI) engine
	@$(BIN)/jest --selectProjects unit program database stack

test-all: test ## The same, then the long ones, and PostgreSQL 15 for every suite that has to hold there too
	@$(MAKE) --no-print-directory test-rest

# What test-all adds to test.
test-rest: $(READY)
	@$(CLI) engine
	@$(BIN)/jest --selectProjects long older

mutations: $(READY) ## Break the engine in one place at a time and tell which faults the tests notice (ARGS="gate": some of them)
	@node --import tsx test/mutations/mutate.ts $(ARGS)

test-times: $(READY) ## Print the twenty slowest suites of the last run of tests
	@node test/support/times.mjs

bench: $(READY) ## Measure what can be measured in a few minutes, as one table, beside other tools
	@$(CLI) --version >/dev/null
	@node --expose-gc --import tsx bench/bench.ts

bench-contract: $(READY) ## Measure what it costs to hold a segment to what was judged, by the number of tables
	@node --import tsx bench/contract.ts

bench-backfill: $(READY) ## Measure a batch of five million rows against one plain UPDATE (about six minutes)
	@node --import tsx bench/backfill.ts

crash-matrix: $(READY) ## Disturb a run at each of its points, in each way, and let it run again (ARGS="18 process every=5")
	@node --import tsx test/support/crash/crashMatrix.ts $(ARGS)

bench-grants: $(READY) ## Measure the check and the mending of privileges by the number of objects (about five minutes)
	@node --expose-gc --import tsx bench/grants.ts

bench-files: $(READY) ## Measure how long it takes to find nothing to do in 5,000 files, beside other tools (about six minutes)
	@$(CLI) --version >/dev/null
	@node --import tsx bench/manyFiles.ts $(ARGS)

bench-migrations: $(READY) ## Measure many small migrations from empty, beside psql and other tools (about three minutes; ARGS="200 5")
	@node --import tsx bench/migrations.ts $(ARGS)

bench-stacks: $(READY) ## Measure what the engine adds to many migrations, and previews of what is unchanged (ARGS="50 200")
	@node --import tsx bench/stacks.ts $(ARGS)

bench-latency: $(READY) ## Measure what readers and writers feel of a migration, beside other tools (about six minutes; ARGS=quick)
	@node --import tsx bench/latency.ts $(ARGS)

check: $(READY) ## Format, lint and types only
	@$(MAKE) --no-print-directory -j3 check-format check-lint check-types check-unused

# What is found out stays in .build/, so that the next check looks at what has changed. A new clone has none of it.
check-format:
	@$(BIN)/prettier --check --log-level warn --cache --cache-location .build/prettier .
check-lint:
	@$(BIN)/eslint --cache --cache-location .build/eslint .
check-types:
	@$(BIN)/tsc --noEmit --incremental --tsBuildInfoFile .build/types.tsbuildinfo
check-unused:
	@$(BIN)/knip --no-progress

$(READY): package.json package-lock.json
	@node -e 'if (process.versions.node.split(".")[0] < 20) { console.error("Node 20 or newer is needed, this is " + process.version); process.exit(1) }'
	@echo "Installing the npm packages" >&2
	@npm ci --loglevel=error --no-audit --no-fund --no-update-notifier >&2
	@touch $@
