/* Leaks on request by a signal: see leak_signal.h. */
#include "entry/leak_signal.h"

#include "audit/audit.h"
#include "core/leak.h"
#include "entry/leak_report.h"
#include "entry/options.h"
#include "entry/thread.h"
#include "plat/own.h"
#include "plat/process.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#define STACK_SIZE ((size_t)256 * 1024)
#define STACK_SIZE_MAX ((size_t)64 << 20)

static _Atomic uint32_t requests;
static int number;

static void on_signal(int signal)
{
    (void)signal;
    atomic_fetch_add(&requests, 1);
    cst_process_wake(&requests);
}

/* Runs as long as the process. Requests that come while one is being met are met together. */
static void *serve(void *unused)
{
    (void)unused;
    struct cst_class_total totals[CST_REACH_CLASSES];
    if (!cst_thread_enter())
        return NULL;
    for (uint32_t met = 0;;) {
        uint32_t asked = atomic_load(&requests);
        if (asked == met)
            cst_process_wait(&requests, met, 0);
        else
            (void)cst_leak_request(CST_LEAKS_STACK(), totals);
        met = asked;
    }
}

/* The stack of our thread is memory of ours, as what the last search left there, or in registers, keeps no block. In the child of
 * a fork the thread of the parent needs it no more. */
static bool give_stack(pthread_attr_t *attributes, size_t size)
{
    static void *stack;
    static size_t had;
    if (size > had) {
        if (stack)
            cst_own_unmap(stack, had);
        stack = cst_own_map(size);
        had = stack ? size : 0;
    }
    return stack && pthread_attr_setstack(attributes, stack, had) == 0;
}

/* What the program and its libraries keep for each thread lies on the stack, too: when that leaves too little, libc says so. */
static int make_thread(pthread_t *out_thread, pthread_attr_t *attributes)
{
    int error = ENOMEM;
    for (size_t size = STACK_SIZE; size <= STACK_SIZE_MAX && give_stack(attributes, size); size *= 4) {
        error = pthread_create(out_thread, attributes, serve, NULL);
        if (error != EINVAL)
            break;
    }
    return error;
}

/* 0, or an errno. No signal of the program's is to be handled by our thread. libc leaves out its own signals, one of which halts threads. */
static int start_thread(void)
{
    pthread_t thread;
    pthread_attr_t attributes;
    atomic_store(&requests, 0);
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    int error = make_thread(&thread, &attributes);
    pthread_attr_destroy(&attributes);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

static int read_number(const char *text)
{
    int value = 0;
    for (; *text >= '0' && *text <= '9' && value < NSIG; text++)
        value = value * 10 + (*text - '0');
    return *text == '\0' ? value : 0;
}

/* The number of "USR2", "SIGUSR2", "12" or "RTMIN+1"; 0 when there is no such signal, or none that can be handled. */
static int find_signal(const char *name)
{
    name += strncmp(name, "SIG", 3) == 0 ? 3 : 0;
    int found = read_number(name);
    if (strncmp(name, "RTMIN", 5) == 0)
        found = SIGRTMIN + (name[5] == '+' ? read_number(name + 6) : 0);
    for (int signal = 1; found == 0 && signal < NSIG; signal++) {
        const char *known = sigabbrev_np(signal);
        if (known && strcmp(known, name) == 0)
            found = signal;
    }
    bool handled = found > 0 && found <= SIGRTMAX && found != SIGKILL && found != SIGSTOP;
    return handled && (found < 32 || found >= SIGRTMIN) ? found : 0;
}

void cst_leak_signal_start(void)
{
    if (!cst_options.leak_signal[0])
        return;
    number = find_signal(cst_options.leak_signal);
    if (number == 0) {
        cst_audit_say(
            "CUSTODY_OPTIONS: leak_signal=%s: no signal that can be handled; say USR2, or RTMIN+1, or a number",
            cst_options.leak_signal);
        return;
    }
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    int error = start_thread();
    if (error == 0 && sigaction(number, &action, NULL) != 0)
        error = errno;
    if (error != 0)
        cst_audit_say("leak_signal=%s: cannot be set up: %s", cst_options.leak_signal, strerror(error));
}

void cst_leak_signal_after_fork(void)
{
    if (number != 0)
        (void)!start_thread();
}
