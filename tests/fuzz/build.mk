# Fuzzing. A file in tests/fuzz/runtime is a target over the runtime, one in tests/fuzz/tool over the tool; each has a
# corpus in tests/fuzz/corpus/NAME, and perhaps a dictionary tests/fuzz/NAME.dict. `make fuzz` builds them with libFuzzer,
# AddressSanitizer and UndefinedBehaviorSanitizer and mutates; the unit tests replay the corpora, with any compiler.

# Functions that a target replaces by its own __wrap_NAME, and libraries that it needs.
WRAP_fuzz_image := cst_module_find
LIBS_fuzz_api := -ljansson $(BUILD)/obj/tools/custody/number_clamp.o
$(BUILD)/tests/fuzz_api $(BUILD)/fuzz_api: $(BUILD)/obj/tools/custody/number_clamp.o

FUZZ_OF_RUNTIME := $(patsubst tests/fuzz/runtime/%.c,%,$(sort $(wildcard tests/fuzz/runtime/*.c)))
FUZZ_OF_TOOL := $(patsubst tests/fuzz/tool/%.c,%,$(sort $(wildcard tests/fuzz/tool/*.c)))
FUZZ_TARGETS := $(FUZZ_OF_RUNTIME) $(FUZZ_OF_TOOL)

# One command for both kinds of program: $(1) is what turns the target into a program.
FUZZ_COMPILE = $(COMPILE) -Wno-missing-prototypes $(1) -MMD -MP -MF $@.d -o $@ $<
FUZZ_LINK = -rdynamic $(LDFLAGS) $(foreach f,$(WRAP_fuzz_$*),-Wl,--wrap=$(f)) $(LIBS_fuzz_$*)
FUZZ_REPLAY = -DFUZZ_CORPUS='"tests/fuzz/corpus/$*"' tests/fuzz/replay.c

FUZZ_REPLAYS := $(FUZZ_TARGETS:%=$(BUILD)/tests/fuzz_%)
FUZZERS := $(FUZZ_TARGETS:%=$(BUILD)/fuzz_%)

define fuzz-rules
$(FUZZ_OF_RUNTIME:%=$(1)%): $(1)%: tests/fuzz/runtime/%.c tests/fuzz/fuzz.h tests/fuzz/replay.c $(RUNTIME_ARCHIVE)
	@mkdir -p $$(@D)
	$$(call say,FUZZ,$$@)$$(call FUZZ_COMPILE,$(2)) $$(RUNTIME_ARCHIVE) $$(FUZZ_LINK)

$(FUZZ_OF_TOOL:%=$(1)%): $(1)%: tests/fuzz/tool/%.c tests/fuzz/fuzz.h tests/fuzz/replay.c $(filter-out %/main.o,$(TOOL_OBJS))
	@mkdir -p $$(@D)
	$$(call say,FUZZ,$$@)$$(call FUZZ_COMPILE,$$(TOOL_CPPFLAGS) $(2)) $$(filter-out %/main.o,$$(TOOL_OBJS)) $$(FUZZ_LINK) \
	    $$(TOOL_LIBS)
endef

$(eval $(call fuzz-rules,$(BUILD)/tests/fuzz_,$$(FUZZ_REPLAY)))
$(eval $(call fuzz-rules,$(BUILD)/fuzz_,-fsanitize=fuzzer))

-include $(FUZZ_REPLAYS:=.d) $(FUZZERS:=.d)

.PHONY: fuzz fuzzers

fuzzers: $(FUZZERS)

# SECONDS says for how long, each; FUZZ which, all by default.
SECONDS ?= 60
FUZZ ?= $(FUZZ_TARGETS)
FUZZ_FLAGS := -O1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined

fuzz: ## feed what reads hostile input with arbitrary bytes, SECONDS=60 each; FUZZ='log elf' only these
	+@$(MAKE) --no-print-directory BUILD=$(BUILD)/fuzz CC=clang CFLAGS='$(FUZZ_FLAGS)' LDFLAGS='-fsanitize=address,undefined' \
	    $(FUZZ:%=$(BUILD)/fuzz/fuzz_%)
	@tests/fuzz/run.sh $(BUILD)/fuzz $(SECONDS) $(FUZZ)
