//go:build ignore

/* options.c reads the command line, which is modelled on Fluent Bit's (fluent-bit.c:1131-1240). */
#include "host.h"

#include <ctype.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

static const char usage_text[] =
    "usage: flb-host -e PLUGIN.so -o NAME [-p KEY=VALUE]... [-o NAME ...] SOURCE...\n"
    "\n"
    "  -e, --plugin FILE      load a Go output plugin; may be repeated\n"
    "  -o, --output NAME      begin an instance of a plugin\n"
    "  -p, --prop KEY=VALUE   set a property of the last -o\n"
    "  -m, --match PATTERN    the same as -p match=PATTERN; without one, everything matches\n"
    "  -w, --workers N        workers of instances that do not set their own (0)\n"
    "  -v, -q                 log more; log nothing\n"
    "  -h, --help             print the properties of the last -o, or this\n"
    "\n"
    "sources, each of which may be repeated:\n"
    "  --lines TAG=FILE       every line becomes a record {\"log\": line}\n"
    "  --msgpack TAG=FILE     records as Fluent Bit stores them\n"
    "  --generate TAG=COUNT   records {\"id\": \"TAG-<n>\", \"level\": \"info\", \"message\": ...}\n"
    "\n"
    "  --chunk-size SIZE      bytes at which a chunk is closed (2000000)\n"
    "  --chunks-up N          chunks that may be on their way at once (16)\n"
    "  --rate N               records per second of all sources (unlimited)\n"
    "  --time SECONDS         the time of the first record (now)\n"
    "  --storage DIR          keep chunks in files until they are answered, and begin with those found\n"
    "  --retry-base SECONDS   base of the back-off (0.2; Fluent Bit's is 5)\n"
    "  --reload N             so many hot reloads, evenly over the load\n"
    "  --tick SECONDS         a timer of the engine, to see how late it comes\n"
    "  --grace SECONDS        how long a shutdown waits for answers (5)\n"
    "  --stay                 wait for a signal when all chunks are answered\n"
    "  --abi VERSION          2.2, 4.2.3 or 5.1.1 (5.1.1): the host's allocations\n"
    "  --stack SIZE           a flush's stack (64K; 24K with an older --abi)\n"
    "  --guard                forbidden pages below each stack, and behind and after each chunk\n";

enum { OPT_LINES = 256, OPT_MSGPACK, OPT_GENERATE, OPT_CHUNK_SIZE, OPT_CHUNKS_UP, OPT_RATE, OPT_TIME, OPT_STORAGE,
       OPT_RETRY_BASE, OPT_RELOAD, OPT_TICK, OPT_GRACE, OPT_STAY, OPT_EXIT, OPT_ABI, OPT_STACK, OPT_GUARD };

static const struct option long_options[] = {
    {"plugin", required_argument, NULL, 'e'},
    {"output", required_argument, NULL, 'o'},
    {"prop", required_argument, NULL, 'p'},
    {"match", required_argument, NULL, 'm'},
    {"workers", required_argument, NULL, 'w'},
    {"help", no_argument, NULL, 'h'},
    {"lines", required_argument, NULL, OPT_LINES},
    {"msgpack", required_argument, NULL, OPT_MSGPACK},
    {"generate", required_argument, NULL, OPT_GENERATE},
    {"chunk-size", required_argument, NULL, OPT_CHUNK_SIZE},
    {"chunks-up", required_argument, NULL, OPT_CHUNKS_UP},
    {"rate", required_argument, NULL, OPT_RATE},
    {"time", required_argument, NULL, OPT_TIME},
    {"storage", required_argument, NULL, OPT_STORAGE},
    {"retry-base", required_argument, NULL, OPT_RETRY_BASE},
    {"reload", required_argument, NULL, OPT_RELOAD},
    {"tick", required_argument, NULL, OPT_TICK},
    {"grace", required_argument, NULL, OPT_GRACE},
    {"stay", no_argument, NULL, OPT_STAY},
    {"exit-after-load", no_argument, NULL, OPT_EXIT},
    {"abi", required_argument, NULL, OPT_ABI},
    {"stack", required_argument, NULL, OPT_STACK},
    {"guard", no_argument, NULL, OPT_GUARD},
    {NULL, 0, NULL, 0},
};

static int wrong(const char *what, const char *value)
{
    fprintf(stderr, "flb-host: %s%s%s\n%s", what, value ? ": " : "", value ? value : "", usage_text);
    return -1;
}

/* ---- values ---- */

static int to_number(const char *text, double least, double *out)
{
    char *end;
    double v = strtod(text, &end);

    if (end == text || *end || !(v >= least)) {
        return wrong("not a number that makes sense", text);
    }
    *out = v;
    return 0;
}

static int to_count(const char *text, long least, long *out)
{
    double v;

    if (to_number(text, (double) least, &v) != 0) {
        return -1;
    }
    *out = (long) v;
    return (double) *out == v ? 0 : wrong("not a whole number", text);
}

/* A number with K, M or G behind it. */
static int to_size(const char *text, long least, size_t *out)
{
    char *end;
    unsigned long long v = strtoull(text, &end, 10);
    unsigned shift = *end == 'K' || *end == 'k' ? 10 : *end == 'M' || *end == 'm' ? 20 : *end == 'G' || *end == 'g' ? 30 : 0;

    if (end == text || end[shift ? 1 : 0] || !isdigit((unsigned char) text[0]) || v << shift < (unsigned long long) least) {
        return wrong("not a size that makes sense", text);
    }
    *out = (size_t) v << shift;
    return 0;
}

/* ---- lists ---- */

static void *grow(void *list, size_t *n, size_t size)
{
    list = must(reallocarray(list, *n + 1, size));
    memset((char *) list + *n * size, 0, size);
    ++*n;
    return list;
}

/* Splits LEFT=RIGHT; what is no such pair is refused. */
static int split(const char *text, char **left, char **right)
{
    const char *sign = strchr(text, '=');

    if (!sign || sign == text) {
        return wrong("not of the form NAME=VALUE", text);
    }
    *left = must(strndup(text, (size_t) (sign - text)));
    *right = must(strdup(sign + 1));
    return 0;
}

static int add_plugin(struct options *o, char *path)
{
    o->plugins = grow(o->plugins, &o->n_plugins, sizeof(*o->plugins));
    o->plugins[o->n_plugins - 1] = path;
    return 0;
}

static int add_section(struct options *o, char *name)
{
    o->sections = grow(o->sections, &o->n_sections, sizeof(*o->sections));
    o->sections[o->n_sections - 1].name = name;
    return 0;
}

static struct pair *add_pair(struct options *o)
{
    struct section *s = &o->sections[o->n_sections - 1];

    s->pairs = grow(s->pairs, &s->n_pairs, sizeof(*s->pairs));
    return &s->pairs[s->n_pairs - 1];
}

static int add_property(struct options *o, const char *text)
{
    struct pair *p;

    if (o->n_sections == 0) {
        return wrong("-p and -m belong behind an -o", text);
    }
    p = add_pair(o);
    return split(text, &p->key, &p->value);
}

static int add_match(struct options *o, const char *pattern)
{
    char *text;
    int ret;

    if (asprintf(&text, "match=%s", pattern) < 0) {
        text = NULL;
    }
    ret = add_property(o, must(text));
    free(text);
    return ret;
}

static int add_source(struct options *o, enum kind kind, const char *text)
{
    struct spec *s;
    long count;

    o->specs = grow(o->specs, &o->n_specs, sizeof(*o->specs));
    s = &o->specs[o->n_specs - 1];
    s->kind = kind;
    if (split(text, &s->tag, &s->what) != 0) {
        return -1;
    }
    return kind == GENERATE ? to_count(s->what, 0, &count) : 0;
}

/* ---- options ---- */

static int set_int(const char *text, int *out)
{
    long v;

    if (to_count(text, 0, &v) != 0 || v > 1000000) {
        return -1;
    }
    *out = (int) v;
    return 0;
}

static int set_time(const char *text, int64_t *out)
{
    long v;

    if (to_count(text, 1, &v) != 0) {
        return -1;
    }
    *out = v;
    return 0;
}

static int set_abi(struct options *o, const char *name)
{
    o->abi = abi_find(name);
    return o->abi ? 0 : wrong("no such ABI", name);
}

static int set_long_option(struct options *o, int opt, char *arg)
{
    switch (opt) {
    case OPT_LINES:
        return add_source(o, LINES, arg);
    case OPT_MSGPACK:
        return add_source(o, MSGPACK, arg);
    case OPT_GENERATE:
        return add_source(o, GENERATE, arg);
    case OPT_CHUNK_SIZE:
        return to_size(arg, 1, &o->chunk_size);
    case OPT_CHUNKS_UP:
        return to_size(arg, 1, &o->chunks_up);
    case OPT_RATE:
        return to_number(arg, 1e-3, &o->rate);
    case OPT_TIME:
        return set_time(arg, &o->time);
    case OPT_STORAGE:
        o->storage = arg;
        return 0;
    case OPT_RETRY_BASE:
        return to_number(arg, 0, &o->retry_base);
    case OPT_RELOAD:
        return set_int(arg, &o->reloads);
    case OPT_TICK:
        return to_number(arg, 1e-4, &o->tick);
    case OPT_GRACE:
        return to_number(arg, 0, &o->grace);
    case OPT_STAY:
    case OPT_EXIT:
        o->stay = opt == OPT_STAY;
        return 0;
    case OPT_ABI:
        return set_abi(o, arg);
    case OPT_STACK:
        return to_size(arg, 4096, &o->stack);
    case OPT_GUARD:
        o->guard = true;
        return 0;
    }
    return wrong("what is this", NULL);
}

static int set_option(struct options *o, int opt, char *arg)
{
    switch (opt) {
    case 'e':
        return add_plugin(o, arg);
    case 'o':
        return add_section(o, arg);
    case 'p':
        return add_property(o, arg);
    case 'm':
        return add_match(o, arg);
    case 'w':
        return set_int(arg, &o->workers);
    case 'v':
        o->log_level++;
        return 0;
    case 'q':
        o->log_level = FLB_LOG_OFF;
        return 0;
    case 'h':
        o->help = true;
        return 0;
    }
    return set_long_option(o, opt, arg);
}

static int complete(struct options *o)
{
    if (o->help && o->n_sections == 0) {
        fputs(usage_text, stdout);
        return 1; /* done: exit 0 */
    }
    if (o->n_plugins == 0 || o->n_sections == 0) {
        return wrong("needs an -e and an -o", NULL);
    }
    o->stack = o->stack ? o->stack : o->abi->stack;
    return 0;
}

int options_parse(struct options *o, int argc, char **argv)
{
    int opt;

    *o = (struct options){.abi = abi_newest(), .chunk_size = 2000000, .chunks_up = 16, .grace = 5, .retry_base = 0.2,
                          .log_level = FLB_LOG_INFO, .program = argv[0]};
    while ((opt = getopt_long(argc, argv, "e:o:p:m:w:vqh", long_options, NULL)) != -1) {
        if (opt == '?') {
            fputs(usage_text, stderr);
            return 3;
        }
        if (set_option(o, opt, optarg) != 0) {
            return 3;
        }
    }
    if (optind < argc) {
        wrong("what is this", argv[optind]);
        return 3;
    }
    opt = complete(o);
    return opt < 0 ? 3 : opt;
}

void options_free(struct options *o)
{
    for (size_t i = 0; i < o->n_sections; i++) {
        for (size_t j = 0; j < o->sections[i].n_pairs; j++) {
            free(o->sections[i].pairs[j].key);
            free(o->sections[i].pairs[j].value);
        }
        free(o->sections[i].pairs);
    }
    for (size_t i = 0; i < o->n_specs; i++) {
        free(o->specs[i].tag);
        free(o->specs[i].what);
    }
    free(o->sections);
    free(o->specs);
    free(o->plugins);
}
