/* Leaks looked for while the program runs: by the API, which the preload has too, and by a signal, in a parent and in its
 * forked child. What was told on request is told again at the end, with what came after.
 *
 * @builds cc=gcc opt=0,2
 * @flags -ldl
 * @run api
 * @expect leak error exact owner=$prog/c/malloc class=definite when=request blocks=2 bytes=262
 * @expect leak error exact owner=$prog/c/malloc class=definite when=exit blocks=3 bytes=393
 * @run signal
 * @options leak_signal=USR2
 * @expect leak error exact owner=$prog/c/malloc class=definite when=request blocks=2 bytes=262
 * @expect leak error exact owner=$prog/c/malloc class=definite when=exit blocks=3 bytes=393
 * @run signal-in-child
 * @options leak_signal=RTMIN+3
 * @expect leak error exact owner=$prog/c/malloc class=definite when=request blocks=2 bytes=262
 * @expect leak error exact owner=$prog/c/malloc class=definite when=exit blocks=3 bytes=393
 * @run freed
 * @options leak_signal=SIGUSR2
 */
#include "keep.h"
#include "leaks.h"

#include <dlfcn.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <custody/custody.h>

typedef custody_status find_leaks(struct custody_leaks *out_leaks);

__attribute__((noinline)) static void lose(int count)
{
    for (volatile int i = 0; i < count; i++)
        keep(malloc(131));
}

static int ask(void)
{
    find_leaks *find = NULL;
    *(void **)&find = dlsym(RTLD_DEFAULT, "custody_find_leaks");
    struct custody_leaks leaks;
    if (!find)
        return 1;
    return find(&leaks) != CUSTODY_STATUS_OK || leaks.definite_blocks != 2 || leaks.definite_bytes != 262;
}

/* True once the log has as many events `leaks` of this process as wanted. The log is in the directory where we run, or one
 * up, as the environment says. */
static int is_told(int wanted)
{
    char path[512], word[64], line[32768];
    const char *log = strstr(getenv("CUSTODY_OPTIONS"), "log=");
    if (!log || sscanf(log, "log=%511[^:]", path) != 1)
        return -1;
    snprintf(word, sizeof word, "\"event\":\"leaks\",\"pid\":%d,", (int)getpid());
    FILE *file = fopen(path, "r");
    int told = 0;
    while (file && fgets(line, sizeof line, file))
        told += strstr(line, word) != NULL;
    if (file)
        fclose(file);
    return told >= wanted;
}

static int ask_by_signal(int number)
{
    raise(number);
    int told = 0;
    for (int tries = 0; tries < 2000 && (told = is_told(1)) == 0; tries++)
        poll(NULL, 0, 10);
    return told != 1;
}

static int play(const char *scene)
{
    if (strcmp(scene, "freed") == 0) {
        free(keep(malloc(131)));
        return ask_by_signal(SIGUSR2);
    }
    int failed = 0;
    for (volatile int count = 2; count > 0; count--) { /* one place, so that it is one leak that grows */
        lose(count);
        forget();
        if (count == 2)
            failed = strcmp(scene, "api") == 0 ? ask()
                                               : ask_by_signal(strcmp(scene, "signal") == 0 ? SIGUSR2 : SIGRTMIN + 3);
    }
    return failed;
}

int main(int argc, char **argv)
{
    int failed = 0;
    if (argc > 1 && strcmp(argv[1], "signal-in-child") == 0) {
        pid_t child = fork();
        if (child == 0)
            exit(play(argv[1]));
        waitpid(child, &failed, 0);
    } else {
        failed = play(argc > 1 ? argv[1] : "freed");
    }
    if (!failed)
        puts("done");
    return failed != 0;
}
