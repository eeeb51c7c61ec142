/* Where the last pointer to a block may lie: in static data, on a stack, in a register, in thread-local memory, in a
 * mapping, in another block, with its low bits used for marks, or with the kernel. There it is reachable; once it is
 * overwritten the same block is a definite leak.
 *
 * @flags -pthread
 * @run held-global
 * @expect leak note exact owner=$prog/c/malloc class=reachable blocks=1 bytes=301 alloc=$prog held_by=none
 * @run lost-global
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=1 bytes=301 alloc=$prog held_by=none
 * @run held-static
 * @expect leak note exact owner=$prog/c/malloc class=reachable blocks=1 bytes=302 alloc=$prog
 * @run lost-static
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=1 bytes=302 alloc=$prog
 * @run held-stack
 * @expect leak note exact owner=$prog/c/malloc class=reachable blocks=1 bytes=303 alloc=$prog
 * @run lost-stack
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=1 bytes=303 alloc=$prog
 * @run held-register
 * @expect leak note exact owner=$prog/c/malloc class=reachable blocks=1 bytes=304 alloc=$prog
 * @run lost-register
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=1 bytes=304 alloc=$prog
 * @run held-argument
 * @expect leak note exact owner=$prog/c/malloc class=reachable blocks=1 bytes=305 alloc=$prog
 * @run lost-argument
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=1 bytes=305 alloc=$prog
 * @run held-thread-local
 * @expect leak note exact owner=$prog/c/malloc class=reachable blocks=1 bytes=306 alloc=$prog
 * @run lost-thread-local
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=1 bytes=306 alloc=$prog
 * @run held-key
 * @expect leak note exact owner=$prog/c/malloc class=reachable blocks=1 bytes=307 alloc=$prog
 * @run lost-key
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=1 bytes=307 alloc=$prog
 * @run held-many-keys
 * @expect leak note exact owner=$prog/c/malloc class=reachable blocks=100 bytes=30800 alloc=$prog
 * @run lost-many-keys
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=100 bytes=30800 alloc=$prog
 * @run held-mapping
 * @expect leak note exact owner=$prog/c/malloc class=reachable blocks=1 bytes=309 alloc=$prog
 * @run lost-mapping
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=1 bytes=309 alloc=$prog
 * @run held-shared-mapping
 * @expect leak note exact owner=$prog/c/malloc class=reachable blocks=1 bytes=310 alloc=$prog
 * @run lost-shared-mapping
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=1 bytes=310 alloc=$prog
 * @run held-chain
 * @expect leak note exact owner=$prog/c/malloc class=reachable blocks=3 bytes=933 alloc=$prog
 * @run lost-chain
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=1 bytes=311 alloc=$prog
 * @expect leak error exact owner=$prog/c/malloc class=indirect blocks=2 bytes=622 alloc=$prog
 * @run held-tagged
 * @expect leak note exact owner=$prog/c/malloc class=reachable blocks=3 bytes=936 alloc=$prog
 * @run lost-tagged
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=1 bytes=312 alloc=$prog
 * @expect leak error exact owner=$prog/c/malloc class=indirect blocks=2 bytes=624 alloc=$prog
 * @run held-epoll
 * @expect leak note exact owner=$prog/c/malloc class=reachable blocks=1 bytes=313 alloc=$prog
 * @run lost-epoll
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=1 bytes=313 alloc=$prog
 * @run held-alternate-stack
 * @expect leak note exact owner=$prog/c/malloc class=reachable blocks=1 bytes=65536 alloc=$prog
 * @run lost-alternate-stack
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=1 bytes=65536 alloc=$prog
 * @run held-read-only
 * @expect leak note exact owner=$prog/c/malloc class=reachable blocks=1 bytes=315 alloc=$prog
 * @run lost-read-only
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=1 bytes=315 alloc=$prog
 */
#include "keep.h"
#include "leaks.h"

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

struct link {
    uintptr_t next;
};

void *volatile in_global;
static __thread void *volatile in_thread;

__attribute__((noinline)) static void *block_of(size_t size)
{
    return keep(calloc(1, size));
}

static void global(enum fate fate)
{
    in_global = block_of(301);
    if (fate == LOST)
        in_global = NULL;
}

static void in_function(enum fate fate)
{
    static void *volatile in_static;
    in_static = block_of(302);
    if (fate == LOST)
        in_static = NULL;
    keep((void *)&in_static);
}

static void stack(enum fate fate)
{
    void *volatile on_stack = block_of(303);
    if (fate == LOST)
        on_stack = NULL;
    keep((void *)&on_stack);
    leave();
}

static int ready[2], never[2];

__attribute__((used)) static void *block_for_register(void)
{
    return block_of(304);
}

__attribute__((used)) static void *block_for_argument(void)
{
    return block_of(305);
}

__attribute__((used)) static void tell_and_forget(void)
{
    forget();
    if (write(ready[1], "", 1) != 1)
        abort();
}

/* The block is known to no memory, only to a register of a thread that the kernel made wait: to r15 in pause, or to rsi,
 * the buffer of a read. */
static void *block_in_register(void *fate)
{
    __asm__ volatile("sub $256, %%rsp\n and $-16, %%rsp\n"
                     "call block_for_register\n and %0, %%rax\n mov %%rax, %%r15\n"
                     "call tell_and_forget\n"
                     "1: mov %1, %%eax\n syscall\n jmp 1b\n"
                     :
                     : "b"(fate == NULL ? (uintptr_t)0 : UINTPTR_MAX), "i"(SYS_pause)
                     : "memory", "r15");
    return NULL;
}

static void *block_in_argument(void *fate)
{
    __asm__ volatile("sub $256, %%rsp\n and $-16, %%rsp\n"
                     "call block_for_argument\n and %0, %%rax\n mov %%rax, %%r15\n"
                     "call tell_and_forget\n"
                     "xor %%eax, %%eax\n mov never(%%rip), %%edi\n mov %%r15, %%rsi\n xor %%r15d, %%r15d\n"
                     "mov $305, %%edx\n syscall\n ud2\n"
                     :
                     : "b"(fate == NULL ? (uintptr_t)0 : UINTPTR_MAX)
                     : "memory", "r15");
    return NULL;
}

static void in_blocked_thread(void *(*body)(void *), enum fate fate)
{
    pthread_t thread;
    char told;
    if (pipe(ready) != 0 || pipe(never) != 0 || pthread_create(&thread, NULL, body, fate == HELD ? ready : NULL) != 0)
        abort();
    if (read(ready[0], &told, 1) != 1)
        abort();
}

static void reg(enum fate fate)
{
    in_blocked_thread(block_in_register, fate);
}

static void argument(enum fate fate)
{
    in_blocked_thread(block_in_argument, fate);
}

static void thread_local_(enum fate fate)
{
    in_thread = block_of(306);
    if (fate == LOST)
        in_thread = NULL;
}

static void key(enum fate fate)
{
    pthread_key_t made;
    if (pthread_key_create(&made, NULL) != 0)
        abort();
    pthread_setspecific(made, block_of(307));
    if (fate == LOST)
        pthread_setspecific(made, NULL);
}

/* More keys than a thread has room for in its own descriptor. */
static void many_keys(enum fate fate)
{
    pthread_key_t made[100];
    for (volatile int i = 0; i < 100; i++) {
        if (pthread_key_create(&made[i], NULL) != 0)
            abort();
        pthread_setspecific(made[i], block_of(308));
    }
    for (int i = 0; i < 100 && fate == LOST; i++)
        pthread_setspecific(made[i], NULL);
}

static void **map(int how)
{
    void *page = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | how, -1, 0);
    if (page == MAP_FAILED)
        abort();
    return (void **)page + 4000;
}

static void mapping(enum fate fate)
{
    void **place = map(MAP_PRIVATE);
    *place = block_of(309);
    if (fate == LOST)
        *place = NULL;
}

static void shared_mapping(enum fate fate)
{
    void **place = map(MAP_SHARED);
    *place = block_of(310);
    if (fate == LOST)
        *place = NULL;
}

static void read_only(enum fate fate)
{
    void **place = map(MAP_PRIVATE);
    *place = block_of(315);
    if (fate == LOST)
        *place = NULL;
    mprotect(place - 4000, 1 << 16, PROT_READ);
}

/* Three blocks, each pointing to the next; `mark` is what the low bits of the pointers hold. */
static uintptr_t chain_of(size_t size, uintptr_t mark)
{
    uintptr_t next = 0;
    for (volatile int i = 0; i < 3; i++) {
        struct link *link = block_of(size);
        link->next = next;
        next = (uintptr_t)link | mark;
    }
    return next;
}

static void chain(enum fate fate)
{
    uintptr_t first = chain_of(311, 0);
    in_global = fate == LOST ? NULL : (void *)first;
}

static void tagged(enum fate fate)
{
    uintptr_t first = chain_of(312, 3);
    in_global = fate == LOST ? NULL : (void *)first;
}

static void epoll(enum fate fate)
{
    int poll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = block_of(313)};
    if (poll < 0 || pipe(never) != 0 || epoll_ctl(poll, EPOLL_CTL_ADD, never[0], &event) != 0)
        abort();
    event.data.ptr = NULL;
    if (fate == LOST && epoll_ctl(poll, EPOLL_CTL_DEL, never[0], NULL) != 0)
        abort();
    keep(&event);
}

static void alternate_stack(enum fate fate)
{
    stack_t stack = {.ss_sp = block_of(65536), .ss_size = 65536};
    if (sigaltstack(&stack, NULL) != 0)
        abort();
    stack = (stack_t){.ss_flags = SS_DISABLE};
    if (fate == LOST && sigaltstack(&stack, NULL) != 0)
        abort();
    keep(&stack);
}

static const struct leak_case cases[] = {
    {"global", global},
    {"static", in_function},
    {"stack", stack},
    {"register", reg},
    {"argument", argument},
    {"thread-local", thread_local_},
    {"key", key},
    {"many-keys", many_keys},
    {"mapping", mapping},
    {"shared-mapping", shared_mapping},
    {"read-only", read_only},
    {"chain", chain},
    {"tagged", tagged},
    {"epoll", epoll},
    {"alternate-stack", alternate_stack},
};

int main(int argc, char **argv)
{
    return argc == 2 ? run_leak_case(argv[1], cases, sizeof cases / sizeof *cases) : 2;
}
