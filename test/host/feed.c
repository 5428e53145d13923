//go:build ignore

/*
 * feed.c cuts its sources into chunks, one source after the other, as Fluent Bit's inputs do between
 * them: a chunk has one tag, holds whole records, and is closed at --chunk-size bytes.
 */
#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

void chunk_append(struct chunk *c, const void *data, size_t size)
{
    if (c->size + size > c->cap) {
        c->cap = (c->size + size) * 2;
        c->data = must(realloc(c->data, c->cap));
    }
    memcpy(c->data + c->size, data, size);
    c->size += size;
}

void chunk_free(struct chunk *c)
{
    free(c->tag);
    free(c->data);
    free(c->path);
    free(c);
}

static int map_file(struct source *s, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    void *map = MAP_FAILED;

    if (fd >= 0 && fstat(fd, &st) == 0) {
        s->total = (uint64_t) st.st_size;
        map = s->total ? mmap(NULL, s->total, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;
    }
    if (map == MAP_FAILED) {
        ERROR("[host] %s: %s", path, strerror(errno));
    }
    if (fd >= 0) {
        close(fd);
    }
    s->file = map == MAP_FAILED ? NULL : map;
    return map == MAP_FAILED ? -1 : 0;
}

int feed_open(struct feed *f, const struct options *opt)
{
    memset(f, 0, sizeof(*f));
    f->opt = opt;
    f->sec = opt->time ? opt->time : (int64_t) time(NULL);
    f->sources = must(calloc(opt->n_specs + 1, sizeof(*f->sources)));
    f->n_sources = opt->n_specs;
    for (size_t i = 0; i < f->n_sources; i++) {
        struct source *s = &f->sources[i];

        s->kind = opt->specs[i].kind;
        s->tag = opt->specs[i].tag;
        if (s->kind == GENERATE) {
            s->total = strtoull(opt->specs[i].what, NULL, 10);
        }
        else if (map_file(s, opt->specs[i].what) != 0) {
            return -1;
        }
    }
    return 0;
}

void feed_close(struct feed *f)
{
    for (size_t i = 0; i < f->n_sources; i++) {
        if (f->sources[i].file) {
            munmap((void *) f->sources[i].file, f->sources[i].total);
        }
    }
    free(f->sources);
}

/* How much of all sources has been fed: 0 ... 1. */
double feed_progress(const struct feed *f)
{
    double sum = 0;

    for (size_t i = 0; i < f->n_sources; i++) {
        const struct source *s = &f->sources[i];

        sum += s->total ? (double) s->pos / (double) s->total : 1;
    }
    return f->n_sources ? sum / (double) f->n_sources : 1;
}

/* Every record is a microsecond later than the one before. */
static size_t head(struct feed *f, uint8_t *out)
{
    uint64_t t = f->ticks++;

    return msgpack_time(out, f->sec + (int64_t) (t / 1000000), (uint32_t) (t % 1000000) * 1000);
}

/* Makes a record of the line at the source's position, as in_tail does without a parser. */
static void append_line(struct feed *f, struct source *s, struct chunk *c)
{
    const char *line = (const char *) s->file + s->pos;
    size_t left = s->total - s->pos;
    const char *newline = memchr(line, '\n', left);
    size_t len = newline ? (size_t) (newline - line) : left;
    size_t next = newline ? len + 1 : len, n = 0;
    uint8_t *buf;

    if (len > 0 && line[len - 1] == '\r') {
        len--;
    }
    buf = must(malloc(len + 32));
    n += head(f, buf);
    n += msgpack_map(buf + n, 1);
    n += msgpack_str(buf + n, "log", 3);
    n += msgpack_str(buf + n, line, len);
    chunk_append(c, buf, n);
    free(buf);
    s->pos += next;
    c->records++;
}

/* Words by a small congruential generator: text that compresses as text does, the same every time. */
static size_t message(char *out, size_t size, uint64_t n)
{
    static const char *const words[] = {
        "connection", "timeout", "user", "order", "payment", "retry", "cache", "miss",
        "request", "completed", "in", "milliseconds", "queue", "worker", "started", "with",
    };
    uint64_t state = n * 2862933555777941757u + 3037000493u;
    char *end = out + snprintf(out, size, "req=%016llx", (unsigned long long) state);

    while ((size_t) (end - out) < size - 16) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        *end++ = ' ';
        end = stpcpy(end, words[state >> 60]);
    }
    return (size_t) (end - out);
}

static void append_generated(struct feed *f, struct source *s, struct chunk *c)
{
    char id[256], text[192];
    size_t id_len = (size_t) snprintf(id, sizeof(id), "%.200s-%llu", s->tag, (unsigned long long) s->pos);
    size_t text_len = message(text, sizeof(text), s->pos);
    uint8_t buf[768];
    size_t n = head(f, buf);

    n += msgpack_map(buf + n, 3);
    n += msgpack_str(buf + n, "id", 2);
    n += msgpack_str(buf + n, id, id_len);
    n += msgpack_str(buf + n, "level", 5);
    n += msgpack_str(buf + n, "info", 4);
    n += msgpack_str(buf + n, "message", 7);
    n += msgpack_str(buf + n, text, text_len);
    chunk_append(c, buf, n);
    s->pos++;
    c->records++;
}

/*
 * Copies one object of a file, or the whole group that it opens: no chunk begins inside a group. What
 * is no whole object goes along as it is, with all that follows.
 */
static void append_msgpack(struct source *s, struct chunk *c)
{
    bool open = false;

    do {
        const uint8_t *at = s->file + s->pos;
        uint64_t left = s->total - s->pos;
        size_t size = msgpack_skip(at, left);
        int group = size ? msgpack_group(at, size) : 0;

        c->records += size && !group;
        open = size && (group == 1 || (open && group == 0));
        size = size ? size : left;
        chunk_append(c, at, size);
        s->pos += size;
    } while (open && s->pos < s->total);
}

static void append(struct feed *f, struct source *s, struct chunk *c)
{
    switch (s->kind) {
    case LINES:
        append_line(f, s, c);
        break;
    case GENERATE:
        append_generated(f, s, c);
        break;
    case MSGPACK:
        append_msgpack(s, c);
        break;
    }
}

/* With --rate a chunk holds a quarter of a second; otherwise as many records as fit. */
static uint64_t most_records(const struct feed *f)
{
    double quarter = f->opt->rate / 4;

    return f->opt->rate <= 0 ? UINT64_MAX : quarter < 1 ? 1 : (uint64_t) quarter;
}

/* With --reload a source is cut at least once between two reloads. */
static uint64_t stop_at(const struct feed *f, const struct source *s)
{
    uint64_t piece = s->total / (uint64_t) (f->opt->reloads + 1);

    return f->opt->reloads && piece ? s->pos + piece : s->total;
}

static struct chunk *cut(struct feed *f, size_t index)
{
    struct source *s = &f->sources[index];
    struct chunk *c = must(calloc(1, sizeof(*c)));
    uint64_t stop = stop_at(f, s), most = most_records(f);
    size_t last = 0;

    c->tag = must(strdup(s->tag));
    c->source = index;
    /* The next record is taken to be as long as the last: --chunk-size is aimed at, as a real chunk is. */
    do {
        size_t before = c->size;

        append(f, s, c);
        last = c->size - before;
    } while (s->pos < s->total && s->pos < stop && c->records < most && c->size + last <= f->opt->chunk_size);
    c->end = s->pos;
    f->records += c->records;
    return c;
}

struct chunk *feed_next(struct feed *f)
{
    for (size_t i = 0; i < f->n_sources; i++) {
        size_t index = (f->turn + i) % f->n_sources;

        if (f->sources[index].pos < f->sources[index].total) {
            f->turn = index + 1;
            return cut(f, index);
        }
    }
    return NULL;
}
