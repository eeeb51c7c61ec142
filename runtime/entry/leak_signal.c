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

/* The stack of our thread is memory of ours, as what the last search left there, or in registers, keeps no block. In the child of a fork the
 * thread of the parent needs it no more. */
static bool give_stack(pthread_attr_t *attributes)
{
    static void *stack;
    if (!stack)
        stack = cst_own_map(STACK_SIZE);
    return stack && pthread_attr_setstack(attributes, stack, STACK_SIZE) == 0;
}

/* No signal of the program's is to be handled by our thread. libc leaves out its own signals, one of which halts threads. */
static bool start_thread(void)
{
    pthread_t thread;
    pthread_attr_t attributes;
    atomic_store(&requests, 0);
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    bool made = give_stack(&attributes) && pthread_create(&thread, &attributes, serve, NULL) == 0;
    pthread_attr_destroy(&attributes);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return made;
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
    if (!start_thread() || sigaction(number, &action, NULL) != 0)
        cst_audit_say("leak_signal=%s: cannot be set up: %s", cst_options.leak_signal, strerror(errno));
}

void cst_leak_signal_after_fork(void)
{
    if (number != 0)
        (void)!start_thread();
}
