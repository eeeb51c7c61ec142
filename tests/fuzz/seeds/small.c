/* A small library with what a reader of ELF files and of debug information looks at. */
void *malloc(unsigned long size);
void free(void *block);

static int counter;
int shared = 3;
void (*release)(void *) = free;

static inline void *make(int size)
{
    return malloc((unsigned long)size);
}

void *library_make(int size)
{
    counter++;
    return make(size);
}

void library_end(void *block)
{
    release(block);
}
