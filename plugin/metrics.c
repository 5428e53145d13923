#define _GNU_SOURCE
#include "metrics.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* lib/cmetrics/include/cmetrics/{cmt_counter,cmt_gauge,cmt_histogram,cmt_cat,cmetrics}.h */
typedef void *create_fn(void *cmt, char *ns, char *subsystem, char *name, char *help, int n, char **keys);
typedef int set_fn(void *metric, uint64_t timestamp, double value, int n, char **values);
typedef void *buckets_fn(double *bounds, size_t count);
typedef void *create_histogram_fn(void *cmt, char *ns, char *subsystem, char *name, char *help, void *buckets,
                                  int n, char **keys);
typedef int set_histogram_fn(void *histogram, uint64_t timestamp, uint64_t *buckets, double sum, uint64_t count,
                             int n, char **values);

static void *find(const char *name)
{
    return dlsym(RTLD_DEFAULT, name);
}

static void *context(struct sluice_api *api, void *o_ins)
{
    return api->output_get_cmt_instance ? api->output_get_cmt_instance(o_ins) : NULL;
}

static uint64_t now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t) t.tv_sec * 1000000000u + (uint64_t) t.tv_nsec;
}

int sluice_metrics_available(struct sluice_api *api, void *o_ins)
{
    return context(api, o_ins) && find("cmt_counter_create") && find("cmt_counter_set") &&
           find("cmt_gauge_create") && find("cmt_gauge_set") && find("cmt_histogram_create") &&
           find("cmt_histogram_buckets_create_size") && find("cmt_histogram_set_default");
}

void *sluice_metric_create(struct sluice_api *api, void *o_ins, int kind, char *name, char *help,
                           int labels, char **keys, double *bounds, size_t bounds_count)
{
    void *cmt = context(api, o_ins);
    void *buckets;

    if (kind != SLUICE_HISTOGRAM) {
        create_fn *create = (create_fn *) find(kind == SLUICE_COUNTER ? "cmt_counter_create" : "cmt_gauge_create");

        return create(cmt, "fluentbit", "output", name, help, labels, keys);
    }
    buckets = ((buckets_fn *) find("cmt_histogram_buckets_create_size"))(bounds, bounds_count);
    if (!buckets) {
        return NULL;
    }
    return ((create_histogram_fn *) find("cmt_histogram_create"))(cmt, "fluentbit", "output", name, help, buckets,
                                                                 labels, keys);
}

void sluice_metric_set(int kind, void *metric, double value, int labels, char **values)
{
    set_fn *set = (set_fn *) find(kind == SLUICE_COUNTER ? "cmt_counter_set" : "cmt_gauge_set");

    set(metric, now(), value, labels, values);
}

void sluice_histogram_set(void *histogram, uint64_t *buckets, double sum, uint64_t count, int labels, char **values)
{
    set_histogram_fn *set = (set_histogram_fn *) find("cmt_histogram_set_default");

    set(histogram, now(), buckets, sum, count, labels, values);
}

/* The host's counter is not reachable by itself, but a context of ours with a counter of the
 * same name can be merged into the instance's: that sets the value (cmt_cat.c). */
static int merge(void *to, void *from)
{
    int (*cat)(void *, void *) = (int (*)(void *, void *)) find("cmt_cat");

    return cat(to, from);
}

/* Before Fluent Bit 3, merging adds the counter once more instead. So two contexts of ours are tried first. */
static int merges(void)
{
    void *(*create_context)(void) = (void *(*)(void)) find("cmt_create");
    void (*destroy)(void *) = (void (*)(void *)) find("cmt_destroy");
    create_fn *create = (create_fn *) find("cmt_counter_create");
    /* lib/cmetrics/include/cmetrics/cmt_counter.h */
    int (*get)(void *, int, char **, double *) = (int (*)(void *, int, char **, double *)) find("cmt_counter_get_val");
    char *keys[] = {"name"}, *values[] = {"trial"};
    void *to, *from, *old = NULL, *new = NULL;
    double value = 0;

    if (!create_context || !destroy || !create || !get || !find("cmt_cat")) {
        return 0;
    }
    to = create_context();
    from = create_context();
    if (to && from) {
        old = create(to, "fluentbit", "output", "trial", "A trial.", 1, keys);
        new = create(from, "fluentbit", "output", "trial", "A trial.", 1, keys);
    }
    if (old && new) {
        sluice_metric_set(SLUICE_COUNTER, old, 0, 1, values);
        sluice_metric_set(SLUICE_COUNTER, new, 1, 1, values);
        merge(to, from);
        get(old, 1, values, &value);
    }
    if (to) {
        destroy(to);
    }
    if (from) {
        destroy(from);
    }
    return value == 1;
}

struct sluice_errors {
    void *to;      /* the instance's context */
    void *from;    /* ours */
    void *counter; /* in ours */
};

#define ERRORS_HELP "Number of output errors."

struct sluice_errors *sluice_errors_find(struct sluice_api *api, void *o_ins, char *name)
{
    void *(*create_context)(void) = (void *(*)(void)) find("cmt_create");
    create_fn *create = (create_fn *) find("cmt_counter_create");
    struct sluice_errors *errors;
    char *text = sluice_metrics(api, o_ins);
    int known = text && strstr(text, "# HELP fluentbit_output_errors_total " ERRORS_HELP "\n");

    free(text);
    if (!known || !merges()) {
        return NULL;
    }
    errors = calloc(1, sizeof(*errors));
    if (!errors) {
        return NULL;
    }
    errors->to = context(api, o_ins);
    errors->from = create_context();
    if (errors->from) {
        errors->counter = create(errors->from, "fluentbit", "output", "errors_total", ERRORS_HELP, 1,
                                 (char *[]) {"name"});
    }
    if (!errors->counter) {
        sluice_errors_free(errors);
        return NULL;
    }
    sluice_errors_set(errors, 0, name);
    return errors;
}

void sluice_errors_set(struct sluice_errors *errors, double value, char *name)
{
    sluice_metric_set(SLUICE_COUNTER, errors->counter, value, 1, (char *[]) {name});
    merge(errors->to, errors->from);
}

void sluice_errors_free(struct sluice_errors *errors)
{
    void (*destroy)(void *) = (void (*)(void *)) find("cmt_destroy");

    if (errors->from) {
        destroy(errors->from);
    }
    free(errors);
}
