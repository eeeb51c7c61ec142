/* Keys by function and line; see site_key.h. */
#include "site_key.h"

#include "call_list.h"
#include "function_name.h"

#include <string.h>

/* FNV-1a, 64 bits: http://www.isthe.com/chongo/tech/comp/fnv/ */
#define FNV_BASIS UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

static uint64_t mix_bytes(uint64_t key, const void *bytes, size_t length)
{
    const unsigned char *byte = bytes;
    for (size_t i = 0; i < length; i++) {
        key = (key ^ byte[i]) * FNV_PRIME;
    }
    return key;
}

/* With its end, so that "a", "bc" is not "ab", "c". */
static uint64_t mix_text(uint64_t key, const char *text)
{
    return mix_bytes(key, text, strlen(text) + 1);
}

static bool is_main(const struct cst_listed_call *call)
{
    return call->call && call->call->function && strcmp(call->call->function, "main") == 0;
}

/* Mixes one call in; false when it is too little known. */
static bool mix_call(struct cst_arena *arena, const struct cst_listed_call *listed, bool has_line, uint64_t *key)
{
    const struct cst_call *call = listed->call;
    const char *function = call && call->function ? cst_function_name_plain(arena, call->function) : "";
    int line = call ? call->line : 0;
    *key = mix_text(*key, function);
    *key = mix_bytes(*key, &line, sizeof line);
    return *function || line > 0 || has_line;
}

/* Mixes a stack in; false when it tells too little. An empty one tells what there is. */
static bool mix_stack(struct cst_arena *arena, struct cst_symbols *symbols, const struct cst_log_process *process,
                      const struct cst_log_stack *stack, uint64_t *key)
{
    struct cst_call_list list = cst_call_list_make(arena, symbols, process, stack);
    bool own_only = !cst_call_list_is_machinery(&list);
    bool has_line = list.count == 0;
    size_t taken = 0;
    for (size_t i = 0; i < list.count && taken < CST_SITE_KEY_CALLS; i++) {
        const struct cst_listed_call *call = &list.items[i];
        if (own_only && call->library != CST_LIBRARY_NONE) {
            continue;
        }
        if (!mix_call(arena, call, has_line, key)) {
            return false;
        }
        has_line |= call->call && call->call->line > 0;
        taken++;
        if (is_main(call)) {
            break;
        }
    }
    *key = mix_bytes(*key, &taken, sizeof taken);
    return has_line;
}

uint64_t cst_site_key(struct cst_symbols *symbols, const struct cst_log_finding *finding)
{
    const struct cst_log_told *told = &finding->told;
    const struct cst_log_stack nothing = {0};
    const struct cst_log_stack *stacks[] = {&finding->alloc, &finding->release, &finding->first_release,
                                            told->history_count > 0 ? &told->history[0].stack : &nothing};
    struct cst_arena arena = {0};
    uint64_t key = mix_text(mix_text(FNV_BASIS, finding->kind), finding->leak_class);
    key = mix_text(mix_text(key, finding->has_owner ? finding->owner.side : ""),
                   finding->has_owner ? finding->owner.lang : "");
    key = mix_text(key, told->type ? told->type : "");
    bool known = false;
    for (size_t i = 0; i < sizeof stacks / sizeof *stacks; i++) {
        if (!mix_stack(&arena, symbols, finding->process, stacks[i], &key)) {
            key = 0;
            break;
        }
        known |= stacks[i]->count > 0;
    }
    cst_arena_free(&arena);
    return known ? key : 0;
}
