/* Identities of ELF files; see facts_identity.h. */
#include "facts_identity.h"

#include "fnv.h"

#include <gelf.h>
#include <stdio.h>
#include <string.h>

/* The program headers as they stand in the file. */
static bool read_fingerprint(Elf *elf, struct cst_facts_identity *identity)
{
    GElf_Ehdr header;
    size_t count = 0, file_size = 0;
    const char *file = elf_rawfile(elf, &file_size);
    if (!file || !gelf_getehdr(elf, &header) || elf_getphdrnum(elf, &count) != 0 || count == 0 ||
        header.e_phentsize != sizeof(Elf64_Phdr) || header.e_phoff > file_size ||
        count > (file_size - header.e_phoff) / sizeof(Elf64_Phdr)) {
        return false;
    }
    uint64_t hash = cst_fnv(CST_FNV_START, file + header.e_phoff, count * sizeof(Elf64_Phdr));
    identity->fingerprint = hash ? hash : 1;
    return true;
}

/* The first GNU build-id in the notes of one segment. */
static void read_notes(Elf *elf, const GElf_Phdr *segment, struct cst_facts_identity *identity)
{
    Elf_Type type = segment->p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR;
    Elf_Data *data = elf_getdata_rawchunk(elf, (int64_t)segment->p_offset, segment->p_filesz, type);
    size_t at = 0, name = 0, content = 0;
    GElf_Nhdr note;
    while (data && (at = gelf_getnote(data, at, &note, &name, &content)) > 0) {
        const char *bytes = data->d_buf;
        if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && memcmp(bytes + name, "GNU", 4) == 0 &&
            note.n_descsz > 0) {
            identity->build_id_size =
                note.n_descsz < CUSTODY_FACTS_BUILD_ID_MAX ? note.n_descsz : CUSTODY_FACTS_BUILD_ID_MAX;
            memcpy(identity->build_id, bytes + content, identity->build_id_size);
            return;
        }
    }
}

bool cst_facts_identity_read(Elf *elf, uint64_t module_size, struct cst_facts_identity *out_identity)
{
    *out_identity = (struct cst_facts_identity){.module_size = module_size};
    size_t count = 0;
    if (!read_fingerprint(elf, out_identity) || elf_getphdrnum(elf, &count) != 0) {
        return false;
    }
    for (size_t i = 0; i < count && out_identity->build_id_size == 0; i++) {
        GElf_Phdr segment;
        if (gelf_getphdr(elf, (int)i, &segment) && segment.p_type == PT_NOTE) {
            read_notes(elf, &segment, out_identity);
        }
    }
    return true;
}

bool cst_facts_identity_matches(const struct cst_facts_identity *identity, const struct custody_facts_header *header)
{
    /* A build-id stands for the code, whether the file was stripped or not. */
    bool same_size = identity->build_id_size > 0 || header->module_size == identity->module_size;
    return same_size && header->fingerprint == identity->fingerprint &&
           header->build_id_size == identity->build_id_size &&
           memcmp(header->build_id, identity->build_id, sizeof header->build_id) == 0;
}

void cst_facts_identity_key(const struct cst_facts_identity *identity, char out_key[CST_FACTS_KEY_MAX])
{
    if (identity->build_id_size == 0) {
        snprintf(out_key, CST_FACTS_KEY_MAX, "x%016llx%016llx", (unsigned long long)identity->fingerprint,
                 (unsigned long long)identity->module_size);
        return;
    }
    for (uint32_t i = 0; i < identity->build_id_size; i++) {
        snprintf(out_key + (size_t)2 * i, 3, "%02x", identity->build_id[i]);
    }
}
