/* Runs a fuzz target over files instead of libFuzzer: every file of the corpus, or those named on the command line. Built
 * with any compiler; a file that breaks the target ends the program, after its name was said. */
#include "fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

const char fuzz_replays = 1;

/* Seconds that one file may take: far more than any needs, far less than what is quadratic in a large one. */
#define SECONDS_MAX 60

__attribute__((weak)) int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

static bool replay(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (fd < 0 || fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        fprintf(stderr, "cannot read %s\n", path);
        return false;
    }
    uint8_t *bytes = malloc((size_t)status.st_size + 1);
    require(bytes != NULL);
    size_t size = (size_t)read(fd, bytes, (size_t)status.st_size);
    close(fd);
    /* Exactly as large as the file, so that a sanitizer sees what is read behind it. */
    uint8_t *input = malloc(size ? size : 1);
    require(input != NULL);
    memcpy(input, bytes, size);
    free(bytes);
    fprintf(stderr, "%s\n", path);
    alarm(SECONDS_MAX);
    LLVMFuzzerTestOneInput(input, size);
    alarm(0);
    free(input);
    return true;
}

static int is_no_dot(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int replay_directory(const char *directory)
{
    struct dirent **entries = NULL;
    int count = scandir(directory, &entries, is_no_dot, alphasort), done = 0;
    for (int i = 0; i < count; i++) {
        char path[1024];
        snprintf(path, sizeof path, "%s/%s", directory, entries[i]->d_name);
        done += replay(path);
        free(entries[i]);
    }
    free(entries);
    printf("%d passed, %d failed\n", done, count > 0 ? count - done : 1);
    return count > 0 && done == count ? 0 : 1;
}

int main(int argc, char **argv)
{
    LLVMFuzzerInitialize(&argc, &argv);
    if (argc < 2)
        return replay_directory(FUZZ_CORPUS);
    int done = 0;
    for (int i = 1; i < argc; i++)
        done += replay(argv[i]);
    return done == argc - 1 ? 0 : 1;
}
