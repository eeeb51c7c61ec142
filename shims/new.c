/* C++ operator new and delete, in every form, under their mangled names (Itanium C++ ABI): C, so that a C program gets no
 * C++ library. When memory is out the C++ library's own operator is asked, which runs the new-handler and throws
 * bad_alloc as ever; exceptions pass through these frames, which have unwind tables and nothing to clean up. */
#include "shims.h"

#include "entry/back_doors.h"

#include <dlfcn.h>
#include <stddef.h>

/* Alignment of a block from an operator new that names none: __STDCPP_DEFAULT_NEW_ALIGNMENT__ on x86-64. */
#define DEFAULT_ALIGN ((size_t)16)

/* The unused parameter of the nothrow forms: a reference to std::nothrow. */
typedef const void *nothrow;

/* Memory is out: what the C++ library makes of it. A block that it finds after all is as if this door had made it. */
CST_COLD static void *retry(const struct cst_call *call, void *block, size_t size, size_t align)
{
    if (block)
        cst_engine_retag(call, block, size, align);
    return block;
}

/* The C++ library's operator as it was: it leads here now. */
static void *original_of(void *operator_new)
{
    return (void *)cst_back_doors_original((uintptr_t)operator_new);
}

#define ALLOC(DOOR, symbol, size, align, next_type, ...) \
    void *block = cst_hook_alloc(CUSTODY_DOOR_##DOOR, CST_SIDE_UNKNOWN, size, align, false); \
    if (CST_LIKELY(block)) \
        return block; \
    void *(*next)next_type = NULL; \
    *(void **)&next = original_of(NEXT(symbol)); \
    const struct cst_call call = { \
        .door = CUSTODY_DOOR_##DOOR, .return_address = CST_HOOK_RETURN, .frame = CST_HOOK_FRAME}; \
    return next ? retry(&call, next(__VA_ARGS__), size, align) : NULL

#define RELEASE(DOOR, ...) \
    const struct cst_given given = {__VA_ARGS__}; \
    cst_hook_release(CUSTODY_DOOR_##DOOR, CST_SIDE_UNKNOWN, block, given)

#define UNALIGNED .has_align = true, .align = DEFAULT_ALIGN
#define ALIGNED(bytes) .has_align = true, .align = (bytes)
#define SIZED(bytes) .has_size = true, .size = (bytes)

/* The four allocating and six releasing forms of one operator. `n` and `d` are the letters of the mangled names. */
#define OPERATORS(name, NEW, DELETE, n, d) \
    CST_EXPORT void *name##_new(size_t size) __asm__("_Zn" n "m"); \
    CST_EXPORT void *name##_new_nothrow(size_t size, nothrow tag) __asm__("_Zn" n "mRKSt9nothrow_t"); \
    CST_EXPORT void *name##_new_aligned(size_t size, size_t align) __asm__("_Zn" n "mSt11align_val_t"); \
    CST_EXPORT void *name##_new_aligned_nothrow(size_t size, size_t align, \
                                                nothrow tag) __asm__("_Zn" n "mSt11align_val_tRKSt9nothrow_t"); \
    CST_EXPORT void name##_delete(void *block) __asm__("_Zd" d "Pv"); \
    CST_EXPORT void name##_delete_nothrow(void *block, nothrow tag) __asm__("_Zd" d "PvRKSt9nothrow_t"); \
    CST_EXPORT void name##_delete_sized(void *block, size_t size) __asm__("_Zd" d "Pvm"); \
    CST_EXPORT void name##_delete_aligned(void *block, size_t align) __asm__("_Zd" d "PvSt11align_val_t"); \
    CST_EXPORT void name##_delete_aligned_nothrow(void *block, size_t align, \
                                                  nothrow tag) __asm__("_Zd" d "PvSt11align_val_tRKSt9nothrow_t"); \
    CST_EXPORT void name##_delete_sized_aligned(void *block, size_t size, \
                                                size_t align) __asm__("_Zd" d "PvmSt11align_val_t"); \
\
    void *name##_new(size_t size) \
    { \
        ALLOC(NEW, "_Zn" n "m", size, DEFAULT_ALIGN, (size_t), size); \
    } \
    void *name##_new_nothrow(size_t size, nothrow tag) \
    { \
        ALLOC(NEW##_NOTHROW, "_Zn" n "mRKSt9nothrow_t", size, DEFAULT_ALIGN, (size_t, nothrow), size, tag); \
    } \
    void *name##_new_aligned(size_t size, size_t align) \
    { \
        ALLOC(NEW##_ALIGNED, "_Zn" n "mSt11align_val_t", size, align, (size_t, size_t), size, align); \
    } \
    void *name##_new_aligned_nothrow(size_t size, size_t align, nothrow tag) \
    { \
        ALLOC(NEW##_ALIGNED_NOTHROW, "_Zn" n "mSt11align_val_tRKSt9nothrow_t", size, align, (size_t, size_t, nothrow), \
              size, align, tag); \
    } \
    void name##_delete(void *block) \
    { \
        RELEASE(DELETE, UNALIGNED); \
    } \
    void name##_delete_nothrow(void *block, nothrow tag) \
    { \
        (void)tag; \
        RELEASE(DELETE##_NOTHROW, UNALIGNED); \
    } \
    void name##_delete_sized(void *block, size_t size) \
    { \
        RELEASE(DELETE##_SIZED, UNALIGNED, SIZED(size)); \
    } \
    void name##_delete_aligned(void *block, size_t align) \
    { \
        RELEASE(DELETE##_ALIGNED, ALIGNED(align)); \
    } \
    void name##_delete_aligned_nothrow(void *block, size_t align, nothrow tag) \
    { \
        (void)tag; \
        RELEASE(DELETE##_ALIGNED_NOTHROW, ALIGNED(align)); \
    } \
    void name##_delete_sized_aligned(void *block, size_t size, size_t align) \
    { \
        RELEASE(DELETE##_SIZED_ALIGNED, ALIGNED(align), SIZED(size)); \
    }

OPERATORS(scalar, NEW, DELETE, "w", "l")
OPERATORS(array, NEW_ARRAY, DELETE_ARRAY, "a", "a")
