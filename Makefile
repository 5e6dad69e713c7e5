.DEFAULT_GOAL := help
.PHONY: help run test test-fastly bench bench-fastly soak fuzz lint clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Build, start scorer, origin, sign-in and worker, replay the demo, stay up (ONCE=1: check and exit)
	@scripts/setup.sh run
	@scripts/build.sh
	@node scripts/run.mjs

test: ## Install what is missing, then run every check (STAGES="rust demo": only these)
	@scripts/setup.sh test
	@scripts/build.sh
	@scripts/test.sh $(STAGES)

test-fastly: ## Test the Fastly service; the first time builds Fastly's local runtime, a quarter of an hour
	@scripts/setup.sh fastly
	@scripts/fastly.sh test

bench: ## Measure size and speed, side by side with the alternatives
	@scripts/setup.sh bench
	@scripts/build.sh
	@npm run --prefix js/bench --silent bench

bench-fastly: ## Measure the Fastly service beside the same service without Edgeward
	@scripts/setup.sh fastly
	@scripts/fastly.sh bench

soak: ## Compiled policies against interpreted ones (PAIRS=1000000); memory over many decisions (DECISIONS=10000000)
	@scripts/setup.sh bench
	@scripts/build.sh
	@PAIRS=$(or $(PAIRS),1000000) nice cargo test -p edgeward --release --lib policy::tests::differential::soak -- --ignored --nocapture
	@npm run --prefix js/bench --silent soak -- $(or $(DECISIONS),10000000)

fuzz: ## Throw random input at what reads strangers' (SECONDS=60: each target; TARGETS="classify": only these)
	@scripts/setup.sh fuzz
	@scripts/fuzz.sh $(or $(SECONDS),60) $(TARGETS)

lint: ## Format check and lints only
	@scripts/setup.sh run
	@scripts/test.sh format lint

clean: ## Remove everything that was built or installed inside the repository
	rm -rf target fastly/target fastly/bin fuzz/corpus fuzz/artifacts js/node_modules js/bench/node_modules js/consumers/node_modules js/consumers/out js/dist js/dist-test www/dist
	rm -rf examples/*/node_modules examples/*/bundle.edge.json examples/next/.next examples/worker/.wrangler
