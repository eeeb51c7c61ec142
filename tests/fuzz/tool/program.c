/* Any bytes as the program that a command names: whether it can be audited is told, and nothing of it is run. */
#include "../fuzz.h"

#include "command.h"
#include "elf_image.h"
#include "target.h"

#include <fcntl.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct cst_elf_image image;
    struct file file = file_open(bytes, size);
    int before = dup(STDERR_FILENO), nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    dup2(nowhere, STDERR_FILENO);
    int status = cst_target_check(file.path);
    require(status == 0 || status == CST_EXIT_OWN_ERROR || status == CST_EXIT_CANNOT_EXECUTE ||
            status == CST_EXIT_NOT_FOUND);
    require(cst_elf_image_read(file.path, &image) || image.trouble != NULL);
    dup2(before, STDERR_FILENO);
    close(before);
    close(nowhere);
    file_close(&file);
    return 0;
}
