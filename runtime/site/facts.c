/* Facts: see facts.h. What came of looking for a module's facts is kept by its id, so that every later question is one
 * load. */
#include "site/facts.h"

#include "base/pool.h"
#include "base/text.h"
#include "plat/socket.h"
#include "site/facts_file.h"
#include "site/facts_request.h"
#include "site/module_file.h"

#include <stdatomic.h>
#include <string.h>

static struct cst_facts_source source;

/* By module id: NULL while nobody has looked. */
static _Atomic(const struct cst_facts *) known[CST_MODULE_MAX];
static const struct cst_facts nothing;

void cst_facts_setup(const struct cst_facts_source *new_source)
{
    source = *new_source;
    bool given = source.directory != NULL && source.directory[0] == '/';
    cst_facts_request_setup(given ? source.prepare : NULL);
    if (!given) {
        source.directory = NULL;
    }
}

/* A module that another thread was registering is not one here, and its id is the next one's. */
void cst_facts_after_fork(void)
{
    uint32_t next = cst_module_count();
    if (next < CST_MODULE_MAX) {
        atomic_store(&known[next], NULL);
    }
    cst_socket_after_fork();
}

/* The module's file, as it has to be for its facts. */
struct subject {
    const struct cst_module *module;
    uint64_t size;
    char key[CST_FACTS_KEY_SIZE];
};

/* Whether there can be anything to say of the module that its exported symbols do not say. */
static bool has_more(const struct cst_module *module, const struct cst_elf *elf)
{
    return module->rust != CST_RUST_ABSENT || cst_elf_section(elf, ".symtab").size != 0 ||
           cst_elf_section(elf, ".debug_info").size != 0 || cst_elf_section(elf, ".zdebug_info").size != 0;
}

static bool find_subject(const struct cst_module *module, struct subject *out_subject)
{
    struct cst_elf elf;
    if ((module->role != CST_ROLE_PROGRAM && module->role != CST_ROLE_LIBRARY) || !cst_module_open_file(module, &elf)) {
        return false;
    }
    bool wanted = has_more(module, &elf);
    out_subject->module = module;
    out_subject->size = elf.file.size;
    cst_elf_close(&elf);
    cst_facts_key(module, out_subject->size, out_subject->key);
    return wanted;
}

/* In the pool; NULL when memory is out. */
static const char *path_of(const struct subject *subject)
{
    size_t size = strlen(source.directory) + 1 + strlen(subject->key) + sizeof CUSTODY_FACTS_SUFFIX;
    char *path = cst_pool_alloc(size);
    struct cst_text text;
    if (path != NULL) {
        cst_text_init(&text, path, size, 0);
        cst_text_format(&text, "%s/%s%s", source.directory, subject->key, CUSTODY_FACTS_SUFFIX);
    }
    return path;
}

static CST_COLD void complain(const char *path, enum cst_facts_state state)
{
    const char *what = state == CST_FACTS_ALIEN ? "is not yours alone to write" : "is damaged";
    char message[512];
    struct cst_text text;
    cst_text_init(&text, message, sizeof message, 0);
    cst_text_format(&text, "facts: %s %s and is not used", path, what);
    if (source.notice != NULL) {
        source.notice(message);
    }
}

/* Reads the module's file of facts; when it is of no use, asks for one once. */
static bool read_facts(const struct subject *subject, struct cst_facts *out_facts)
{
    const char *path = path_of(subject);
    if (path == NULL) {
        return false;
    }
    enum cst_facts_state state = cst_facts_read(path, subject->module, subject->size, out_facts);
    if (state != CST_FACTS_GOOD && cst_facts_request(subject->module->path, subject->key)) {
        state = cst_facts_read(path, subject->module, subject->size, out_facts);
    }
    if (state == CST_FACTS_DAMAGED || state == CST_FACTS_ALIEN) {
        complain(path, state);
    }
    return state == CST_FACTS_GOOD && out_facts->count > 1;
}

static void keep(const struct cst_facts *facts, size_t id)
{
    const struct cst_facts *before = NULL;
    struct cst_facts *copy = cst_pool_alloc(sizeof *copy);
    if (copy != NULL) {
        *copy = *facts;
        (void)atomic_compare_exchange_strong(&known[id], &before, copy);
    }
}

/* Of threads that look at once each keeps its own mapping: they are equal, and who came second has one too many. */
static CST_COLD bool look(const struct cst_module *module, struct cst_facts *out_facts)
{
    struct subject subject;
    if (find_subject(module, &subject) && read_facts(&subject, out_facts)) {
        keep(out_facts, module->id);
        return true;
    }
    const struct cst_facts *before = NULL;
    (void)atomic_compare_exchange_strong(&known[module->id], &before, &nothing);
    *out_facts = nothing;
    return false;
}

bool cst_facts_open(const struct cst_module *module, struct cst_facts *out_facts)
{
    *out_facts = nothing;
    if (source.directory == NULL || module->id >= CST_MODULE_MAX) {
        return false;
    }
    const struct cst_facts *found = atomic_load_explicit(&known[module->id], memory_order_acquire);
    if (found == NULL) {
        return look(module, out_facts);
    }
    *out_facts = *found;
    return found->count != 0;
}

bool cst_facts_tell_rust(const struct cst_facts *facts)
{
    const unsigned allocator = CUSTODY_FACTS_DESCRIBED | CUSTODY_FACTS_RUST_ALLOCATOR;
    bool found = false;
    for (size_t i = 0; i < facts->count && !found; i++) {
        found = custody_facts_row_flags(facts->rows[i]) == allocator;
    }
    return found && (facts->traits & CUSTODY_FACTS_RUST_DESCRIBED) != 0;
}

/* The last of `count` rows, more than 0, that does not lie behind `address`; 0 if all do. */
static size_t find_row(const custody_facts_row *rows, size_t count, uint64_t address)
{
    size_t low = 0;
    while (count > 1) {
        size_t half = count / 2;
        if (custody_facts_row_address(rows[low + half]) <= address) {
            low += half;
        }
        count -= half;
    }
    return low;
}

custody_facts_row cst_facts_at(const struct cst_facts *facts, uint64_t address)
{
    if (facts->count < 2) {
        return 0;
    }
    size_t at = find_row(facts->rows, facts->count - 1, address); /* the last row ends what is known */
    custody_facts_row row = facts->rows[at], next = facts->rows[at + 1];
    bool covers = custody_facts_row_address(row) <= address && address < custody_facts_row_address(next);
    return covers && custody_facts_row_lang(row) < CUSTODY_LANG_COUNT ? row : 0;
}
