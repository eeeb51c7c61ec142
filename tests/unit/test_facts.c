/* Facts of modules, over libraries that the test compiles and loads and files of facts that it writes; a thread of the test
 * plays the tool that makes facts on request. */
#include "site/facts.h"

#include "site/facts_file.h"
#include "site/facts_request.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cmocka.h>

#include "child.h"
#include "fixtures/fixture.h"

#define UNTOUCHED 4711

static char noticed[1024];
static unsigned notices;

static void notice(const char *text)
{
    notices++;
    snprintf(noticed, sizeof noticed, "%s", text);
}

static int build_fixtures(void **state)
{
    (void)fixture_begin(state);
    fixture_run("cc -O1 -shared -fPIC -Wl,--build-id=0x0a0b -o @/plain.so %/plain.c");
    fixture_run("cc -O1 -shared -fPIC -Wl,--build-id=none -o @/bare.so %/plain.c");
    fixture_run("cc -O1 -shared -fPIC -s -Wl,--build-id=0x0c -o @/stripped.so %/plain.c");
    fixture_run("mkdir @/facts");
    return 0;
}

/* Every test has a copy of its own, since what was found once stays. */
static const struct cst_module *load_copy(const char *original)
{
    static int number;
    char name[64], command[128];
    snprintf(name, sizeof name, "copy-%d.so", ++number);
    snprintf(command, sizeof command, "cp @/%s @/%s && rm -f @/facts/*", original, name);
    fixture_run(command);
    void *library = dlopen(fixture_path(name), RTLD_NOW | RTLD_LOCAL);
    assert_non_null(library);
    const struct cst_module *module = cst_module_find((uintptr_t)dlsym(library, "plain_name"));
    assert_non_null(module);
    return module;
}

static uint64_t size_of(const char *path)
{
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    return (uint64_t)status.st_size;
}

/* Where the facts of `module` belong. */
static const char *facts_path(const struct cst_module *module)
{
    char key[CST_FACTS_KEY_SIZE], name[CST_FACTS_KEY_SIZE + 32];
    cst_facts_key(module, size_of(module->path), key);
    snprintf(name, sizeof name, "facts/%s%s", key, CUSTODY_FACTS_SUFFIX);
    return fixture_path(name);
}

/* Writes facts: all of the module is Rust. With `damaged` a row is not what was sealed. */
static void write_facts(const struct cst_module *module, bool damaged)
{
    struct {
        struct custody_facts_header header;
        custody_facts_row rows[2];
    } file = {.header = {.magic = CUSTODY_FACTS_MAGIC,
                         .version = CUSTODY_FACTS_VERSION,
                         .row_count = 2,
                         .fingerprint = module->fingerprint,
                         .module_size = size_of(module->path),
                         .build_id_size = module->build_id_size},
              .rows = {custody_facts_row_make(0, CUSTODY_FACTS_DESCRIBED, CUSTODY_LANG_RUST),
                       custody_facts_row_make(0x100000, 0, 0)}};
    memcpy(file.header.build_id, module->build_id, module->build_id_size);
    file.header.checksum = custody_facts_checksum(&file.header, file.rows) ^ damaged;
    int fd = open(facts_path(module), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, &file, sizeof file), sizeof file);
    close(fd);
}

static void set_up(const char *prepare)
{
    static char directory[PATH_MAX];
    snprintf(directory, sizeof directory, "%s", fixture_path("facts"));
    notices = 0;
    cst_facts_setup(&(struct cst_facts_source){.directory = directory, .prepare = prepare, .notice = notice});
}

static void facts_in_the_directory_are_found(void **state)
{
    (void)state;
    set_up("");
    static const char *const originals[] = {"plain.so", "bare.so"};
    for (size_t i = 0; i < 2; i++) {
        const struct cst_module *module = load_copy(originals[i]);
        write_facts(module, false);
        struct cst_facts facts = {0}, again = {0};
        errno = UNTOUCHED;
        assert_true(cst_facts_open(module, &facts));
        assert_int_equal(errno, UNTOUCHED);
        assert_int_equal(facts.count, 2);
        assert_int_equal(custody_facts_row_lang(cst_facts_at(&facts, 0x1000)), CUSTODY_LANG_RUST);
        assert_true(cst_facts_open(module, &again));
        assert_ptr_equal(again.rows, facts.rows);
    }
    assert_int_equal(notices, 0);
}

static void what_is_not_there_is_looked_for_once(void **state)
{
    (void)state;
    set_up("");
    struct cst_facts facts;
    const struct cst_module *module = load_copy("plain.so");
    errno = UNTOUCHED;
    assert_false(cst_facts_open(module, &facts));
    assert_int_equal(errno, UNTOUCHED);
    write_facts(module, false);
    assert_false(cst_facts_open(module, &facts));
    assert_int_equal(notices, 0);
}

static void modules_without_anything_to_tell_have_none(void **state)
{
    (void)state;
    set_up("");
    struct cst_facts facts;
    const struct cst_module *stripped = load_copy("stripped.so");
    write_facts(stripped, false);
    assert_false(cst_facts_open(stripped, &facts));
    struct cst_module other = *load_copy("plain.so");
    write_facts(&other, false);
    static const enum cst_module_role roles[] = {CST_ROLE_LIBC, CST_ROLE_CXX_RUNTIME, CST_ROLE_CUSTODY};
    for (size_t i = 0; i < 3; i++) {
        other.id = CST_MODULE_MAX - 1 - (uint32_t)i;
        other.role = roles[i];
        assert_false(cst_facts_open(&other, &facts));
    }
}

static void facts_of_a_file_that_took_the_modules_place_are_not_its(void **state)
{
    (void)state;
    set_up("");
    struct cst_facts facts = {.count = 7};
    struct cst_module module = *load_copy("plain.so");
    write_facts(&module, false);
    module.id = CST_MODULE_MAX - 10;
    module.path = fixture_path("bare.so");
    assert_false(cst_facts_open(&module, &facts));
    assert_int_equal(facts.count, 0);
    struct cst_module twin = *load_copy("plain.so");
    write_facts(&twin, false);
    fixture_run("mv @/facts/0a0b.facts @/facts/0a0c.facts");
    twin.id = CST_MODULE_MAX - 11;
    twin.build_id[1] = 0x0c; /* as if loaded from a file that the one at its path has replaced */
    assert_false(cst_facts_open(&twin, &facts));
    assert_int_equal(facts.count, 0);
}

static void a_damaged_file_is_said_once_and_not_used(void **state)
{
    (void)state;
    set_up("");
    struct cst_facts facts;
    const struct cst_module *module = load_copy("plain.so");
    write_facts(module, true);
    assert_false(cst_facts_open(module, &facts));
    assert_false(cst_facts_open(module, &facts));
    assert_int_equal(notices, 1);
    assert_non_null(strstr(noticed, "0a0b.facts is damaged"));
}

static void without_a_directory_there_are_none(void **state)
{
    (void)state;
    struct cst_facts facts;
    const struct cst_module *module = load_copy("plain.so");
    write_facts(module, false);
    static const char *const directories[] = {NULL, "", "relative"};
    for (size_t i = 0; i < 3; i++) {
        cst_facts_setup(&(struct cst_facts_source){.directory = directories[i]});
        assert_false(cst_facts_open(module, &facts));
    }
    set_up("");
    assert_true(cst_facts_open(module, &facts));
}

/* The tool. */
static struct {
    char name[64];
    int fd;
    const struct cst_module *module; /* whose facts it makes */
    bool damaged;
    unsigned char answer;
    atomic_uint asked;
    char request[CUSTODY_FACTS_REQUEST_MAX];
    ssize_t request_size;
    pthread_t thread;
} tool = {.fd = -1};

static void *make_facts(void *unused)
{
    (void)unused;
    for (int client; (client = accept(tool.fd, NULL, NULL)) >= 0; close(client)) {
        tool.request_size = recv(client, tool.request, sizeof tool.request, 0);
        atomic_fetch_add(&tool.asked, 1);
        if (tool.module != NULL) {
            write_facts(tool.module, tool.damaged);
        }
        (void)send(client, &tool.answer, 1, MSG_NOSIGNAL);
    }
    return NULL;
}

static void start_tool(const struct cst_module *module, bool damaged, unsigned char answer)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int length = snprintf(tool.name, sizeof tool.name, "custody-test-facts-%d", (int)getpid());
    memcpy(address.sun_path + 1, tool.name, (size_t)length);
    tool.fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    tool.module = module;
    tool.damaged = damaged;
    tool.answer = answer;
    atomic_store(&tool.asked, 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
    assert_int_equal(bind(tool.fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(tool.fd, 4), 0);
    set_up(tool.name);
    assert_int_equal(pthread_create(&tool.thread, NULL, make_facts, NULL), 0);
}

static void stop_tool(void)
{
    shutdown(tool.fd, SHUT_RDWR);
    pthread_join(tool.thread, NULL);
    close(tool.fd);
    tool.fd = -1;
}

static void what_is_not_there_is_made_on_request(void **state)
{
    (void)state;
    struct cst_facts facts;
    const struct cst_module *module = load_copy("plain.so");
    start_tool(module, false, CUSTODY_FACTS_READY);
    errno = UNTOUCHED;
    assert_true(cst_facts_open(module, &facts));
    assert_int_equal(errno, UNTOUCHED);
    stop_tool();
    assert_int_equal(tool.asked, 1);
    char wanted[PATH_MAX + 8];
    size_t length = (size_t)snprintf(wanted, sizeof wanted, "%s", module->path) + 1;
    memcpy(wanted + length, "0a0b", 5);
    assert_int_equal(tool.request_size, length + 5);
    assert_memory_equal(tool.request, wanted, length + 5);
}

static void a_damaged_file_is_made_anew_without_a_word(void **state)
{
    (void)state;
    struct cst_facts facts;
    const struct cst_module *module = load_copy("plain.so");
    write_facts(module, true);
    start_tool(module, false, CUSTODY_FACTS_READY);
    assert_true(cst_facts_open(module, &facts));
    stop_tool();
    assert_int_equal(notices, 0);
}

static void what_is_there_is_not_asked_for(void **state)
{
    (void)state;
    struct cst_facts facts;
    const struct cst_module *module = load_copy("plain.so"), *stripped;
    write_facts(module, false);
    start_tool(module, false, CUSTODY_FACTS_READY);
    assert_true(cst_facts_open(module, &facts));
    stripped = load_copy("stripped.so");
    assert_false(cst_facts_open(stripped, &facts));
    stop_tool();
    assert_int_equal(tool.asked, 0);
}

static void a_tool_that_has_none_or_makes_rubbish_is_not_believed(void **state)
{
    (void)state;
    struct cst_facts facts;
    const struct cst_module *first = load_copy("plain.so");
    start_tool(NULL, false, CUSTODY_FACTS_NONE);
    assert_false(cst_facts_open(first, &facts));
    stop_tool();
    const struct cst_module *second = load_copy("plain.so");
    start_tool(NULL, false, CUSTODY_FACTS_READY); /* but it is not */
    assert_false(cst_facts_open(second, &facts));
    assert_int_equal(tool.asked, 1);
    stop_tool();
    const struct cst_module *third = load_copy("plain.so");
    start_tool(third, true, CUSTODY_FACTS_READY);
    assert_false(cst_facts_open(third, &facts));
    stop_tool();
    assert_int_equal(notices, 1);
}

static void a_tool_that_has_gone_is_not_asked_again(void **state)
{
    (void)state;
    struct cst_facts facts;
    set_up("custody-test-nobody");
    const struct cst_module *first = load_copy("plain.so");
    assert_false(cst_facts_open(first, &facts));
    const struct cst_module *second = load_copy("plain.so");
    start_tool(NULL, false, CUSTODY_FACTS_NONE);
    set_up("custody-test-nobody");
    assert_false(cst_facts_request("/a", "b"));
    assert_false(cst_facts_open(second, &facts));
    stop_tool();
    assert_int_equal(tool.asked, 0);
    assert_int_equal(notices, 0);
}

static void requests_that_do_not_fit_are_not_made(void **state)
{
    (void)state;
    static char path[CUSTODY_FACTS_REQUEST_MAX];
    start_tool(NULL, false, CUSTODY_FACTS_READY);
    memset(path, 'p', sizeof path - 3);
    assert_true(cst_facts_request(path, "k"));
    path[sizeof path - 3] = 'p';
    assert_false(cst_facts_request(path, "k"));
    stop_tool();
}

/* Any system call but those that a look at the facts needs ends the process; so would one for a socket. */
static void restrict_and_look(void)
{
    static struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 41 /* socket */, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
    require(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    require(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
    require(!cst_facts_request("/a", "b"));
}

static void a_process_that_restricts_itself_does_not_ask(void **state)
{
    (void)state;
    start_tool(NULL, false, CUSTODY_FACTS_READY);
    assert_true(cst_facts_request("/a", "b"));
    assert_int_equal(in_a_child(restrict_and_look), 0);
    stop_tool();
    assert_int_equal(tool.asked, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facts_in_the_directory_are_found),
        cmocka_unit_test(what_is_not_there_is_looked_for_once),
        cmocka_unit_test(modules_without_anything_to_tell_have_none),
        cmocka_unit_test(facts_of_a_file_that_took_the_modules_place_are_not_its),
        cmocka_unit_test(a_damaged_file_is_said_once_and_not_used),
        cmocka_unit_test(without_a_directory_there_are_none),
        cmocka_unit_test(what_is_not_there_is_made_on_request),
        cmocka_unit_test(a_damaged_file_is_made_anew_without_a_word),
        cmocka_unit_test(what_is_there_is_not_asked_for),
        cmocka_unit_test(a_tool_that_has_none_or_makes_rubbish_is_not_believed),
        cmocka_unit_test(a_tool_that_has_gone_is_not_asked_again),
        cmocka_unit_test(requests_that_do_not_fit_are_not_made),
        cmocka_unit_test(a_process_that_restricts_itself_does_not_ask),
    };
    return cmocka_run_group_tests(tests, build_fixtures, fixture_end);
}
