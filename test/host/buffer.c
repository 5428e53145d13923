//go:build ignore

/*
 * buffer.c lends memory to a plugin for the time of one call. Afterwards the memory is poisoned and
 * given back, so that a plugin which still looks at it sees nonsense. With a guard the buffer ends
 * where a forbidden page begins, and all of it becomes forbidden afterwards: reading past its end, or
 * later, ends the process at once.
 *
 * Small buffers, and the forbidden ones, are given back a little later than they end: their address
 * would be handed out again for the next chunk, and a plugin that kept it would see sense again. Not so
 * under a heap checker, which does the same itself, and sees more.
 */
#include "host.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { POISON = 0xA5, QUARANTINE = 64, SMALL = 64 * 1024 };

/* Not optimised away, though the memory is freed next. */
void poison(void *p, size_t size)
{
    memset(p, POISON, size);
    __asm__ volatile("" : : "r"(p) : "memory");
}

static int map_new(struct buffer *b, size_t size)
{
    size_t page = (size_t) sysconf(_SC_PAGESIZE);
    size_t room = (size + page - 1) / page * page;
    char *map = mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (map == MAP_FAILED || mprotect(map + room, page, PROT_NONE) != 0) {
        return -1;
    }
    b->map = map;
    b->map_size = room + page;
    b->data = map + room - size;
    return 0;
}

int buffer_new(struct buffer *b, const void *data, size_t size, bool guard)
{
    memset(b, 0, sizeof(*b));
    b->size = size;
    if (guard) {
        if (map_new(b, size) != 0) {
            return -1;
        }
    }
    else {
        b->data = must(malloc(size ? size : 1));
    }
    memcpy(b->data, data, size);
    return 0;
}

static void give_back(struct buffer *b)
{
    if (b->map) {
        munmap(b->map, b->map_size);
    }
    else {
        free(b->data);
    }
}

/* Gives back the buffer that ended QUARANTINE buffers ago in this one's stead. */
static void give_back_later(struct buffer *b)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static struct buffer ring[QUARANTINE];
    static unsigned next;
    struct buffer old;

    pthread_mutex_lock(&lock);
    old = ring[next];
    ring[next] = *b;
    next = (next + 1) % QUARANTINE;
    pthread_mutex_unlock(&lock);
    give_back(&old);
}

void buffer_poison(struct buffer *b)
{
    poison(b->data, b->size);
    if (b->map) {
        madvise(b->map, b->map_size, MADV_DONTNEED);
        mprotect(b->map, b->map_size, PROT_NONE);
    }
    if (b->map || (b->size <= SMALL && !allocator_is_exact())) {
        give_back_later(b);
    }
    else {
        give_back(b);
    }
    b->data = NULL;
}
