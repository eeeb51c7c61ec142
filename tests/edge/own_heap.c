/* A program with a malloc family of its own, in memory of its own: what libc makes for it comes from there, as its free knows
 * nothing else.
 *
 * @builds cc=gcc,clang opt=0 link=shared
 * @run good
 */
#include "keep.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#define ROOM (1 << 20)
#define ALIGN 16

static _Alignas(ALIGN) unsigned char room[ROOM];
static size_t used;

/* Each block has its size in front. */
void *malloc(size_t size)
{
    size_t whole = ALIGN + (size + ALIGN - 1) / ALIGN * ALIGN;
    if (size > ROOM || whole > ROOM - used)
        return NULL;
    unsigned char *block = room + used + ALIGN;
    used += whole;
    memcpy(block - ALIGN, &size, sizeof size);
    return block;
}

static void require_own(const void *block)
{
    static const char words[] = "a block of somebody else\n";
    uintptr_t offset = (uintptr_t)block - (uintptr_t)room;
    if (offset >= ROOM) {
        (void)!write(STDOUT_FILENO, words, sizeof words - 1);
        _exit(3);
    }
}

void free(void *block)
{
    if (block)
        require_own(block);
}

void *calloc(size_t count, size_t size)
{
    return malloc(count * size); /* never used again, and so never written */
}

void *realloc(void *block, size_t size)
{
    void *larger = malloc(size);
    size_t before = 0;
    if (block) {
        require_own(block);
        memcpy(&before, (unsigned char *)block - ALIGN, sizeof before);
    }
    return larger && block ? memcpy(larger, block, before < size ? before : size) : larger;
}

static void copies(void)
{
    char *text = keep(strdup("a text")), *part = keep(strndup("another text", 7));
    wchar_t *wide = keep(wcsdup(L"wide"));
    if (strcmp(text, "a text") != 0 || strcmp(part, "another") != 0 || wcscmp(wide, L"wide") != 0)
        puts("copies differ");
    free(text);
    free(part);
    free(wide);
}

static void grown(void)
{
    int *numbers = keep(reallocarray(NULL, 3, sizeof *numbers));
    numbers[2] = 7;
    numbers = keep(reallocarray(numbers, 100, sizeof *numbers));
    if (numbers[2] != 7)
        puts("numbers are lost");
    free(numbers);
}

static void made_by_libc(void)
{
    char *line = NULL, *words = NULL, *place = realpath("/proc/..", NULL);
    size_t size = 0;
    FILE *file = fopen("/proc/self/status", "r");
    if (getline(&line, &size, file) < 1 || asprintf(&words, "%d words", 2) < 0)
        puts("nothing made");
    fclose(file);
    if (strcmp(place, "/") != 0)
        puts(place);
    free(line);
    free(words);
    free(place);
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1) {
        copies();
        grown();
        made_by_libc();
        puts("done");
    }
    return 0;
}
