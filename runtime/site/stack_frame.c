/* Frames of stored stacks: see stack_frame.h. */
#include "site/stack_frame.h"

static const struct cst_module *module_of_detached(uintptr_t frame)
{
    return cst_module_get((uint32_t)(frame >> CST_STACK_OFFSET_BITS) - 1);
}

static uintptr_t offset_of_detached(uintptr_t frame)
{
    return frame & (((uintptr_t)1 << CST_STACK_OFFSET_BITS) - 1);
}

struct cst_stack_frame_place cst_stack_frame_place(uintptr_t frame)
{
    if (CST_UNLIKELY(cst_stack_frame_is_detached(frame))) {
        return (struct cst_stack_frame_place){module_of_detached(frame), offset_of_detached(frame)};
    }
    const struct cst_module *module = cst_module_recall(frame - 1);
    return (struct cst_stack_frame_place){module, frame - (module != NULL ? module->base : 0)};
}

uintptr_t cst_stack_frame_address(uintptr_t frame)
{
    if (CST_LIKELY(!cst_stack_frame_is_detached(frame))) {
        return frame;
    }
    const struct cst_module *module = module_of_detached(frame);
    return offset_of_detached(frame) + (module != NULL ? module->base : 0);
}
