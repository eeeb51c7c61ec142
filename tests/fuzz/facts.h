/* Inputs of the targets that read files of facts: as they are, and sealed. Header only. */
#ifndef TESTS_FUZZ_FACTS_H
#define TESTS_FUZZ_FACTS_H

#include "fuzz.h"

#include "custody/facts.h"

/** Gives `bytes` to `read`, and once more with magic, version, count and checksum set right, which a fuzzer does not guess. */
static inline void read_facts(const uint8_t *bytes, size_t size, void (*read)(const void *bytes, size_t size))
{
    uint8_t *copy = malloc(size + 1); /* aligned, as a mapping is */
    require(copy != NULL);
    memcpy(copy, bytes, size);
    read(copy, size);
    struct custody_facts_header header;
    if (size >= sizeof header) {
        memcpy(&header, copy, sizeof header);
        memcpy(header.magic, CUSTODY_FACTS_MAGIC, sizeof header.magic);
        header.version = CUSTODY_FACTS_VERSION;
        header.row_count = (uint32_t)((size - sizeof header) / sizeof(custody_facts_row));
        size = sizeof header + header.row_count * sizeof(custody_facts_row);
        header.checksum = custody_facts_checksum(&header, (const void *)(copy + sizeof header));
        memcpy(copy, &header, sizeof header);
        read(copy, size);
    }
    free(copy);
}

#endif
