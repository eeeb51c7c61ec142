/* Plugins in C and in Rust, loaded, used and unloaded again: what they made is theirs also after they are gone, and what
 * they release rightly is right from the first call on.
 *
 * @plugins vault ferrite press
 * @builds cc=gcc opt=0,2
 * @flags -ldl
 * @run good
 * @forbid cross-side-free
 * @run again
 * @forbid cross-side-free
 * @run elsewhere
 * @expect cross-allocator-free error exact owner=$ferrite/rust/rust by=$prog/c/malloc call=free size=28 align=1 alloc=$ferrite
 * @run c
 * @expect cross-side-free warning exact owner=$vault/c/malloc by=$prog/c/malloc call=free size=141 alloc=$vault
 * @run rust
 * @expect cross-allocator-free error exact owner=$ferrite/rust/rust by=$prog/c/malloc call=free size=28 align=1 alloc=$ferrite
 * @run after-close
 * @expect cross-allocator-free error exact owner=$ferrite/rust/rust by=$prog/c/malloc call=free size=28 align=1
 * @run leak
 * @expect leak error exact owner=$vault/c/malloc blocks=1 bytes=142 class=definite
 */
#include "ferrite.h"
#include "keep.h"
#include "vault.h"

#include <dlfcn.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void *load(const char *name)
{
    char path[PATH_MAX + 64];
    ssize_t length = readlink("/proc/self/exe", path, PATH_MAX);
    path[length > 0 ? length : 0] = '\0';
    strcpy(strrchr(path, '/') + 1, name);
    void *plugin = dlopen(path, RTLD_NOW);
    if (!plugin)
        printf("%s\n", dlerror());
    return plugin;
}

static void use_vault(void *plugin)
{
    void *(*make)(size_t) = NULL;
    void (*release)(void *) = NULL;
    *(void **)&make = dlsym(plugin, "vault_make");
    *(void **)&release = dlsym(plugin, "vault_free");
    for (int i = 0; i < 10; i++)
        release(keep(make(140)));
}

static void use_ferrite(void *plugin)
{
    char *(*make)(void) = NULL;
    void (*release)(char *) = NULL;
    *(void **)&make = dlsym(plugin, "ferrite_string");
    *(void **)&release = dlsym(plugin, "ferrite_string_free");
    for (int i = 0; i < 10; i++)
        release(keep(make()));
}

static void *vault_block(void *plugin, size_t size)
{
    void *(*make)(size_t) = NULL;
    *(void **)&make = dlsym(plugin, "vault_make_counted");
    return keep(make(size));
}

static char *ferrite_text(void *plugin)
{
    char *(*make)(void) = NULL;
    *(void **)&make = dlsym(plugin, "ferrite_string");
    return keep(make());
}

/* Takes the place of a plugin that is gone, so that the next one goes elsewhere. */
static void occupy(void *place)
{
    mmap(place, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
}

/* More often than there are hooks for Rust at one time. */
static void use_everywhere(void)
{
    for (int i = 0; i < 300; i++) {
        void *ferrite = load("libferrite.so");
        void *place = (void *)((struct link_map *)ferrite)->l_addr;
        use_ferrite(ferrite);
        dlclose(ferrite);
        occupy(place);
    }
    free(ferrite_text(load("libferrite.so")));
}

static void use_all(void)
{
    void *vault = load("libvault.so"), *ferrite = load("libferrite.so"), *press = load("libpress.so");
    use_vault(vault);
    use_ferrite(ferrite);
    dlclose(press);
    dlclose(ferrite);
    dlclose(vault);
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "good";
    if (strcmp(what, "good") == 0) {
        use_all();
    } else if (strcmp(what, "again") == 0) {
        for (int i = 0; i < 20; i++)
            use_all();
    } else if (strcmp(what, "elsewhere") == 0) {
        use_everywhere();
    } else if (strcmp(what, "c") == 0) {
        free(vault_block(load("libvault.so"), 141));
    } else if (strcmp(what, "rust") == 0) {
        free(ferrite_text(load("libferrite.so")));
    } else if (strcmp(what, "after-close") == 0) {
        void *plugin = load("libferrite.so");
        char *text = ferrite_text(plugin);
        dlclose(plugin);
        free(text);
    } else {
        void *plugin = load("libvault.so");
        vault_block(plugin, 142);
        dlclose(plugin);
    }
    puts("done");
    return 0;
}
