/* What the compiler is asked for, by name. No code, no state. The only place where GNU attributes are spelled. */
#ifndef CST_PLAT_COMPILER_H
#define CST_PLAT_COMPILER_H

#define CST_LIKELY(x) __builtin_expect(!!(x), 1)
#define CST_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define CST_INLINE static inline __attribute__((always_inline))
#define CST_NOINLINE __attribute__((noinline))
#define CST_COLD __attribute__((cold, noinline))
#define CST_MUST_USE __attribute__((warn_unused_result))
#define CST_PRINTF(format_index, first_index) __attribute__((format(printf, format_index, first_index)))

/** Makes the compiler forget how the integer variable `x` was computed: across a call it then keeps the one value and not
 * what it was computed from. */
#define CST_OPAQUE(x) __asm__("" : "+r"(x))

/* Of variables that other files use: reached without a table of addresses. */
#define CST_HIDDEN __attribute__((visibility("hidden")))
#define CST_EXPORT __attribute__((visibility("default")))
/* Thread-local storage that needs no call and no allocation to reach, also before constructors run. */
#define CST_THREAD_LOCAL _Thread_local __attribute__((tls_model("initial-exec")))

#endif
