/* One module, two languages: with a C library linked into a C++ program, what each does with malloc is a side of its own,
 * told by the form of the symbols. Blocks may pass between them: they have one allocator.
 *
 * @libs vault
 * @run of-cxx
 * @expect double-free error exact owner=$prog/c++/malloc by=$prog/c++/malloc call=free size=411 release=$prog first=$prog
 * @run of-c
 * @expect double-free error exact owner=$vault/c/malloc by=$vault/c/malloc call=free size=412 release=$vault first=$vault
 * @run to-cxx
 * @expect[link=shared] cross-side-free warning exact owner=$vault/c/malloc by=$prog/c++/malloc call=free size=413
 * @run good
 */
#include "keep.h"
#include "vault.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace
{

__attribute__((noinline)) void *make(std::size_t size)
{
    void *block = std::malloc(size);
    keep(block);
    return block;
}

__attribute__((noinline)) void release(void *block)
{
    std::free(keep(block));
    keep(nullptr);
}

} // namespace

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    if (!std::strcmp(what, "of-cxx")) {
        void *block = make(411);
        release(block);
        release(block);
    } else if (!std::strcmp(what, "of-c")) {
        void *block = vault_make_counted(412);
        vault_free_counted(block);
        vault_free_counted(block);
    } else if (!std::strcmp(what, "to-cxx")) {
        release(vault_make_counted(413));
    } else {
        release(make(414));
        vault_free_counted(vault_make_counted(415));
    }
    std::puts("done");
    return 0;
}
