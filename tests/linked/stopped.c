/* What a debugger is to ask about. */
#include <custody/custody.h>

void stop_here(const void *local);

__attribute__((noinline)) void stop_here(const void *local)
{
    (void)local;
}

int main(void)
{
    static char given[16];
    custody_side session, receiver;
    int local = 0;
    custody_side_register("session", CUSTODY_LANG_C, &session);
    custody_side_register("receiver", CUSTODY_LANG_C, &receiver);
    custody_transfer(given, session, receiver, CUSTODY_CONTRACT_UNKNOWN);
    char *block = custody_alloc(session, 411, 0), *released = custody_alloc(session, 412, 0);
    custody_release(session, released);
    stop_here(&local);
    custody_release(session, block);
    return local;
}
