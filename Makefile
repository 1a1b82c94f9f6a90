# Everything here is a thin name for a script in scripts/; `make` alone lists the targets.
.DEFAULT_GOAL := help
.PHONY: help run dev build setup test fmt lint bench fuzz

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: ## install what is missing, build, and serve http://127.0.0.1:3000 with a demo world
	@scripts/run

dev: ## serve a debug build; rebuild and reload the page when a source file changes
	@scripts/dev

build: ## build the release: target/release/portico and target/site
	@scripts/build

setup: ## install the tools that building and testing need
	@scripts/setup

test: ## formatting, lints, Rust tests on SQLite and PostgreSQL, browser tests; STEPS="fmt lint" picks
	@scripts/test $(STEPS)

fmt: ## format the Rust sources
	@scripts/with-tools cargo fmt --all

lint: ## clippy with warnings denied, on the server's side and on the browser's
	@scripts/test lint

bench: ## measure the release build and print the figures beside the budgets
	@scripts/bench

fuzz: ## fuzz the parsers of untrusted input, a minute each; TARGET=jose SECONDS=600 picks
	@scripts/fuzz $(or $(TARGET),all) $(or $(SECONDS),60)
