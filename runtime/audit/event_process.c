/* The events of a process's life before its end: `start`, `fork`, `exec`; and the setting-up of the log they go to. */
#include "audit/audit.h"
#include "audit/line.h"
#include "audit/log.h"
#include "audit/say.h"
#include "audit/told.h"
#include "base/pool.h"
#include "plat/process.h"
#include "plat/sys.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#define ARGUMENTS_SIZE 32768 /* of /proc/self/cmdline that go into `start`, bytes */
#define ARGUMENTS_MAX 1024   /* that go into `exec` */

static const char *options_given = "";

/* In the words of what a log may be; see cst_log_open. */
static const char *why_not_open(int error)
{
    switch (error) {
    case ELOOP:
        return "it is a symbolic link";
    case EPERM:
        return "it belongs to another user, or may not be changed";
    case EMLINK:
        return "it has other names (hard links)";
    case EINVAL:
        return "it is no file or pipe to write to";
    case ENXIO:
        return "nobody reads from it";
    default:
        return cst_say_reason(error);
    }
}

void cst_audit_open(const char *path, const char *options)
{
    cst_say_setup();
    const char *copy = options != NULL ? cst_pool_copy(options, strlen(options)) : NULL;
    options_given = copy != NULL ? copy : "";
    if (path == NULL || path[0] == '\0') {
        return;
    }
    int error = cst_log_open(path);
    if (error != 0) {
        cst_audit_say("setting 'log': cannot open '%s': %s; findings go to stderr", path, why_not_open(error));
    }
}

/* Adds one argument; false when the line is full. */
static bool write_argument(struct cst_json *json, const char *argument)
{
    struct cst_text_mark mark = cst_json_mark(json);
    cst_json_string(json, NULL, argument);
    return cst_json_keep(json, mark);
}

static size_t read_file(const char *path, char *bytes, size_t size)
{
    int fd = cst_sys_open_read(path);
    if (fd < 0) {
        return 0;
    }
    size_t length = 0;
    ssize_t got;
    while (length < size && (got = cst_sys_read(fd, bytes + length, size - length)) > 0) {
        length += (size_t)got;
    }
    cst_sys_close(fd);
    return length;
}

/* The arguments as the kernel keeps them: one after another, each ended by a zero byte. */
static void write_own_arguments(struct cst_json *json)
{
    static char arguments[ARGUMENTS_SIZE + 1]; /* used inside the gate only */
    size_t length = read_file("/proc/self/cmdline", arguments, ARGUMENTS_SIZE);
    arguments[length] = '\0';
    cst_json_open(json, "argv", '[');
    for (size_t at = 0; at < length; at += strlen(arguments + at) + 1) {
        if (!write_argument(json, arguments + at)) {
            break;
        }
    }
    cst_json_close(json, ']');
}

void cst_audit_start(void)
{
    struct cst_json *json = cst_line_begin("start");
    if (json == NULL) {
        return;
    }
    char executable[PATH_MAX];
    if (!cst_process_read_link("/proc/self/exe", executable, sizeof executable)) {
        executable[0] = '\0';
    }
    cst_json_string(json, "version", CUSTODY_VERSION);
    cst_json_string(json, "options", options_given);
    cst_json_signed(json, "ppid", cst_process_parent());
    cst_json_string(json, "exe", executable);
    write_own_arguments(json);
    cst_line_end(json);
}

void cst_audit_fork(pid_t parent)
{
    cst_line_after_fork();
    cst_told_after_fork();
    struct cst_json *json = cst_line_begin("fork");
    if (json != NULL) {
        cst_json_signed(json, "parent", parent);
        cst_line_end(json);
    }
}

/* Copies what can be read of [address, address + size); without the system call for it, reads as the kernel would not. */
static size_t copy_memory(uintptr_t address, void *bytes, size_t size)
{
    ssize_t got = cst_sys_read_memory(address, bytes, size);
    if (got == -ENOSYS || got == -EPERM) {
        memcpy(bytes, (const void *)address, size);
        return size;
    }
    return got > 0 ? (size_t)got : 0;
}

static size_t to_page_end(uintptr_t address)
{
    return CST_PAGE_SIZE - address % CST_PAGE_SIZE;
}

/* Copies a string of the program's, a page at a time, into `out`, where it ends at the first byte that cannot be read. NULL
 * is empty. */
static void copy_string(const char *string, char *out, size_t size)
{
    size_t length = 0;
    while (string != NULL && length + 1 < size) {
        uintptr_t address = (uintptr_t)string + length;
        size_t part = size - 1 - length, left = to_page_end(address);
        size_t got = copy_memory(address, out + length, part < left ? part : left);
        const char *end = memchr(out + length, '\0', got);
        if (end != NULL || got == 0) {
            out[end != NULL ? (size_t)(end - out) : length] = '\0';
            return;
        }
        length += got;
    }
    out[length] = '\0';
}

static const char *argument_at(char *const argv[], size_t index)
{
    const char *argument = NULL;
    if (argv == NULL || copy_memory((uintptr_t)(argv + index), &argument, sizeof argument) != sizeof argument) {
        return NULL;
    }
    return argument;
}

/* The kernel refuses what it cannot read, and so must the program hear it. */
void cst_audit_exec(const char *file, char *const argv[])
{
    static char copy[ARGUMENTS_SIZE]; /* used inside the gate only */
    struct cst_json *json = cst_line_begin("exec");
    if (json == NULL) {
        return;
    }
    copy_string(file != NULL ? file : argument_at(argv, 0), copy, sizeof copy);
    cst_json_string(json, "file", copy);
    cst_json_open(json, "argv", '[');
    const char *argument;
    for (size_t i = 0; i < ARGUMENTS_MAX && (argument = argument_at(argv, i)) != NULL; i++) {
        copy_string(argument, copy, sizeof copy);
        if (!write_argument(json, copy)) {
            break;
        }
    }
    cst_json_close(json, ']');
    cst_line_end(json);
}
