/* Any bytes as calls of the public API, in any order, with any texts as names, and with pointers and numbers that are right,
 * spent, of another kind, or nothing at all: misuse is told and never crashes, and each line of the log is one JSON object.
 * What is left when the calls are over is released, so that inputs do not depend on each other much. */
#include "../fuzz.h"

#include "../../../tools/custody/number_clamp.h"
#include "custody/custody.h"

#include <fcntl.h>
#include <jansson.h>
#include <sys/stat.h>

#define SLOTS 8
#define CALLS_MAX 200

/* Sizes, in blocks and leases: a buffer is read as a whole when it is leased, unless there is not so much memory behind it. */
#define SIZE_LIMIT ((size_t)1 << 26)
#define BEYOND_MEMORY ((size_t)1 << 47)

static struct {
    custody_side sides[SLOTS];
    custody_type types[SLOTS];
    custody_loan loans[SLOTS];
    custody_lease leases[SLOTS];
    custody_callback callbacks[SLOTS];
    void *blocks[SLOTS];
    char place[256]; /* memory that is no block */
} pool;

#define LOG_VARIABLE "CUSTODY_FUZZ_LOG"

static const char *log_path;

static void remove_log(void)
{
    unlink(log_path);
}

/* Settings are those that the program starts with: it starts anew with ours. */
static void start_anew(char **argv)
{
    char options[128], path[SCRATCH_ROOM];
    scratch_template(path);
    int fd = mkstemp(path);
    require(fd >= 0 && close(fd) == 0);
    snprintf(options, sizeof options, "log=%s:events=ownership:leaks=off", path);
    require(setenv("CUSTODY_OPTIONS", options, 1) == 0 && setenv(LOG_VARIABLE, path, 1) == 0);
    execv("/proc/self/exe", argv);
    abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    log_path = getenv(LOG_VARIABLE);
    if (!log_path)
        start_anew(*argv);
    atexit(remove_log);
    return 0;
}

/* The input as numbers and texts. */
struct input {
    const uint8_t *at, *end;
};

static uint8_t take(struct input *input)
{
    return input->at < input->end ? *input->at++ : 0;
}

/* Sizes of every order. */
static size_t take_size(struct input *input)
{
    size_t low = take(input), shift = take(input);
    return shift < 200 ? low << shift % 8 : low << shift % 64;
}

/* A block, its inside, what is none, or nothing. */
static void *take_pointer(struct input *input)
{
    uint8_t byte = take(input);
    char *block = pool.blocks[byte % SLOTS];
    if (byte < 128)
        return block;
    if (byte < 192)
        return block ? block + byte % 32 : NULL;
    /* Addresses where there is never anything: a program that leases what is not its own has it written to. */
    return byte < 240 ? pool.place + byte % 64 : (void *)((uintptr_t)byte << (byte % 2 ? 55 : 3));
}

static bool is_place(const void *pointer)
{
    return (uintptr_t)pointer - (uintptr_t)pool.place < sizeof pool.place;
}

static void drop(void *data)
{
    use((uintptr_t)data);
}

static void call_blocks(struct input *input, unsigned slot, custody_side side)
{
    struct custody_description description;
    switch (take(input) % 6) {
    case 0:
    case 1: {
        size_t size = take_size(input);
        pool.blocks[slot] = custody_alloc(side, size % SIZE_LIMIT, (size_t)1 << take(input) % 16);
        break;
    }
    case 2: {
        void *block = take_pointer(input), *resized = custody_resize(side, block, take_size(input) % SIZE_LIMIT);
        pool.blocks[slot] = resized ? resized : pool.blocks[slot];
        break;
    }
    case 3:
        custody_release(side, take_pointer(input));
        break;
    case 4:
        if (custody_describe(take_pointer(input), &description) == CUSTODY_STATUS_OK)
            use(strlen(description.side) + strlen(description.place) +
                (description.type ? strlen(description.type) : 0));
        break;
    default:
        use((unsigned)custody_owner(take_pointer(input), &side));
        use(strlen(custody_side_name(side)));
    }
}

static void call_ledger(struct input *input, unsigned slot, custody_side side)
{
    custody_side other = pool.sides[take(input) % SLOTS];
    switch (take(input) % 4) {
    case 0:
        use((unsigned)custody_transfer(take_pointer(input), side, other, (enum custody_contract)take(input)));
        break;
    case 1:
        use((unsigned)custody_lend(take_pointer(input), side, other, (enum custody_loan_kind)(take(input) % 3),
                                   &pool.loans[slot]));
        break;
    case 2:
        use((unsigned)custody_return(take(input) < 250 ? pool.loans[slot] : take(input)));
        break;
    default:
        use((unsigned)custody_releasing(side, take_pointer(input)));
    }
}

/* What a library that is handed a buffer does with it, within the copy, or behind its capacity, where the guard lies. */
static void write_to_lease(struct input *input, custody_lease lease)
{
    unsigned char *memory = custody_lease_memory(lease);
    if (memory >= (unsigned char *)pool.place && memory < (unsigned char *)pool.place + 64)
        memory[take(input) % 64] = take(input);
}

static void call_lease(struct input *input, unsigned slot, custody_side side)
{
    switch (take(input) % 4) {
    case 0:
    case 1: {
        void *buffer = take_pointer(input);
        size_t capacity = take_size(input);
        if (is_place(buffer))
            capacity %= sizeof pool.place - 64 - CUSTODY_GUARD_SIZE;
        else if (capacity < BEYOND_MEMORY)
            capacity %= SIZE_LIMIT;
        use((unsigned)custody_lease_begin(side, buffer, capacity, take(input), &pool.leases[slot]));
        break;
    }
    case 2:
        write_to_lease(input, pool.leases[slot]);
        break;
    default:
        use((unsigned)custody_lease_end(pool.leases[slot],
                                        take(input) < 200 ? take_size(input) : CUSTODY_LENGTH_UNKNOWN));
    }
}

static void call_object(struct input *input, unsigned slot, custody_type type)
{
    switch (take(input) % 7) {
    case 0:
        pool.blocks[slot] = custody_create(type, take_size(input) % 65536);
        break;
    case 1:
        use((unsigned)custody_adopt(type, take_pointer(input)));
        break;
    case 2:
        use((unsigned)custody_check(type, take_pointer(input)));
        break;
    case 3:
        use((unsigned)custody_retain(type, take_pointer(input)));
        break;
    case 4:
        use((unsigned)custody_end(type, take_pointer(input)));
        break;
    case 5:
        use((unsigned)custody_destroy(type, take_pointer(input)));
        break;
    default:
        custody_release(pool.sides[slot], take_pointer(input));
    }
}

static void call_callback(struct input *input, unsigned slot, custody_side side)
{
    void *data;
    char *name;
    switch (take(input) % 5) {
    case 0:
        name = take_text(&input->at, input->end);
        use((unsigned)custody_callback_register(side, name, take_pointer(input), take(input) % 2 ? drop : NULL,
                                                &pool.callbacks[slot]));
        free(name);
        break;
    case 1:
        if (custody_callback_enter(pool.callbacks[slot], &data))
            use((uintptr_t)data);
        break;
    case 2:
        use((unsigned)custody_callback_leave(pool.callbacks[slot]));
        break;
    case 3:
        use((unsigned)custody_callback_drop(pool.callbacks[slot]));
        break;
    default:
        use(custody_close(side));
    }
}

static void call_names(struct input *input, unsigned slot, custody_side side)
{
    char *name = take_text(&input->at, input->end), *other = take_text(&input->at, input->end);
    if (take(input) % 2)
        use((unsigned)custody_side_register(name, (enum custody_lang)(take(input) % 8), &pool.sides[slot]));
    else
        use((unsigned)custody_type_register(side, name, other, take(input) % 8, &pool.types[slot]));
    free(name);
    free(other);
}

static void call(struct input *input)
{
    uint8_t which = take(input);
    unsigned slot = which / 8 % SLOTS;
    custody_side side = pool.sides[take(input) % SLOTS];
    switch (which % 8) {
    case 0:
    case 1:
        call_blocks(input, slot, side);
        break;
    case 2:
        call_ledger(input, slot, side);
        break;
    case 3:
    case 4:
        call_lease(input, slot, side);
        break;
    case 5:
        call_object(input, slot, pool.types[take(input) % SLOTS]);
        break;
    case 6:
        call_callback(input, slot, side);
        break;
    default:
        call_names(input, slot, side);
    }
}

static void end_all(void)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        (void)custody_lease_end(pool.leases[i], CUSTODY_LENGTH_UNKNOWN);
        (void)custody_return(pool.loans[i]);
        (void)custody_callback_leave(pool.callbacks[i]);
        (void)custody_callback_drop(pool.callbacks[i]);
        custody_release(pool.sides[i], pool.blocks[i]);
    }
    use(custody_lease_check());
    memset(&pool, 0, sizeof pool);
}

/* A line as the tool reads it: numbers that a program gave may be larger than jansson's. */
static json_t *parse(char *line, size_t length)
{
    cst_number_clamp(line, length);
    return line[length - 1] == '\n' ? json_loadb(line, length, 0, NULL) : NULL;
}

/* Every line of the log is an object; then the log is made empty. */
static void check_log(void)
{
    FILE *log = fopen(log_path, "r+");
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    require(log != NULL);
    while ((length = getline(&line, &room, log)) > 0) {
        json_t *event = parse(line, (size_t)length);
        require(json_is_object(event));
        json_decref(event);
    }
    free(line);
    require(ftruncate(fileno(log), 0) == 0);
    fclose(log);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct input input = {bytes, bytes + size};
    for (int calls = 0; input.at < input.end && calls < CALLS_MAX; calls++)
        call(&input);
    end_all();
    check_log();
    return 0;
}
