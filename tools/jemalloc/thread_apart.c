/* What jemalloc keeps for each thread, in memory of its own: for the libraries that programs link, since a library that is
 * loaded by dlopen gets too little static thread-local storage for it. apart.c has jemalloc's code look here. See je.h for
 * the contracts.
 *
 * A thread's memory cannot be given back when the thread ends, for its last destructors may still come here. It is taken
 * over by the next thread with the same thread pointer: a new thread on the same stack, so that the other has ended. */
#include "plat/compiler.h"
#include "plat/own.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Whole pages are mapped. */
#define PAGE_SIZE ((size_t)4096)

struct state {
    uintptr_t thread_pointer;
    struct state *next;
    _Alignas(64) unsigned char bytes[CST_JE_THREAD_STATE_SIZE];
};

extern const unsigned char cst_je_thread_image[CST_JE_THREAD_STATE_SIZE];
extern const size_t cst_je_thread_state_size;
uintptr_t cst_je_thread_state(void);
bool cst_je_thread_begin(void);
int cst_jeport_pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void));

/* From the thread pointer to the thread's state; 0: it has none yet. The stubs read it. */
extern CST_THREAD_LOCAL intptr_t cst_je_thread_distance;
CST_THREAD_LOCAL intptr_t cst_je_thread_distance;

/* Nothing lies in static thread-local storage. */
const size_t cst_je_thread_state_size = 0;

static struct state *_Atomic states;

uintptr_t cst_je_thread_state(void)
{
    return 0;
}

static struct state *find(uintptr_t thread_pointer)
{
    struct state *state = atomic_load(&states);
    while (state && state->thread_pointer != thread_pointer)
        state = state->next;
    return state;
}

static struct state *make(uintptr_t thread_pointer)
{
    struct state *state = cst_own_map((sizeof *state + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE);
    if (state) {
        state->thread_pointer = thread_pointer;
        state->next = atomic_load(&states);
        while (!atomic_compare_exchange_weak(&states, &state->next, state)) {
        }
    }
    return state;
}

bool cst_je_thread_begin(void)
{
    if (cst_je_thread_distance)
        return true;
    uintptr_t thread_pointer = (uintptr_t)__builtin_thread_pointer();
    struct state *state = find(thread_pointer);
    if (!state)
        state = make(thread_pointer);
    if (!state)
        return false;
    memcpy(state->bytes, cst_je_thread_image, sizeof state->bytes);
    cst_je_thread_distance = (intptr_t)((uintptr_t)state->bytes - thread_pointer);
    return true;
}

/* jemalloc's part in a fork, which any thread may make. */
static struct {
    void (*prepare)(void);
    void (*parent)(void);
    void (*child)(void);
} at_fork;

static CST_THREAD_LOCAL bool is_prepared;

static void prepare(void)
{
    is_prepared = cst_je_thread_begin();
    if (is_prepared)
        at_fork.prepare();
}

static void in_parent(void)
{
    if (is_prepared)
        at_fork.parent();
}

static void in_child(void)
{
    if (is_prepared)
        at_fork.child();
}

int cst_jeport_pthread_atfork(void (*prepare_its)(void), void (*parent)(void), void (*child)(void))
{
    at_fork.prepare = prepare_its;
    at_fork.parent = parent;
    at_fork.child = child;
    return pthread_atfork(prepare, in_parent, in_child);
}
