/* Buffers of the program's: see buffer.h. */
#include "core/buffer.h"

#include "core/adopted.h"
#include "core/findings.h"
#include "core/heap.h"
#include "core/thread.h"
#include "plat/sys.h"

#include <string.h>

#define CHUNK ((size_t)1024)

static struct cst_buffer_place place_in_heap(uintptr_t address)
{
    struct cst_buffer_place place = {.kind = CST_BUFFER_UNKNOWN, .room = SIZE_MAX};
    struct cst_tag_hit hit = cst_heap_find(address);
    if (!hit.tag || cst_tag_contract(hit.tag) == CUSTODY_CONTRACT_UNKNOWN)
        return place;
    if (hit.state == CST_STATE_RELEASED)
        return (struct cst_buffer_place){.kind = CST_BUFFER_RELEASED, .room = 0};
    size_t offset = address - hit.start, size = cst_tag_size(hit.tag);
    return (struct cst_buffer_place){.kind = CST_BUFFER_IN_BLOCK,
                                     .block = hit.start,
                                     .owner = cst_tag_side(hit.tag),
                                     .room = offset < size ? size - offset : 0};
}

/* Blocks of other allocators are known by their starts, and what was released there may be used again unseen. */
struct cst_buffer_place cst_buffer_find(uintptr_t address)
{
    struct cst_adopted adopted;
    if (cst_tag_covers(address))
        return place_in_heap(address);
    if (cst_adopted_find(address, &adopted) && cst_tag_state(&adopted.tag) == CST_STATE_LIVE)
        return (struct cst_buffer_place){.kind = CST_BUFFER_IN_BLOCK,
                                         .block = address,
                                         .owner = cst_tag_side(&adopted.tag),
                                         .room = cst_tag_size(&adopted.tag)};
    return (struct cst_buffer_place){.kind = CST_BUFFER_UNKNOWN, .room = SIZE_MAX};
}

/* Memory that is surely there: a live block, or this thread's stack in use. */
static bool is_there(uintptr_t address, size_t size)
{
    uintptr_t frame = (uintptr_t)__builtin_frame_address(0);
    if (address >= frame && address < cst_thread.bounds.hi)
        return size <= cst_thread.bounds.hi - address;
    struct cst_buffer_place place = cst_buffer_find(address);
    return place.kind == CST_BUFFER_IN_BLOCK && size <= place.room;
}

static bool read_unsure(uintptr_t address, void *out_bytes, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t got = cst_sys_read_memory(address + done, (char *)out_bytes + done, size - done);
        if (got <= 0)
            return false;
        done += (size_t)got;
    }
    return true;
}

bool cst_buffer_read(uintptr_t address, void *out_bytes, size_t size)
{
    if (size > UINTPTR_MAX - address)
        return false;
    if (!is_there(address, size))
        return read_unsure(address, out_bytes, size);
    memcpy(out_bytes, (const void *)address, size);
    return true;
}

static bool write_unsure(uintptr_t address, const void *bytes, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t put = cst_sys_write_memory(address + done, (const char *)bytes + done, size - done);
        if (put <= 0)
            return false;
        done += (size_t)put;
    }
    return true;
}

bool cst_buffer_write(uintptr_t address, const void *bytes, size_t size)
{
    if (size > UINTPTR_MAX - address)
        return false;
    if (!is_there(address, size))
        return write_unsure(address, bytes, size);
    memcpy((void *)address, bytes, size);
    return true;
}

uint64_t cst_buffer_sum_known(uint64_t sum, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    for (; size >= sizeof(uint64_t); at += sizeof(uint64_t), size -= sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, at, sizeof word);
        sum = cst_findings_mix(sum, word);
    }
    uint64_t rest = 0;
    memcpy(&rest, at, size);
    return cst_findings_mix(sum, rest);
}

/* The end is asked for first: what a program says of a size that it does not know may reach over gigabytes of other memory
 * before it reaches none. */
static bool sum_unsure(uintptr_t address, size_t size, uint64_t *out_sum)
{
    unsigned char bytes[CHUNK];
    uint64_t sum = 0;
    if (size > CHUNK && !read_unsure(address + size - 1, bytes, 1))
        return false;
    for (size_t done = 0; done < size;) {
        size_t part = size - done < CHUNK ? size - done : CHUNK;
        if (!read_unsure(address + done, bytes, part))
            return false;
        sum = cst_buffer_sum_known(sum, bytes, part);
        done += part;
    }
    *out_sum = sum;
    return true;
}

bool cst_buffer_sum(uintptr_t address, size_t size, uint64_t *out_sum)
{
    if (size > UINTPTR_MAX - address)
        return false;
    if (!is_there(address, size))
        return sum_unsure(address, size, out_sum);
    uint64_t sum = 0;
    for (size_t done = 0; done < size; done += CHUNK)
        sum = cst_buffer_sum_known(sum, (const char *)address + done, size - done < CHUNK ? size - done : CHUNK);
    *out_sum = sum;
    return true;
}
