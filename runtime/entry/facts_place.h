/* Where facts files are, by the settings and the environment: tells site/facts.h at start. */
#ifndef CST_ENTRY_FACTS_PLACE_H
#define CST_ENTRY_FACTS_PLACE_H

/** Sets the source of facts: the directory of the setting `facts`, else the one in the user's cache, and who makes them on
 * request. `notice` hears of settings and files that cannot be used. After the settings were read, before the first module is
 * registered. */
void cst_facts_place_find(void (*notice)(const char *text));

#endif
