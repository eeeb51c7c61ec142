/* Records of modules: see module_record.h. */
#include "site/module_record.h"

#include "base/pool.h"
#include "site/module_facts.h"
#include "site/module_file.h"

#include <dlfcn.h>
#include <link.h>
#include <string.h>

/* More than glibc has (DL_NNS). */
#define NAMESPACES_MAX 256

/* The end of the last segment of the module, where the dynamic linker agrees. */
static uintptr_t end_of(const struct cst_module *module, const struct cst_module_headers *headers)
{
    const struct cst_elf image = cst_elf_of_segments(headers->bytes, headers->size);
    uintptr_t last = module->hi;
    for (size_t i = 0; i < cst_elf_segment_count(&image); i++) {
        Elf64_Phdr segment = cst_elf_segment(&image, i);
        uintptr_t end = module->base + segment.p_vaddr + segment.p_memsz;
        struct dl_find_object object;
        if (segment.p_type == PT_LOAD && end > last && _dl_find_object((void *)(end - 1), &object) == 0 &&
            object.dlfo_link_map->l_addr == module->base) {
            last = end;
        }
    }
    return last;
}

/* Where the module lies: from the object at its load bias, where its headers are, to the end of its last segment. */
static void find_range(const struct dl_find_object *object, struct cst_module_headers *headers,
                       struct cst_module_record *record)
{
    struct cst_module *module = &record->module;
    struct dl_find_object first;
    module->base = object->dlfo_link_map->l_addr;
    if (_dl_find_object((void *)module->base, &first) != 0 || first.dlfo_link_map != object->dlfo_link_map) {
        first = *object;
    }
    module->lo = (uintptr_t)first.dlfo_map_start;
    module->hi = (uintptr_t)first.dlfo_map_end;
    cst_module_headers_read(module, headers);
    module->hi = end_of(module, headers);
    record->in_parts = module->hi != (uintptr_t)first.dlfo_map_end;
    if ((uintptr_t)object->dlfo_map_start >= module->hi) { /* not told by the headers: on its own */
        module->lo = (uintptr_t)object->dlfo_map_start;
        module->hi = (uintptr_t)object->dlfo_map_end;
        record->in_parts = false;
    }
}

/* How glibc's record of a module goes on behind what <link.h> tells of it, since glibc 2.3 (include/link.h there). */
struct loader_record {
    struct link_map told;
    const struct link_map *real; /* itself, but for the dynamic linker's stand-ins in other namespaces */
    Lmid_t link_namespace;
};

static long namespace_of(const struct link_map *map)
{
    const struct loader_record *record = (const struct loader_record *)map;
    bool sensible = record->real == map && record->link_namespace >= 0 && record->link_namespace < NAMESPACES_MAX;
    return sensible ? record->link_namespace : CST_NAMESPACE_UNKNOWN;
}

void cst_module_record_read(const struct dl_find_object *object, struct cst_module_headers *headers,
                            struct cst_module_record *out_record)
{
    *out_record = (struct cst_module_record){
        .map = object->dlfo_link_map,
        .loader_name = object->dlfo_link_map->l_name,
    };
    struct cst_module *module = &out_record->module;
    module->link_namespace = namespace_of(object->dlfo_link_map);
    find_range(object, headers, out_record);
    cst_module_headers_read(module, headers);
    module->headers = headers->size != 0 ? headers->bytes : NULL;
    module->headers_size = headers->size;
    cst_module_identify(module);
}

struct cst_module_record *cst_module_record_keep(const struct cst_module_record *fresh)
{
    struct cst_module_record *record = cst_pool_alloc(sizeof *record);
    const char *loader_name = cst_pool_copy(fresh->loader_name, strlen(fresh->loader_name));
    if (record == NULL || loader_name == NULL) {
        return NULL;
    }
    *record = *fresh;
    record->loader_name = loader_name;
    cst_module_name(loader_name, &record->module);
    if (fresh->module.headers_size != 0) {
        record->module.headers = cst_pool_copy((const char *)fresh->module.headers, fresh->module.headers_size);
        record->module.headers_size = record->module.headers != NULL ? fresh->module.headers_size : 0;
    }
    return record;
}

bool cst_module_record_same_file(const struct cst_module *one, const struct cst_module *other)
{
    return one->fingerprint == other->fingerprint && one->build_id_size == other->build_id_size &&
           memcmp(one->build_id, other->build_id, one->build_id_size) == 0;
}

bool cst_module_record_equal(const struct cst_module_record *record, const struct cst_module_record *fresh)
{
    const struct cst_module *ours = &record->module, *theirs = &fresh->module;
    return ours->base == theirs->base && ours->lo == theirs->lo && ours->hi == theirs->hi &&
           record->in_parts == fresh->in_parts && ours->link_namespace == theirs->link_namespace &&
           ours->build_id_size != 0 && cst_module_record_same_file(ours, theirs) &&
           strcmp(record->loader_name, fresh->loader_name) == 0;
}
