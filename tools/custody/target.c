/* The command to audit; see target.h. What an ELF file is, elf_image.c tells. */
#include "target.h"

#include "command.h"
#include "elf_image.h"
#include "say.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

/** Bytes of a script's first line that the kernel reads (Linux BINPRM_BUF_SIZE). */
#define SCRIPT_LINE_MAX 256
/** Interpreters of interpreters that the kernel follows (Linux fs/exec.c). */
#define SCRIPT_DEPTH_MAX 4

/* Whether `path` is a program: 0, or the errno that execve would give. */
static int try_program(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0) {
        return errno;
    }
    if (!S_ISREG(status.st_mode)) {
        return EACCES;
    }
    return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0 ? 0 : errno;
}

static const char *refuse(const char *command, int error, int *out_status)
{
    bool missing = error == ENOENT || error == ENOTDIR;
    *out_status = missing ? CST_EXIT_NOT_FOUND : CST_EXIT_CANNOT_EXECUTE;
    struct stat status;
    bool directory = stat(command, &status) == 0 && S_ISDIR(status.st_mode);
    const char *why = strerror(error);
    if (directory) {
        why = "is a directory";
    } else if (missing && !strchr(command, '/')) {
        why = "command not found";
    }
    cst_say("run: %s: %s", command, why);
    return NULL;
}

static const char *find_on_path(struct cst_arena *arena, const char *command, int *out_error)
{
    const char *path = getenv("PATH");
    char *rest = cst_arena_copy(arena, path ? path : "/bin:/usr/bin");
    char *directory;
    *out_error = ENOENT;
    while ((directory = strsep(&rest, ":"))) {
        const char *candidate = cst_arena_format(arena, "%s/%s", *directory ? directory : ".", command);
        int error = try_program(candidate);
        if (error == 0) {
            return candidate;
        }
        /* As execvp: a file that may not be executed is remembered, and the search goes on. */
        *out_error = error == EACCES ? EACCES : *out_error;
    }
    return NULL;
}

const char *cst_target_find(struct cst_arena *arena, const char *command, int *out_status)
{
    int error;
    if (strchr(command, '/')) {
        error = try_program(command);
        return error == 0 ? command : refuse(command, error, out_status);
    }
    if (!*command) {
        return refuse("''", ENOENT, out_status);
    }
    const char *path = find_on_path(arena, command, &error);
    return path ? path : refuse(command, error, out_status);
}

/* A program that gains privileges makes the dynamic linker ignore preloads. Who has its rights already gains none. */
static const char *privilege_of(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0) {
        return NULL;
    }
    if ((status.st_mode & S_ISUID) && status.st_uid != getuid()) {
        return "setuid";
    }
    if ((status.st_mode & S_ISGID) && (status.st_mode & S_IXGRP) && status.st_gid != getgid()) {
        return "setgid";
    }
    if (getuid() != 0 && getxattr(path, "security.capability", NULL, 0) > 0) {
        return "given file capabilities";
    }
    return NULL;
}

static int check_elf(const char *path)
{
    struct cst_elf_image image;
    if (!cst_elf_image_read(path, &image)) {
        cst_say("run: %s is not a sound ELF file (%s)", path, image.trouble);
        return CST_EXIT_CANNOT_EXECUTE;
    }
    if (!image.native) {
        cst_say("run: %s is built for %s; custody audits %s programs only", path, image.machine,
                cst_elf_image_native_name());
        return CST_EXIT_OWN_ERROR;
    }
    if (!image.dynamic) {
        cst_say("run: %s is linked statically: nothing can be preloaded into it; link it dynamically to audit it",
                path);
        return CST_EXIT_OWN_ERROR;
    }
    if (image.sanitizer) {
        cst_say("run: %s is instrumented by %s, which brings an allocator of its own; "
                "build it without -fsanitize to audit it",
                path, image.sanitizer);
        return CST_EXIT_OWN_ERROR;
    }
    return 0;
}

/* Reads the beginning of the file, ending in NUL. False when it cannot be read. */
static bool read_head(const char *path, char head[SCRIPT_LINE_MAX + 1], size_t *out_size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return false;
    }
    ssize_t got = read(fd, head, SCRIPT_LINE_MAX);
    close(fd);
    *out_size = got > 0 ? (size_t)got : 0;
    head[*out_size] = '\0';
    return got >= 0;
}

/* Cuts the interpreter's path out of a script's first line; NULL when there is none. */
static char *interpreter_of(char *head)
{
    char *name = head + 2;
    name[strcspn(name, "\n")] = '\0';
    name += strspn(name, " \t");
    name[strcspn(name, " \t\r")] = '\0';
    return *name ? name : NULL;
}

static int check_program(const char *path, int depth);

static int check_script(const char *path, char *head, int depth)
{
    const char *interpreter = interpreter_of(head);
    if (!interpreter || depth >= SCRIPT_DEPTH_MAX) {
        cst_say("run: %s: its #! line %s", path, interpreter ? "leads through too many interpreters" : "is empty");
        return CST_EXIT_CANNOT_EXECUTE;
    }
    int error = try_program(interpreter);
    if (error != 0) {
        cst_say("run: %s: its interpreter %s: %s", path, interpreter, strerror(error));
        return error == ENOENT || error == ENOTDIR ? CST_EXIT_NOT_FOUND : CST_EXIT_CANNOT_EXECUTE;
    }
    return check_program(interpreter, depth + 1);
}

static int check_program(const char *path, int depth)
{
    char head[SCRIPT_LINE_MAX + 1];
    size_t size = 0;
    if (!read_head(path, head, &size)) {
        cst_say("run: %s may be executed but not read, so nothing tells whether it can be audited: %s", path,
                strerror(errno));
        return CST_EXIT_OWN_ERROR;
    }
    if (size >= 2 && memcmp(head, "#!", 2) == 0) {
        return check_script(path, head, depth);
    }
    if (size < 4 || memcmp(head, "\177ELF", 4) != 0) {
        cst_say("run: %s: neither an ELF program nor a script with a #! line (%s)", path, strerror(ENOEXEC));
        return CST_EXIT_CANNOT_EXECUTE;
    }
    /* Privileges of a script's own file mean nothing to Linux; those of a program do. */
    const char *privilege = privilege_of(path);
    if (privilege) {
        cst_say("run: %s is %s: the dynamic linker ignores preloads there; audit a copy without privileges", path,
                privilege);
        return CST_EXIT_OWN_ERROR;
    }
    return check_elf(path);
}

int cst_target_check(const char *path)
{
    return check_program(path, 0);
}
