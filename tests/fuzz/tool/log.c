/* Any bytes as an audit log, through every command that reads one, and every form of it: the tool ends with one of its
 * statuses, its own documents are whole, and a baseline that it wrote is a log again. The commands run in this process, as
 * from a shell; what they print goes to nowhere, but for documents that are read again. */
#include "../fuzz.h"

#include "command.h"

#include <fcntl.h>
#include <jansson.h>

static char directory[SCRATCH_ROOM], baseline[SCRATCH_ROOM + 16], suppressions[SCRATCH_ROOM + 16];
static int output; /* memfd that standard output goes to */

static void write_suppressions(void)
{
    FILE *file = fopen(suppressions, "w");
    require(file != NULL);
    fputs("leak:main\nleak:^*lib$\ncross-side-free side=lib* function=\"*\" max=2\n* module=*.so source=src/*.c\n",
          file);
    fclose(file);
}

static void clean_up(void)
{
    unlink(baseline);
    unlink(suppressions);
    rmdir(directory);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    scratch_template(directory);
    require(mkdtemp(directory) != NULL);
    snprintf(baseline, sizeof baseline, "%s/baseline", directory);
    snprintf(suppressions, sizeof suppressions, "%s/suppressions", directory);
    write_suppressions();
    atexit(clean_up);
    unsetenv("DEBUGINFOD_URLS");
    output = memfd_create("output", MFD_CLOEXEC);
    require(output >= 0);
    return 0;
}

/* Standard output and error while a command runs. */
struct streams {
    int out, err;
};

static struct streams turn_away(void)
{
    struct streams before = {dup(STDOUT_FILENO), dup(STDERR_FILENO)};
    fflush(stdout);
    require(ftruncate(output, 0) == 0 && lseek(output, 0, SEEK_SET) == 0);
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    dup2(output, STDOUT_FILENO);
    dup2(nowhere, STDERR_FILENO);
    close(nowhere);
    return before;
}

static void turn_back(const struct streams *before)
{
    fflush(stdout);
    dup2(before->out, STDOUT_FILENO);
    dup2(before->err, STDERR_FILENO);
    close(before->out);
    close(before->err);
}

#define ARGUMENTS_MAX 8

/* Runs a command with its arguments, up to a NULL; its status. */
static int run(int (*command)(int, char **), const char *const *arguments)
{
    char *argv[ARGUMENTS_MAX + 1] = {NULL};
    int argc = 0;
    for (; arguments[argc]; argc++)
        argv[argc] = (char *)(uintptr_t)arguments[argc];
    struct streams before = turn_away();
    int status = command(argc, argv);
    turn_back(&before);
    return status;
}

/* What a command printed, if anything, is one document. */
static void check_document(void)
{
    off_t size = lseek(output, 0, SEEK_END);
    require(size >= 0);
    if (size == 0)
        return;
    char *text = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, output, 0);
    require(text != MAP_FAILED);
    json_t *document = json_loadb(text, (size_t)size, 0, NULL);
    require(json_is_object(document));
    json_decref(document);
    munmap(text, (size_t)size);
}

static void report(const char *path, const char *const *options)
{
    const char *arguments[ARGUMENTS_MAX + 1] = {path};
    for (size_t i = 0; i < 4 && options[i]; i++)
        arguments[i + 1] = options[i];
    int status = run(cst_command_report, arguments);
    require(status == CST_EXIT_OK || status == CST_EXIT_OWN_ERROR);
    if (status != CST_EXIT_OK || strcmp(options[0], "--format=json") != 0)
        return;
    check_document();
}

/* One of the ways, or all. */
static void report_ways(const char *path, uint32_t which)
{
    static const char *const ways[][4] = {
        {"--format=text", "--all-frames", "--severity=note"},
        {"--format=text", "--side=libledger.so"},
        {"--format=json"},
        {"--format=json", "--leaks-by=crate", "--suppressions", suppressions},
        {"--format=folded", "--folded-by=blocks"},
        {"--leaks-by=side"},
        {"--leaks-by=module"},
        {"--leaks-by=site"},
        {"--block=0x7d00e7008000"},
        {"--format=json", "--handle=1"},
        {"--handle=2"},
    };
    const size_t count = sizeof ways / sizeof *ways;
    for (size_t i = 0; i < count; i++)
        if (wants_all() || which % count == i)
            report(path, ways[i]);
}

static void check(const char *path)
{
    int status =
        run(cst_command_check, (const char *const[]){"--fail-on=note", "--write-baseline", baseline, path, NULL});
    require(status == CST_EXIT_OK || status == CST_EXIT_NEW_FINDINGS || status == CST_EXIT_OWN_ERROR);
    if (status == CST_EXIT_OWN_ERROR)
        return;
    status = run(cst_command_check, (const char *const[]){"--baseline", baseline, "--fail-on=note", path, NULL});
    require(status == CST_EXIT_OK || status == CST_EXIT_NEW_FINDINGS);
    status = run(cst_command_check, (const char *const[]){"--baseline", path, "--budget", "*=1K/2", baseline, NULL});
    require(status == CST_EXIT_OK || status == CST_EXIT_NEW_FINDINGS);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct file file = file_open(bytes, size);
    uint32_t which = draw(bytes, size);
    report_ways(file.path, which);
    if (wants_all() || which % 3 == 0)
        check(file.path);
    file_close(&file);
    return 0;
}
