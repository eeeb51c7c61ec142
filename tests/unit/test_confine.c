/* Filters of system calls: what is said of each must be what the kernel does, for every instruction that a filter may
 * have. Each filter is also installed, in a child of its own that then makes the call. */
#include "plat/confine.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "plat/syscall_x86_64.h"

extern const char cst_confine_behind[]; /* plat/confine_linux.c */

#define ARG(n) offsetof(struct seccomp_data, args[n])
#define KILL BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)
#define PASS BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
/* Only the one call is judged: others must let the child live. */
#define ONLY_GETPPID \
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)), \
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 1, 0), PASS
/* Passes when the accumulator is 42. */
#define IS_42 BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 42, 0, 1), PASS, KILL
#define LOAD(k) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, k)
#define SET(k) BPF_STMT(BPF_LD | BPF_W | BPF_IMM, k)
#define SET_X(k) BPF_STMT(BPF_LDX | BPF_W | BPF_IMM, k)
#define ALU(op, k) BPF_STMT(BPF_ALU | (op) | BPF_K, k)
#define ALU_X(op) BPF_STMT(BPF_ALU | (op) | BPF_X, 0)

#define FILTER(...) \
    { \
        .code = {ONLY_GETPPID, __VA_ARGS__}, \
        .length = 3 + sizeof((struct sock_filter[]){__VA_ARGS__}) / sizeof(struct sock_filter) \
    }

static const struct test_filter {
    struct sock_filter code[20];
    unsigned short length;
} filters[] = {
    FILTER(PASS),
    FILTER(KILL),
    FILTER(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES)),
    FILTER(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP)),
    FILTER(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_LOG)),
    FILTER(BPF_STMT(BPF_RET | BPF_K, 0x12345678)), /* an action that there is not */
    FILTER(SET(SECCOMP_RET_ALLOW), BPF_STMT(BPF_RET | BPF_A, 0)),
    FILTER(LOAD(ARG(0)), IS_42),
    FILTER(LOAD(ARG(0) + 4), ALU(BPF_ADD, 42), IS_42),
    FILTER(LOAD(offsetof(struct seccomp_data, arch)), ALU(BPF_SUB, AUDIT_ARCH_X86_64 - 42), IS_42),
    FILTER(BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0), ALU(BPF_SUB, 22), IS_42),
    FILTER(SET(6), ALU(BPF_MUL, 7), IS_42),
    FILTER(SET(85), ALU(BPF_DIV, 2), IS_42),
    FILTER(SET(0xffffff2a), ALU(BPF_AND, 0x3f), ALU(BPF_OR, 2), IS_42),
    FILTER(SET(40), ALU(BPF_XOR, 2), IS_42),
    FILTER(SET(21), ALU(BPF_LSH, 1), IS_42),
    FILTER(SET(336), ALU(BPF_RSH, 3), IS_42),
    FILTER(SET((uint32_t)-42), BPF_STMT(BPF_ALU | BPF_NEG, 0), IS_42),
    FILTER(SET_X(2), SET(40), ALU_X(BPF_ADD), IS_42),
    FILTER(SET_X(0), SET(40), ALU_X(BPF_DIV), PASS),
    FILTER(SET_X(33), SET(21), ALU_X(BPF_LSH), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 42, 1, 0), PASS, KILL),
    FILTER(SET(42), BPF_STMT(BPF_ST, 3), SET(0), BPF_STMT(BPF_LD | BPF_W | BPF_MEM, 3), IS_42),
    FILTER(SET_X(42), BPF_STMT(BPF_STX, 15), BPF_STMT(BPF_LD | BPF_W | BPF_MEM, 15), IS_42),
    FILTER(SET(42), BPF_STMT(BPF_ST, 0), BPF_STMT(BPF_LDX | BPF_W | BPF_MEM, 0), SET(1),
           BPF_STMT(BPF_MISC | BPF_TXA, 0), IS_42),
    FILTER(SET(42), BPF_STMT(BPF_MISC | BPF_TAX, 0), SET(1), BPF_STMT(BPF_MISC | BPF_TXA, 0), IS_42),
    FILTER(BPF_STMT(BPF_JMP | BPF_JA, 1), KILL, PASS),
    FILTER(SET(7), BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 7, 0, 1), KILL, PASS),
    FILTER(SET(7), BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 7, 1, 0), KILL, PASS),
    FILTER(SET(6), BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 8, 0, 1), KILL, PASS),
    FILTER(SET_X(9), SET(9), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, 1, 0), KILL, PASS),
};

#define FILTER_COUNT (sizeof filters / sizeof filters[0])

static struct sock_fprog program_of(const struct test_filter *filter)
{
    return (struct sock_fprog){.len = filter->length, .filter = (struct sock_filter *)(uintptr_t)filter->code};
}

/* What the kernel does: 0 when the child lives. */
static int install_and_call(const struct test_filter *filter)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        struct sock_fprog program = program_of(filter);
        signal(SIGSYS, SIG_DFL); /* CMocka has a handler for it */
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
            _exit(7);
        }
        syscall(SYS_getppid, 42, 0, 0, 0, 0, 0);
        _exit(0);
    }
    assert_true(child > 0 && waitpid(child, &status, 0) == child);
    assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    return status;
}

/* What is said of it, in a child too: a filter is never forgotten. */
static int note_and_ask(const struct test_filter *filter)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        static const uint64_t arguments[6] = {42};
        struct sock_fprog program = program_of(filter);
        cst_confine_note(&program, cst_confine_prepare());
        _exit(cst_confine_allows(SYS_getppid, arguments) ? 0 : 1);
    }
    assert_true(child > 0 && waitpid(child, &status, 0) == child);
    return status;
}

static void what_is_said_of_a_filter_is_what_the_kernel_does(void **state)
{
    (void)state;
    size_t killed = 0;
    for (size_t i = 0; i < FILTER_COUNT; i++) {
        bool dies = install_and_call(&filters[i]) != 0, allowed = note_and_ask(&filters[i]) == 0;
        if (allowed == dies) {
            fail_msg("filter %zu: the kernel %s, but it is said to %s", i, dies ? "kills" : "does nothing",
                     allowed ? "allow the call" : "kill");
        }
        killed += dies;
    }
    assert_in_range(killed, 3, FILTER_COUNT / 2);
}

static void in_child(void (*body)(void))
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        body();
        _exit(0);
    }
    assert_true(child > 0 && waitpid(child, &status, 0) == child);
    assert_int_equal(status, 0);
}

static void require(bool condition, int code)
{
    if (!condition) {
        _exit(code);
    }
}

static void keep_to_all(void)
{
    static const uint64_t arguments[6] = {0};
    struct sock_fprog lax = program_of(&filters[0]), harsh = program_of(&filters[1]);
    require(cst_confine_allows(SYS_getppid, arguments) && !atomic_load(&cst_confine_is_on), 1);
    cst_confine_note(&lax, cst_confine_prepare());
    require(cst_syscall3(SYS_getppid, 0, 0, 0) > 0, 2);
    cst_confine_note(&harsh, cst_confine_prepare());
    cst_confine_note(&lax, cst_confine_prepare());
    require(cst_syscall3(SYS_getppid, 0, 0, 0) == -EPERM && cst_syscall3(SYS_getpid, 0, 0, 0) == getpid(), 3);
}

static void every_filter_counts_and_a_call_that_one_forbids_is_not_made(void **state)
{
    (void)state;
    in_child(keep_to_all);
}

/* The kernel asks the filter where the call is made, and the child lives. */
static void be_told_where(void)
{
    struct sock_filter code[] = {ONLY_GETPPID, LOAD(offsetof(struct seccomp_data, instruction_pointer)),
                                 BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(uintptr_t)cst_confine_behind, 0, 1),
                                 PASS, KILL};
    struct sock_fprog program = {.len = sizeof code / sizeof code[0], .filter = code};
    require(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, 1);
    require(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0, 2);
    cst_confine_note(&program, cst_confine_prepare());
    require(cst_syscall3(SYS_getppid, 0, 0, 0) > 0, 3);
}

static void a_filter_may_ask_where_a_call_is_made(void **state)
{
    (void)state;
    in_child(be_told_where);
}

static void be_strict(void)
{
    cst_confine_note(NULL, NULL);
    require(cst_syscall3(SYS_getpid, 0, 0, 0) == -EPERM && cst_syscall3(SYS_write, -1, 0, 0) == -EBADF, 1);
}

static void have_no_room(void)
{
    struct sock_fprog lax = program_of(&filters[0]);
    cst_confine_note(&lax, NULL);
    require(cst_syscall3(SYS_getpid, 0, 0, 0) == -EPERM, 1);
}

static void have_too_many(void)
{
    struct sock_fprog lax = program_of(&filters[0]);
    for (size_t i = 0; i < CST_CONFINE_FILTERS_MAX; i++) {
        cst_confine_note(&lax, cst_confine_prepare());
    }
    require(cst_syscall3(SYS_getpid, 0, 0, 0) == getpid(), 1);
    cst_confine_note(&lax, NULL);
    require(cst_syscall3(SYS_getpid, 0, 0, 0) == -EPERM, 2);
}

static void what_is_not_known_is_taken_for_strict_mode(void **state)
{
    (void)state;
    in_child(be_strict);
    in_child(have_no_room);
    in_child(have_too_many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_said_of_a_filter_is_what_the_kernel_does),
        cmocka_unit_test(every_filter_counts_and_a_call_that_one_forbids_is_not_made),
        cmocka_unit_test(a_filter_may_ask_where_a_call_is_made),
        cmocka_unit_test(what_is_not_known_is_taken_for_strict_mode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
