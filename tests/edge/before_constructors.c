/* What runs before any constructor, ours included, may load, unload and become another program.
 *
 * @builds cc=gcc opt=0,2
 * @flags -ldl
 * @run all
 */
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static bool closed, ran;

static bool unload(void)
{
    void *library = dlopen("libm.so.6", RTLD_NOW);
    return library && dlclose(library) == 0;
}

static bool run_another(void)
{
    char *const argv[] = {"true", NULL};
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        execv("/bin/true", argv);
        _exit(1);
    }
    return waitpid(child, &status, 0) == child && status == 0;
}

static void at_first(void)
{
    closed = unload();
    ran = run_another();
}

__attribute__((section(".preinit_array"), used)) static void (*const first)(void) = at_first;

int main(void)
{
    if (!closed || !ran)
        return 1;
    puts("done");
    return 0;
}
