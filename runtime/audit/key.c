/* Keys: FNV-1a, 64 bits (parameters from draft-eastlake-fnv), over fields that are each ended by a zero byte. */
#include "audit/key.h"

#define FNV_OFFSET_BASIS UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

static uint64_t add_byte(uint64_t hash, unsigned char byte)
{
    return (hash ^ byte) * FNV_PRIME;
}

/* The terminator is part of it, so that "ab" "c" and "a" "bc" differ. */
static uint64_t add_string(uint64_t hash, const char *string)
{
    for (const char *at = string; *at != '\0'; at++) {
        hash = add_byte(hash, (unsigned char)*at);
    }
    return add_byte(hash, 0);
}

static uint64_t add_number(uint64_t hash, uint64_t number)
{
    for (unsigned shift = 0; shift < 64; shift += 8) {
        hash = add_byte(hash, (unsigned char)(number >> shift));
    }
    return hash;
}

/* Code outside of every module lies somewhere else each time: that it is there counts, not where. */
static uint64_t add_trace(uint64_t hash, const struct cst_trace *trace)
{
    hash = add_number(hash, trace->count);
    for (size_t i = 0; i < trace->count; i++) {
        const struct cst_trace_frame *frame = &trace->frames[i];
        hash = add_string(hash, frame->module != NULL ? frame->module->name : "");
        hash = add_number(hash, frame->module != NULL ? frame->offset : 0);
    }
    return hash;
}

uint64_t cst_key_make(enum custody_finding_kind kind, const struct cst_trace *alloc, const struct cst_trace *release)
{
    uint64_t hash = add_string(FNV_OFFSET_BASIS, custody_finding_name(kind));
    return add_trace(add_trace(hash, alloc), release);
}
