/* Facts files on disk: written whole or not at all, and checked as hostile input when read. In a directory that is
 * given as a descriptor; no symbolic link is followed. */
#ifndef CST_TOOL_FACTS_FILE_H
#define CST_TOOL_FACTS_FILE_H

#include "facts_identity.h"
#include "facts_span.h"

/** A facts file in memory. Release it with cst_facts_file_release. */
struct cst_facts_file {
    const struct custody_facts_header *header;
    const custody_facts_row *rows; /**< header->row_count of them */
    const char *trouble;           /**< why it cannot be used; static */
    void *mapping;
    size_t size;
};

/** Maps the file `name` of `directory` and checks all of it: format, checksum, order of rows. False when it cannot be
 * used, with `trouble` set and, when it is not there, errno ENOENT; then there is nothing to release. */
bool cst_facts_file_map(int directory, const char *name, struct cst_facts_file *out_file);

void cst_facts_file_release(struct cst_facts_file *file);

/** Writes the rows, which rest on `source`, as the file `name` of `directory`, of mode 0600, in place of any earlier
 * one, once it is complete. False with errno set. */
bool cst_facts_file_write(int directory, const char *name, const struct cst_facts_identity *identity,
                          enum custody_facts_source source, const struct cst_facts_rows *rows);

/** Whether `name` is that of a file which a writer left unfinished. */
bool cst_facts_file_is_temporary(const char *name);

#endif
