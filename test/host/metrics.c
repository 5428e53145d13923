//go:build ignore

/*
 * metrics.c is what a plugin finds of cmetrics (lib/cmetrics), and strict: metrics are made and get
 * their sets of labels during Init only, counters do not fall, and nothing is set once the instance
 * is gone. There the real one corrupts memory or crashes; this one says so and aborts.
 */
#include "host.h"

#include <stdlib.h>
#include <string.h>

struct cmt {
    pthread_mutex_t lock; /* guards what follows */
    bool initialised;     /* Init has returned */
    bool gone;
};

struct series {
    char *labels;
    double value;
    struct series *next;
};

struct metric {
    struct cmt *cmt;
    char *name;
    bool counter;
    struct series *series; /* guarded by the cmt's lock */
    struct metric *next;
};

static void refuse(const char *what, const char *name)
{
    fprintf(stderr, "flb-host: metric %s: %s\n", name, what);
    abort();
}

struct cmt *metrics_new(void)
{
    struct cmt *cmt = must(calloc(1, sizeof(*cmt)));

    pthread_mutex_init(&cmt->lock, NULL);
    return cmt;
}

void metrics_initialised(struct cmt *cmt)
{
    pthread_mutex_lock(&cmt->lock);
    cmt->initialised = true;
    pthread_mutex_unlock(&cmt->lock);
}

/* The memory stays, so that whoever still uses it is caught. */
void metrics_end(struct cmt *cmt)
{
    pthread_mutex_lock(&cmt->lock);
    cmt->gone = true;
    pthread_mutex_unlock(&cmt->lock);
}

static struct metric *create(struct cmt *cmt, const char *name, bool counter)
{
    struct metric *m = must(calloc(1, sizeof(*m)));

    pthread_mutex_lock(&cmt->lock);
    if (cmt->initialised) {
        refuse("is made after Init", name);
    }
    pthread_mutex_unlock(&cmt->lock);
    m->cmt = cmt;
    m->name = must(strdup(name));
    m->counter = counter;
    return m;
}

static int set(struct metric *m, double value, int n, char **values)
{
    char labels[512] = "";
    struct series *s;

    for (int i = 0; i < n; i++) {
        strncat(labels, values[i], sizeof(labels) - strlen(labels) - 1);
        strncat(labels, ",", sizeof(labels) - strlen(labels) - 1);
    }
    pthread_mutex_lock(&m->cmt->lock);
    if (m->cmt->gone) {
        refuse("is set after the end of its instance", m->name);
    }
    for (s = m->series; s && strcmp(s->labels, labels) != 0; s = s->next) {
    }
    if (!s && m->cmt->initialised) {
        refuse("gets new labels after Init", m->name);
    }
    if (!s) {
        s = must(calloc(1, sizeof(*s)));
        s->labels = must(strdup(labels));
        s->next = m->series;
        m->series = s;
    }
    if (m->counter && value < s->value) {
        refuse("is a counter, and falls", m->name);
    }
    s->value = value;
    pthread_mutex_unlock(&m->cmt->lock);
    return 0;
}

struct metric *cmt_counter_create(struct cmt *cmt, char *ns, char *subsystem, char *name, char *help, int n, char **keys)
{
    (void) ns, (void) subsystem, (void) help, (void) n, (void) keys;
    return create(cmt, name, true);
}

struct metric *cmt_gauge_create(struct cmt *cmt, char *ns, char *subsystem, char *name, char *help, int n, char **keys)
{
    (void) ns, (void) subsystem, (void) help, (void) n, (void) keys;
    return create(cmt, name, false);
}

int cmt_counter_set(struct metric *m, uint64_t timestamp, double value, int n, char **values)
{
    (void) timestamp;
    return set(m, value, n, values);
}

int cmt_gauge_set(struct metric *m, uint64_t timestamp, double value, int n, char **values)
{
    (void) timestamp;
    return set(m, value, n, values);
}

/* Only that there are some matters here: the plugin passes them on and knows nothing of them. */
void *cmt_histogram_buckets_create_size(double *bounds, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (bounds[i] <= bounds[i - 1]) {
            refuse("has bounds that do not rise", "histogram");
        }
    }
    return must(calloc(1, 1));
}

struct metric *cmt_histogram_create(struct cmt *cmt, char *ns, char *subsystem, char *name, char *help, void *buckets,
                                    int n, char **keys)
{
    (void) ns, (void) subsystem, (void) help, (void) n, (void) keys;
    free(buckets);
    return create(cmt, name, true);
}

int cmt_histogram_set_default(struct metric *m, uint64_t timestamp, uint64_t *buckets, double sum, uint64_t count,
                              int n, char **values)
{
    (void) timestamp, (void) buckets, (void) sum;
    return set(m, (double) count, n, values);
}
