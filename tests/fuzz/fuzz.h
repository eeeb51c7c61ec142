/* What every fuzz target has: the function that takes an input, and a few helpers. A target requires what holds for any
 * input; what it must not do (read too far, run for ever) the sanitizers and libFuzzer's limits see. Header only. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/** Takes one input. Called many times in one process. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/** Called once, first; a target may have it. */
int LLVMFuzzerInitialize(int *argc, char ***argv);

/** Stands in replay.c: whether inputs are run once each, so that all may be done with each; else a part is enough. */
extern const char fuzz_replays __attribute__((weak));

static inline bool wants_all(void)
{
    return &fuzz_replays != NULL;
}

/** A number that the input's bytes decide (FNV-1a). */
static inline uint32_t draw(const uint8_t *bytes, size_t size)
{
    uint32_t value = 2166136261U;
    for (size_t i = 0; i < size; i++)
        value = (value ^ bytes[i]) * 16777619U;
    return value;
}

/** Ends the process unless `holds`. */
static inline void require(bool holds)
{
    if (!holds)
        abort();
}

/** Keeps a result from being optimised away. */
static inline void use(uint64_t value)
{
    static volatile uint64_t sink;
    sink = sink + value;
}

/** A file with these bytes, that has no name but a path. */
struct file {
    int fd;
    char path[40];
};

static inline struct file file_open(const void *bytes, size_t size)
{
    struct file file = {.fd = memfd_create("input", MFD_CLOEXEC)};
    require(file.fd >= 0 && write(file.fd, bytes, size) == (ssize_t)size);
    snprintf(file.path, sizeof file.path, "/proc/self/fd/%d", file.fd);
    return file;
}

static inline void file_close(const struct file *file)
{
    close(file->fd);
}

#define SCRATCH_ROOM 64

/** Makes `out_path` a template for mkstemp() or mkdtemp(): in memory if possible, as what is written for each input and
 * told to be kept (fsync) makes a disk what the fuzzer waits for. */
static inline void scratch_template(char out_path[SCRATCH_ROOM])
{
    bool memory = access("/dev/shm", W_OK | X_OK) == 0;
    snprintf(out_path, SCRATCH_ROOM, "%s/custody-fuzz-XXXXXX", memory ? "/dev/shm" : "/tmp");
}

/** A copy of exactly `size` bytes and a NUL, so that a byte too far is seen. Free it. */
static inline char *text_of(const uint8_t *bytes, size_t size)
{
    char *text = malloc(size + 1);
    require(text != NULL);
    if (size > 0)
        memcpy(text, bytes, size);
    text[size] = '\0';
    return text;
}

/** Takes a text off the front of `*at`, up to a NUL or the end; the next one follows. Free it. */
static inline char *take_text(const uint8_t **at, const uint8_t *end)
{
    size_t size = strnlen((const char *)*at, (size_t)(end - *at));
    char *text = text_of(*at, size);
    *at += size < (size_t)(end - *at) ? size + 1 : size;
    return text;
}

#endif
