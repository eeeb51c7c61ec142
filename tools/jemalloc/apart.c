/* Usage: apart OBJECT STUBS SYMBOLS
 * A tool of the build: takes what jemalloc keeps for each thread out of static thread-local storage, of which a library that
 * is loaded by dlopen gets little. Changes OBJECT, a relocatable file of jemalloc for x86-64, in place; writes the assembly
 * source of what it now needs to STUBS, and arguments for objcopy to SYMBOLS.
 *
 * jemalloc reaches the variable in one way only: it loads, or adds to a register, its distance from the thread pointer,
 *
 *     mov je_tsd_tls@gottpoff(%rip), %reg        add je_tsd_tls@gottpoff(%rip), %reg
 *
 * which are 7 bytes each. They become a jump to a stub and back. The stub does the same with the distance of memory that
 * thread_apart.c has made for the calling thread. No register changes but that one, and nothing on the stack; flags change
 * with `add` only, as they did. Anything else that is found is an error. */
#include <elf.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATE "je_tsd_tls"
#define INSTRUCTION_SIZE 7
#define STUB_SIZE 32

static struct {
    unsigned char *bytes;
    size_t size;
    Elf64_Shdr *sections;
    size_t section_count;
    const char *section_names;
    Elf64_Sym *state; /* the symbol of the variable */
    size_t state_number;
} object;

static FILE *stubs, *symbols;
static size_t site_count;

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "apart: %s\n", what);
    exit(1);
}

static void *part(uint64_t offset, uint64_t size)
{
    if (offset > object.size || size > object.size - offset)
        fail("the object is cut short");
    return object.bytes + offset;
}

static void load(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0)
        fail("cannot read the object");
    long size = ftell(file);
    object.size = size > 0 ? (size_t)size : 0;
    object.bytes = malloc(object.size + 1);
    rewind(file);
    if (!object.bytes || fread(object.bytes, 1, object.size, file) != object.size)
        fail("cannot read the object");
    fclose(file);
}

static void save(const char *path)
{
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(object.bytes, 1, object.size, file) != object.size || fclose(file) != 0)
        fail("cannot write the object");
}

static void read_sections(void)
{
    const Elf64_Ehdr *header = part(0, sizeof *header);
    if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 || header->e_type != ET_REL || header->e_machine != EM_X86_64)
        fail("no relocatable object for x86-64");
    object.section_count = header->e_shnum;
    object.sections = part(header->e_shoff, object.section_count * sizeof(Elf64_Shdr));
    if (header->e_shstrndx >= object.section_count)
        fail("sections have no names");
    const Elf64_Shdr *names = &object.sections[header->e_shstrndx];
    object.section_names = part(names->sh_offset, names->sh_size);
}

static void find_state(void)
{
    for (size_t i = 0; i < object.section_count; i++) {
        const Elf64_Shdr *table = &object.sections[i];
        if (table->sh_type != SHT_SYMTAB)
            continue;
        Elf64_Sym *list = part(table->sh_offset, table->sh_size);
        const Elf64_Shdr *strings = &object.sections[table->sh_link];
        const char *names = part(strings->sh_offset, strings->sh_size);
        for (size_t number = 0; number < table->sh_size / sizeof *list; number++) {
            if (strcmp(names + list[number].st_name, STATE) == 0) {
                object.state = &list[number];
                object.state_number = number;
            }
        }
    }
    if (!object.state || ELF64_ST_TYPE(object.state->st_info) != STT_TLS ||
        ELF64_ST_BIND(object.state->st_info) != STB_GLOBAL || object.state->st_shndx >= object.section_count)
        fail("no thread-local variable " STATE);
}

static const char *const register_names[] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                             "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};

static void write_load(const char *name)
{
    fprintf(stubs, "    movq cst_je_thread_distance@gottpoff(%%rip), %%%s\n    movq %%fs:(%%%s), %%%s\n", name, name,
            name);
}

/* A register more is needed; the 128 bytes below the stack pointer may be in use. */
static void write_addition(const char *name)
{
    const char *other = strcmp(name, "rax") == 0 ? "rcx" : "rax";
    fprintf(stubs, "    addq $-128, %%rsp\n    pushq %%%s\n", other);
    write_load(other);
    fprintf(stubs, "    addq %%%s, %%%s\n    popq %%%s\n    subq $-128, %%rsp\n", other, name, other);
}

/* `entry` is the relocation of the instruction at `offset` in `section`, whose 4 last bytes it fills. */
static void change_site(const Elf64_Shdr *section, Elf64_Rela *entry)
{
    if (entry->r_offset < 3 || ELF64_R_TYPE(entry->r_info) != R_X86_64_GOTTPOFF || entry->r_addend != -4)
        fail("an access to " STATE " is of a kind that is not known");
    uint64_t offset = entry->r_offset - 3;
    unsigned char *code = part(section->sh_offset + offset, INSTRUCTION_SIZE);
    bool adds = code[1] == 0x03;
    if ((code[0] & 0xfb) != 0x48 || (code[1] != 0x8b && !adds) || (code[2] & 0xc7) != 0x05)
        fail("an access to " STATE " is no mov or add");
    unsigned number = (code[2] >> 3 & 7U) | (code[0] & 4U) << 1;

    fprintf(stubs, "    .balign %d\n", STUB_SIZE);
    if (adds)
        write_addition(register_names[number]);
    else
        write_load(register_names[number]);
    fprintf(stubs, "    jmp cst_je_site_%zu\n", site_count);
    fprintf(symbols, "--add-symbol cst_je_site_%zu=%s:0x%llx,function,global\n", site_count,
            object.section_names + section->sh_name, (unsigned long long)(offset + INSTRUCTION_SIZE));

    static const unsigned char jump[INSTRUCTION_SIZE] = {0xe9, 0, 0, 0, 0, 0x66, 0x90};
    memcpy(code, jump, sizeof jump);
    entry->r_offset = offset + 1;
    entry->r_info = ELF64_R_INFO(object.state_number, R_X86_64_PLT32);
    entry->r_addend = (int64_t)(site_count * STUB_SIZE) - 4;
    site_count++;
}

static void change_sites(void)
{
    for (size_t i = 0; i < object.section_count; i++) {
        const Elf64_Shdr *table = &object.sections[i];
        if (table->sh_type != SHT_RELA || table->sh_info >= object.section_count)
            continue;
        Elf64_Rela *entries = part(table->sh_offset, table->sh_size);
        for (size_t k = 0; k < table->sh_size / sizeof *entries; k++)
            if (ELF64_R_SYM(entries[k].r_info) == object.state_number)
                change_site(&object.sections[table->sh_info], &entries[k]);
    }
}

/* What the variable holds in a new thread becomes a constant; its symbol that of the stubs. */
static void change_state(void)
{
    const Elf64_Shdr *section = &object.sections[object.state->st_shndx];
    const unsigned char *image = part(section->sh_offset + object.state->st_value, object.state->st_size);
    fprintf(stubs, "    .section .rodata, \"a\"\n    .balign 8\n    .globl cst_je_thread_image\n"
                   "    .type cst_je_thread_image, @object\ncst_je_thread_image:\n");
    for (size_t i = 0; i < object.state->st_size; i++)
        fprintf(stubs, "    .byte %u\n", image[i]);
    fprintf(stubs, "    .size cst_je_thread_image, . - cst_je_thread_image\n");
    fprintf(symbols, "--remove-section %s\n--redefine-sym " STATE "=cst_je_stubs\n",
            object.section_names + section->sh_name);
    object.state->st_info = ELF64_ST_INFO(STB_GLOBAL, STT_NOTYPE);
    object.state->st_shndx = SHN_UNDEF;
    object.state->st_value = 0;
    object.state->st_size = 0;
}

int main(int argc, char **argv)
{
    if (argc != 4 || !(stubs = fopen(argv[2], "w")) || !(symbols = fopen(argv[3], "w")))
        fail("usage: apart OBJECT STUBS SYMBOLS");
    load(argv[1]);
    read_sections();
    find_state();
    fprintf(stubs,
            "    .text\n    .balign %d\n    .globl cst_je_stubs\n    .type cst_je_stubs, @function\n"
            "cst_je_stubs:\n",
            STUB_SIZE);
    change_sites();
    fprintf(stubs, "    .size cst_je_stubs, . - cst_je_stubs\n");
    change_state();
    fprintf(stubs, "    .section .note.GNU-stack, \"\", @progbits\n");
    save(argv[1]);
    if (fclose(stubs) != 0 || fclose(symbols) != 0)
        fail("cannot write");
    return 0;
}
