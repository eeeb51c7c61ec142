/* Facts files; see facts_file.h. */
#include "facts_file.h"

#include "custody/words.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEMPORARY_START ".facts-"

_Static_assert(sizeof(struct custody_facts_header) == 80, "the header has no padding");

static bool are_rows_in_order(const custody_facts_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool ascends = i == 0 || custody_facts_row_address(rows[i - 1]) < custody_facts_row_address(rows[i]);
        if (!ascends || custody_facts_row_lang(rows[i]) >= CUSTODY_LANG_COUNT) {
            return false;
        }
    }
    return count == 0 || (rows[count - 1] & 0xffff) == 0;
}

/* What is wrong with the contents; NULL when nothing is. */
static const char *find_trouble(const struct cst_facts_file *file)
{
    const struct custody_facts_header *header = file->header;
    if (file->size < sizeof *header || memcmp(header->magic, CUSTODY_FACTS_MAGIC, sizeof header->magic) != 0) {
        return "not a facts file";
    }
    if (header->version != CUSTODY_FACTS_VERSION) {
        return "of another version";
    }
    if (header->row_count > CUSTODY_FACTS_ROWS_MAX || header->build_id_size > CUSTODY_FACTS_BUILD_ID_MAX ||
        header->source > CUSTODY_FACTS_DEBUG_INFO ||
        file->size != sizeof *header + header->row_count * sizeof *file->rows ||
        header->checksum != custody_facts_checksum(header, file->rows) ||
        !are_rows_in_order(file->rows, header->row_count)) {
        return "damaged";
    }
    return NULL;
}

/* Maps what `fd` has open. */
static bool map(int fd, struct cst_facts_file *file)
{
    struct stat status;
    const size_t largest = sizeof *file->header + CUSTODY_FACTS_ROWS_MAX * sizeof *file->rows;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || (size_t)status.st_size < sizeof *file->header ||
        (size_t)status.st_size > largest) {
        file->trouble = "not a facts file";
        return false;
    }
    file->size = (size_t)status.st_size;
    file->mapping = mmap(NULL, file->size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (file->mapping == MAP_FAILED) {
        file->trouble = strerror(errno);
        return false;
    }
    file->header = file->mapping;
    file->rows = (const custody_facts_row *)(file->header + 1);
    return true;
}

bool cst_facts_file_map(int directory, const char *name, struct cst_facts_file *out_file)
{
    *out_file = (struct cst_facts_file){0};
    int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) {
        out_file->trouble = strerror(errno);
        return false;
    }
    bool mapped = map(fd, out_file);
    close(fd);
    errno = 0;
    if (!mapped) {
        return false;
    }
    out_file->trouble = find_trouble(out_file);
    if (out_file->trouble) {
        cst_facts_file_release(out_file);
    }
    return !out_file->trouble;
}

void cst_facts_file_release(struct cst_facts_file *file)
{
    munmap(file->mapping, file->size);
}

static bool write_all(int fd, const void *bytes, size_t size)
{
    const char *at = bytes;
    while (size > 0) {
        ssize_t written = write(fd, at, size);
        if (written < 0 && errno != EINTR) {
            return false;
        }
        at += written > 0 ? written : 0;
        size -= written > 0 ? (size_t)written : 0;
    }
    return true;
}

static bool write_contents(int fd, const struct cst_facts_identity *identity, enum custody_facts_source source,
                           const struct cst_facts_rows *rows)
{
    struct custody_facts_header header = {
        .magic = CUSTODY_FACTS_MAGIC,
        .version = CUSTODY_FACTS_VERSION,
        .row_count = (uint32_t)rows->count,
        .fingerprint = identity->fingerprint,
        .module_size = identity->module_size,
        .build_id_size = identity->build_id_size,
        .source = (uint16_t)source,
        .traits = (uint16_t)rows->traits,
    };
    memcpy(header.build_id, identity->build_id, sizeof header.build_id);
    header.checksum = custody_facts_checksum(&header, rows->items);
    return write_all(fd, &header, sizeof header) && write_all(fd, rows->items, rows->count * sizeof *rows->items);
}

bool cst_facts_file_write(int directory, const char *name, const struct cst_facts_identity *identity,
                          enum custody_facts_source source, const struct cst_facts_rows *rows)
{
    char temporary[sizeof TEMPORARY_START + 64];
    if (rows->count > CUSTODY_FACTS_ROWS_MAX) {
        errno = EFBIG;
        return false;
    }
    /* Its own in this process and in others; what a dead process of the same number left is in nobody's way. */
    snprintf(temporary, sizeof temporary, TEMPORARY_START "%.40s-%ld", name, (long)getpid());
    (void)unlinkat(directory, temporary, 0);
    int fd = openat(directory, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        return false;
    }
    bool written = write_contents(fd, identity, source, rows);
    written = close(fd) == 0 && written;
    written = written && renameat(directory, temporary, directory, name) == 0;
    if (!written) {
        int error = errno;
        (void)unlinkat(directory, temporary, 0);
        errno = error;
    }
    return written;
}

bool cst_facts_file_is_temporary(const char *name)
{
    return strncmp(name, TEMPORARY_START, sizeof TEMPORARY_START - 1) == 0;
}
