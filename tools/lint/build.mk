# Checks that need no run of the program. `make check` runs them all, each a step of one line; `make fmt` repairs layout.

LINT_SOURCES := $(SHARED_SOURCES) $(RUNTIME_SOURCES) $(SHIM_SOURCES) $(TOOL_SOURCES) $(LEDGER_SOURCES) \
    $(wildcard rust-client/till/*.c rust-client/receipts/c/*.c) $(BENCH_SOURCES)
LINT_SOURCES := $(filter %.c,$(LINT_SOURCES))
LINT_HEADERS := $(wildcard include/custody/* runtime/shared/*/*.h runtime/shared/*/*.def runtime/*/*.h shims/*.h tools/custody/*.h rust-client/ledger/*.h rust-client/till/*.h bench/*.h)
TIDY_STAMPS := $(LINT_SOURCES:%.c=$(BUILD)/lint/%.tidy)

STEP := tools/lint/step.sh

.PHONY: check lint fmt check-format check-tidy check-cppcheck check-layers check-exports check-rust check-docs check-shell

check: check-format lint check-rust check-docs check-shell ## every static check: layout, lint, Rust, documents, scripts

lint: check-tidy check-cppcheck check-layers check-exports ## static analysis, floors, exported symbols

fmt: ## lay C and Rust sources out as the checks want them
	tools/lint/format.sh --fix
	cd rust-client && cargo fmt --all

check-format:
	@$(STEP) 'layout of C (clang-format)' tools/lint/format.sh

# clang's own warnings and clang-tidy's, per file, again only when the file or a header has changed.
check-tidy:
	@$(STEP) 'clang and clang-tidy' $(MAKE) --no-print-directory $(TIDY_STAMPS)

$(BUILD)/lint/%.tidy: %.c $(LINT_HEADERS) .clang-tidy
	@mkdir -p $(@D)
	@clang $(CPPFLAGS_ALL) $(TOOL_CPPFLAGS) $(CFLAGS_ALL) -fsyntax-only $<
	@clang-tidy --quiet $< -- $(CPPFLAGS_ALL) $(TOOL_CPPFLAGS) -std=c11 $(WARNINGS) 2>$@.err || \
	    { cat $@.err; exit 1; }
	@touch $@

check-cppcheck:
	@mkdir -p $(BUILD)/lint/cppcheck
	@$(STEP) 'cppcheck' cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr \
	    --error-exitcode=1 --cppcheck-build-dir=$(BUILD)/lint/cppcheck --suppressions-list=tools/lint/cppcheck.txt \
	    -Iinclude -Iruntime/shared -Iruntime -D_GNU_SOURCE -DCUSTODY_VERSION='"$(VERSION)"' $(LINT_SOURCES)

check-layers: objects $(JEMALLOC_OBJ)
	@$(STEP) 'floors (includes and calls)' $(PYTHON) tools/lint/layers.py $(BUILD)/obj
	@$(STEP) 'locks in the child of a fork' $(PYTHON) tools/lint/locks.py $(BUILD)/obj

check-exports: $(BUILD)/libcustody.so $(BUILD)/libcustody.a $(BUILD)/libcustody_preload.so
	@CC='$(CC)' $(STEP) 'exported symbols' tools/lint/exports.sh $(BUILD)

# Of the crate custody also what is compiled out, and its documentation.
CARGO_HERE := cd rust-client && CARGO_TARGET_DIR=$(abspath $(BUILD))/cargo \
    CUSTODY_LIB_DIR=$(abspath $(BUILD)) cargo

check-rust: $(BUILD)/libcustody.a
	@$(STEP) 'rustfmt' sh -c 'cd rust-client && cargo fmt --all --check'
	@$(STEP) 'clippy' sh -c '$(CARGO_HERE) clippy --quiet --locked --workspace --all-targets \
	    --features custody/audit -- -D warnings'
	@$(STEP) 'clippy, Custody compiled out' sh -c '$(CARGO_HERE) clippy --quiet --locked --package custody --all-targets \
	    --all-features -- -D warnings'
	@$(STEP) 'rustdoc' sh -c 'export RUSTDOCFLAGS="-D warnings"; $(CARGO_HERE) doc --quiet --locked --no-deps \
	    --package custody-sys --package custody --features custody/audit'

check-docs:
	@$(STEP) 'documents' $(PYTHON) tools/lint/docs.py

check-shell:
	@$(STEP) 'scripts (shellcheck)' tools/lint/scripts.sh
