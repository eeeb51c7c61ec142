/* Who holds a block: see reach_hold.h. */
#include "core/reach_hold.h"

#include "core/side.h"

#define HOLD_SHIFT CST_REACH_COLOUR_BITS
#define SIDE_SHIFT (HOLD_SHIFT + 2)
_Static_assert(SIDE_SHIFT + 10 <= CST_TAG_MARK_BITS && CST_SIDE_MAX <= 1 << 10, "the marks have no room for a side");
#define COLOURS ((UINT32_C(1) << HOLD_SHIFT) - 1)

/* libc and the C++ runtime keep things for others, and a registered name has no memory that is known to be its own. */
void cst_reach_note_parties(struct cst_reach *reach)
{
    for (uint16_t number = 0; number < cst_side_count(); number++) {
        const struct cst_side *side = cst_side_get(number);
        enum cst_module_role role = side->module ? side->module->role : CST_ROLE_LIBRARY;
        reach->room->parties[number] = (struct cst_reach_party){
            .module = (uint16_t)(side->module ? side->module->id + 1 : 0),
            .neutral = !side->module || role == CST_ROLE_LIBC || role == CST_ROLE_CXX_RUNTIME,
            .libc = role == CST_ROLE_LIBC,
            .runtime = role == CST_ROLE_LIBC || role == CST_ROLE_CXX_RUNTIME,
            .rust_module = side->module && side->module->rust != CST_RUST_ABSENT,
            .rust = side->lang == CUSTODY_LANG_RUST,
        };
    }
}

/* True when a pointer that `holder` has is no news about a block of `owner`. Within one module only Rust and the rest are
 * two parties, and static data is everybody's. */
static bool is_own(const struct cst_reach *reach, uint16_t owner, uint16_t holder)
{
    uint16_t number = holder & (CST_SIDE_MAX - 1);
    if (number == CST_SIDE_UNKNOWN || owner == CST_SIDE_UNKNOWN || number == owner)
        return true;
    const struct cst_reach_party *a = &reach->room->parties[owner], *b = &reach->room->parties[number];
    if (a->neutral || b->neutral)
        return true;
    return a->module == b->module && (holder & CST_HOLDER_DATA || a->rust == b->rust);
}

static uint16_t side_of(uint32_t marks)
{
    return (uint16_t)(marks >> SIDE_SHIFT & (CST_SIDE_MAX - 1));
}

void cst_reach_hold(const struct cst_reach *reach, struct cst_tag *tag, uint16_t holder)
{
    uint32_t marks = cst_tag_marks(tag);
    enum cst_reach_held state = cst_reach_held_by(marks);
    uint16_t number = holder & (CST_SIDE_MAX - 1);
    if (state == CST_REACH_HELD_BY_MANY || (state == CST_REACH_HELD_BY_OTHER && side_of(marks) == number))
        return;
    bool other = state == CST_REACH_HELD_BY_NOBODY && !is_own(reach, cst_tag_side(tag), holder);
    uint32_t now = other ? CST_REACH_HELD_BY_OTHER | (uint32_t)number << 2 : CST_REACH_HELD_BY_MANY;
    cst_tag_set_marks(tag, (marks & COLOURS) | now << HOLD_SHIFT);
}

uint16_t cst_reach_holder_of(const struct cst_tag *tag)
{
    uint32_t marks = cst_tag_marks(tag);
    return cst_reach_held_by(marks) == CST_REACH_HELD_BY_OTHER ? side_of(marks) : CST_SIDE_UNKNOWN;
}
