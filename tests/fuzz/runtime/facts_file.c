/* Any bytes as a file of facts, as the runtime maps it: also with the checksum set right, which a fuzzer does not guess.
 * Whatever is believed can be asked for any address. */
#include "../facts.h"

#include "site/facts_file.h"

static void ask(const struct cst_facts *facts)
{
    for (unsigned i = 0; i < 64; i++) {
        uint64_t address = UINT64_C(1) << i;
        use(cst_facts_at(facts, address) + cst_facts_at(facts, address - 1));
    }
    for (size_t i = 0; i < facts->count; i++)
        use(cst_facts_at(facts, custody_facts_row_address(facts->rows[i])));
    use(cst_facts_tell_rust(facts));
}

static void judge(const void *bytes, size_t size)
{
    struct cst_module module = {.path = "", .name = "", .fingerprint = 1};
    struct cst_facts facts = {.count = 0};
    use(cst_facts_judge(bytes, size, &module, 1, &facts));
    if (size >= sizeof(struct custody_facts_header)) {
        struct custody_facts_header header;
        memcpy(&header, bytes, sizeof header);
        module.fingerprint = header.fingerprint;
        module.build_id_size = (uint8_t)(header.build_id_size % (CUSTODY_FACTS_BUILD_ID_MAX + 1));
        memcpy(module.build_id, header.build_id, sizeof module.build_id);
    }
    if (cst_facts_judge(bytes, size, &module, 1, &facts) == CST_FACTS_GOOD && facts.count > 0)
        ask(&facts);
    char key[CST_FACTS_KEY_SIZE];
    cst_facts_key(&module, 1, key);
    require(memchr(key, 0, sizeof key) != NULL && !strpbrk(key, "/."));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    read_facts(bytes, size, judge);
    return 0;
}
