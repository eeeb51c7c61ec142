/* A program that falls on hard times: does what its arguments say, one after the other, and then prints `done`. Used by
 * hardships.py.
 *
 *   work              makes and releases blocks of many sizes, in threads too
 *   use               the same, in one thread
 *   bug SIZE          releases a block twice
 *   bugs COUNT        so many different wrong releases, each of a block of another size
 *   leak SIZE         loses a block
 *   child             forks, and has the child release a block of 222 bytes twice; waits for it
 *   close             closes every descriptor but the standard ones
 *   descriptors N     allows N descriptors
 *   fill              opens descriptors until there are no more
 *   file-size N       lets no file grow beyond N bytes
 *   lock              locks all memory, now and in the future
 *   chroot DIRECTORY  has nothing but that directory any more
 *   nobody            becomes a user without rights
 *   no-code           has the kernel refuse to make memory executable
 *   jail              has the kernel kill the process for every system call but those of a simple program
 *   jail-syscall      the same, asked for by syscall(2)
 *   jail-all          wants the same for all threads, of which one has a filter of its own already: none gets it
 *   threads           has threads that make and release blocks until the end
 *   load LIBRARY      loads it, asks it for the answer, and unloads it
 *   exec PROGRAM      becomes another program
 *   wait FILE         waits until somebody has written to a pipe
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void *volatile kept;

__attribute__((noinline)) static void *keep(void *block)
{
    kept = block;
    return kept;
}

__attribute__((noinline)) static void *keep_own(void *block)
{
    __asm__ volatile("" : "+r"(block));
    return block;
}

static void must(int good, const char *what)
{
    if (!good) {
        printf("%s: %s\n", what, strerror(errno));
        exit(3);
    }
}

/* ---- what it does ---- */

static void *use_memory(void *unused)
{
    char *blocks[300];
    for (size_t i = 0; i < 300; i++) {
        size_t size = i * i % 20011 + 1;
        blocks[i] = malloc(size);
        must(blocks[i] != NULL, "malloc");
        memset(blocks[i], 1, size);
    }
    for (size_t i = 0; i < 300; i++)
        free(blocks[i]);
    return unused;
}

static void work(void)
{
    pthread_t threads[3];
    for (size_t i = 0; i < 3; i++)
        must((errno = pthread_create(&threads[i], NULL, use_memory, NULL)) == 0, "thread");
    use_memory(NULL);
    for (size_t i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
}

static void release_twice(size_t size)
{
    void *block = keep(malloc(size));
    void *again = keep(block);
    free(block);
    free(again);
}

/* Each with a stack of its own, so that each is a finding of its own. */
__attribute__((noinline)) static void release_deeply(size_t depth)
{
    if (depth > 0)
        release_deeply(depth - 1);
    else
        release_twice(33);
    keep(&depth);
}

static void run_child(void (*step)(void))
{
    int status = 0;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        step();
        exit(0);
    }
    must(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status), "child");
}

static void *use_memory_for_ever(void *unused)
{
    for (;;) {
        free(keep_own(malloc(100)));
    }
    return unused;
}

static void start_threads(void)
{
    pthread_t thread;
    for (size_t i = 0; i < 2; i++)
        must((errno = pthread_create(&thread, NULL, use_memory_for_ever, NULL)) == 0, "thread");
}

static void load(const char *file)
{
    void *library = dlopen(file, RTLD_NOW);
    must(library != NULL, file);
    int (*answer)(void) = NULL;
    *(void **)&answer = dlsym(library, "answer");
    must(answer && answer() == 42 && dlclose(library) == 0, "answer");
}

/* ---- what it suffers ---- */

static void limit(int resource, rlim_t value)
{
    const struct rlimit limits = {value, value};
    must(setrlimit(resource, &limits) == 0, "setrlimit");
}

static void fill_descriptors(void)
{
    while (open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0) {
    }
}

#define CALL(nr) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

enum jail_way { BY_PRCTL, BY_SYSCALL, FOR_ALL };

static int filter(struct sock_filter *code, size_t count, enum jail_way way)
{
    struct sock_fprog program = {.len = (unsigned short)count, .filter = code};
    unsigned flags = way == FOR_ALL ? SECCOMP_FILTER_FLAG_TSYNC : 0;
    must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "prctl");
    if (way != BY_PRCTL)
        return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static void refuse_code(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mprotect, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pwrite64, 2, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    must(filter(code, sizeof code / sizeof code[0], BY_PRCTL) == 0, "seccomp");
}

static pthread_barrier_t has_filter;

static void *wait_with_filter(void *unused)
{
    struct sock_filter all[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    must(filter(all, 1, BY_SYSCALL) == 0, "seccomp");
    pthread_barrier_wait(&has_filter);
    pause();
    return unused;
}

static void start_thread_with_filter(void)
{
    pthread_t thread;
    must((errno = pthread_barrier_init(&has_filter, NULL, 2)) == 0, "barrier");
    must((errno = pthread_create(&thread, NULL, wait_with_filter, NULL)) == 0, "thread");
    pthread_barrier_wait(&has_filter);
}

static void jail(enum jail_way way)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        CALL(SYS_read),
        CALL(SYS_write),
        CALL(SYS_close),
        CALL(SYS_fstat),
        CALL(SYS_newfstatat),
        CALL(SYS_mmap),
        CALL(SYS_munmap),
        CALL(SYS_mprotect),
        CALL(SYS_brk),
        CALL(SYS_madvise),
        CALL(SYS_futex),
        CALL(SYS_rt_sigprocmask),
        CALL(SYS_rt_sigreturn),
        CALL(SYS_clock_gettime),
        CALL(SYS_getpid),
        CALL(SYS_gettid),
        CALL(SYS_exit),
        CALL(SYS_exit_group),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    };
    if (way == FOR_ALL)
        start_thread_with_filter();
    int result = filter(code, sizeof code / sizeof code[0], way);
    must(way == FOR_ALL ? result > 0 : result == 0, "seccomp");
}

static void wait_for(const char *pipe)
{
    char byte;
    int fd = open(pipe, O_RDONLY);
    must(fd >= 0 && read(fd, &byte, 1) == 1 && close(fd) == 0, pipe);
}

/* ---- the steps ---- */

static void bug_of_child(void)
{
    release_twice(222);
}

/* Steps of one word. */
static int take_word(const char *word)
{
    if (strcmp(word, "work") == 0)
        work();
    else if (strcmp(word, "use") == 0)
        use_memory(NULL);
    else if (strcmp(word, "threads") == 0)
        start_threads();
    else if (strcmp(word, "close") == 0)
        must(close_range(3, ~0U, 0) == 0, "close_range");
    else if (strcmp(word, "fill") == 0)
        fill_descriptors();
    else if (strcmp(word, "lock") == 0)
        must(mlockall(MCL_CURRENT | MCL_FUTURE) == 0, "mlockall");
    else if (strcmp(word, "nobody") == 0)
        must(setgid(65534) == 0 && setuid(65534) == 0, "setuid");
    else if (strcmp(word, "no-code") == 0)
        refuse_code();
    else if (strcmp(word, "jail") == 0)
        jail(BY_PRCTL);
    else if (strcmp(word, "jail-syscall") == 0)
        jail(BY_SYSCALL);
    else if (strcmp(word, "jail-all") == 0)
        jail(FOR_ALL);
    else if (strcmp(word, "child") == 0)
        run_child(bug_of_child);
    else
        return 0;
    return 1;
}

static void take_pair(const char *word, const char *value)
{
    size_t number = strtoul(value, NULL, 10);
    if (strcmp(word, "bug") == 0)
        release_twice(number);
    else if (strcmp(word, "bugs") == 0)
        for (size_t depth = 0; depth < number; depth++)
            release_deeply(depth);
    else if (strcmp(word, "leak") == 0)
        memset(keep(malloc(number)), 1, number), keep(NULL);
    else if (strcmp(word, "descriptors") == 0)
        limit(RLIMIT_NOFILE, number);
    else if (strcmp(word, "file-size") == 0)
        limit(RLIMIT_FSIZE, number);
    else if (strcmp(word, "chroot") == 0)
        must(chroot(value) == 0 && chdir("/") == 0, "chroot");
    else if (strcmp(word, "load") == 0)
        load(value);
    else if (strcmp(word, "exec") == 0)
        execl(value, value, NULL);
    else if (strcmp(word, "wait") == 0)
        wait_for(value);
    else
        must(0, word);
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int i = 1; i < argc; i++) {
        if (!take_word(argv[i])) {
            must(i + 1 < argc, argv[i]);
            take_pair(argv[i], argv[i + 1]);
            i++;
        }
    }
    puts("done");
    return 0;
}
