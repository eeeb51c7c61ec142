/* Logs for tests of the tool, from text in the test itself. */
#ifndef TOOL_LOG_H
#define TOOL_LOG_H

#include "reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Reads `text` as a log file; what reader.h says of the result. */
static inline bool read_text(struct cst_log *log, const char *text)
{
    char path[] = "/tmp/custody-test-XXXXXX";
    int fd = mkstemp(path);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (!file || fputs(text, file) == EOF || fclose(file) != 0) {
        abort();
    }
    bool ok = cst_reader_add(log, path, false);
    unlink(path);
    return ok;
}

#define EVENT(name, pid, rest) "{\"v\":1,\"event\":\"" name "\",\"pid\":" #pid ",\"seq\":1,\"t\":1.0" rest "}\n"
#define START(pid) EVENT("start", pid, ",\"exe\":\"/opt/app/client\",\"argv\":[\"client\"]")
#define FINDING(pid, kind, severity, key, rest) \
    EVENT("finding", pid, \
          ",\"kind\":\"" kind "\",\"severity\":\"" severity "\",\"confidence\":\"exact\",\"key\":\"" key \
          "\",\"count\":1" rest)

#endif
