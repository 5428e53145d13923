/* probe.c asks the C side of the world what Go cannot ask: stacks, heap room, signal handlers. */
#define _GNU_SOURCE
#include "probe.h"

#include <dlfcn.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

const char *trace_property(struct plugin *p, const char *key)
{
    return p->api->output_get_property(key, p->o_ins);
}

/* The API table has no getter for the name; the executable exports one. */
const char *trace_instance_name(struct plugin *p)
{
    const char *(*name)(void *) = (const char *(*)(void *)) dlsym(RTLD_DEFAULT, "flb_output_name");

    return name ? name(p->o_ins) : "";
}

void trace_log(struct plugin *p, int level, const char *message)
{
    p->api->log_print(level, NULL, 0, "[output:trace] %s", message);
}

int trace_log_check(struct plugin *p, int level)
{
    return p->api->output_log_check(p->o_ins, level);
}

void trace_thread_name(char buf[16])
{
    memset(buf, 0, 16);
    prctl(PR_GET_NAME, buf);
}

/* Whether this frame lies in the stack that pthread gave to the thread, rather than on a coroutine. */
int trace_on_thread_stack(void)
{
    pthread_attr_t attr;
    void *base;
    size_t size;
    char here;

    if (pthread_getattr_np(pthread_self(), &attr) != 0) {
        return -1;
    }
    pthread_attr_getstack(&attr, &base, &size);
    pthread_attr_destroy(&attr);
    return &here >= (char *) base && &here < (char *) base + size;
}

size_t trace_room(void *p)
{
    return malloc_usable_size(p);
}

/* The mistake of a plugin that believes every host to be the newest one. */
int trace_write_past(void *p, size_t offset)
{
    ((volatile char *) p)[offset] = 0;
    return 0;
}

__attribute__((noinline)) static int deeper(const volatile char *top, size_t bytes)
{
    volatile char frame[64];

    for (size_t i = 0; i < sizeof(frame); i++) {
        frame[i] = (char) i;
    }
    if ((size_t) (top - frame) < bytes) {
        return deeper(top, bytes) + frame[1];
    }
    return frame[0];
}

/* Writes to so many bytes of the stack that it is called on. */
int trace_deep(size_t bytes)
{
    volatile char top = 0;

    return deeper(&top, bytes);
}

int trace_peek(const volatile char *p)
{
    return (unsigned char) *p;
}

static struct map_entry entry(char *name, char *def_value, char *desc)
{
    struct map_entry e = {.name = name, .def_value = def_value, .desc = desc};

    return e;
}

/* Every option that the trace plugin has; never freed, as Fluent Bit keeps pointing at it. */
struct map_entry *trace_config_map(void)
{
    static const char *const names[] = {"answers", "data", "deep", "fail_init", "keep", "meet", "spin", NULL};
    static struct map_entry *map;

    map = map ? map : calloc(sizeof(names) / sizeof(names[0]), sizeof(*map));
    for (int i = 0; map && names[i]; i++) {
        map[i] = entry((char *) names[i], NULL, "An option of the trace plugin.");
    }
    return map;
}

void *trace_signal_flags(int sig, int *flags)
{
    struct sigaction sa;

    sigaction(sig, NULL, &sa);
    *flags = sa.sa_flags;
    return (void *) sa.sa_sigaction;
}
