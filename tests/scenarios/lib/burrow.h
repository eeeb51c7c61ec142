/* burrow: a C library that makes blocks and can keep the only pointer to them, in static data or in thread-local memory. */
#ifndef SCENARIO_BURROW_H
#define SCENARIO_BURROW_H

#include <stddef.h>

/** A zeroed block of the library's; the library keeps no pointer to it. */
void *burrow_make(size_t size);

/** Releases a block of burrow_make's. */
void burrow_free(void *block);

/** Keeps `block` in static data of the library; NULL forgets it. */
void burrow_keep(void *block);

/** Keeps `block` in thread-local memory of the library, of the calling thread; NULL forgets it. */
void burrow_keep_local(void *block);

/** Keeps `block` in a structure on the heap that the library makes at the first call and that its static data lead to. */
void burrow_keep_deep(void *block);

/** Releases that structure, not what it leads to. */
void burrow_close(void);

#endif
