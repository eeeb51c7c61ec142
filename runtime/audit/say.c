/* Words to people on stderr; the contracts stand in say.h and, of cst_audit_say, in audit.h. */
#include "audit/say.h"

#include "audit/audit.h"
#include "base/text.h"
#include "plat/process.h"
#include "plat/sys.h"

#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#define MESSAGE_SIZE 1024

static struct {
    bool looked;
    bool open;
    struct cst_file_id id;
} first_stderr;

void cst_say_setup(void)
{
    first_stderr.open = cst_sys_file_id(STDERR_FILENO, &first_stderr.id);
    first_stderr.looked = true;
}

/* A program may close descriptor 2 and get it back for a socket or a database; those are open for reading too, while a
 * stderr that was sent elsewhere is not. */
static bool is_stderr(void)
{
    if (!first_stderr.looked) {
        cst_say_setup();
    }
    struct cst_file_id id;
    if (!cst_sys_file_id(STDERR_FILENO, &id)) {
        return false;
    }
    bool same = first_stderr.open && id.device == first_stderr.id.device && id.inode == first_stderr.id.inode;
    return same || cst_process_fd_write_only(STDERR_FILENO);
}

void cst_say_bytes(const char *bytes, size_t size)
{
    if (is_stderr()) {
        cst_process_write(STDERR_FILENO, bytes, size);
    }
}

const char *cst_say_reason(int error)
{
    const char *reason = strerrordesc_np(error);
    return reason != NULL ? reason : "unknown error";
}

void cst_audit_say(const char *format, ...)
{
    char message[MESSAGE_SIZE];
    struct cst_text text;
    cst_text_init(&text, message, sizeof message, 1);
    cst_text_string(&text, "custody: ");
    va_list arguments;
    va_start(arguments, format);
    cst_text_vformat(&text, format, arguments);
    va_end(arguments);
    cst_text_end(&text, '\n');
    cst_say_bytes(text.bytes, text.length);
}
