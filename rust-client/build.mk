# The Rust client, its C library, the demonstration, and `cargo custody`. Cargo decides what of the client
# is out of date.

LEDGER_SOURCES := $(wildcard rust-client/ledger/*.c)
LEDGER_OBJS := $(LEDGER_SOURCES:%.c=$(BUILD)/obj/%.o)

.PHONY: client demo

all: $(BUILD)/libledger.so $(BUILD)/libledger.a

$(BUILD)/libledger.so: $(LEDGER_OBJS)
	$(call say,LD,$@)$(CC) -shared -Wl,-soname,libledger.so $(LDFLAGS) -o $@ $^

$(BUILD)/libledger.a: $(LEDGER_OBJS)
	$(call say,AR,$@)rm -f $@ && $(AR) rcs $@ $^

-include $(LEDGER_OBJS:.o=.d)

client: $(BUILD)/libcustody.so ## build the Rust client: both link kinds, debug and release
	@mkdir -p $(BUILD)
	rust-client/build.sh $(BUILD)

demo: deps ## set up, build, and show the Rust client under Custody: clean, and with each bug
	@$(MAKE) --no-print-directory all client
	@rust-client/demo.sh $(BUILD)

# Cargo's subcommand is built where there is a Rust compiler. It needs no other crate, so rustc alone builds it: cargo would
# ask a registry for what other members of the workspace need. The jobs of make are not its business.
RUST_COMPILER := $(shell command -v rustc)
CARGO_CUSTODY := $(if $(RUST_COMPILER),$(BUILD)/cargo-custody)
CARGO_CUSTODY_SOURCES := $(wildcard rust-client/cargo-custody/src/*.rs)

all: $(CARGO_CUSTODY)

$(BUILD)/cargo-custody: $(CARGO_CUSTODY_SOURCES) Makefile rust-client/build.mk
	@mkdir -p $(@D)
	$(call say,RUSTC,$@)MAKEFLAGS= CARGO_PKG_VERSION=$(VERSION) $(RUST_COMPILER) --edition 2021 --crate-name cargo_custody -O \
	    -C strip=debuginfo -o $@ rust-client/cargo-custody/src/main.rs
