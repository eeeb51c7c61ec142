# The command-line tool. It reads include/, runtime/shared/ and audit logs, nothing else of runtime/. Its libraries: jansson (JSON), elfutils
# (symbols), libiberty (demangling).

TOOL_SOURCES := $(sort $(wildcard tools/custody/*.c))
TOOL_GENERATED := $(BUILD)/gen/explanations.c
TOOL_OBJS := $(TOOL_SOURCES:%.c=$(BUILD)/obj/%.o) $(BUILD)/obj/gen/explanations.o $(SHARED_OBJS)
TOOL_CPPFLAGS := -Itools/custody
TOOL_LIBS := -ljansson -ldw -lelf -l:libiberty.a

all: $(BUILD)/custody

# docs/findings.md is the one source of what `custody explain` prints.
$(TOOL_GENERATED): docs/findings.md tools/custody/explanation.awk
	@mkdir -p $(@D)
	$(call say,MAKE,$@)awk -f tools/custody/explanation.awk docs/findings.md >$@

# These objects are the tool's alone: the runtime's headers stay out of their sight.
TOOL_COMPILE = $(filter-out -Iruntime,$(COMPILE)) $(TOOL_CPPFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/obj/tools/custody/%.o: tools/custody/%.c $(BUILD)/obj/compile.stamp
	@mkdir -p $(@D)
	$(call say,CC,$<)$(TOOL_COMPILE)

$(BUILD)/obj/gen/explanations.o: $(TOOL_GENERATED) $(BUILD)/obj/compile.stamp
	@mkdir -p $(@D)
	$(call say,CC,$<)$(TOOL_COMPILE)

$(BUILD)/custody: $(TOOL_OBJS)
	$(call say,LINK,$@)$(CC) $(CFLAGS_ALL) $(LDFLAGS) -o $@ $(TOOL_OBJS) $(TOOL_LIBS)

-include $(TOOL_OBJS:.o=.d)
