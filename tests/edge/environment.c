/* A program that clears its environment: it goes on audited, its child does not, and neither fails.
 *
 * @builds cc=gcc opt=2
 * @run clear
 * @expect double-free error exact size=131 owner=$prog/c/malloc
 * @run locale
 * @compare
 * @env LC_ALL=C.UTF-8
 */
#include "keep.h"

#include <iconv.h>
#include <langinfo.h>
#include <libintl.h>
#include <locale.h>
#include <netdb.h>
#include <pwd.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>

static void libc_at_work(void)
{
    printf("%s %s\n", setlocale(LC_ALL, ""), nl_langinfo(CODESET));
    printf("%zu\n", mbstowcs(NULL, "gr\xc3\xbc\xc3\x9f", 0));
    locale_t other = newlocale(LC_ALL_MASK, "C", NULL);
    freelocale(other);
    iconv_t converter = iconv_open("UTF-16", "UTF-8");
    iconv_close(converter);
    regex_t pattern;
    printf("%d\n", regcomp(&pattern, "^(a|b)*c{2,3}$", REG_EXTENDED));
    printf("%d\n", regexec(&pattern, "ababccc", 0, NULL, 0));
    regfree(&pattern);
    printf("%s\n", getpwuid(0) ? getpwuid(0)->pw_name : "nobody");
    time_t then = 1000000000;
    setenv("TZ", "Europe/Berlin", 1);
    printf("%s", asctime(localtime(&then)));
    setlocale(LC_ALL, "C");
    textdomain("scenario");
    printf("%s\n", gettext("untranslated"));
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "locale") == 0) {
        libc_at_work();
        return 0;
    }
    clearenv();
    setenv("PATH", "/usr/bin:/bin", 1);
    fflush(stdout);
    if (system("true") != 0)
        puts("the child failed");
    void *block = keep(malloc(131));
    void *again = keep(block);
    free(block);
    free(again);
    puts("done");
    return 0;
}
