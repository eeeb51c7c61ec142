/* Halting threads on Linux: see halt.h. */
#include "plat/halt.h"

#include "plat/halt_context.h"
#include "plat/own.h"
#include "plat/process.h"
#include "plat/sys.h"
#include "plat/syscall_x86_64.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

/* glibc's SIGSETXID (sysdeps/unix/sysv/linux/internal-signals.h): sigprocmask and its kin never block it. */
#define HALT_SIGNAL 33
#define PATIENCE_NS UINT64_C(1000000000)
#define WAIT_NS UINT64_C(5000000)

/* As the kernel has it (include/uapi/asm-generic/signal.h; arch/x86). */
struct kernel_action {
    uintptr_t handler;
    unsigned long flags;
    void (*restorer)(void);
    uint64_t mask;
};
#define KERNEL_SA_RESTORER 0x04000000UL

/* What the handler looks at. `closed` is a futex: 1 while threads are to wait. */
static struct {
    struct cst_halted *_Atomic threads;
    _Atomic size_t count;
    _Atomic uint32_t closed;
    _Atomic uint32_t stopped; /* threads that wait, as a futex for who halts */
    struct kernel_action before;
} gate;

static struct cst_halted *find_asked(pid_t tid)
{
    struct cst_halted *threads = atomic_load(&gate.threads);
    size_t count = threads ? atomic_load(&gate.count) : 0;
    for (size_t i = 0; i < count; i++)
        if (threads[i].tid == tid && atomic_load(&threads[i].state) == CST_HALT_ASKED)
            return &threads[i];
    return NULL;
}

/* True for a signal of ours. glibc's own handler, should it get one that comes late, takes no signal that says that it
 * was queued. */
static bool is_ours(const siginfo_t *info)
{
    return info->si_code == SI_QUEUE && info->si_value.sival_ptr == &gate;
}

static void pass_on(int number, siginfo_t *info, void *context)
{
    uintptr_t theirs = gate.before.handler;
    if (!is_ours(info) && theirs != (uintptr_t)SIG_DFL && theirs != (uintptr_t)SIG_IGN)
        ((void (*)(int, siginfo_t *, void *))theirs)(number, info, context);
}

/* Runs in each halted thread, on its own stack or its signal stack. */
static void on_signal(int number, siginfo_t *info, void *context)
{
    struct cst_halted *self = is_ours(info) ? find_asked(cst_sys_tid()) : NULL;
    if (!self) {
        pass_on(number, info, context);
        return;
    }
    cst_halt_context_read(context, self);
    atomic_store(&self->state, CST_HALT_STOPPED);
    atomic_fetch_add(&gate.stopped, 1);
    cst_process_wake(&gate.stopped);
    while (atomic_load(&gate.closed))
        cst_process_wait(&gate.closed, 1, 0);
    atomic_fetch_sub(&gate.stopped, 1);
    cst_process_wake(&gate.stopped);
}

static bool set_action(const struct kernel_action *action, struct kernel_action *out_before)
{
    return cst_syscall6(SYS_rt_sigaction, HALT_SIGNAL, (long)action, (long)out_before, sizeof(uint64_t), 0, 0) == 0;
}

static bool is_known(const struct cst_halt *halt, pid_t tid)
{
    for (size_t i = 0; i < halt->count; i++)
        if (halt->threads[i].tid == tid)
            return true;
    return false;
}

static long send(pid_t tid)
{
    siginfo_t info = {.si_signo = HALT_SIGNAL, .si_code = SI_QUEUE};
    info.si_pid = cst_sys_pid();
    info.si_value.sival_ptr = &gate;
    return cst_syscall6(SYS_rt_tgsigqueueinfo, info.si_pid, tid, HALT_SIGNAL, (long)&info, 0, 0);
}

/* Gives up on a thread that has not answered. */
static void settle(struct cst_halt *halt, struct cst_halted *thread, int state)
{
    int asked = CST_HALT_ASKED;
    if (atomic_compare_exchange_strong(&thread->state, &asked, state) && state == CST_HALT_MISSED)
        halt->missed++;
}

static void ask(struct cst_halt *halt, pid_t tid)
{
    if (halt->count == CST_HALT_MAX) {
        halt->missed++;
        return;
    }
    struct cst_halted *thread = &halt->threads[halt->count];
    thread->tid = tid;
    atomic_store(&thread->state, CST_HALT_ASKED);
    atomic_store(&gate.count, ++halt->count);
    long refused = send(tid);
    if (refused)
        settle(halt, thread, refused == -ESRCH ? CST_HALT_GONE : CST_HALT_MISSED);
}

/* A look at all threads. */
struct look {
    struct cst_halt *halt;
    size_t fresh; /* threads that were new */
    bool self;    /* we are among them: the list is that of our process */
};

static void ask_listed(int tid, void *data)
{
    struct look *look = data;
    if (tid == cst_sys_tid()) {
        look->self = true;
    } else if (!is_known(look->halt, tid)) {
        ask(look->halt, tid);
        look->fresh++;
    }
}

/* Asks every thread that is not known yet. Returns how many were new. */
static size_t ask_new(struct cst_halt *halt)
{
    struct look look = {.halt = halt};
    halt->listed = cst_process_each_number("/proc/self/task", ask_listed, &look) && look.self;
    return look.fresh;
}

static uint64_t now_ns(void)
{
    struct timespec now = {0};
    cst_syscall3(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&now, 0);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

static size_t still_asked(const struct cst_halt *halt)
{
    size_t count = 0;
    for (size_t i = 0; i < halt->count; i++)
        count += atomic_load(&halt->threads[i].state) == CST_HALT_ASKED;
    return count;
}

/* Threads that ended meanwhile, or whose leader is a zombie that only waits for the others, answer nothing; nor do those
 * that hold the signal back by a system call of their own. */
static void look_after(struct cst_halt *halt)
{
    for (size_t i = 0; i < halt->count; i++) {
        struct cst_halted *thread = &halt->threads[i];
        if (atomic_load(&thread->state) != CST_HALT_ASKED)
            continue;
        enum cst_process_hearing hearing = cst_process_hearing(thread->tid, HALT_SIGNAL);
        if (hearing != CST_PROCESS_HEARS)
            settle(halt, thread, hearing == CST_PROCESS_ENDED ? CST_HALT_GONE : CST_HALT_MISSED);
    }
}

/* Waits until all have answered, or patience is at its end. */
static void await(struct cst_halt *halt)
{
    for (uint64_t began = now_ns(); still_asked(halt) > 0 && now_ns() - began < PATIENCE_NS;) {
        uint32_t seen = atomic_load(&gate.stopped);
        if (still_asked(halt) > 0 && !cst_process_wait(&gate.stopped, seen, WAIT_NS))
            look_after(halt);
    }
    for (size_t i = 0; i < halt->count; i++)
        settle(halt, &halt->threads[i], CST_HALT_MISSED);
}

bool cst_halt_begin(struct cst_halt *out_halt)
{
    const struct kernel_action ours = {.handler = (uintptr_t)on_signal,
                                       .flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK | KERNEL_SA_RESTORER,
                                       .restorer = cst_halt_restore,
                                       .mask = ~UINT64_C(0)};
    *out_halt = (struct cst_halt){.threads = cst_own_map(CST_HALT_MAX * sizeof *out_halt->threads)};
    if (!out_halt->threads)
        return false;
    atomic_store(&gate.count, 0);
    atomic_store(&gate.threads, out_halt->threads);
    atomic_store(&gate.closed, 1);
    if (!set_action(&ours, &gate.before))
        return true; /* nobody can be asked: not listed */
    /* A thread may make others until it stops: only a look that finds nobody new is the last. */
    while (ask_new(out_halt) > 0)
        await(out_halt);
    return true;
}

/* What is still pending for a thread that holds the signal back would end the process once the action is the default
 * again; to ignore a signal discards it wherever it is pending (sigaction(2)). */
static void give_signal_back(const struct cst_halt *halt)
{
    const struct kernel_action ignore = {.handler = (uintptr_t)SIG_IGN};
    if (halt->missed > 0)
        (void)!set_action(&ignore, NULL);
    (void)!set_action(&gate.before, NULL);
}

void cst_halt_end(struct cst_halt *halt)
{
    atomic_store(&gate.closed, 0);
    cst_process_wake(&gate.closed);
    for (uint32_t waiting; (waiting = atomic_load(&gate.stopped)) > 0;)
        cst_process_wait(&gate.stopped, waiting, WAIT_NS);
    give_signal_back(halt);
    atomic_store(&gate.threads, NULL);
    cst_own_unmap(halt->threads, CST_HALT_MAX * sizeof *halt->threads);
    halt->threads = NULL;
}
