/* The kernel, as the runtime needs it: memory, files, identity, time. Thin wrappers that set no errno that a caller
 * could observe: every function leaves errno as it found it and reports failure in its result. None allocates or locks;
 * all may be called from any thread and from signal handlers. */
#ifndef CST_PLAT_SYS_H
#define CST_PLAT_SYS_H

#include "plat/compiler.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define CST_PAGE_SIZE ((size_t)4096)
#define CST_PAGE_SHIFT 12

/** Identity of an open file: survives descriptors being closed and reused. */
struct cst_file_id {
    uint64_t device;
    uint64_t inode;
};

/** Reads and writes: maps `size` bytes of zeroed memory that costs nothing until touched. NULL when refused. */
CST_MUST_USE void *cst_sys_map(size_t size);

/** As cst_sys_map, at exactly `address`, a multiple of the page size, where nothing is mapped yet. False when something is,
 * or when it is refused. */
CST_MUST_USE bool cst_sys_map_at(uintptr_t address, size_t size);

/** Reserves `size` bytes of addresses aligned to `align` (a power of two, at least a page): no memory stands behind them, and
 * none is accounted for, until cst_sys_protect makes pages readable and writable. Never backed by huge pages. NULL when
 * refused. */
CST_MUST_USE void *cst_sys_reserve(size_t size, size_t align);

/** Gives a mapping back to the kernel. */
void cst_sys_unmap(void *address, size_t size);

/** Lets the kernel take the pages of [address, address+size) back; they read as zero afterwards. False on failure. */
bool cst_sys_discard(void *address, size_t size);

/** Touches the pages of [address, address+size), which may be written to, all at once: what would otherwise be a fault each.
 * Nothing else changes, also when the kernel does not know how (before 5.14). */
void cst_sys_populate(void *address, size_t size);

/** Sets the protection of whole pages: `protection` is a sum of PROT_*. False when refused. */
CST_MUST_USE bool cst_sys_protect(void *address, size_t size, int protection);

/** Moves whole pages to `to`, in place of what is mapped there: another thread that runs or reads there has either, or waits.
 * False when refused: then both are as they were. */
CST_MUST_USE bool cst_sys_move(void *address, size_t size, uintptr_t to);

/** Opens `path` read-only, close-on-exec. A descriptor, or the negated errno. */
CST_MUST_USE int cst_sys_open_read(const char *path);

/** Opens the regular file `path` read-only, close-on-exec; never waits, whatever `path` is. A descriptor, or the negated
 * errno, -EINVAL when it is something else; `out_size` gets its size in bytes. */
CST_MUST_USE int cst_sys_open_regular(const char *path, uint64_t *out_size);

/** Opens this process's own memory for reading and writing: offsets are addresses, and page protections do not apply to
 * what is written (proc(5), /proc/pid/mem). Descriptor or -errno. */
CST_MUST_USE int cst_sys_open_memory(void);

/** Opens `path` for appending, close-on-exec, refusing symbolic links, creating it with `mode`; never waits, neither for a
 * reader of a pipe now nor for room in it later. Descriptor or -errno. */
CST_MUST_USE int cst_sys_open_append(const char *path, mode_t mode);

/** Moves `fd` to the lowest free descriptor at or above `minimum`, close-on-exec; `fd` is closed. Descriptor or -errno. */
CST_MUST_USE int cst_sys_move_fd(int fd, int minimum);

/** Whether what `fd` is open on may be appended to without harm to others: a regular file with one name or a pipe, of the
 * effective user; or a character device. 0, or -errno: EPERM when it is somebody else's, EMLINK when it has other names,
 * EINVAL when it is something else. */
CST_MUST_USE int cst_sys_judge_own(int fd);

/** Waits until `fd` takes more bytes, `milliseconds` at most. False when it does not, or is interrupted. */
CST_MUST_USE bool cst_sys_await_room(int fd, int milliseconds);

/** Which file `fd` is open on; false when it is not open. */
CST_MUST_USE bool cst_sys_file_id(int fd, struct cst_file_id *out_id);

void cst_sys_close(int fd);

/** One write of all bytes, retried when interrupted. Bytes written, or -errno. */
ssize_t cst_sys_write(int fd, const void *bytes, size_t size);

/** Reads up to `size` bytes, retried when interrupted. Bytes read, 0 at the end, or -errno. */
CST_MUST_USE ssize_t cst_sys_read(int fd, void *bytes, size_t size);

/** Reads at an offset, retried when interrupted. Bytes read, 0 at the end, or -errno. */
CST_MUST_USE ssize_t cst_sys_pread(int fd, void *bytes, size_t size, uint64_t offset);

/** Copies [address, address+size) of this process's memory as far as it can be read, so that a page that faults is no
 * fault of ours (process_vm_readv(2); of the calling thread, for the first may have ended). Bytes copied, or -errno. */
CST_MUST_USE ssize_t cst_sys_read_memory(uintptr_t address, void *bytes, size_t size);

/** A run of pages, [lo, hi), and what kind of memory they are (the kernel's own words). */
struct cst_sys_run {
    uint64_t lo, hi, kinds;
};

/** Lists the pages of [lo, hi) that were ever touched, with `changed` those alone that are no file's, by `pagemap`, /proc/PID/pagemap opened to read; what lies between
 * takes no time. `*out_come` is how far it came when there are more runs than `max`. How many there are, or -errno: kernels
 * before 6.7 cannot. */
CST_MUST_USE ssize_t cst_sys_touched(int pagemap, uintptr_t lo, uintptr_t hi, bool changed,
                                     struct cst_sys_run *out_runs, size_t max, uintptr_t *out_come);

/** Copies into [address, address+size) of this process's memory as far as it may be written, as cst_sys_read_memory. */
CST_MUST_USE ssize_t cst_sys_write_memory(uintptr_t address, const void *bytes, size_t size);

/** Writes at an offset, retried when interrupted. Bytes written, or -errno. */
CST_MUST_USE ssize_t cst_sys_pwrite(int fd, const void *bytes, size_t size, uint64_t offset);

/** Maps a whole regular file read-only; never waits, whatever `path` is. NULL when it cannot be; `out_size` gets its size in bytes. */
CST_MUST_USE const void *cst_sys_map_file(const char *path, size_t *out_size);

/** As cst_sys_map_file, of a file that decides what is believed: of at most `limit` bytes, owned by the effective user or by
 * root, writable by nobody else, and not behind a symbolic link. 0, or -errno: EPERM when it is not to be trusted, EFBIG when
 * it is larger, ENODATA when it is empty. */
CST_MUST_USE int cst_sys_map_trusted_file(const char *path, size_t limit, const void **out_bytes, size_t *out_size);

/** Process id from the kernel, never cached: right also after vfork and clone. */
pid_t cst_sys_pid(void);

/** Thread id from the kernel. */
pid_t cst_sys_tid(void);

/** Wall-clock time in nanoseconds since the epoch. */
uint64_t cst_sys_time_ns(void);

/** Nanoseconds since some moment in the past; nobody sets this clock. */
uint64_t cst_sys_monotonic_ns(void);

/** Name of the calling thread as the kernel knows it (at most 15 bytes), always terminated. */
void cst_sys_thread_name(char out_name[16]);

/** Limit of the address space in bytes; SIZE_MAX when there is none. */
size_t cst_sys_address_space_limit(void);

/** Limit of private memory that can be written, in bytes; SIZE_MAX when there is none. */
size_t cst_sys_data_limit(void);

/** Limit of the main thread's stack in bytes; SIZE_MAX when there is none. */
size_t cst_sys_stack_limit(void);

/** Makes every other thread of the process pass a full memory barrier before this returns: what it wrote before is seen
 * then, and what it reads after sees what was written before this call (membarrier(2)). Microseconds; the first call of a
 * process is as quick only while it has one thread. False when the kernel cannot. */
bool cst_sys_fence_threads(void);

/** Ends the process at once with `status`; no handler runs. */
_Noreturn void cst_sys_exit(int status);

#endif
