/* Leaks asked for by a signal in a program that keeps much for each thread: the thread that looks has room for it.
 *
 * @builds cc=gcc opt=1
 * @run signal
 * @options leak_signal=USR2
 * @expect leak error exact class=definite when=request size=133 blocks=1
 * @expect leak error exact class=definite when=exit size=133 blocks=1
 */
#include "keep.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static __thread volatile char large[600000];

int main(void)
{
    large[5] = 1;
    (void)!keep(malloc(133));
    raise(SIGUSR2);
    usleep(500000);
    puts("done");
    return 0;
}
