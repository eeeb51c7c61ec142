/* Keys: FNV-1a, 64 bits (parameters from draft-eastlake-fnv), over fields that are each ended by a zero byte. */
#include "audit/key.h"

#include "audit/decoration.h"

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

static uint64_t add_function(uint64_t hash, const char *name)
{
    struct cst_decoration_walk walk = cst_decoration_begin(name);
    const char *piece;
    for (size_t length; (length = cst_decoration_next(&walk, &piece)) > 0;) {
        for (size_t i = 0; i < length; i++) {
            hash = add_byte(hash, (unsigned char)piece[i]);
        }
    }
    return add_byte(hash, 0);
}

/* Code outside of every module lies somewhere else each time: that it is there counts, not where. */
static uint64_t add_frame(uint64_t hash, const struct cst_trace_frame *frame)
{
    if (frame->module == NULL) {
        return add_string(hash, "");
    }
    hash = add_string(hash, frame->module->name);
    hash = add_function(hash, frame->symbol != NULL ? frame->symbol : "");
    return add_number(hash, frame->symbol != NULL ? frame->within : frame->offset);
}

static uint64_t add_trace(uint64_t hash, const struct cst_trace *trace)
{
    hash = add_number(hash, trace->count);
    for (size_t i = 0; i < trace->count; i++) {
        hash = add_frame(hash, &trace->frames[i]);
    }
    return hash;
}

/* What it is, and where it came from. */
static uint64_t add_told(uint64_t hash, const struct cst_told *told, const struct cst_trace *made)
{
    hash = add_string(hash, told->type != NULL ? told->type : "");
    return made != NULL ? add_trace(hash, made) : hash;
}

uint64_t cst_key_make(const struct cst_finding *finding, const struct cst_trace *alloc, const struct cst_trace *release,
                      const struct cst_trace *made)
{
    uint64_t hash = add_string(FNV_OFFSET_BASIS, custody_finding_name(finding->kind));
    hash = add_string(hash, finding->leak_class != NULL ? finding->leak_class : "");
    hash = add_string(hash, finding->has_holder ? finding->holder.side : "");
    hash = add_trace(add_trace(hash, alloc), release);
    return finding->told != NULL ? add_told(hash, finding->told, made) : hash;
}
