/* What the program told of, at awkward moments: see ownership.h. */
#include "entry/ownership.h"

#include "base/names.h"
#include "core/callback.h"
#include "core/history.h"
#include "core/kept_back.h"
#include "core/object.h"

void cst_ownership_farewell(void)
{
    cst_object_farewell();
    cst_callback_farewell();
}

void cst_ownership_after_fork(void)
{
    cst_history_after_fork();
    cst_names_after_fork();
    cst_kept_back_after_fork();
    cst_object_after_fork();
    cst_callback_after_fork();
}
