# The Rust client, its C library, and the demonstration. Cargo decides what of the client is out of date.

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
