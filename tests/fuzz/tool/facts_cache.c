/* Any bytes as a file of facts, as the tool finds it in the user's cache: also with the checksum set right. What is believed
 * has rows in order, and is told to a person. */
#include "../facts.h"

#include "custody/words.h"
#include "facts_file.h"

#include <fcntl.h>

static int directory;
static char place[SCRATCH_ROOM];

static void clean_up(void)
{
    unlinkat(directory, "x.facts", 0);
    rmdir(place);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    scratch_template(place);
    require(mkdtemp(place) != NULL);
    directory = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    require(directory >= 0);
    atexit(clean_up);
    return 0;
}

static void look(const void *bytes, size_t size)
{
    struct cst_facts_file file;
    int fd = openat(directory, "x.facts", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    require(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
    close(fd);
    if (!cst_facts_file_map(directory, "x.facts", &file)) {
        require(file.trouble != NULL);
        return;
    }
    for (size_t i = 0; i < file.header->row_count; i++) {
        require(i == 0 || custody_facts_row_address(file.rows[i - 1]) < custody_facts_row_address(file.rows[i]));
        require(custody_facts_row_lang(file.rows[i]) < CUSTODY_LANG_COUNT);
    }
    cst_facts_file_release(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    read_facts(bytes, size, look);
    return 0;
}
