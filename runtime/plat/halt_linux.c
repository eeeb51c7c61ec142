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

/* glibc's SIGSETXID (sysdeps/unix/sysv/linux/internal-signals.h): sigprocmask and its kin never block it. */
#define HALT_SIGNAL 33
#define PATIENCE_NS UINT64_C(1000000000)
#define WAIT_NS UINT64_C(5000000)
/* glibc holds every signal back for moments: while a thread begins, ends or spawns. */
#define DEAF_PATIENCE_NS UINT64_C(200000000)
/* Places in the table of threads by id: so many that it is never full. */
#define PLACES (2 * CST_HALT_MAX)

/* As the kernel has it (include/uapi/asm-generic/signal.h; arch/x86). */
struct kernel_action {
    uintptr_t handler;
    unsigned long flags;
    void (*restorer)(void);
    uint64_t mask;
};
#define KERNEL_SA_RESTORER 0x04000000UL

/* What the handler looks at, and what stands behind it. */
struct asked {
    _Atomic uint32_t places[PLACES]; /* by thread id: one more than the index in `threads`; 0: free */
    struct cst_halted threads[CST_HALT_MAX];
};

static struct {
    struct asked *_Atomic asked; /* NULL while there is no halt */
    _Atomic uint32_t closed;     /* futex: 1 while threads are to wait */
    _Atomic uint32_t open;       /* futex: threads that were asked and have not answered */
    _Atomic uint32_t inside;     /* futex: threads in the handler */
    struct kernel_action before;
    bool owed; /* a thread may still be sent a signal of ours: the handler stays */
} gate;

static size_t place_of(struct asked *asked, pid_t tid)
{
    size_t at = (size_t)tid % PLACES;
    for (uint32_t place; (place = atomic_load(&asked->places[at])) != 0 && asked->threads[place - 1].tid != tid;)
        at = (at + 1) % PLACES;
    return at;
}

static struct cst_halted *find(struct asked *asked, pid_t tid)
{
    uint32_t place = atomic_load(&asked->places[place_of(asked, tid)]);
    return place ? &asked->threads[place - 1] : NULL;
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
    if (theirs != (uintptr_t)SIG_DFL && theirs != (uintptr_t)SIG_IGN)
        ((void (*)(int, siginfo_t *, void *))theirs)(number, info, context);
}

/* One of the two who may answer for a thread does: it itself, or who halts and is tired of waiting. */
static bool answer(struct cst_halted *thread, int state)
{
    int asked = CST_HALT_ASKED;
    if (!atomic_compare_exchange_strong(&thread->state, &asked, state))
        return false;
    if (atomic_fetch_sub(&gate.open, 1) == 1)
        cst_process_wake(&gate.open);
    return true;
}

static void stop(struct cst_halted *self, const void *context)
{
    if (atomic_load(&self->state) != CST_HALT_ASKED)
        return;
    cst_halt_context_read(context, self);
    if (answer(self, CST_HALT_STOPPED))
        while (atomic_load(&gate.closed))
            cst_process_wait(&gate.closed, 1, 0);
}

/* Runs in each halted thread, on its own stack or its signal stack. What it looks at stays until nobody is inside. */
static void on_signal(int number, siginfo_t *info, void *context)
{
    if (!is_ours(info)) {
        pass_on(number, info, context);
        return;
    }
    atomic_fetch_add(&gate.inside, 1);
    struct asked *asked = atomic_load(&gate.asked);
    struct cst_halted *self = asked ? find(asked, cst_sys_tid()) : NULL;
    if (self)
        stop(self, context);
    if (atomic_fetch_sub(&gate.inside, 1) == 1)
        cst_process_wake(&gate.inside);
}

static bool set_action(const struct kernel_action *action, struct kernel_action *out_before)
{
    return cst_syscall6(SYS_rt_sigaction, HALT_SIGNAL, (long)action, (long)out_before, sizeof(uint64_t), 0, 0) == 0;
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
    if (answer(thread, state) && state == CST_HALT_MISSED)
        halt->missed++;
}

static void ask(struct cst_halt *halt, struct asked *asked, pid_t tid)
{
    struct cst_halted *thread = &halt->threads[halt->count];
    thread->tid = tid;
    atomic_store(&thread->state, CST_HALT_ASKED);
    atomic_fetch_add(&gate.open, 1);
    atomic_store(&asked->places[place_of(asked, tid)], (uint32_t)++halt->count);
    long refused = send(tid);
    if (refused)
        settle(halt, thread, refused == -ESRCH ? CST_HALT_GONE : CST_HALT_MISSED);
}

/* A look at all threads. */
struct look {
    struct cst_halt *halt;
    size_t fresh; /* threads that were new */
    bool self;    /* we are among them: the list is that of our process */
    bool full;    /* there was no room for some */
};

static void ask_listed(int tid, void *data)
{
    struct look *look = data;
    struct asked *asked = atomic_load(&gate.asked);
    if (tid == cst_sys_tid()) {
        look->self = true;
    } else if (!find(asked, tid) && look->halt->count == CST_HALT_MAX) {
        look->full = true;
    } else if (!find(asked, tid)) {
        ask(look->halt, asked, tid);
        look->fresh++;
    }
}

/* Asks every thread that is not known yet. Returns how many were new. */
static size_t ask_new(struct cst_halt *halt)
{
    struct look look = {.halt = halt};
    halt->listed = cst_process_each_number("/proc/self/task", ask_listed, &look) && look.self && !look.full;
    return look.fresh;
}

/* Threads that ended meanwhile, or whose leader is a zombie that only waits for the others, answer nothing; nor do those
 * that hold the signal back by a system call of their own. */
static void look_after(struct cst_halt *halt, bool is_patient)
{
    for (size_t i = 0; i < halt->count; i++) {
        struct cst_halted *thread = &halt->threads[i];
        if (atomic_load(&thread->state) != CST_HALT_ASKED)
            continue;
        enum cst_process_hearing hearing = cst_process_hearing(thread->tid, HALT_SIGNAL);
        if (hearing == CST_PROCESS_ENDED)
            settle(halt, thread, CST_HALT_GONE);
        else if (hearing == CST_PROCESS_DEAF && !is_patient)
            settle(halt, thread, CST_HALT_MISSED);
    }
}

/* Waits until all have answered, or patience is at its end. */
static void await(struct cst_halt *halt, uint64_t began)
{
    uint32_t open;
    for (uint64_t past; (open = atomic_load(&gate.open)) > 0 && (past = cst_sys_monotonic_ns() - began) < PATIENCE_NS;)
        if (!cst_process_wait(&gate.open, open, WAIT_NS))
            look_after(halt, past < DEAF_PATIENCE_NS);
    for (size_t i = 0; i < halt->count && open > 0; i++)
        settle(halt, &halt->threads[i], CST_HALT_MISSED);
}

/* What is there before ours is there must be known before a signal can come. */
static bool take_signal(void)
{
    const struct kernel_action ours = {.handler = (uintptr_t)on_signal,
                                       .flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK | KERNEL_SA_RESTORER,
                                       .restorer = cst_halt_restore,
                                       .mask = ~UINT64_C(0)};
    struct kernel_action now = {0};
    if (!set_action(NULL, &now))
        return false;
    if (now.handler == ours.handler)
        return true;
    gate.before = now;
    return set_action(&ours, NULL);
}

/* A signal that a thread holds back comes when it no longer does, and must then meet our handler, for the default action
 * would end the process. */
static void give_signal_back(void)
{
    if (!gate.owed)
        (void)!set_action(&gate.before, NULL);
}

static void halt_all(struct cst_halt *halt)
{
    uint64_t began = cst_sys_monotonic_ns();
    /* A thread may make others until it stops: only a look that finds nobody new is the last. */
    while (ask_new(halt) > 0) {
        await(halt, began);
        if (cst_sys_monotonic_ns() - began >= PATIENCE_NS) {
            halt->listed = false;
            return;
        }
    }
}

bool cst_halt_begin(struct cst_halt *out_halt)
{
    struct asked *asked = cst_own_map(sizeof *asked);
    *out_halt = (struct cst_halt){0};
    if (!asked)
        return false;
    out_halt->threads = asked->threads;
    out_halt->signals = cst_process_block_signals();
    atomic_store(&gate.asked, asked);
    atomic_store(&gate.closed, 1);
    if (take_signal())
        halt_all(out_halt);
    return true;
}

void cst_halt_end(struct cst_halt *halt)
{
    struct asked *asked = atomic_load(&gate.asked);
    gate.owed = gate.owed || halt->missed > 0;
    atomic_store(&gate.asked, NULL);
    atomic_store(&gate.closed, 0);
    cst_process_wake(&gate.closed);
    for (uint32_t inside; (inside = atomic_load(&gate.inside)) > 0;)
        cst_process_wait(&gate.inside, inside, WAIT_NS);
    give_signal_back();
    cst_own_unmap(asked, sizeof *asked);
    cst_process_restore_signals(halt->signals);
    halt->threads = NULL;
}

void cst_halt_after_fork(void)
{
    struct kernel_action now = {0};
    atomic_store(&gate.asked, NULL);
    atomic_store(&gate.closed, 0);
    atomic_store(&gate.open, 0);
    atomic_store(&gate.inside, 0);
    gate.owed = false;
    if (set_action(NULL, &now) && now.handler == (uintptr_t)on_signal)
        give_signal_back();
}
