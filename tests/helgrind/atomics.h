/* Tells Helgrind what C11 says of atomics, which it does not know: an atomic object is none that a race can be on, and a
 * store with release, seen by a load with acquire, orders what lies around both; a relaxed one orders nothing. In front of
 * every source of a build for `make helgrind`, and of nothing else. The system's <stdatomic.h> says how the macros are made. */
#ifndef TESTS_HELGRIND_ATOMICS_H
#define TESTS_HELGRIND_ATOMICS_H
#ifndef __ASSEMBLER__

#pragma GCC system_header

#include <stdatomic.h>
#include <valgrind/helgrind.h>

#define CST_HG_BEFORE(object, order) \
    do { \
        VALGRIND_HG_DISABLE_CHECKING((object), sizeof *(object)); \
        if ((order) != memory_order_relaxed) \
            ANNOTATE_HAPPENS_BEFORE(object); \
    } while (0)
#define CST_HG_AFTER(object, order) \
    do { \
        if ((order) != memory_order_relaxed) \
            ANNOTATE_HAPPENS_AFTER(object); \
    } while (0)

/* `operation` on what `object` points to; its result, if it has one. */
#define CST_HG_LOAD(object, order, operation) \
    __extension__({ \
        VALGRIND_HG_DISABLE_CHECKING((object), sizeof *(object)); \
        __auto_type cst_hg_result = (operation); \
        CST_HG_AFTER(object, order); \
        cst_hg_result; \
    })
#define CST_HG_CHANGE(object, order, operation) \
    __extension__({ \
        CST_HG_BEFORE(object, order); \
        __auto_type cst_hg_result = (operation); \
        CST_HG_AFTER(object, order); \
        cst_hg_result; \
    })
#define CST_HG_STORE(object, order, operation) \
    __extension__({ \
        CST_HG_BEFORE(object, order); \
        operation; \
    })

#define __atomic_load_n(object, order) CST_HG_LOAD(object, order, __atomic_load_n(object, order))
#define __atomic_store_n(object, value, order) CST_HG_STORE(object, order, __atomic_store_n(object, value, order))
#define __atomic_exchange_n(object, value, order) \
    CST_HG_CHANGE(object, order, __atomic_exchange_n(object, value, order))

#undef atomic_load_explicit
#undef atomic_store_explicit
#undef atomic_exchange_explicit
#undef atomic_compare_exchange_strong_explicit
#undef atomic_compare_exchange_weak_explicit
#undef atomic_fetch_add_explicit
#undef atomic_fetch_sub_explicit
#undef atomic_fetch_or_explicit
#undef atomic_fetch_and_explicit
#undef atomic_flag_test_and_set_explicit
#undef atomic_flag_clear_explicit

#define atomic_load_explicit(object, order) \
    __extension__({ \
        __auto_type cst_hg_at = (object); \
        __typeof__((void)0, *cst_hg_at) cst_hg_value; \
        VALGRIND_HG_DISABLE_CHECKING(cst_hg_at, sizeof *cst_hg_at); \
        __atomic_load(cst_hg_at, &cst_hg_value, (order)); \
        CST_HG_AFTER(cst_hg_at, order); \
        cst_hg_value; \
    })
#define atomic_store_explicit(object, value, order) \
    __extension__({ \
        __auto_type cst_hg_at = (object); \
        __typeof__((void)0, *cst_hg_at) cst_hg_value = (value); \
        CST_HG_BEFORE(cst_hg_at, order); \
        __atomic_store(cst_hg_at, &cst_hg_value, (order)); \
    })
#define atomic_exchange_explicit(object, value, order) \
    __extension__({ \
        __auto_type cst_hg_at = (object); \
        __typeof__((void)0, *cst_hg_at) cst_hg_value = (value), cst_hg_old; \
        CST_HG_BEFORE(cst_hg_at, order); \
        __atomic_exchange(cst_hg_at, &cst_hg_value, &cst_hg_old, (order)); \
        CST_HG_AFTER(cst_hg_at, order); \
        cst_hg_old; \
    })
#define CST_HG_COMPARE(object, expected, desired, weak, success, failure) \
    __extension__({ \
        __auto_type cst_hg_at = (object); \
        __typeof__((void)0, *cst_hg_at) cst_hg_value = (desired); \
        CST_HG_BEFORE(cst_hg_at, success); \
        _Bool cst_hg_done = \
            __atomic_compare_exchange(cst_hg_at, (expected), &cst_hg_value, (weak), (success), (failure)); \
        CST_HG_AFTER(cst_hg_at, success); \
        cst_hg_done; \
    })
#define atomic_compare_exchange_strong_explicit(object, expected, desired, success, failure) \
    CST_HG_COMPARE(object, expected, desired, 0, success, failure)
#define atomic_compare_exchange_weak_explicit(object, expected, desired, success, failure) \
    CST_HG_COMPARE(object, expected, desired, 1, success, failure)
#define atomic_fetch_add_explicit(object, value, order) \
    CST_HG_CHANGE(object, order, __atomic_fetch_add((object), (value), (order)))
#define atomic_fetch_sub_explicit(object, value, order) \
    CST_HG_CHANGE(object, order, __atomic_fetch_sub((object), (value), (order)))
#define atomic_fetch_or_explicit(object, value, order) \
    CST_HG_CHANGE(object, order, __atomic_fetch_or((object), (value), (order)))
#define atomic_fetch_and_explicit(object, value, order) \
    CST_HG_CHANGE(object, order, __atomic_fetch_and((object), (value), (order)))
#define atomic_flag_test_and_set_explicit(object, order) \
    CST_HG_CHANGE(object, order, __atomic_test_and_set((object), (order)))
#define atomic_flag_clear_explicit(object, order) CST_HG_STORE(object, order, __atomic_clear((object), (order)))

#undef atomic_load
#undef atomic_store
#undef atomic_exchange
#undef atomic_compare_exchange_strong
#undef atomic_compare_exchange_weak
#undef atomic_fetch_add
#undef atomic_fetch_sub
#undef atomic_fetch_or
#undef atomic_fetch_and
#define atomic_load(object) atomic_load_explicit(object, memory_order_seq_cst)
#define atomic_store(object, value) atomic_store_explicit(object, value, memory_order_seq_cst)
#define atomic_exchange(object, value) atomic_exchange_explicit(object, value, memory_order_seq_cst)
#define atomic_compare_exchange_strong(object, expected, desired) \
    CST_HG_COMPARE(object, expected, desired, 0, memory_order_seq_cst, memory_order_seq_cst)
#define atomic_compare_exchange_weak(object, expected, desired) \
    CST_HG_COMPARE(object, expected, desired, 1, memory_order_seq_cst, memory_order_seq_cst)
#define atomic_fetch_add(object, value) atomic_fetch_add_explicit(object, value, memory_order_seq_cst)
#define atomic_fetch_sub(object, value) atomic_fetch_sub_explicit(object, value, memory_order_seq_cst)
#define atomic_fetch_or(object, value) atomic_fetch_or_explicit(object, value, memory_order_seq_cst)
#define atomic_fetch_and(object, value) atomic_fetch_and_explicit(object, value, memory_order_seq_cst)

#endif
#endif
