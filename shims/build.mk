# The shims: the symbols the world calls, linked with the runtime into libcustody_preload.so. It exports the doors of
# include/custody/doors.def that are symbols of C and C++, the functions of shims/process.list, and the public API.

SHIM_SOURCES := $(call select-variants,$(sort $(wildcard shims/*.c shims/*.S)))
SHIM_OBJS := $(addprefix $(BUILD)/obj/,$(addsuffix .o,$(basename $(SHIM_SOURCES))))

all: $(BUILD)/libcustody_preload.so

$(BUILD)/libcustody_preload.so: $(RUNTIME_OBJS) $(SHIM_OBJS) $(JEMALLOC_OBJ) $(BUILD)/obj/preload.map
	$(call say,LINK,$@)$(LINK_SHARED) -Wl,-soname,$(@F) -Wl,--version-script=$(BUILD)/obj/preload.map -o $@ \
	    $(RUNTIME_OBJS) $(SHIM_OBJS) $(JEMALLOC_OBJ)

# The names the preload may export, one a line. Rust's doors are entries inside the program, those of families
# functions inside libraries: neither are symbols of ours.
$(BUILD)/obj/preload.list: shims/process.list include/custody/doors.def include/custody/families.def
	@mkdir -p $(@D)
	@{ printf '%s\n' '#define CUSTODY_DOOR(ID, symbol, contract, verb) @verb contract symbol' \
	      '#include "custody/doors.def"' | $(CC) -E -P -Iinclude -x c - | \
	      sed -n -e '/^@FAMILY /d' -e '/ RUST /d' -e 's/^@[A-Z_]* [A-Z_]* "\(.*\)"$$/\1/p'; \
	  grep -v '^#' shims/process.list; } | sort -u >$@

$(BUILD)/obj/preload.map: $(BUILD)/obj/preload.list
	@{ echo '{ global:'; sed 's/$$/;/' $<; echo 'custody_*; local: *; };'; } >$@
