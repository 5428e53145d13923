//go:build ignore

/*
 * measure.c keeps times and sums them up: how long a plugin holds the engine in its callbacks, and how
 * late the engine's timers come.
 */
#include "host.h"

#include <stdlib.h>

void samples_add(struct samples *s, double seconds)
{
    if (s->n == s->room) {
        s->room = s->room ? 2 * s->room : 1024;
        s->values = must(reallocarray(s->values, s->room, sizeof(*s->values)));
    }
    s->values[s->n++] = (uint32_t) (seconds * 1e6);
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *) a, y = *(const uint32_t *) b;

    return (x > y) - (x < y);
}

/* The least value that so many of a hundred do not exceed; 0 when there is none. */
static uint32_t centile(const struct samples *s, size_t percent)
{
    return s->n ? s->values[(s->n * percent + 99) / 100 - 1] : 0;
}

void samples_print(struct samples *s, const char *name, FILE *out)
{
    if (s->n) {
        qsort(s->values, s->n, sizeof(*s->values), compare);
    }
    fprintf(out, ",\"%s\":{\"count\":%zu,\"p50\":%u,\"p99\":%u,\"max\":%u}", name, s->n, centile(s, 50), centile(s, 99),
            centile(s, 100));
}

void samples_free(struct samples *s)
{
    free(s->values);
}

/*
 * A timer cannot fire while its thread does something else: how late it is beyond the end of that tells
 * what others, a plugin's own threads say, have taken from the engine. Times that were missed count once,
 * as those of a timerfd do (flb_sched, flb_event_loop).
 */
void tick_fire(struct tick *t)
{
    double now = seconds();

    if (t->every <= 0 || now < t->due) {
        return;
    }
    samples_add(t->late, now - t->due);
    samples_add(t->beyond, now - (t->busy > t->due ? t->busy : t->due));
    while (t->due <= now) {
        t->due += t->every;
    }
}
