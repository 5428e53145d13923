//go:build ignore

/*
 * coro.c runs a function on a small stack of its own, as Fluent Bit runs a flush (flb_coro.h:80,
 * lib/flb_libco/amd64.c): malloc'ed, without a guard page, and outside the stack that pthread knows.
 *
 *   high  +----------------+
 *         | stack          |  size bytes, grows down; painted, to measure how much was used
 *         +----------------+
 *         | canary         |  4 KiB; libco has but 512 bytes there, for its handle, and then other people's
 *         |                |  memory begins: here an overrun is told of rather than suffered
 *   low   +----------------+
 *
 * With a guard a PROT_NONE page lies in the canary's place, so that an overrun stops where it happens.
 */
#include "host.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#endif

/* Tells valgrind of a new stack, as flb_output.h:1217 does; else it takes a switch for a huge frame. */
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define VALGRIND_STACK_REGISTER(start, end) 0u
#define VALGRIND_STACK_DEREGISTER(id) ((void) (id))
#endif

enum { CANARY_SIZE = 4096, PAINT = 0x5C };

struct coro {
    ucontext_t caller, callee;
    void (*fn)(void *);
    void *arg;
    unsigned char *memory, *stack;
    size_t memory_size, size;
    /* What AddressSanitizer wants to be told about a change of stacks. */
    void *fake;
    const void *caller_stack;
    size_t caller_size;
};

static void sanitizer_leave(struct coro *c, const void *to, size_t size)
{
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_start_switch_fiber(to == c->stack ? &c->fake : NULL, to, size);
#else
    (void) c, (void) to, (void) size;
#endif
}

static void sanitizer_arrive(struct coro *c, bool in_coroutine)
{
#ifdef __SANITIZE_ADDRESS__
    if (in_coroutine) {
        __sanitizer_finish_switch_fiber(NULL, &c->caller_stack, &c->caller_size);
    }
    else {
        __sanitizer_finish_switch_fiber(c->fake, NULL, NULL);
    }
#else
    (void) c, (void) in_coroutine;
#endif
}

/* makecontext passes ints only, hence the pointer in two halves. */
static void entry(unsigned high, unsigned low)
{
    struct coro *c = (struct coro *) (((uintptr_t) high << 32) | low);

    sanitizer_arrive(c, true);
    c->fn(c->arg);
    sanitizer_leave(c, c->caller_stack, c->caller_size);
    swapcontext(&c->callee, &c->caller);
}

static int guarded_stack(struct coro *c)
{
    size_t page = (size_t) sysconf(_SC_PAGESIZE);

    c->memory_size = page + (c->size + page - 1) / page * page;
    c->memory = mmap(NULL, c->memory_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (c->memory == MAP_FAILED || mprotect(c->memory, page, PROT_NONE) != 0) {
        return -1;
    }
    c->stack = c->memory + page;
    memset(c->stack, PAINT, c->size);
    return 0;
}

static int stack_new(struct coro *c, size_t size, bool guard)
{
    c->size = size & ~(size_t) 15;
    if (guard) {
        return guarded_stack(c);
    }
    c->memory = must(aligned_alloc(16, c->size + CANARY_SIZE));
    c->stack = c->memory + CANARY_SIZE;
    memset(c->memory, PAINT, c->size + CANARY_SIZE);
    return 0;
}

static void stack_free(struct coro *c)
{
    if (c->memory_size) {
        munmap(c->memory, c->memory_size);
    }
    else {
        free(c->memory);
    }
}

static size_t untouched(const unsigned char *from, size_t size)
{
    size_t n = 0;

    while (n < size && from[n] == PAINT) {
        n++;
    }
    return n;
}

/* valgrind forbids to look below the stack pointer, and watches over the stack's end by itself. */
static bool watched_by_valgrind(void)
{
#ifdef __SANITIZE_ADDRESS__
    return false;
#else
    return allocator_is_exact();
#endif
}

static void inspect(const struct coro *c, struct coro_result *result)
{
    if (watched_by_valgrind()) {
        return;
    }
    result->used = c->size - untouched(c->stack, c->size);
    result->overrun = !c->memory_size && untouched(c->memory, CANARY_SIZE) < CANARY_SIZE;
}

int coro_run(size_t size, bool guard, void (*fn)(void *), void *arg, struct coro_result *result)
{
    struct coro c = {.fn = fn, .arg = arg};
    uintptr_t self = (uintptr_t) &c;
    unsigned valgrind_id;

    if (stack_new(&c, size, guard) != 0 || getcontext(&c.callee) != 0) {
        return -1;
    }
    c.callee.uc_stack.ss_sp = c.stack;
    c.callee.uc_stack.ss_size = c.size;
    makecontext(&c.callee, (void (*)(void)) entry, 2, (unsigned) (self >> 32), (unsigned) self);
    valgrind_id = VALGRIND_STACK_REGISTER(c.stack, c.stack + c.size);
    sanitizer_leave(&c, c.stack, c.size);
    swapcontext(&c.caller, &c.callee);
    sanitizer_arrive(&c, false);
    VALGRIND_STACK_DEREGISTER(valgrind_id);
    inspect(&c, result);
    stack_free(&c);
    return 0;
}
