/* Writing code: see code_write.h. */
#include "site/code_write.h"

#include "plat/sys.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/single_threaded.h>

#define WORD ((size_t)8)

static atomic_bool is_alone;

void cst_code_alone(bool alone)
{
    atomic_store(&is_alone, alone);
}

bool cst_code_has_other_threads(void)
{
    return !__libc_single_threaded && !atomic_load(&is_alone);
}

/* The protection that the dynamic linker gave to the segment. */
static int protection_of(const struct cst_elf *elf, uint64_t address)
{
    bool writable = cst_elf_at(elf, address, 1, PF_R | PF_W | PF_X) != NULL;
    return PROT_READ | PROT_EXEC | (writable ? PROT_WRITE : 0);
}

struct cst_code_writer cst_code_open(const struct cst_elf *elf, uint64_t address)
{
    return (struct cst_code_writer){
        .memory = cst_sys_open_memory(),
        .protection = protection_of(elf, address),
    };
}

void cst_code_close(const struct cst_code_writer *writer)
{
    if (writer->memory >= 0) {
        cst_sys_close(writer->memory);
    }
}

/* Pages with the new bytes take the place of the old ones, for which whoever executes them waits: other threads see all of what
 * is written or nothing. When it writes to a page, the kernel may well copy byte by byte, and they would execute half an
 * instruction. Where new memory may not be made executable, nothing has been touched when that is refused. */
static bool replace_pages(const struct cst_code_writer *writer, uintptr_t address, const unsigned char *bytes,
                          size_t size)
{
    uintptr_t lo = address & ~(uintptr_t)(CST_PAGE_SIZE - 1);
    size_t whole = (address + size - lo + CST_PAGE_SIZE - 1) & ~(CST_PAGE_SIZE - 1);
    if (writer->protection & PROT_WRITE) {
        return false;
    }
    unsigned char *fresh = cst_sys_map(whole);
    if (!fresh) {
        return false;
    }
    memcpy(fresh, (const void *)lo, whole);
    memcpy(fresh + (address - lo), bytes, size);
    if (cst_sys_protect(fresh, whole, writer->protection) && cst_sys_move(fresh, whole, lo)) {
        return true;
    }
    cst_sys_unmap(fresh, whole);
    return false;
}

static bool write_bytes(const struct cst_code_writer *writer, uintptr_t address, const unsigned char *bytes,
                        size_t size)
{
    bool written =
        !cst_code_has_other_threads() && cst_sys_pwrite(writer->memory, bytes, size, address) == (ssize_t)size;
    return written || replace_pages(writer, address, bytes, size);
}

bool cst_code_write(const struct cst_code_writer *writer, uintptr_t address, const unsigned char *bytes, size_t size)
{
    unsigned char word[WORD];
    size_t offset = address % WORD;
    if (offset + size > WORD) {
        return write_bytes(writer, address, bytes, size);
    }
    memcpy(word, (const void *)(address - offset), WORD);
    memcpy(word + offset, bytes, size);
    return write_bytes(writer, address - offset, word, WORD);
}
