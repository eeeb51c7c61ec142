/* The environment as it was when the program started, for settings: libc's once it has one, else the kernel's. At start
 * only, before the program can change it: strings are not copied. */
#ifndef CST_ENTRY_ENVIRONMENT_H
#define CST_ENTRY_ENVIRONMENT_H

#include "plat/compiler.h"

/** The value of the variable `name`; NULL when there is none, and in a program that has more rights than who starts it
 * (setuid, file capabilities), who has no say in what it reads and writes. */
CST_MUST_USE const char *cst_environment_find(const char *name);

#endif
