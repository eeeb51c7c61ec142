/* A program that shares blocks and sides with plugins, which are named as arguments; `again` closes and loads them twice,
 * `fork` does all of it in a child, too. Prints what it sees, so that a test can tell what is shared. Its one fault is a
 * block that it releases twice; `clean` leaves that out. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <custody/custody.h>

/* What a plugin does with a block and an object of the host: gives one of its own, made for the host, and the number of the host's side. */
typedef void *visit(const void *block, const void *object, custody_side *out_host);

static custody_side host;
static void *token;
static int clean;

static void print_owner(const char *what, const void *block)
{
    struct custody_description description = {.place = ""};
    custody_side owner = 0;
    custody_status status = custody_describe(block, &description);
    printf("%s: %s, %zu bytes, ", what, status ? custody_status_name(status) : description.place, description.size);
    status = custody_owner(block, &owner);
    puts(status ? custody_status_name(status) : custody_side_name(owner));
}

static void *load(const char *path, visit **out_visit)
{
    void *plugin = dlopen(path, RTLD_NOW);
    if (!plugin) {
        puts(dlerror());
        exit(1);
    }
    *(void **)out_visit = dlsym(plugin, "visit");
    return plugin;
}

static void meet(const char *path, const void *block)
{
    visit *visit_plugin;
    custody_side seen = 0;
    void *plugin = load(path, &visit_plugin);
    char *made = visit_plugin(block, token, &seen);
    printf("plugin: %s side\n", seen == host ? "the same" : "another");
    print_owner("made by the plugin", made);
    custody_release(host, made);
    dlclose(plugin);
}

static int play(int argc, char **argv)
{
    custody_side_register("host", CUSTODY_LANG_C, &host);
    char *block = custody_alloc(host, 401, 0);
    print_owner("made by the host", block);
    custody_side early = 0;
    custody_type type = 0;
    custody_side_register("early", CUSTODY_LANG_C, &early);
    custody_type_register(early, "token", "end", CUSTODY_TYPE_PLAIN, &type);
    token = custody_create(type, 403);
    for (int i = 1; i < argc; i++)
        if (strchr(argv[i], '/'))
            meet(argv[i], block);
    custody_destroy(type, token);
    custody_release(host, block);
    if (!clean)
        custody_release(host, block);
    fflush(stdout);
    return 0;
}

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "";
    int status = 0, rounds = strcmp(how, "again") == 0 ? 2 : 1;
    clean = strcmp(how, "clean") == 0;
    if (strcmp(how, "fork") == 0) {
        pid_t child = fork();
        if (child == 0)
            return play(argc, argv);
        waitpid(child, &status, 0);
    }
    while (rounds-- > 0)
        play(argc, argv);
    return status;
}
