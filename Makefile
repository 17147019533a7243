# Two commands are all that a newcomer needs: `make demo` and `make test`.
.PHONY: demo test bench prepare

# The committed descriptions in .sqlx stand in for a database while queries are compiled.
export SQLX_OFFLINE = true

demo: prepare ## Serve exact Bedrock cost of a sample export on http://127.0.0.1:8080
	@echo "Building (the first time takes some minutes; CONTRIBUTING.md has figures)" >&2
	@cargo build -p server
	@exec target/debug/chargeback demo

test: prepare ## Everything that the project can prove about itself
	@scripts/prepare-openid-provider
	cargo test --workspace --no-run
	target/debug/examples/with_postgres -- cargo test --workspace
	scripts/check-sql
	scripts/check-compose

bench: prepare ## How fast it is, beside peers: the release build is made first, which takes a while
	@scripts/bench/run

prepare:
	@scripts/prepare
