# What the runtime and the tool have in common beyond include/: the language of policy files. Each source is compiled once,
# with nothing of either in sight, and linked into both, so that both read a file alike and say the same of it.

SHARED_SOURCES := $(sort $(wildcard runtime/shared/*/*.c))
SHARED_OBJS := $(SHARED_SOURCES:%.c=$(BUILD)/obj/%.o)

$(BUILD)/obj/runtime/shared/%.o: runtime/shared/%.c $(BUILD)/obj/compile.stamp
	@mkdir -p $(@D)
	$(call say,CC,$<)$(filter-out -Iruntime,$(COMPILE)) -MMD -MP -c -o $@ $<

-include $(SHARED_OBJS:.o=.d)
