/* libc functions that allocate for their caller, who owns and releases the result, and those that make objects which libc
 * itself releases (FILE, DIR). The real function does the work; while it runs, what libc allocates is its caller's. The
 * copies of strings are made here, being no more than an allocation and a copy. */
#include "shims.h"

#include "entry/start.h"

/* The world sees what is defined here. Said once, in front of libc's headers: some of these functions are inline there, and
 * a later word about them would not count. */
#pragma GCC visibility push(default)
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

/* Compiled without FORTIFY_SOURCE: these are the functions, not their callers. */

/* What the thread did before: libc functions may call each other. */
struct before {
    uint8_t mode;
    struct cst_behalf behalf;
};

static struct before act_for(uintptr_t return_address, uintptr_t frame, enum custody_door door)
{
    struct before before = {.mode = cst_thread.mode, .behalf = cst_thread.behalf};
    if (cst_hook_is_ready()) {
        cst_thread.behalf = (struct cst_behalf){.return_address = return_address, .frame = frame, .door = door};
        before.mode = cst_thread.mode;
        cst_thread.mode = CST_THREAD_BEHALF;
    }
    return before;
}

static void restore(const struct before *before)
{
    cst_thread.mode = before->mode;
    cst_thread.behalf = before->behalf;
}

/* From here to the end of the enclosing block, or to a return, libc allocates for the caller of the enclosing function. An
 * exception and a cancelled thread leave it without a word, which core/origin.c knows by the frame. */
#define ON_BEHALF(DOOR) \
    const struct before before __attribute__((cleanup(restore), unused)) = \
        act_for(CST_HOOK_RETURN, CST_HOOK_FRAME, CUSTODY_DOOR_##DOOR)

/* All that are listed, in every shim. */
/* NOLINTBEGIN(bugprone-reserved-identifier): the linker's names */
extern struct lookup *__start_cst_lookups[] __attribute__((visibility("hidden")));
extern struct lookup *__stop_cst_lookups[] __attribute__((visibility("hidden")));
/* NOLINTEND(bugprone-reserved-identifier) */

__attribute__((constructor(102))) static void look_up_all(void)
{
    for (struct lookup **at = __start_cst_lookups; (uintptr_t)at < (uintptr_t)__stop_cst_lookups; at++)
        (void)look_up(*at);
}

/* Finds the real function once. A libc without it: the wrapper fails as the function would for want of memory. */
#define REAL(type, symbol) \
    LOOKUP(lookup, RTLD_NEXT, symbol); \
    type real; \
    *(void **)&real = look_up(&lookup);

/* libc's own declarations use reserved names for parameters. */
/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */

/* One wrapper around the function of the same name. */
#define WRAP(DOOR, result, symbol, failure, parameters, arguments) \
    typedef result type_of_##symbol parameters; \
    type_of_##symbol symbol; \
    result symbol parameters \
    { \
        REAL(type_of_##symbol *, #symbol) \
        if (!real) { \
            errno = ENOSYS; \
            return failure; \
        } \
        ON_BEHALF(DOOR); \
        return real arguments; \
    }

typedef int filter(const struct dirent *);
typedef int order(const struct dirent **, const struct dirent **);
typedef int filter64(const struct dirent64 *);
typedef int order64(const struct dirent64 **, const struct dirent64 **);

WRAP(VASPRINTF, int, vasprintf, -1, (char **out, const char *format, va_list list), (out, format, list))
WRAP(VASPRINTF_CHK, int, __vasprintf_chk, -1, (char **out, int flag, const char *format, va_list list),
     (out, flag, format, list))
WRAP(GETLINE, ssize_t, getline, -1, (char **line, size_t *size, FILE *file), (line, size, file))
WRAP(GETDELIM, ssize_t, getdelim, -1, (char **line, size_t *size, int end, FILE *file), (line, size, end, file))
WRAP(GETDELIM_INTERNAL, ssize_t, __getdelim, -1, (char **line, size_t *size, int end, FILE *file),
     (line, size, end, file))
WRAP(REALPATH, char *, realpath, NULL, (const char *path, char *resolved), (path, resolved))
WRAP(REALPATH_CHK, char *, __realpath_chk, NULL, (const char *path, char *resolved, size_t size),
     (path, resolved, size))
WRAP(CANONICALIZE, char *, canonicalize_file_name, NULL, (const char *path), (path))
WRAP(GETCWD, char *, getcwd, NULL, (char *buffer, size_t size), (buffer, size))
WRAP(GET_CURRENT_DIR_NAME, char *, get_current_dir_name, NULL, (void), ())
WRAP(SCANDIR, int, scandir, -1, (const char *path, struct dirent ***list, filter *keep, order *compare),
     (path, list, keep, compare))
WRAP(SCANDIR64, int, scandir64, -1, (const char *path, struct dirent64 ***list, filter64 *keep, order64 *compare),
     (path, list, keep, compare))
WRAP(TEMPNAM, char *, tempnam, NULL, (const char *directory, const char *prefix), (directory, prefix))
WRAP(OPEN_MEMSTREAM, FILE *, open_memstream, NULL, (char **out, size_t *size), (out, size))
WRAP(OPEN_WMEMSTREAM, FILE *, open_wmemstream, NULL, (wchar_t * *out, size_t *size), (out, size))
WRAP(FOPEN, FILE *, fopen, NULL, (const char *path, const char *mode), (path, mode))
WRAP(FOPEN64, FILE *, fopen64, NULL, (const char *path, const char *mode), (path, mode))
WRAP(FDOPEN, FILE *, fdopen, NULL, (int fd, const char *mode), (fd, mode))
WRAP(OPENDIR, DIR *, opendir, NULL, (const char *path), (path))
WRAP(FDOPENDIR, DIR *, fdopendir, NULL, (int fd), (fd))

int asprintf(char **out, const char *format, ...)
{
    REAL(type_of_vasprintf *, "vasprintf")
    ON_BEHALF(ASPRINTF);
    va_list list;
    va_start(list, format);
    int length = real(out, format, list);
    va_end(list);
    return length;
}

int __asprintf_chk(char **out, int flag, const char *format, ...);
int __asprintf_chk(char **out, int flag, const char *format, ...)
{
    REAL(type_of___vasprintf_chk *, "__vasprintf_chk")
    ON_BEHALF(ASPRINTF_CHK);
    va_list list;
    va_start(list, format);
    int length = real(out, flag, format, list);
    va_end(list);
    return length;
}

typedef void *allocate(size_t size);

/* Room for a copy. A program that defines malloc gets it from there, as libc's own strdup has it: what it releases the copy
 * with knows no block of anybody else. */
CST_INLINE void *make_room(enum custody_door door, size_t size)
{
    LOOKUP(lookup, RTLD_DEFAULT, "malloc");
    allocate *first;
    *(void **)&first = look_up(&lookup);
    if (CST_LIKELY((uintptr_t)first == cst_doors[CUSTODY_DOOR_MALLOC] || !first))
        return cst_hook_alloc(door, CST_SIDE_UNKNOWN, size, CST_BLOCK_ALIGN, false);
    const struct before before __attribute__((cleanup(restore), unused)) =
        act_for(CST_HOOK_RETURN, CST_HOOK_FRAME, door);
    return first(size);
}

CST_INLINE void *copy(enum custody_door door, const void *bytes, size_t size)
{
    void *block = make_room(door, size);
    return block ? memcpy(block, bytes, size) : NULL;
}

char *strdup(const char *text)
{
    return copy(CUSTODY_DOOR_STRDUP, text, strlen(text) + 1);
}

CST_INLINE char *copy_part(enum custody_door door, const char *text, size_t most)
{
    size_t length = strnlen(text, most);
    char *block = make_room(door, length + 1);
    if (!block)
        return NULL;
    block[length] = '\0';
    return memcpy(block, text, length);
}

char *strndup(const char *text, size_t most)
{
    return copy_part(CUSTODY_DOOR_STRNDUP, text, most);
}

/* The names that old headers and glibc's own inline functions use. */
char *__strdup(const char *text);
char *__strdup(const char *text)
{
    return copy(CUSTODY_DOOR_STRDUP_INTERNAL, text, strlen(text) + 1);
}

char *__strndup(const char *text, size_t most);
char *__strndup(const char *text, size_t most)
{
    return copy_part(CUSTODY_DOOR_STRNDUP_INTERNAL, text, most);
}

wchar_t *wcsdup(const wchar_t *text)
{
    return copy(CUSTODY_DOOR_WCSDUP, text, (wcslen(text) + 1) * sizeof *text);
}

/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
#pragma GCC visibility pop
