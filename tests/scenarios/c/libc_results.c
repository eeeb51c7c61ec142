/* What libc allocates for its caller is the caller's: the manual says "free with free()". Nothing here is wrong, and a
 * block that is forgotten is the program's leak.
 *
 * @builds cc=gcc,clang opt=0,2
 * @run good
 * @origin correct results of getline, strdup, asprintf and their like freed by the program
 * @forbid cross-side-free
 * @run jump
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=1 alloc=$prog symbol=leave_scandir
 * @forbid cross-allocator-free
 * @forbid cross-side-free
 * @run leak
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=1 bytes=27 alloc=*
 */
#include "keep.h"

#include <dirent.h>
#include <glob.h>
#include <netdb.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

static void names(void)
{
    free(keep(strdup("a copy")));
    free(keep(strndup("a part of it", 6)));
    free(keep(wcsdup(L"wide")));
    free(keep(realpath("/usr/bin/../lib", NULL)));
    free(keep(canonicalize_file_name("/usr/lib")));
    free(keep(getcwd(NULL, 0)));
    free(keep(get_current_dir_name()));
    char *text = NULL;
    if (asprintf(&text, "%d and %s", 42, "more") > 0)
        free(keep(text));
}

static void lines(void)
{
    FILE *file = fopen("/proc/self/maps", "re");
    char *line = keep(malloc(2));
    size_t size = 2;
    while (file && getline(&line, &size, file) > 0)
        ;
    free(keep(line));
    line = NULL;
    size = 0;
    rewind(file);
    if (getdelim(&line, &size, ' ', file) > 0)
        free(keep(line));
    fclose(file);
}

static void streams(void)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    for (int i = 0; i < 1000; i++)
        fprintf(stream, "%d ", i);
    fclose(stream);
    free(keep(text));
}

static void directories(void)
{
    struct dirent **entries = NULL;
    int count = scandir("/", &entries, NULL, alphasort);
    for (int i = 0; i < count; i++)
        free(keep(entries[i]));
    free(keep(entries));
    DIR *dir = opendir("/");
    readdir(dir);
    closedir(dir);
    glob_t found;
    if (glob("/etc/*", 0, NULL, &found) == 0)
        globfree(&found);
    struct addrinfo *address = NULL;
    if (getaddrinfo("127.0.0.1", "80", NULL, &address) == 0)
        freeaddrinfo(address);
}

static jmp_buf start;

static int jump(const struct dirent *entry)
{
    (void)entry;
    longjmp(start, 1);
}

/* What scandir had made is lost. It allocates for nobody any more: the file is libc's, who releases it. */
static void leave_scandir(void)
{
    struct dirent **entries = NULL;
    if (setjmp(start) == 0)
        scandir("/", &entries, jump, alphasort);
    FILE *file = fopen("/proc/self/maps", "re");
    if (file)
        fclose(file);
    DIR *dir = opendir("/");
    if (dir)
        closedir(dir);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "leak") == 0) {
        keep(strdup("a copy of 27 bytes, kept.."));
    } else if (argc > 1 && strcmp(argv[1], "jump") == 0) {
        leave_scandir();
    } else {
        names();
        lines();
        streams();
        directories();
        setenv("SCENARIO", "value", 1);
        unsetenv("SCENARIO");
    }
    puts("done");
    return 0;
}
