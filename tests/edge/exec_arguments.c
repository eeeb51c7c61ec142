/* Programs that are started in odd ways: without arguments, by a descriptor, from arguments that cannot be read. The kernel
 * says what comes of it, as it does without Custody.
 *
 * @builds cc=gcc opt=2
 * @run bad
 * @compare
 * @run descriptor
 * @compare
 * @run no-arguments
 * @compare
 */
#include "keep.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static void say(const char *what, int result)
{
    printf("%s: %d, %s\n", what, result, strerror(errno));
}

/* glibc's own functions read the arguments in front of the call of those that look for a file, so these are left alone. */
static void call_badly(void)
{
    char *const *nowhere = keep((void *)8);
    char *broken[] = {keep((void *)16), NULL};
    char *const good[] = {keep("true"), NULL};
    say("arguments", execve("/bin/true", nowhere, environ));
    say("an argument", execve("/bin/true", broken, environ));
    say("the environment", execve("/bin/true", good, nowhere));
    say("the file", execve(keep((void *)24), good, environ));
    say("by v", execv("/bin/true", nowhere));
    say("no descriptor", fexecve(-1, good, environ));
    say("no arguments and no descriptor", fexecve(-1, keep(NULL), environ));
    say("arguments of a descriptor", fexecve(open("/bin/true", O_RDONLY | O_CLOEXEC), nowhere, environ));
}

static void run(const char *what, char *const argv[])
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        fexecve(open("/bin/true", O_RDONLY | O_CLOEXEC), argv, environ);
        _exit(127);
    }
    int status = -1;
    waitpid(child, &status, 0);
    printf("%s: %d\n", what, WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + status);
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "bad";
    char *none[] = {NULL}, *one[] = {keep("by-descriptor"), NULL};
    if (strcmp(what, "bad") == 0)
        call_badly();
    else if (strcmp(what, "descriptor") == 0)
        run("by a descriptor", one);
    else
        run("an empty list", none);
    return 0;
}
