/* Objects, leases and callbacks as a program without faults uses them: prints the same with Custody and compiled out. C and
 * C++. */
#include <stdio.h>
#include <string.h>

#include <custody/custody.h>

static custody_side library, client;
static int drops;

static void objects(void)
{
    custody_type plain = 0, counted = 0;
    int here = 0;
    printf("types %s", custody_status_name(custody_type_register(library, "plain", "end", 0, &plain)));
    printf(" %s\n",
           custody_status_name(custody_type_register(library, "counted", "end", CUSTODY_TYPE_COUNTED, &counted)));
    char *one = (char *)custody_create(plain, 30), *many = (char *)custody_create(counted, 40);
    printf("zeroed %d %d, checks %d %d\n", one[29], many[39], custody_check(plain, one), custody_check(counted, many));
    printf("retained %d %d\n", custody_retain(counted, many), custody_retain(counted, many));
    printf("endings %d", (int)custody_destroy(plain, one));
    printf(" %d", (int)custody_destroy(counted, many));
    printf(" %d", (int)custody_destroy(counted, many));
    printf(" %d", (int)custody_destroy(counted, many));
    printf(" %d\n", (int)custody_destroy(plain, NULL));
    here = (int)custody_adopt(plain, &here);
    printf("an adopted one is left alone %d", (int)custody_destroy(plain, &here));
    printf(" %d\n", here);
    printf("adopted %s", custody_status_name(custody_adopt(counted, &here)));
    printf(" %d", custody_retain(counted, &here));
    printf(" %d", (int)custody_end(counted, &here));
    printf(" %d\n", (int)custody_end(counted, &here));
}

static void leases(void)
{
    char buffer[64] = "";
    custody_lease lease = 0, question = 1;
    printf("lease %s", custody_status_name(
                           custody_lease_begin(library, buffer, 40, CUSTODY_LEASE_OUT | CUSTODY_LEASE_NUL, &lease)));
    strcpy((char *)custody_lease_memory(lease), "filled");
    printf(" %d %s\n", custody_lease_end(lease, 6), buffer);
    printf("size %s", custody_status_name(custody_lease_begin(library, NULL, 0, CUSTODY_LEASE_OUT, &question)));
    printf(" %d", custody_lease_memory(question) == NULL);
    printf(" %d", custody_lease_end(question, 99));
    printf(" %d %d\n", custody_lease_end(0, 5), (int)custody_lease_check());
}

static void drop(void *data)
{
    drops += *(int *)data;
}

static int enters(custody_callback callback, int leave)
{
    void *data = NULL;
    int entered = custody_callback_enter(callback, &data);
    return entered && leave ? *(int *)data * custody_callback_leave(callback) : entered;
}

static void callbacks(void)
{
    int one = 1, ten = 10, hundred = 100;
    custody_callback first = 0, second = 0, third = 0;
    printf("callbacks %s", custody_status_name(custody_callback_register(library, "one", &one, drop, &first)));
    printf(" %s", custody_status_name(custody_callback_register(library, "ten", &ten, drop, &second)));
    printf(" %s\n", custody_status_name(custody_callback_register(client, "hundred", &hundred, NULL, &third)));
    printf("called %d %d", enters(first, 1), enters(second, 1));
    printf(", dropped %d", custody_callback_drop(first));
    printf(" %d\n", drops);
    printf("closed %d", (int)custody_close(library));
    printf(" %d", drops);
    printf(" %s", custody_status_name(custody_callback_register(library, "late", &one, drop, &first)));
    printf(" %d", (int)custody_close(library));
    printf(" %s", custody_status_name(custody_side_register("library", CUSTODY_LANG_C, &library)));
    printf(" %s", custody_status_name(custody_callback_register(library, "again", &one, drop, &first)));
    printf(" %d", custody_callback_drop(first));
    printf(" %d", drops);
    printf(" %d\n", custody_callback_drop(third));
}

int main(void)
{
    custody_side_register("library", CUSTODY_LANG_C, &library);
    custody_side_register("client", CUSTODY_LANG_C, &client);
    objects();
    leases();
    callbacks();
    return 0;
}
