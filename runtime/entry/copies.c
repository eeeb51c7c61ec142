/* Copies of the runtime in one process: see copies.h. Constructors of modules run one after another, under the dynamic
 * linker's lock, and nobody calls a module before its constructors: so two copies never choose at the same time. What is
 * read of other modules lies in what the dynamic linker has mapped of them, or is left alone. */
#include "entry/copies.h"

#include "audit/audit.h"
#include "base/elf.h"
#include "base/text.h"
#include "entry/functions.h"
#include "entry/start.h"

#include <dlfcn.h>
#include <link.h>
#include <stdatomic.h>
#include <string.h>

#define NOTE_NAME "Custody"
#define NOTE_TYPE 1
/* Longest version that is quoted. */
#define VERSION_MAX 31

extern struct cst_copy cst_copy_here;
extern const struct cst_copy_note cst_copy_note;
extern const size_t cst_copy_note_size;
cst_function *const *cst_functions_serving;

struct cst_copy cst_copy_here = {
    .door = &cst_doors[CUSTODY_DOOR_FREE],
    .functions =
        {
#define CUSTODY_FUNCTION(name) (cst_function *)(name),
#include "custody/functions.def"
        },
};

/* What is found among the modules. */
struct search {
    struct cst_copy *best; /* of those of our version */
    int best_rank;
    char other_version[VERSION_MAX + 1]; /* of one that serves and is of another version; "" for none */
    char other_place[256];
};

/* Whether [address, address+size) lies in one segment of the module, which is mapped. */
static bool is_mapped(const struct dl_phdr_info *module, uintptr_t address, size_t size)
{
    for (size_t i = 0; i < module->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &module->dlpi_phdr[i];
        uintptr_t start = module->dlpi_addr + segment->p_vaddr;
        if (segment->p_type == PT_LOAD && address >= start && address - start <= segment->p_memsz &&
            size <= segment->p_memsz - (address - start))
            return true;
    }
    return false;
}

static struct cst_elf_bytes find_note(const struct dl_phdr_info *module)
{
    struct cst_elf_bytes note = {NULL, 0};
    for (size_t i = 0; i < module->dlpi_phnum && note.size == 0; i++) {
        const ElfW(Phdr) *segment = &module->dlpi_phdr[i];
        uintptr_t start = module->dlpi_addr + segment->p_vaddr;
        if (segment->p_type == PT_NOTE && is_mapped(module, start, segment->p_memsz))
            note = cst_elf_note((struct cst_elf_bytes){(const unsigned char *)start, segment->p_memsz},
                                segment->p_align, NOTE_NAME, NOTE_TYPE);
    }
    return note;
}

/* The copy that the note speaks of, as far as any version may look at it; NULL when that is not there. */
static struct cst_copy *copy_of(const struct dl_phdr_info *module, struct cst_elf_bytes note)
{
    int64_t offset;
    if (note.size <= sizeof offset)
        return NULL;
    memcpy(&offset, note.bytes, sizeof offset);
    uintptr_t address = (uintptr_t)note.bytes + (uintptr_t)offset;
    bool usable =
        address % _Alignof(struct cst_copy) == 0 && is_mapped(module, address, offsetof(struct cst_copy, functions));
    return usable ? (struct cst_copy *)address : NULL;
}

static bool is_like_ours(struct cst_elf_bytes note)
{
    const size_t skipped = offsetof(struct cst_copy_note, texts);
    const unsigned char *ours = (const unsigned char *)&cst_copy_note;
    return note.size == cst_copy_note_size && memcmp(note.bytes + skipped, ours + skipped, note.size - skipped) == 0;
}

static int rank_of(struct cst_copy *copy)
{
    if (atomic_load(&copy->serves))
        return 3;
    return copy->door && *copy->door ? 2 : 1;
}

static void take(struct search *search, struct cst_copy *copy)
{
    int rank = rank_of(copy);
    if (rank > search->best_rank) {
        search->best = copy;
        search->best_rank = rank;
    }
}

static void take_other(struct search *search, const struct dl_phdr_info *module, struct cst_elf_bytes note)
{
    struct cst_text version, place;
    const char *texts = (const char *)note.bytes + offsetof(struct cst_copy_note, texts);
    cst_text_init(&version, search->other_version, sizeof search->other_version, 0);
    cst_text_bytes(&version, texts, strnlen(texts, note.size - offsetof(struct cst_copy_note, texts)));
    cst_text_init(&place, search->other_place, sizeof search->other_place, 0);
    cst_text_printable(&place, module->dlpi_name && module->dlpi_name[0] ? module->dlpi_name : "the program");
}

/* Called by the dynamic linker under its lock, once per module, in the order in which they were loaded. */
static int look_at(struct dl_phdr_info *module, size_t size, void *context)
{
    struct search *search = context;
    (void)size;
    struct cst_elf_bytes note = find_note(module);
    struct cst_copy *copy = copy_of(module, note);
    if (copy && is_like_ours(note))
        take(search, copy);
    else if (copy && atomic_load(&copy->serves))
        take_other(search, module, note);
    return 0;
}

/* A copy whose note was stripped from its module is not found, and serves itself. */
static CST_COLD struct cst_copy *choose(void)
{
    struct search search = {.best = &cst_copy_here};
    dl_iterate_phdr(look_at, &search);
    uint32_t before = atomic_exchange(&search.best->serves, 1);
    if (search.best == &cst_copy_here && !before && search.other_place[0])
        cst_audit_say(
            "another build of Custody (%s, in %s) is in this process beside this one (%s): each serves itself, and "
            "does not know the other's blocks",
            search.other_version, search.other_place, cst_copy_note.texts);
    return search.best;
}

cst_function *const *cst_copies_settle(void)
{
    cst_function *const *serving = __atomic_load_n(&cst_functions_serving, __ATOMIC_ACQUIRE);
    if (!serving) {
        serving = choose()->functions;
        __atomic_store_n(&cst_functions_serving, serving, __ATOMIC_RELEASE);
    }
    return serving;
}

bool cst_copies_serve_here(void)
{
    return cst_copies_settle() == cst_copy_here.functions;
}

/* What is loaded again with that flag is never unmapped; the reference is not given back. A program that is linked statically
 * has no use for dlopen, and is not to be told of it by the linker. */
void cst_copies_stay(void)
{
    struct dl_find_object object;
    if (*cst_copy_here.door || _dl_find_object(&cst_copy_here, &object) != 0 || object.dlfo_link_map->l_name[0] == '\0')
        return;
    void *(*open)(const char *, int) = NULL;
    *(void **)&open = dlsym(RTLD_DEFAULT, "dlopen");
    if (open)
        (void)!open(object.dlfo_link_map->l_name, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
}
