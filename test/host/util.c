//go:build ignore

/* util.c holds what belongs nowhere else. */
#include "host.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

void *must(void *p)
{
    if (!p) {
        fputs("flb-host: out of memory\n", stderr);
        abort();
    }
    return p;
}

static double read_clock(clockid_t clock)
{
    struct timespec ts;

    clock_gettime(clock, &ts);
    return (double) ts.tv_sec + (double) ts.tv_nsec / 1e9;
}

/* Seconds of a clock that never jumps. */
double seconds(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

/* Seconds that the calling thread, and all threads, have computed, in the kernel as well. */
double thread_cpu(void)
{
    return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

double process_cpu(void)
{
    return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

/* Writes what ${NAME} or ${NAME:-default} stands for. */
static void expand_one(FILE *out, const char *name, size_t len)
{
    char *copy = must(strndup(name, len));
    char *fallback = strstr(copy, ":-");
    const char *value;

    if (fallback) {
        *fallback = '\0';
        fallback += 2;
    }
    value = getenv(copy);
    if (!value || (fallback && *value == '\0')) {
        value = fallback ? fallback : "";
    }
    fputs(value, out);
    free(copy);
}

/* The host expands variables before a plugin sees a value: flb_env.c:318. */
char *expand(const char *value)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = must(open_memstream(&text, &size));
    const char *open, *close;

    while ((open = strstr(value, "${")) && (close = strchr(open, '}')) && close > open + 2) {
        fwrite(value, 1, (size_t) (open - value), out);
        expand_one(out, open + 2, (size_t) (close - open - 2));
        value = close + 1;
    }
    fputs(value, out);
    fclose(out);
    return must(text);
}
