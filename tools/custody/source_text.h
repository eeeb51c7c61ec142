/* Source files, for the excerpt under a frame: whole files, read once, cut into lines. One thread. */
#ifndef CST_TOOL_SOURCE_TEXT_H
#define CST_TOOL_SOURCE_TEXT_H

struct cst_source_texts;

/** An empty cache; release it with cst_source_texts_free. */
struct cst_source_texts *cst_source_texts_new(void);

/** Line `number` (from 1) of the regular file at `path`, without its newline; NULL when there is none, or the file
 * cannot be read or is too large to be source. The text belongs to the cache. */
const char *cst_source_texts_line(struct cst_source_texts *texts, const char *path, int number);

void cst_source_texts_free(struct cst_source_texts *texts);

#endif
