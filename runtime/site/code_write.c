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

/* Our own code may share a page with what is written when we are linked into the module: it must stay executable. */
static bool holds_us(const struct cst_module *module)
{
    uintptr_t here = (uintptr_t)&cst_code_open;
    return here >= module->lo && here < module->hi;
}

struct cst_code_writer cst_code_open(const struct cst_module *module, const struct cst_elf *elf, uint64_t address)
{
    return (struct cst_code_writer){
        .memory = cst_sys_open_memory(),
        .may_protect = atomic_load(&is_alone) && !holds_us(module),
        .protection = protection_of(elf, address),
    };
}

void cst_code_close(const struct cst_code_writer *writer)
{
    if (writer->memory >= 0) {
        cst_sys_close(writer->memory);
    }
}

/* The page cannot be executed meanwhile. */
static bool write_protected(const struct cst_code_writer *writer, uintptr_t address, const unsigned char *bytes,
                            size_t size)
{
    uintptr_t lo = address & ~(uintptr_t)(CST_PAGE_SIZE - 1);
    size_t whole = (address + size - lo + CST_PAGE_SIZE - 1) & ~(CST_PAGE_SIZE - 1);
    if (!writer->may_protect || !cst_sys_protect((void *)lo, whole, PROT_READ | PROT_WRITE)) {
        return false;
    }
    memcpy((void *)address, bytes, size);
    return cst_sys_protect((void *)lo, whole, writer->protection);
}

/* Other threads may be executing what is written: the page is replaced by one with the new bytes, for which they wait. When
 * it writes to a page, the kernel may well copy byte by byte, and they would execute half an instruction. */
static bool write_among_threads(const struct cst_code_writer *writer, uintptr_t address, const unsigned char *bytes,
                                size_t size)
{
    uintptr_t page = address & ~(uintptr_t)(CST_PAGE_SIZE - 1);
    if (writer->protection & PROT_WRITE || address + size > page + CST_PAGE_SIZE) {
        return false;
    }
    unsigned char *fresh = cst_sys_map(CST_PAGE_SIZE);
    if (!fresh) {
        return false;
    }
    memcpy(fresh, (const void *)page, CST_PAGE_SIZE);
    memcpy(fresh + (address - page), bytes, size);
    if (cst_sys_protect(fresh, CST_PAGE_SIZE, writer->protection) && cst_sys_move(fresh, CST_PAGE_SIZE, page)) {
        return true;
    }
    cst_sys_unmap(fresh, CST_PAGE_SIZE);
    return false;
}

static bool write_bytes(const struct cst_code_writer *writer, uintptr_t address, const unsigned char *bytes,
                        size_t size)
{
    if (cst_code_has_other_threads()) {
        return write_among_threads(writer, address, bytes, size);
    }
    return cst_sys_pwrite(writer->memory, bytes, size, address) == (ssize_t)size ||
           write_protected(writer, address, bytes, size);
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
