/* Programs that treat descriptors as all their own: closing every one, opening files in their place, closing stdout and
 * stderr. What is found afterwards is in the log, and not one byte of it in the program's files.
 *
 * @builds cc=gcc opt=0,2
 * @run all
 * @expect double-free error exact size=111 owner=$prog/c/malloc
 * @run range
 * @expect double-free error exact size=112 owner=$prog/c/malloc
 * @run chdir
 * @expect double-free error exact size=113 owner=$prog/c/malloc
 */
#include "keep.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void release_twice(size_t size)
{
    void *block = keep(malloc(size));
    void *again = keep(block);
    free(block);
    free(again);
}

/* Opens one file of ours again and again until no descriptor is left, so that ours sit wherever others were. */
static int fill_descriptors(void)
{
    int fd = -1, last = -1;
    do {
        last = fd;
        fd = open("own-file", O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    } while (fd >= 0);
    close(last);
    return last - 1;
}

static void close_all_from(int first)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    int end = limit.rlim_cur < 65536 ? (int)limit.rlim_cur : 65536;
    for (int fd = first; fd < end; fd++)
        close(fd);
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "all";
    if (strcmp(what, "chdir") == 0) {
        if (chdir("/") != 0)
            return 1;
        release_twice(113);
    } else {
        if (strcmp(what, "all") == 0)
            close_all_from(3);
        else
            close_range(3, ~0U, 0);
        struct rlimit few = {512, 1024};
        if (strcmp(what, "all") == 0)
            setrlimit(RLIMIT_NOFILE, &few);
        int fd = fill_descriptors();
        release_twice(strcmp(what, "all") == 0 ? 111 : 112);
        struct stat own;
        if (fd < 0 || fstat(fd, &own) != 0 || own.st_size != 0)
            puts("something was written into a file of the program's");
    }
    puts("done");
    return 0;
}
