/* The awkward moments of a process: see moments.h. */
#include "entry/moments.h"

#include "audit/audit.h"
#include "base/pool.h"
#include "core/adopted.h"
#include "core/count.h"
#include "core/crossing.h"
#include "core/departure.h"
#include "core/engine.h"
#include "core/findings.h"
#include "core/heap.h"
#include "core/held.h"
#include "core/leak.h"
#include "core/policy.h"
#include "core/settled.h"
#include "core/side.h"
#include "core/standstill.h"
#include "entry/farewell.h"
#include "entry/leak_signal.h"
#include "entry/options.h"
#include "entry/ownership.h"
#include "entry/start.h"
#include "entry/thread.h"
#include "plat/process.h"
#include "plat/sys.h"
#include "site/callsite.h"
#include "site/facts.h"
#include "site/module.h"
#include "site/stack.h"
#include "site/stack_place.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

int __cxa_at_quick_exit(void (*function)(void *), void *dso);

/* Who ends the process at once waits for another thread that tells its end, for this long at most. */
#define END_PATIENCE_NS UINT64_C(10000000000)
#define END_WAIT_NS UINT64_C(5000000)

static pid_t self;

/* The telling of the end. */
static struct {
    _Atomic pid_t teller;  /* the thread that tells; 0: nobody does yet */
    _Atomic uint32_t told; /* futex: 1 once everything has been told */
} end;

/* The call of exit that ends the process: whose thread it was, and its stack from there on. */
static struct {
    _Atomic pid_t thread;
    _Atomic uintptr_t stack;
} leaving;

/* Fork: other threads finish what they are changing, so that the child, which is alone with it, finds it whole
 * (core/standstill.h). There locks are freed, which somebody may have held on to all the same; what the parent found and
 * counted as crossings stays the parent's, blocks keep the parent's generation. */
static void in_child(void)
{
    pid_t parent = self;
    cst_held_after_fork();
    cst_standstill_after_fork();
    uint8_t mode = cst_thread_guard();
    self = cst_sys_pid();
    atomic_store(&end.teller, 0);
    atomic_store(&end.told, 0);
    atomic_store(&leaving.thread, 0);
    cst_pool_after_fork();
    cst_heap_after_fork();
    cst_count_after_fork();
    cst_side_after_fork();
    cst_module_after_fork();
    cst_facts_after_fork();
    cst_callsite_after_fork();
    cst_stack_after_fork();
    cst_findings_after_fork();
    cst_crossing_after_fork();
    cst_settled_forget();
    cst_adopted_after_fork();
    cst_policy_after_fork();
    cst_ownership_after_fork();
    cst_leaks_after_fork();
    cst_start_after_fork();
    cst_thread_after_fork();
    cst_audit_fork(parent);
    cst_leak_signal_after_fork();
    cst_thread_unguard(mode);
}

/* Exec: what was live in this image is not told, for the exec may yet fail. A child of vfork shares our memory and says
 * nothing: what it starts speaks for itself. */
void cst_moments_exec(const char *file, char *const argv[])
{
    if (!cst_start_is_up() || cst_sys_pid() != self)
        return;
    uint8_t mode = cst_thread_guard();
    cst_audit_exec(file, argv);
    cst_thread_unguard(mode);
}

/* dlclose: a module's end is noticed when it comes (core/departure.h), unless its record is not in our heap. */
void cst_moments_unload(void)
{
    if (!cst_start_is_up())
        return;
    uint8_t mode = cst_thread_guard();
    cst_departure_sweep();
    cst_thread_unguard(mode);
}

/* dlmopen: a new namespace gets a libc of its own, and we are not in it. Its code reaches none of our doors, its allocator
 * is nobody's here, and Rust in it is not hooked. */
void cst_moments_namespace(void)
{
    static atomic_bool said;
    if (!cst_start_is_up() || atomic_exchange(&said, true))
        return;
    cst_engine_settings.has_namespaces = true;
    uint8_t mode = cst_thread_guard();
    cst_audit_say(
        "dlmopen: what another link namespace allocates is not audited; its libc has an allocator of its own");
    cst_thread_unguard(mode);
}

static bool must_fail(void)
{
    if (cst_options.fail_on >= CST_FAIL_NEVER)
        return false;
    for (unsigned severity = cst_options.fail_on; severity <= CUSTODY_SEVERITY_ERROR; severity++)
        if (cst_findings_count((enum custody_severity)severity) > 0)
            return true;
    return false;
}

void cst_moments_exit(uintptr_t stack)
{
    pid_t before = 0, now = cst_sys_tid();
    if (atomic_compare_exchange_strong(&leaving.thread, &before, now) || before == now)
        atomic_store(&leaving.stack, stack);
}

/* True when no function of the program is left on the stack: main has returned, or the thread's function has. Between us
 * and the end of the stack there are then functions of libc, and where the program starts. */
static bool program_has_returned(uintptr_t frame)
{
    uintptr_t frames[CST_STACK_FRAMES_MAX];
    size_t count = cst_stack_walk(cst_stack_return(frame), frame, &cst_thread.bounds, CST_STACK_FRAMES_MAX, frames);
    for (size_t i = 0; i < count; i++) {
        const struct cst_module *module = cst_module_find(frames[i] - 1);
        bool start = i + 1 == count && i > 0 && module && module->role == CST_ROLE_PROGRAM;
        if (!module || (module->role != CST_ROLE_LIBC && module->role != CST_ROLE_CUSTODY && !start))
            return false;
    }
    return count > 1 && count < CST_STACK_FRAMES_MAX;
}

/* Where the program's part of the stack begins. What lies below are frames of libc and ours, among whose unused words there
 * may be remains of functions that returned long ago; `here` if nothing better is known. */
static uintptr_t stack_in_use(const char *how, uintptr_t frame, uintptr_t here)
{
    uintptr_t left = atomic_load(&leaving.thread) == cst_sys_tid() ? atomic_load(&leaving.stack) : 0;
    if (strcmp(how, "exit") != 0)
        return here;
    if (left > here && left < cst_thread.bounds.hi)
        return left;
    return cst_stack_holds(&cst_thread.bounds, frame) && program_has_returned(frame) ? cst_thread.bounds.hi : here;
}

/* Another thread is telling the end, which a thread that ends the process now would cut short. */
static void await_end(pid_t teller)
{
    uint64_t began = cst_sys_monotonic_ns();
    while (!atomic_load(&end.told) && teller != cst_sys_tid() && cst_process_exists(teller) &&
           cst_sys_monotonic_ns() - began < END_PATIENCE_NS)
        cst_process_wait(&end.told, 0, END_WAIT_NS);
}

static int tell_end(const char *how, int status, uintptr_t stack)
{
    uintptr_t frame = (uintptr_t)__builtin_frame_address(0);
    uint8_t mode = cst_thread_guard();
    cst_farewell(how, status, stack_in_use(how, frame, stack));
    cst_thread_unguard(mode);
    atomic_store(&end.told, 1);
    cst_process_wake(&end.told);
    return must_fail() ? (int)cst_options.exit_code : status;
}

/* The end: told once, by the process whose audit this is; a child of vfork ends without a word. Who does not go on through
 * libc's exit ends the process next: no thread may be in the middle of a line then. */
int cst_moments_end(const char *how, int status)
{
    pid_t teller = 0;
    if (!cst_start_is_up() || cst_sys_pid() != self)
        return status;
    if (atomic_compare_exchange_strong(&end.teller, &teller, cst_sys_tid()))
        status = tell_end(how, status, CST_LEAKS_STACK());
    else
        await_end(teller);
    if (strcmp(how, "exit") != 0)
        cst_audit_close();
    return status;
}

/* Runs after every other exit handler and destructor: it was registered before all of them. What follows in libc is the
 * flushing of streams, without waiting for their locks, which a thread that reads may hold for ever. When the status
 * changes, glibc goes on from here with the new one. */
static void at_exit(int status, void *unused)
{
    (void)unused;
    int changed = cst_moments_end("exit", status);
    if (changed != status)
        exit(changed);
}

static void at_quick(void *unused)
{
    (void)unused;
    int changed = cst_moments_end("quick_exit", -1);
    if (changed != -1)
        cst_sys_exit(changed);
}

void cst_moments_start(void)
{
    self = cst_sys_pid();
    pthread_atfork(cst_standstill_begin, cst_standstill_end, in_child);
    on_exit(at_exit, NULL);
    __cxa_at_quick_exit(at_quick, NULL);
}
