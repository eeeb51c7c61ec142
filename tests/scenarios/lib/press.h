/* press: a C++ library; the C part of its face, for Rust and C. */
#ifndef SCENARIO_PRESS_H
#define SCENARIO_PRESS_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/** An int of the library's, made with new; press_int_delete takes it. */
int *press_int_new(int value);
void press_int_delete(int *number);

/** `count` ints made with new[]; press_ints_delete takes them. */
int *press_ints_new(size_t count);
void press_ints_delete(int *numbers);

/** `size` bytes from malloc. */
void *press_malloc(size_t size);
void press_free(void *block);

/** A label as wxWidgets' C interface gives it: made with strdup, for free. */
char *press_label(void);

/** Runs the deleting destructor on a label object of 48 bytes: releases its storage with operator delete. */
void press_object_destroy(void *object);

/** Makes an object for press_object_destroy. */
void *press_object_new(void);

#ifdef __cplusplus
}

#include <memory>
#include <string>
#include <vector>

/** Values that own heap memory and cross by value. */
std::string press_text(const std::string &word, size_t times);
std::vector<std::string> press_lines(size_t count);
std::shared_ptr<int> press_shared(int value);
std::unique_ptr<std::string> press_unique(const std::string &text);
void press_consume(std::vector<std::string> lines);

/** Throws std::runtime_error with a long text. */
[[noreturn]] void press_throw(const std::string &why);
#endif

#endif
