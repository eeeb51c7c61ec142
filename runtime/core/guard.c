/* Guards: see guard.h. */
#include "core/guard.h"

#include "core/findings.h"

/* Bytes 0x80 to 0xfe: text and small numbers have none of them, terminators and fillers are none. */
static unsigned char pattern(uint64_t seed, size_t index)
{
    unsigned char byte = (unsigned char)(cst_findings_mix(seed, index + 1) >> 24) | 0x80;
    return byte == 0xff ? 0xa5 : byte;
}

void cst_guard_lay(unsigned char *memory, size_t size, uint64_t seed)
{
    for (size_t i = 0; i < size; i++)
        memory[i] = pattern(seed, i);
}

size_t cst_guard_damage_up_to(const unsigned char *memory, size_t size, uint64_t seed)
{
    while (size > 0 && memory[size - 1] == pattern(seed, size - 1))
        size--;
    return size;
}

size_t cst_guard_damage_from(const unsigned char *memory, size_t size, uint64_t seed)
{
    size_t first = 0;
    while (first < size && memory[first] == pattern(seed, first))
        first++;
    return size - first;
}
