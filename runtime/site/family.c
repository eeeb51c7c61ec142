/* Families: see family.h. */
#include "site/family.h"

#include <string.h>

const struct cst_family_function cst_family_functions[CST_FAMILY_FUNCTIONS] = {
#define CUSTODY_FAMILY(contract, signature)
#define CUSTODY_FAMILY_DOOR(ID, symbol, contract, role, block, size, count, align) \
    {symbol, CUSTODY_DOOR_##ID, CUSTODY_CONTRACT_##contract, CST_FAMILY_##role, block, size, count, align},
#include "custody/families.def"
};

struct signature {
    const char *name;
    enum custody_contract contract;
};

static const struct signature signatures[] = {
#define CUSTODY_FAMILY(contract, signature) {signature, CUSTODY_CONTRACT_##contract},
#define CUSTODY_FAMILY_DOOR(ID, symbol, contract, role, block, size, count, align)
#include "custody/families.def"
};

/* What jemalloc's functions are called without the prefix that its builds may give them. */
static const char *bare_name(const char *name)
{
    static const char *const prefixes[] = {"_rjem_", "je_"};
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
        size_t length = strlen(prefixes[i]);
        if (strncmp(name, prefixes[i], length) == 0) {
            return name + length;
        }
    }
    return name;
}

static bool is_called(const char *name, const char *symbol, enum custody_contract contract)
{
    return contract == CUSTODY_CONTRACT_JEMALLOC ? strcmp(bare_name(name), bare_name(symbol)) == 0
                                                 : strcmp(name, symbol) == 0;
}

/* Mostly the first byte of a name decides; of mangled names, the second. */
static bool may_be_signature(const char *name)
{
    return name[0] == '_' ? name[1] == 'r' : name[0] == 'm' || name[0] == 't' || name[0] == 'j';
}

enum custody_contract cst_family_of(const char *name)
{
    for (size_t i = 0; may_be_signature(name) && i < sizeof signatures / sizeof signatures[0]; i++) {
        if (is_called(name, signatures[i].name, signatures[i].contract)) {
            return signatures[i].contract;
        }
    }
    return CUSTODY_CONTRACT_UNKNOWN;
}

const struct cst_family_function *cst_family_find(enum custody_contract contract, const char *name)
{
    for (size_t i = 0; i < CST_FAMILY_FUNCTIONS; i++) {
        if (cst_family_functions[i].contract == contract && is_called(name, cst_family_functions[i].symbol, contract)) {
            return &cst_family_functions[i];
        }
    }
    return NULL;
}
