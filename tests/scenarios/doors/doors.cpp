// Every door of the C and C++ world: each that allocates against each that releases, right and wrong pairs alike, a size
// of its own for each. Prints what it does, a line each, from which harness/doors.py knows what must be found:
//
//   pair ALLOC RELEASE SIZE ALIGN    SIZE 0 where libc chooses it; ALIGN 0 where the block asked for none
//   silent SYMBOL                    a door that nothing is to be said about
#include "keep.h"

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cwchar>
#include <dirent.h>
#include <fcntl.h>
#include <iterator>
#include <malloc.h>
#include <new>
#include <string>
#include <unistd.h>

extern "C" {
void cfree(void *) __attribute__((weak));
void free_sized(void *, size_t) __attribute__((weak));
void free_aligned_sized(void *, size_t, size_t) __attribute__((weak));
int __asprintf_chk(char **, int, const char *, ...);
int __vasprintf_chk(char **, int, const char *, va_list);
char *__realpath_chk(const char *, char *, size_t);
char *__strdup(const char *);
char *__strndup(const char *, size_t);
ssize_t __getdelim(char **, size_t *, int, FILE *);
}

namespace
{

constexpr size_t ALIGN = 64;
constexpr auto WIDE = std::align_val_t(ALIGN);

struct Alloc {
    const char *symbol;
    size_t size;  // asked for; 0: libc chooses
    size_t align; // asked for; 0: none
    void *(*call)(size_t size);
};

struct Release {
    const char *symbol;
    bool sized;
    bool aligned;
    void (*call)(void *block, size_t size);
};

// The call before it stays a call: a tail jump out of a function called through a pointer belongs to nobody for certain.
void stay()
{
    __asm__ volatile("" : : : "memory");
}

std::string text_of(size_t size)
{
    return std::string(size - 1, 'x');
}

int by_vasprintf(char **out, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(out, format, arguments);
    va_end(arguments);
    return length;
}

int by_vasprintf_chk(char **out, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = __vasprintf_chk(out, 1, format, arguments);
    va_end(arguments);
    return length;
}

void *only_entry(struct dirent **entries, int count)
{
    for (int i = 1; i < count; i++)
        free(entries[i]);
    void *first = entries[0];
    free(entries);
    return first;
}

void *by_posix_memalign(size_t size)
{
    void *block = nullptr;
    return posix_memalign(&block, ALIGN, size) ? nullptr : keep(block);
}

template <typename Read> void *read_by(Read read)
{
    char *line = nullptr;
    size_t size = 0;
    FILE *file = fopen("/proc/self/status", "re");
    ssize_t length = read(&line, &size, file);
    fclose(file);
    return length > 0 ? keep(line) : nullptr;
}

void *by_memstream(size_t)
{
    char *text = nullptr;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    fputs("text", stream);
    fclose(stream);
    return keep(text);
}

void *by_wmemstream(size_t)
{
    wchar_t *text = nullptr;
    size_t size = 0;
    FILE *stream = open_wmemstream(&text, &size);
    fputws(L"text", stream);
    fclose(stream);
    return keep(text);
}

void *by_scandir(size_t)
{
    struct dirent **entries = nullptr;
    int count = scandir("/", &entries, nullptr, nullptr);
    return count > 0 ? keep(only_entry(entries, count)) : nullptr;
}

void *by_scandir64(size_t)
{
    struct dirent64 **entries = nullptr;
    int count = scandir64("/", &entries, nullptr, nullptr);
    return count > 0 ? keep(only_entry(reinterpret_cast<struct dirent **>(entries), count)) : nullptr;
}

template <typename Print> void *printed(Print print)
{
    char *text = nullptr;
    return print(&text) > 0 ? keep(text) : nullptr;
}

const Alloc ALLOCS[] = {
    {"malloc", 501, 0, [](size_t size) { return keep(malloc(size)); }},
    {"calloc", 514, 0, [](size_t size) { return keep(calloc(2, size / 2)); }},
    {"realloc", 523, 0, [](size_t size) { return keep(realloc(nullptr, size)); }},
    {"reallocarray", 532, 0, [](size_t size) { return keep(reallocarray(nullptr, 2, size / 2)); }},
    {"posix_memalign", 541, ALIGN, by_posix_memalign},
    {"aligned_alloc", 576, ALIGN, [](size_t size) { return keep(aligned_alloc(ALIGN, size)); }},
    {"memalign", 561, ALIGN, [](size_t size) { return keep(memalign(ALIGN, size)); }},
    {"valloc", 571, 4096, [](size_t size) { return keep(valloc(size)); }},
    {"pvalloc", 0, 4096, [](size_t) { return keep(pvalloc(581)); }},
    {"_Znwm", 601, 0, [](size_t size) { return keep(::operator new(size)); }},
    {"_ZnwmRKSt9nothrow_t", 611, 0, [](size_t size) { return keep(::operator new(size, std::nothrow)); }},
    {"_ZnwmSt11align_val_t", 621, ALIGN, [](size_t size) { return keep(::operator new(size, WIDE)); }},
    {"_ZnwmSt11align_val_tRKSt9nothrow_t", 631, ALIGN,
     [](size_t size) { return keep(::operator new(size, WIDE, std::nothrow)); }},
    {"_Znam", 641, 0, [](size_t size) { return keep(::operator new[](size)); }},
    {"_ZnamRKSt9nothrow_t", 651, 0, [](size_t size) { return keep(::operator new[](size, std::nothrow)); }},
    {"_ZnamSt11align_val_t", 661, ALIGN, [](size_t size) { return keep(::operator new[](size, WIDE)); }},
    {"_ZnamSt11align_val_tRKSt9nothrow_t", 671, ALIGN,
     [](size_t size) { return keep(::operator new[](size, WIDE, std::nothrow)); }},
    {"strdup", 71, 0, [](size_t size) { return keep(strdup(text_of(size).c_str())); }},
    {"__strdup", 73, 0, [](size_t size) { return keep(__strdup(text_of(size).c_str())); }},
    {"__strndup", 74, 0, [](size_t size) { return keep(__strndup(text_of(size + 9).c_str(), size - 1)); }},
    {"strndup", 72, 0, [](size_t size) { return keep(strndup(text_of(size + 9).c_str(), size - 1)); }},
    {"wcsdup", 76, 0, [](size_t size) { return keep(wcsdup(std::wstring(size / 4 - 1, L'x').c_str())); }},
    {"asprintf", 0, 0, [](size_t) { return printed([](char **out) { return asprintf(out, "%d", 1); }); }},
    {"vasprintf", 0, 0, [](size_t) { return printed([](char **out) { return by_vasprintf(out, "%d", 2); }); }},
    {"__asprintf_chk", 0, 0,
     [](size_t) { return printed([](char **out) { return __asprintf_chk(out, 1, "%d", 3); }); }},
    {"__vasprintf_chk", 0, 0,
     [](size_t) { return printed([](char **out) { return by_vasprintf_chk(out, "%d", 4); }); }},
    {"getline", 0, 0,
     [](size_t) { return read_by([](char **line, size_t *size, FILE *file) { return getline(line, size, file); }); }},
    {"getdelim", 0, 0,
     [](size_t) {
         return read_by([](char **line, size_t *size, FILE *file) { return getdelim(line, size, ':', file); });
     }},
    {"__getdelim", 0, 0,
     [](size_t) {
         return read_by([](char **line, size_t *size, FILE *file) { return __getdelim(line, size, ':', file); });
     }},
    {"realpath", 0, 0, [](size_t) { return keep(realpath("/usr", nullptr)); }},
    {"__realpath_chk", 0, 0, [](size_t) { return keep(__realpath_chk("/usr", nullptr, SIZE_MAX)); }},
    {"canonicalize_file_name", 0, 0, [](size_t) { return keep(canonicalize_file_name("/usr")); }},
    {"getcwd", 0, 0, [](size_t) { return keep(getcwd(nullptr, 0)); }},
    {"get_current_dir_name", 0, 0, [](size_t) { return keep(get_current_dir_name()); }},
    {"tempnam", 0, 0, [](size_t) { return keep(tempnam(nullptr, "door")); }},
    {"open_memstream", 0, 0, by_memstream},
    {"open_wmemstream", 0, 0, by_wmemstream},
    {"scandir", 0, 0, by_scandir},
    {"scandir64", 0, 0, by_scandir64},
};

const Release RELEASES[] = {
    {"free", false, false, [](void *block, size_t) { free(block), stay(); }},
    {"cfree", false, false, [](void *block, size_t) { cfree(block), stay(); }},
    {"free_sized", true, false, [](void *block, size_t size) { free_sized(block, size), stay(); }},
    {"free_aligned_sized", true, true,
     [](void *block, size_t size) { free_aligned_sized(block, ALIGN, size), stay(); }},
    {"realloc", false, false, [](void *block, size_t) { free(keep(realloc(block, 7000))), stay(); }},
    {"reallocarray", false, false, [](void *block, size_t) { free(keep(reallocarray(block, 8, 1000))), stay(); }},
    {"_ZdlPv", false, false, [](void *block, size_t) { ::operator delete(block), stay(); }},
    {"_ZdlPvRKSt9nothrow_t", false, false, [](void *block, size_t) { ::operator delete(block, std::nothrow), stay(); }},
    {"_ZdlPvm", true, false, [](void *block, size_t size) { ::operator delete(block, size), stay(); }},
    {"_ZdlPvSt11align_val_t", false, true, [](void *block, size_t) { ::operator delete(block, WIDE), stay(); }},
    {"_ZdlPvSt11align_val_tRKSt9nothrow_t", false, true,
     [](void *block, size_t) { ::operator delete(block, WIDE, std::nothrow), stay(); }},
    {"_ZdlPvmSt11align_val_t", true, true,
     [](void *block, size_t size) { ::operator delete(block, size, WIDE), stay(); }},
    {"_ZdaPv", false, false, [](void *block, size_t) { ::operator delete[](block), stay(); }},
    {"_ZdaPvRKSt9nothrow_t", false, false,
     [](void *block, size_t) { ::operator delete[](block, std::nothrow), stay(); }},
    {"_ZdaPvm", true, false, [](void *block, size_t size) { ::operator delete[](block, size), stay(); }},
    {"_ZdaPvSt11align_val_t", false, true, [](void *block, size_t) { ::operator delete[](block, WIDE), stay(); }},
    {"_ZdaPvSt11align_val_tRKSt9nothrow_t", false, true,
     [](void *block, size_t) { ::operator delete[](block, WIDE, std::nothrow), stay(); }},
    {"_ZdaPvmSt11align_val_t", true, true,
     [](void *block, size_t size) { ::operator delete[](block, size, WIDE), stay(); }},
};

bool fits(const Alloc &alloc, const Release &release)
{
    return !(release.sized && alloc.size == 0);
}

void pair(const Alloc &alloc, const Release &release)
{
    void *block = alloc.call(alloc.size);
    if (!block)
        printf("failed %s\n", alloc.symbol);
    else
        release.call(block, alloc.size);
    printf("pair %s %s %zu %zu\n", alloc.symbol, release.symbol, alloc.size, alloc.align);
}

void release_rightly(const Alloc &alloc, void *block)
{
    bool single = !strncmp(alloc.symbol, "_Znw", 4), array = !strncmp(alloc.symbol, "_Zna", 4);
    if (single && alloc.align)
        ::operator delete(block, WIDE);
    else if (single)
        ::operator delete(block);
    else if (array && alloc.align)
        ::operator delete[](block, WIDE);
    else if (array)
        ::operator delete[](block);
    else
        free(block);
}

void queried()
{
    for (const Alloc &alloc : ALLOCS) {
        void *block = alloc.call(alloc.size);
        if (malloc_usable_size(block) < alloc.size)
            printf("failed malloc_usable_size of %s\n", alloc.symbol);
        release_rightly(alloc, block);
    }
    puts("silent malloc_usable_size");
}

void objects()
{
    fclose(fopen("/proc/self/status", "re"));
    puts("silent fopen");
    fclose(fopen64("/proc/self/status", "re"));
    puts("silent fopen64");
    fclose(fdopen(open("/proc/self/status", O_RDONLY | O_CLOEXEC), "r"));
    puts("silent fdopen");
    closedir(opendir("/"));
    puts("silent opendir");
    closedir(fdopendir(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)));
    puts("silent fdopendir");
}

} // namespace

int main()
{
    if (!cfree || !free_sized || !free_aligned_sized)
        return 1;
    for (const Alloc &alloc : ALLOCS)
        for (const Release &release : RELEASES)
            if (fits(alloc, release))
                pair(alloc, release);
    queried();
    objects();
    return 0;
}
