// A policy sees crossings that are silent or a note without one: of C++ between modules, of the C++ library that acts for
// others, of two languages in one module. A rule reaches what acts for others by its name only, and parts of one module by
// their language only.
//
// @libs press vault
// @builds cc=gcc opt=2 link=shared,static
// @run object
// @policy forbid to=$prog contract=new
// @unused[link=static] 1
// @expect[link=shared] cross-side-free error exact owner=$press/c++/new by=$prog/c++/new size=4 policy=1
// @run string
// @policy forbid from=lib* to=$prog from-lang=c++ to-lang=c++
// @unused 1
// @forbid cross-side-free owner=libstdc++.so.6/*/*
// @run string-named
// @policy forbid from=libstdc++.so* to=$prog
// @expect cross-side-free error exact owner=libstdc++.so.6/c++/new by=$prog/c++/new policy=1
// @run languages
// @policy forbid to=$prog
// @unused[link=static] 1
// @expect[link=shared] cross-side-free error exact owner=$vault/c/malloc by=$prog/c++/malloc size=43 policy=1
// @run languages-named
// @policy forbid to=$prog from-lang=c to-lang=c++
// @expect cross-side-free error exact owner=$vault/c/malloc by=$prog/c++/malloc size=43 policy=1
// @run good
// @policy forbid from=* from-lang=*
// @policy forbid from=*
// @unused 1 2
#include "keep.h"
#include "press.h"
#include "vault.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>

__attribute__((noinline)) static void release(void *block)
{
    std::free(keep(block));
    keep(nullptr);
}

/* The C++ library's own code makes the longer text; its storage is released here. */
__attribute__((noinline)) static void text()
{
    alignas(std::string) char room[sizeof(std::string)];
    std::string *word = new (room) std::string(40, 'a');
    word->append(200, 'b');
    ::operator delete(keep(word->data()));
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "good";
    if (!std::strcmp(what, "object"))
        delete static_cast<int *>(keep(press_int_new(1)));
    else if (!std::strncmp(what, "string", 6))
        text();
    else if (!std::strncmp(what, "languages", 9))
        release(vault_make_counted(43));
    else
        vault_free_counted(keep(vault_make_counted(44)));
    std::puts("done");
    return 0;
}
