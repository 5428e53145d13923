//go:build ignore

/*
 * storage.c keeps every chunk in a file until it has been answered, as storage.type filesystem does, so
 * that a killed process delivers it again when it starts anew. Beside the chunks it keeps where each
 * source stands, as in_tail keeps its offsets: the same command goes on where it was killed.
 *
 *   DIR/0000000007.flb   "flb-host 1 TAG-LENGTH SOURCE END RECORDS\n" TAG DATA
 *   DIR/sources          "POSITION KIND TAG=WHAT\n" for each source
 *
 * A file appears by rename. The chunk comes first and says where its source stands behind it, so that
 * no kill between the two makes a record come twice or never. There is no fsync: a killed process loses
 * nothing that it has written, and losing power is not what this is for.
 */
#include "host.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *join(const char *dir, const char *name)
{
    char *path;

    if (asprintf(&path, "%s/%s", dir, name) < 0) {
        path = NULL;
    }
    return must(path);
}

static int fail(const char *path)
{
    ERROR("[storage] %s: %s", path, strerror(errno));
    return -1;
}

/* ---- one chunk in one file ---- */

static struct chunk *read_body(FILE *in, struct chunk *c, size_t tag_len, size_t size)
{
    c->tag = must(calloc(1, tag_len + 1));
    c->size = c->cap = size - tag_len;
    c->data = must(malloc(c->size + 1));
    if (fread(c->tag, 1, tag_len, in) != tag_len || fread(c->data, 1, c->size, in) != c->size) {
        chunk_free(c);
        return NULL;
    }
    return c;
}

static struct chunk *read_chunk(const char *path)
{
    FILE *in = fopen(path, "re");
    struct chunk *c = must(calloc(1, sizeof(*c)));
    unsigned long long tag_len = 0, source = 0, end = 0, records = 0;
    struct stat st = {0};

    if (!in || fstat(fileno(in), &st) != 0 ||
        fscanf(in, "flb-host 1 %llu %llu %llu %llu", &tag_len, &source, &end, &records) != 4 || fgetc(in) != '\n' ||
        ftell(in) + (off_t) tag_len > st.st_size) {
        chunk_free(c);
        c = NULL;
    }
    else {
        c->source = source;
        c->end = end;
        c->records = records;
        c = read_body(in, c, tag_len, (size_t) (st.st_size - ftell(in)));
    }
    if (in) {
        fclose(in);
    }
    if (!c) {
        ERROR("[storage] %s is no chunk of this host", path);
        return NULL;
    }
    c->path = must(strdup(path));
    return c;
}

/* Ends the writing of tmp, and gives it its name if all went well. */
static int publish(FILE *out, const char *tmp, const char *path)
{
    bool failed = ferror(out);

    if (fclose(out) != 0 || failed || rename(tmp, path) != 0) {
        return fail(path);
    }
    return 0;
}

/* The line of a source in DIR/sources. */
static char *position_line(const struct spec *spec, uint64_t pos)
{
    static const char *const kinds[] = {"lines", "msgpack", "generate"};
    char *line;

    if (asprintf(&line, "%llu %s %s=%s\n", (unsigned long long) pos, kinds[spec->kind], spec->tag, spec->what) < 0) {
        line = NULL;
    }
    return must(line);
}

static int write_positions(const struct storage *s, const struct feed *f)
{
    char *tmp = join(s->dir, "sources.tmp"), *path = join(s->dir, "sources");
    FILE *out = fopen(tmp, "we");
    int ret = -1;

    if (out) {
        for (size_t i = 0; i < f->n_sources; i++) {
            char *line = position_line(&f->opt->specs[i], f->sources[i].pos);

            fputs(line, out);
            free(line);
        }
        ret = publish(out, tmp, path);
    }
    else {
        fail(tmp);
    }
    free(tmp);
    free(path);
    return ret;
}

int storage_put(struct storage *s, struct chunk *c, const struct feed *f)
{
    char name[32];
    char *tmp = join(s->dir, "chunk.tmp");
    FILE *out = fopen(tmp, "we");
    int ret = -1;

    snprintf(name, sizeof(name), "%010llu.flb", (unsigned long long) ++s->sequence);
    c->path = join(s->dir, name);
    if (out) {
        fprintf(out, "flb-host 1 %zu %zu %llu %llu\n%s", strlen(c->tag), c->source, (unsigned long long) c->end,
                (unsigned long long) c->records, c->tag);
        fwrite(c->data, 1, c->size, out);
        ret = publish(out, tmp, c->path);
    }
    else {
        fail(tmp);
    }
    free(tmp);
    return ret == 0 ? write_positions(s, f) : ret;
}

void storage_remove(struct chunk *c)
{
    if (c->path && unlink(c->path) != 0) {
        fail(c->path);
    }
}

/* ---- what an earlier process has left ---- */

static int is_chunk(const struct dirent *d)
{
    const char *dot = strrchr(d->d_name, '.');

    return dot && strcmp(dot, ".flb") == 0;
}

static int find_backlog(struct storage *s)
{
    struct dirent **found;
    int n = scandir(s->dir, &found, is_chunk, alphasort);

    if (n < 0) {
        return fail(s->dir);
    }
    s->backlog = must(calloc((size_t) n + 1, sizeof(*s->backlog)));
    for (int i = 0; i < n; i++) {
        s->backlog[s->n_backlog++] = join(s->dir, found[i]->d_name);
        s->sequence = strtoull(found[i]->d_name, NULL, 10);
        free(found[i]);
    }
    free(found);
    return 0;
}

static void advance(struct feed *f, size_t source, uint64_t pos)
{
    if (source < f->n_sources && pos <= f->sources[source].total && pos > f->sources[source].pos) {
        f->sources[source].pos = pos;
    }
}

/* Another command's sources say nothing about ours. */
static int read_position(const char *line, struct feed *f, size_t source)
{
    uint64_t pos = strtoull(line, NULL, 10);
    char *own = source < f->n_sources ? position_line(&f->opt->specs[source], pos) : NULL;
    int ret = own && strcmp(own, line) == 0 ? 0 : -1;

    free(own);
    if (ret != 0) {
        ERROR("[storage] the folder belongs to other sources: %s", line);
        return -1;
    }
    advance(f, source, pos);
    return 0;
}

static int read_positions(const struct storage *s, struct feed *f)
{
    char *path = join(s->dir, "sources"), *line = NULL;
    FILE *in = fopen(path, "re");
    size_t room = 0;
    int ret = 0;

    for (size_t i = 0; in && ret == 0 && getline(&line, &room, in) > 0; i++) {
        ret = read_position(line, f, i);
    }
    if (in) {
        fclose(in);
    }
    free(line);
    free(path);
    return ret;
}

int storage_open(struct storage *s, const char *dir, struct feed *f)
{
    memset(s, 0, sizeof(*s));
    s->dir = dir;
    if (!dir) {
        return 0;
    }
    if ((mkdir(dir, 0755) != 0 && errno != EEXIST) || find_backlog(s) != 0) {
        return fail(dir);
    }
    if (f->n_sources > 0 && read_positions(s, f) != 0) {
        return -1;
    }
    for (size_t i = 0; i < s->n_backlog; i++) {
        struct chunk *c = read_chunk(s->backlog[i]);

        if (!c) {
            return -1;
        }
        if (c->source < f->n_sources && strcmp(c->tag, f->sources[c->source].tag) == 0) {
            advance(f, c->source, c->end);
        }
        chunk_free(c);
    }
    return 0;
}

/* The next chunk of the backlog, NULL when there is none left. */
struct chunk *storage_next(struct storage *s)
{
    return s->next < s->n_backlog ? read_chunk(s->backlog[s->next++]) : NULL;
}

void storage_close(struct storage *s)
{
    for (size_t i = 0; i < s->n_backlog; i++) {
        free(s->backlog[i]);
    }
    free(s->backlog);
}
