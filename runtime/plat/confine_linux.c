/* Filters of system calls on Linux: see confine.h. A filter is a program of the classic Berkeley packet filter, run over a
 * struct seccomp_data; which instructions it may have, the kernel says (kernel/seccomp.c, seccomp_check_filter). */
#include "plat/confine.h"

#include "plat/own.h"
#include "plat/sys.h"
#include "plat/syscall_x86_64.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/syscall.h>

/* A copy of a filter. Filters cannot be taken away again. */
struct filter {
    const struct sock_filter *code;
    size_t length;
};

static struct filter filters[CST_CONFINE_FILTERS_MAX];
static _Atomic uint64_t in_force; /* a bit for each filter that is filled in */
static _Atomic size_t filter_count;
static atomic_bool is_strict;
atomic_bool cst_confine_is_on;

#define ROOM_SIZE (BPF_MAXINSNS * sizeof(struct sock_filter))

void *cst_confine_prepare(void)
{
    return cst_own_map(ROOM_SIZE);
}

void cst_confine_drop(void *room)
{
    if (room)
        cst_own_unmap(room, ROOM_SIZE);
}

static bool add(const struct sock_fprog *program, void *room)
{
    size_t index = atomic_fetch_add(&filter_count, 1);
    if (index >= CST_CONFINE_FILTERS_MAX || !room || program->len > BPF_MAXINSNS)
        return false;
    memcpy(room, program->filter, program->len * sizeof *program->filter);
    filters[index] = (struct filter){.code = room, .length = program->len};
    atomic_fetch_or(&in_force, UINT64_C(1) << index);
    return true;
}

void cst_confine_note(const void *program, void *room)
{
    if (!program || !add(program, room))
        atomic_store(&is_strict, true);
    atomic_store(&cst_confine_is_on, true);
}

/* ---- running a filter ---- */

struct machine {
    const struct seccomp_data *data;
    uint32_t a, x, memory[BPF_MEMWORDS];
};

static bool load_word(const struct machine *machine, uint32_t offset, uint32_t *out_word)
{
    if (offset > sizeof *machine->data - sizeof *out_word || offset % sizeof *out_word != 0)
        return false;
    memcpy(out_word, (const char *)machine->data + offset, sizeof *out_word);
    return true;
}

/* BPF_LD and BPF_LDX. */
static bool load(const struct machine *machine, const struct sock_filter *insn, uint32_t *out_word)
{
    switch (BPF_MODE(insn->code)) {
    case BPF_ABS:
        return load_word(machine, insn->k, out_word);
    case BPF_IMM:
        *out_word = insn->k;
        return true;
    case BPF_LEN:
        *out_word = sizeof *machine->data;
        return true;
    case BPF_MEM:
        *out_word = insn->k < BPF_MEMWORDS ? machine->memory[insn->k] : 0;
        return insn->k < BPF_MEMWORDS;
    default:
        return false;
    }
}

static bool store(struct machine *machine, const struct sock_filter *insn, uint32_t word)
{
    if (insn->k >= BPF_MEMWORDS)
        return false;
    machine->memory[insn->k] = word;
    return true;
}

static bool calculate(struct machine *machine, const struct sock_filter *insn)
{
    uint32_t by = BPF_SRC(insn->code) == BPF_X ? machine->x : insn->k;
    switch (BPF_OP(insn->code)) {
    case BPF_ADD:
        machine->a += by;
        return true;
    case BPF_SUB:
        machine->a -= by;
        return true;
    case BPF_MUL:
        machine->a *= by;
        return true;
    case BPF_DIV:
        machine->a = by ? machine->a / by : 0;
        return by != 0;
    case BPF_AND:
        machine->a &= by;
        return true;
    case BPF_OR:
        machine->a |= by;
        return true;
    case BPF_XOR:
        machine->a ^= by;
        return true;
    case BPF_LSH:
        machine->a <<= by % 32;
        return true;
    case BPF_RSH:
        machine->a >>= by % 32;
        return true;
    case BPF_NEG:
        machine->a = -machine->a;
        return true;
    default:
        return false;
    }
}

/* How many instructions are passed over; false for what is no jump. */
static bool jump(const struct machine *machine, const struct sock_filter *insn, size_t *out_skipped)
{
    uint32_t with = BPF_SRC(insn->code) == BPF_X ? machine->x : insn->k;
    bool holds;
    switch (BPF_OP(insn->code)) {
    case BPF_JA:
        *out_skipped = insn->k;
        return true;
    case BPF_JEQ:
        holds = machine->a == with;
        break;
    case BPF_JGT:
        holds = machine->a > with;
        break;
    case BPF_JGE:
        holds = machine->a >= with;
        break;
    case BPF_JSET:
        holds = (machine->a & with) != 0;
        break;
    default:
        return false;
    }
    *out_skipped = holds ? insn->jt : insn->jf;
    return true;
}

static bool move(struct machine *machine, const struct sock_filter *insn)
{
    if (BPF_MISCOP(insn->code) == BPF_TAX)
        machine->x = machine->a;
    else
        machine->a = machine->x;
    return true;
}

/* Everything but jumps and the end. */
static bool step(struct machine *machine, const struct sock_filter *insn)
{
    switch (BPF_CLASS(insn->code)) {
    case BPF_LD:
        return load(machine, insn, &machine->a);
    case BPF_LDX:
        return load(machine, insn, &machine->x);
    case BPF_ST:
        return store(machine, insn, machine->a);
    case BPF_STX:
        return store(machine, insn, machine->x);
    case BPF_ALU:
        return calculate(machine, insn);
    case BPF_MISC:
        return move(machine, insn);
    default:
        return false;
    }
}

/* What the filter answers. Jumps go forward only, so that it ends. */
static uint32_t answer_of(const struct filter *filter, const struct seccomp_data *data)
{
    struct machine machine = {.data = data};
    for (size_t at = 0; at < filter->length; at++) {
        const struct sock_filter *insn = &filter->code[at];
        size_t skipped = 0;
        if (BPF_CLASS(insn->code) == BPF_RET)
            return BPF_RVAL(insn->code) == BPF_A ? machine.a : insn->k;
        bool known = BPF_CLASS(insn->code) == BPF_JMP ? jump(&machine, insn, &skipped) : step(&machine, insn);
        if (!known || skipped > filter->length)
            break;
        at += skipped;
    }
    return SECCOMP_RET_KILL_PROCESS;
}

static bool is_harmless(uint32_t answer)
{
    switch (answer & SECCOMP_RET_ACTION_FULL) {
    case SECCOMP_RET_ALLOW:
    case SECCOMP_RET_LOG:
    case SECCOMP_RET_TRACE:
    case SECCOMP_RET_ERRNO:
        return true;
    default:
        return false;
    }
}

static bool is_allowed_strictly(long number)
{
    return number == SYS_read || number == SYS_write || number == SYS_exit || number == SYS_rt_sigreturn;
}

/* A filter may look at where a call is made: the address behind the instruction. So all are made in one place. */
extern const char cst_confine_behind[] __attribute__((visibility("hidden")));

CST_NOINLINE static long call_here(long number, long a, long b, long c, long d, long e, long f)
{
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    long result;
    __asm__ volatile("syscall\n"
                     ".globl cst_confine_behind\n"
                     ".hidden cst_confine_behind\n"
                     "cst_confine_behind:"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

bool cst_confine_allows(long number, const uint64_t arguments[6])
{
    struct seccomp_data data = {
        .nr = (int)number, .arch = AUDIT_ARCH_X86_64, .instruction_pointer = (uintptr_t)cst_confine_behind};
    memcpy(data.args, arguments, sizeof data.args);
    uint64_t left = atomic_load(&in_force);
    bool allowed = !atomic_load(&is_strict) || is_allowed_strictly(number);
    for (; allowed && left != 0; left &= left - 1)
        allowed = is_harmless(answer_of(&filters[__builtin_ctzl(left)], &data));
    return allowed;
}

long cst_confine_call(long number, long a, long b, long c, long d, long e, long f)
{
    const uint64_t arguments[6] = {(uint64_t)a, (uint64_t)b, (uint64_t)c, (uint64_t)d, (uint64_t)e, (uint64_t)f};
    return cst_confine_allows(number, arguments) ? call_here(number, a, b, c, d, e, f) : -EPERM;
}
