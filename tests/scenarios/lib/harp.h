/* harp: a C library of handles and of buffers that its callers provide, after the libraries of real bugs. */
#ifndef SCENARIO_HARP_H
#define SCENARIO_HARP_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A stream owns its properties: harp_stream_props lends them, harp_stream_close releases both. */
struct harp_stream;
struct harp_props;
struct harp_stream *harp_stream_open(void);
struct harp_props *harp_stream_props(struct harp_stream *stream);
void harp_stream_close(struct harp_stream *stream);

/** Properties of the caller's own, for harp_props_free. */
struct harp_props *harp_props_new(void);
void harp_props_free(struct harp_props *props);

/** An array of `count` nodes for harp_nodes_free; a node alone, taken out of it, is for harp_node_free. */
struct harp_node;
struct harp_node **harp_nodes_new(size_t count);
void harp_nodes_free(struct harp_node **nodes, size_t count);
void harp_node_free(struct harp_node *node);

/** A table that its consumer releases by calling its `release`, which sets `release` to NULL. */
struct harp_table {
    void *rows;
    void (*release)(struct harp_table *table);
};
void harp_table_fill(struct harp_table *table);

/** Writes a name and zeroes up to `size` into `name`. */
void harp_name(char *name, size_t size);

/** Writes the path of a file into `path`, whatever room there is. */
void harp_path(char *path);
size_t harp_path_size(void);

/** Writes a text, and the NUL that harp_text_size leaves out. */
void harp_text(char *text);
size_t harp_text_size(void);

/** A surface belongs to the thread that made it, which alone may destroy it. */
struct harp_surface;
struct harp_surface *harp_surface_new(void);
void harp_surface_destroy(struct harp_surface *surface);

#ifdef __cplusplus
}
#endif

#endif
