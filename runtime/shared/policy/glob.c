/* Globs: see glob.h. */
#include "policy/glob.h"

/* Matches one step of the glob that is no '*' against `byte`; the length of the step in the glob, or 0. */
static size_t match_step(const char *glob, const char *glob_end, char byte)
{
    if (glob == glob_end)
        return 0;
    if (glob[0] == '\\' && glob_end - glob > 1)
        return glob[1] == byte ? 2 : 0;
    return glob[0] == '?' || glob[0] == byte ? 1 : 0;
}

bool cst_glob_fits(struct cst_view glob, struct cst_view text)
{
    const char *at = glob.bytes, *glob_end = at + glob.length;
    const char *byte = text.bytes, *end = byte + text.length;
    const char *star = NULL, *retry = NULL; /* behind the last '*', and where in the text what follows it was tried */
    while (byte < end) {
        size_t step = match_step(at, glob_end, *byte);
        if (at < glob_end && *at == '*') {
            star = ++at;
            retry = byte;
        } else if (step) {
            at += step;
            byte++;
        } else if (star) {
            at = star;
            byte = ++retry;
        } else {
            return false;
        }
    }
    while (at < glob_end && *at == '*')
        at++;
    return at == glob_end;
}

bool cst_glob_fits_path(struct cst_view glob, struct cst_view path)
{
    if (cst_glob_fits(glob, path))
        return true;
    if (glob.length > 0 && (glob.bytes[0] == '/' || glob.bytes[0] == '*'))
        return false;
    for (size_t at = 0; at < path.length; at++)
        if (path.bytes[at] == '/' &&
            cst_glob_fits(glob, (struct cst_view){.bytes = path.bytes + at + 1, .length = path.length - at - 1}))
            return true;
    return false;
}

static bool is_special(char byte)
{
    return byte == '*' || byte == '?' || byte == '\\';
}

/* What the last component of the glob has before its first wildcard. */
static struct cst_view literal_name(struct cst_view glob)
{
    size_t begin = 0, end = 0;
    for (size_t at = 0; at < glob.length; at++)
        if (glob.bytes[at] == '/')
            begin = at + 1;
    for (end = begin; end < glob.length && !is_special(glob.bytes[end]); end++)
        ;
    return (struct cst_view){.bytes = glob.bytes + begin, .length = end - begin};
}

static size_t stem_length(struct cst_view name)
{
    for (size_t at = 0; at + 3 <= name.length; at++)
        if (memcmp(name.bytes + at, ".so", 3) == 0)
            return at;
    return name.length;
}

bool cst_glob_spells(struct cst_view glob, struct cst_view name)
{
    struct cst_view literal = literal_name(glob);
    size_t stem = stem_length(name);
    return stem > 0 && literal.length >= stem && literal.length <= name.length &&
           memcmp(literal.bytes, name.bytes, literal.length) == 0;
}
