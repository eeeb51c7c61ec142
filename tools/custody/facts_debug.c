/* Finding debug information; see facts_debug.h. */
#include "facts_debug.h"

#include <fcntl.h>
#include <unistd.h>

static char *debuginfo_path; /* NULL: libdwfl's default, ":.debug:/usr/lib/debug" */

static const Dwfl_Callbacks callbacks = {
    .find_elf = dwfl_build_id_find_elf,
    .find_debuginfo = dwfl_standard_find_debuginfo,
    .section_address = dwfl_offline_section_address,
    .debuginfo_path = &debuginfo_path,
};

void cst_facts_debug_open(const char *path, int fd, struct cst_facts_debug *out_debug)
{
    *out_debug = (struct cst_facts_debug){0};
    int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    out_debug->dwfl = own >= 0 ? dwfl_begin(&callbacks) : NULL;
    if (out_debug->dwfl) {
        /* Base 0 on top of p_vaddr: addresses are the file's own. The descriptor is libdwfl's on success. */
        out_debug->module = dwfl_report_elf(out_debug->dwfl, "module", path, own, 0, true);
        dwfl_report_end(out_debug->dwfl, NULL, NULL);
    }
    if (out_debug->module) {
        out_debug->dwarf = dwfl_module_getdwarf(out_debug->module, &out_debug->bias);
    } else if (own >= 0) {
        close(own);
    }
}

void cst_facts_debug_close(struct cst_facts_debug *debug)
{
    if (debug->dwfl) {
        dwfl_end(debug->dwfl);
    }
    *debug = (struct cst_facts_debug){0};
}
