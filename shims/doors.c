/* Where the doors are: the addresses of the shims, for the floor that decodes call sites. Made from the one list. Rust's
 * entries live in the audited modules, and calls of the public API say whose they are: neither has an address here. Functions of families are
 * redirected to one hook. */
#include "entry/family_hook.h"
#include "entry/start.h"

/* Each shim under a name of ours, so that no prototype of libc or of the compiler gets in the way. */
#define DECLARE_C(ID, symbol) void door_##ID(void) __asm__(symbol);
#define DECLARE_RUST(ID, symbol)
#define ADDRESS_C(ID) [CUSTODY_DOOR_##ID] = (uintptr_t)door_##ID,
#define ADDRESS_RUST(ID)

#define ADDRESS_FAMILY(ID) [CUSTODY_DOOR_##ID] = (uintptr_t)cst_family_hook,

#define DECLARE_CUSTODY DECLARE_RUST
#define DECLARE_JEMALLOC DECLARE_RUST
#define DECLARE_MIMALLOC DECLARE_RUST
#define DECLARE_TCMALLOC DECLARE_RUST
#define DECLARE_MALLOC DECLARE_C
#define DECLARE_NEW DECLARE_C
#define DECLARE_NEW_ARRAY DECLARE_C
#define DECLARE_LIBC DECLARE_C
#define ADDRESS_CUSTODY ADDRESS_RUST
#define ADDRESS_MALLOC ADDRESS_C
#define ADDRESS_NEW ADDRESS_C
#define ADDRESS_NEW_ARRAY ADDRESS_C
#define ADDRESS_LIBC ADDRESS_C
#define ADDRESS_JEMALLOC ADDRESS_FAMILY
#define ADDRESS_MIMALLOC ADDRESS_FAMILY
#define ADDRESS_TCMALLOC ADDRESS_FAMILY

#define CUSTODY_DOOR(ID, symbol, contract, verb) DECLARE_##contract(ID, symbol)
#include "custody/doors.def"

uintptr_t cst_doors[CUSTODY_DOOR_COUNT] = {
#define CUSTODY_DOOR(ID, symbol, contract, verb) ADDRESS_##contract(ID)
#include "custody/doors.def"
};
