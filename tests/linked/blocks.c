/* Sides and blocks as a program without faults uses them: prints the same with Custody and compiled out. C and C++. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <custody/custody.h>

static custody_side vault;

static void sides(void)
{
    custody_side again = 0, other = 0, none = 0;
    printf("register %s", custody_status_name(custody_side_register("vault", CUSTODY_LANG_C, &vault)));
    printf(" %s", custody_status_name(custody_side_register("vault", CUSTODY_LANG_C, &again)));
    printf(" %s", custody_status_name(custody_side_register("vault", CUSTODY_LANG_CXX, &other)));
    printf(" %s", custody_status_name(custody_side_register("", CUSTODY_LANG_C, &none)));
    printf(" %s\n", custody_status_name(custody_side_register("x", CUSTODY_LANG_C, NULL)));
    printf("numbers %d %d %d, names %s %s\n", vault != 0, again == vault, other == vault, custody_side_name(vault),
           custody_side_name(0));
    printf("code %s", custody_status_name(custody_side_of_caller(&again)));
    printf(" %s %s\n", custody_status_name(custody_side_of_caller(NULL)),
           custody_status_name(custody_side_of_code((const void *)(uintptr_t)sides, &again)));
}

/* A block keeps its contents and its alignment in every size. */
static int grows(size_t align)
{
    char *block = (char *)custody_alloc(vault, 5, align);
    size_t size;
    int right = block != NULL;
    if (block)
        memcpy(block, "text", 5);
    for (size = 1; right && size < 100000; size = size * 3 + 4) {
        block = (char *)custody_resize(vault, block, size + 5);
        right = block && (align == 0 || (uintptr_t)block % align == 0) && strcmp(block, "text") == 0;
        if (block)
            block[size + 4] = 0;
    }
    custody_release(vault, block);
    return right;
}

static void blocks(void)
{
    size_t align;
    void *empty = custody_alloc(vault, 0, 0), *fresh = custody_resize(vault, NULL, 30);
    printf("empty %d fresh %d\n", empty != NULL, fresh != NULL);
    custody_release(vault, empty);
    custody_release(vault, fresh);
    errno = 77;
    custody_release(vault, NULL);
    printf("errno %d\n", errno == 77);
    printf("alignment 48: %d", custody_alloc(vault, 10, 48) == NULL && errno == EINVAL);
    printf(", too much: %d\n", custody_alloc(vault, SIZE_MAX / 2, 64) == NULL && errno == ENOMEM);
    for (align = 0; align <= 4096; align = align ? align * 2 : 1)
        printf("%d", grows(align));
    puts("");
}

static void questions(void)
{
    struct custody_leaks leaks;
    struct custody_description description;
    custody_side owner = 0;
    printf("describe %s", custody_status_name(custody_describe(&vault, &description)));
    printf(" %s", custody_status_name(custody_describe(NULL, &description)));
    printf(" %s %d %d\n", description.side, description.start == 0, description.live);
    printf("owner %s", custody_status_name(custody_owner(&description, &owner)));
    printf(" %s\n", custody_status_name(custody_owner(NULL, &owner)));
    printf("leaks %s", custody_status_name(custody_find_leaks(NULL)));
    printf(" %s", custody_status_name(custody_find_leaks(&leaks)));
    printf(" %d\n", (int)leaks.definite_blocks);
    printf("%s, %d\n", custody_status_text(CUSTODY_STATUS_OK), custody_version()[0] != 0);
}

int main(void)
{
    sides();
    blocks();
    questions();
    return 0;
}
