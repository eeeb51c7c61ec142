/* Stands in for the runtime in tests of `custody run`: copies the file $FAKE_LOG to the log that CUSTODY_OPTIONS names, as
 * every process starts. What run does with a log can so be tested without an audit. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

__attribute__((constructor)) static void copy_log(void)
{
    const char *options = getenv("CUSTODY_OPTIONS");
    const char *source = getenv("FAKE_LOG");
    const char *log = options ? strstr(options, "log=") : NULL;
    char path[4096], bytes[65536];
    if (!log || !source) {
        return;
    }
    snprintf(path, sizeof path, "%.*s", (int)strcspn(log + 4, ":"), log + 4);
    int from = open(source, O_RDONLY | O_CLOEXEC);
    int to = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    ssize_t got;
    while ((got = read(from, bytes, sizeof bytes)) > 0) {
        if (write(to, bytes, (size_t)got) != got) {
            break;
        }
    }
    close(from);
    close(to);
}
