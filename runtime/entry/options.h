/* Options: the settings of include/custody/settings.def, read from CUSTODY_OPTIONS at start. A bad name or value is said
 * on stderr with the name of the setting, and the default stays. Read-only after start. */
#ifndef CST_ENTRY_OPTIONS_H
#define CST_ENTRY_OPTIONS_H

#include <stddef.h>

/** Texts point into the copy that cst_options_parse made; numbers, switches and choices are plain. */
struct cst_options {
#define TEXT const char *
#define BOOL unsigned
#define NUMBER(lowest, highest) unsigned
#define CHOICE(words) unsigned
#define CUSTODY_SETTING(name, type, standard, help) type name;
#include "custody/settings.def"
#undef TEXT
#undef BOOL
#undef NUMBER
#undef CHOICE
};

/** Values of `leaks`. */
enum cst_options_leaks { CST_LEAKS_OFF, CST_LEAKS_SUMMARY, CST_LEAKS_FULL };
/** Values of `events`. */
enum cst_options_events { CST_EVENTS_FINDINGS, CST_EVENTS_OWNERSHIP };
/** Value of `fail_on` above every severity. */
enum { CST_FAIL_NEVER = 3 };

extern struct cst_options cst_options;

/** Hears of one bad pair: a message that names the setting and says what would be right. */
typedef void cst_options_complain(const char *message);

/** Sets cst_options from `text` (NULL: defaults only), which is changed and kept. */
void cst_options_parse(char *text, cst_options_complain *complain);

#endif
