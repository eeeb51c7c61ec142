/* harp: see harp.h. */
#include "harp.h"

#include "keep.h"

#include <stdlib.h>
#include <string.h>

struct harp_props {
    char values[94];
};

struct harp_stream {
    struct harp_props *props;
    char buffer[87];
};

struct harp_node {
    char *name;
    long line;
};

struct harp_surface {
    char pixels[203];
};

static const char path[] = "/run/captures/7.rdc";
static const char text[] = "addiu $sp, $sp, -40";

struct harp_props *harp_props_new(void)
{
    return keep(calloc(1, sizeof(struct harp_props)));
}

void harp_props_free(struct harp_props *props)
{
    free(keep(props));
}

struct harp_stream *harp_stream_open(void)
{
    struct harp_stream *stream = keep(calloc(1, sizeof *stream));
    stream->props = harp_props_new();
    return stream;
}

struct harp_props *harp_stream_props(struct harp_stream *stream)
{
    return stream->props;
}

void harp_stream_close(struct harp_stream *stream)
{
    harp_props_free(stream->props);
    free(keep(stream));
}

struct harp_node **harp_nodes_new(size_t count)
{
    struct harp_node **nodes = keep(calloc(count, sizeof *nodes));
    for (size_t i = 0; i < count; i++) {
        nodes[i] = keep(calloc(1, sizeof **nodes));
        nodes[i]->name = keep(strdup("a node"));
    }
    return nodes;
}

void harp_node_free(struct harp_node *node)
{
    free(keep(node->name));
    free(keep(node));
}

void harp_nodes_free(struct harp_node **nodes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        harp_node_free(nodes[i]);
    free(keep(nodes));
}

static void release_table(struct harp_table *table)
{
    free(keep(table->rows));
    table->release = NULL;
}

void harp_table_fill(struct harp_table *table)
{
    table->rows = keep(calloc(1, 95));
    table->release = release_table;
}

void harp_name(char *name, size_t size)
{
    strncpy(name, "drum", size);
}

void harp_path(char *out_path)
{
    strcpy(keep(out_path), keep((void *)path));
}

size_t harp_path_size(void)
{
    return sizeof path;
}

void harp_text(char *out_text)
{
    memcpy(keep(out_text), text, (size_t)keep((void *)sizeof text));
}

size_t harp_text_size(void)
{
    return sizeof text - 1;
}

struct harp_surface *harp_surface_new(void)
{
    return keep(calloc(1, sizeof(struct harp_surface)));
}

void harp_surface_destroy(struct harp_surface *surface)
{
    free(keep(surface));
}
