/* Patterns of LeakSanitizer's suppression files ("leak:PATTERN"), matched as its runtime does it (TemplateMatch in LLVM's
 * compiler-rt, lib/sanitizer_common): a part of the text, '*' for any characters, '^' at the beginning and '$' behind all
 * for the ends of the text. No state. */
#ifndef CST_TOOL_LEAK_PATTERN_H
#define CST_TOOL_LEAK_PATTERN_H

#include <stdbool.h>

/** True when `text` has the pattern in it; never when the text is empty. Pieces between '*' are looked for from the left,
 * each at its first place, so "b$" is not found in "abcb", as there. */
bool cst_leak_pattern_matches(const char *pattern, const char *text);

#endif
