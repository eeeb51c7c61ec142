/* Start: see start.h. Order matters: settings, so that messages know where to go; the policy,
 * which names and isolates sides; the heap, so that libc may be called;
 * the audit; modules, which are audited as they are found; last the moments of the process. */
#include "entry/start.h"

#include "audit/audit.h"
#include "base/pool.h"
#include "core/breach.h"
#include "core/departure.h"
#include "core/engine.h"
#include "core/findings.h"
#include "core/heap.h"
#include "core/held.h"
#include "core/origin.h"
#include "core/policy.h"
#include "core/side.h"
#include "entry/back_doors.h"
#include "entry/copies.h"
#include "entry/environment.h"
#include "entry/facts_place.h"
#include "entry/family_doors.h"
#include "entry/leak_signal.h"
#include "entry/moments.h"
#include "entry/options.h"
#include "entry/policy_setup.h"
#include "entry/rust_hook.h"
#include "entry/rust_own_hook.h"
#include "entry/thread.h"
#include "plat/sys.h"
#include "site/callsite.h"
#include "site/code_write.h"
#include "site/module.h"
#include "site/rust.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/auxv.h>

enum state { STATE_DOWN, STATE_STARTING, STATE_UP, STATE_FAILED };

__attribute__((weak)) uintptr_t cst_doors[CUSTODY_DOOR_COUNT];

static _Atomic enum state state;
static uint8_t generation;

static void say(const char *text)
{
    cst_audit_say("%s", text);
}

/* Returns the options as they were given, for the log. */
static const char *read_options(void)
{
    const char *given = cst_environment_find("CUSTODY_OPTIONS");
    size_t length = given ? strlen(given) : 0;
    const char *kept = cst_pool_copy(given ? given : "", length);
    char *parsed = (char *)(uintptr_t)cst_pool_copy(given ? given : "", length);
    cst_options_parse(parsed, say);
    cst_engine_settings.strict = cst_options.strict;
    cst_engine_settings.abort_on_error = cst_options.abort;
    cst_engine_settings.stacks = cst_options.stacks;
    cst_engine_settings.notice = say;
    return kept ? kept : "";
}

static void open_family(const struct cst_module *module)
{
    if (!cst_family_doors_open(module))
        cst_audit_say("%s: functions of its allocator cannot be redirected: its blocks are not seen", module->name);
}

/* Told of each new module. Where no log says it, a person is told what cannot be known of one; unless the runtime is
 * linked alone, which hooks no Rust and checks none. */
static void observe_module(const struct cst_module *module)
{
    cst_audit_module(module);
    cst_departure_watch(module);
    if (module->role == CST_ROLE_CXX_RUNTIME)
        (void)!cst_back_doors_close_cxx(module);
    open_family(module);
    if (module->rust == CST_RUST_INFERRED && cst_doors[CUSTODY_DOOR_FREE] && !cst_options.log[0])
        cst_audit_say(
            "%s: Rust whose allocator entries cannot be hooked (LTO, or an allocator of its own without symbols): "
            "what it owns is inferred, and never an error",
            module->name);
}

static void observe_return(const struct cst_module *module)
{
    cst_departure_watch(module);
    open_family(module);
}

static const struct cst_module_watch module_watch = {.found = observe_module,
                                                     .returned = observe_return,
                                                     .displaced = cst_departure_displaced,
                                                     .restored = cst_stack_attach};

/* Rust's entries are hooked only where free is ours too: else a block from our heap would reach libc's free. */
static void wire(const char *options)
{
    cst_audit_open(cst_options.log, options);
    cst_findings_start(cst_audit_finding);
    cst_breach_start(cst_audit_ownership, cst_options.events == CST_EVENTS_OWNERSHIP);
    cst_side_isolate(cst_options.isolate);
    cst_callsite_setup(cst_doors, &cst_origin_resolver);
    if (cst_doors[CUSTODY_DOOR_FREE]) {
        cst_rust_route(cst_rust_hook_route);
        cst_rust_route_own(&cst_rust_own_hooks);
    }
    cst_back_doors_setup(cst_doors);
    cst_facts_place_find(say);
    cst_module_watch(&module_watch);
}

/* A program that defines malloc itself never reaches the shims. */
static void check_malloc(void)
{
    uintptr_t ours = cst_doors[CUSTODY_DOOR_MALLOC], theirs = (uintptr_t)dlsym(RTLD_DEFAULT, "malloc");
    const struct cst_module *module = theirs && ours && theirs != ours ? cst_module_find(theirs) : NULL;
    const char *name;
    uintptr_t start;
    if (module && cst_module_symbol(module, theirs, &name, &start) && start == theirs)
        cst_audit_say("%s has a malloc of its own: what it allocates is not audited, or nobody's", module->name);
}

static bool bring_up(void)
{
    cst_held_start();
    const char *options = read_options();
    cst_policy_setup(cst_options.policy);
    if (!cst_heap_start(cst_options.isolate[0] != '\0' || cst_policy_has_isolated())) {
        cst_audit_say("no address space or no memory for the heap (see ulimit -v and -d): this process is not audited");
        return false;
    }
    wire(options);
    cst_audit_start();
    cst_family_doors_start();
    cst_code_alone(true);
    cst_module_scan();
    (void)!cst_back_doors_close();
    cst_code_alone(false);
    check_malloc();
    cst_thread_start();
    cst_moments_start();
    return true;
}

/* A program that has more rights than who starts it (setuid, file capabilities) is served by libc, as if we were not preloaded.
 * One that is linked with the runtime chose to be; it hears of no settings (environment.c). */
static bool is_left_alone(void)
{
    return cst_doors[CUSTODY_DOOR_FREE] && getauxval(AT_SECURE);
}

bool cst_start(void)
{
    enum state found = STATE_DOWN;
    if (!atomic_compare_exchange_strong(&state, &found, STATE_STARTING))
        return found == STATE_UP;
    bool up = cst_copies_serve_here() && !is_left_alone() && bring_up();
    atomic_store(&state, up ? STATE_UP : STATE_FAILED);
    return up;
}

bool cst_start_is_up(void)
{
    return atomic_load(&state) == STATE_UP;
}

bool cst_start_failed(void)
{
    return atomic_load(&state) == STATE_FAILED;
}

uint8_t cst_start_generation(void)
{
    return generation;
}

void cst_start_after_fork(void)
{
    if (generation < UINT8_MAX)
        generation++;
}

/* A program that never allocates is audited all the same: its log says that it ran. Of several copies of the runtime the
 * one that serves is started, which is not always the first to be loaded. */
__attribute__((constructor(101))) static void start_when_loaded(void)
{
    if (!cst_copies_serve_here())
        return;
    cst_copies_stay();
    if (!cst_thread_enter())
        return;
    uint8_t mode = cst_thread_guard();
    cst_leak_signal_start();
    cst_thread_unguard(mode);
}
