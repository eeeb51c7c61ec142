/* Where facts files are: see facts_place.h. */
#include "entry/facts_place.h"

#include "base/pool.h"
#include "base/text.h"
#include "entry/environment.h"
#include "entry/options.h"
#include "site/facts.h"

#include <stdbool.h>
#include <string.h>

/* In the pool; NULL when memory is out. */
static const char *join(const char *base, const char *rest)
{
    size_t size = strlen(base) + strlen(rest) + 1;
    char *path = cst_pool_alloc(size);
    struct cst_text text;
    if (path) {
        cst_text_init(&text, path, size, 0);
        cst_text_format(&text, "%s%s", base, rest);
    }
    return path;
}

/* The directory in the user's cache (XDG Base Directory Specification); NULL when there is none. */
static const char *usual_directory(void)
{
    const char *cache = cst_environment_find("XDG_CACHE_HOME"), *home = cst_environment_find("HOME");
    if (cache && cache[0] == '/')
        return join(cache, "/custody/facts");
    return home && home[0] == '/' ? join(home, "/.cache/custody/facts") : NULL;
}

static void refuse(const char *given, void (*notice)(const char *text))
{
    char message[512];
    struct cst_text text;
    cst_text_init(&text, message, sizeof message, 0);
    cst_text_format(&text, "CUSTODY_OPTIONS: facts=%s: expected an absolute path; no facts are used", given);
    notice(message);
}

void cst_facts_place_find(void (*notice)(const char *text))
{
    const char *given = cst_options.facts;
    bool relative = given[0] && given[0] != '/';
    if (relative)
        refuse(given, notice);
    const struct cst_facts_source source = {
        .directory = relative   ? NULL
                     : given[0] ? given
                                : usual_directory(),
        .prepare = cst_options.prepare,
        .notice = notice,
    };
    cst_facts_setup(&source);
}
