/*
 * Metrics in the host's own endpoint, through its cmetrics library (lib/cmetrics), which is
 * looked up: a host without it has none of our metrics. Everything is made on a thread of
 * the host in Init; afterwards only values are set, which are atomic, by one thread.
 */
#ifndef SLUICE_METRICS_H
#define SLUICE_METRICS_H

#include "bridge.h"

enum sluice_metric_kind { SLUICE_COUNTER, SLUICE_GAUGE, SLUICE_HISTOGRAM };

/* Whether the host has all that is needed. */
int sluice_metrics_available(struct sluice_api *api, void *o_ins);

/* Makes fluentbit_output_NAME. The texts are copied. NULL on failure. */
void *sluice_metric_create(struct sluice_api *api, void *o_ins, int kind, char *name, char *help,
                           int labels, char **keys, double *bounds, size_t bounds_count);

/* Sets a counter's or a gauge's value. The first call for a set of labels makes it. */
void sluice_metric_set(int kind, void *metric, double value, int labels, char **values);

/* Sets a histogram: one bucket more than there are bounds. */
void sluice_histogram_set(void *histogram, uint64_t *buckets, double sum, uint64_t count,
                          int labels, char **values);

/* The host's own counter fluentbit_output_errors_total of the instance, to be set through the
 * result; NULL if it is not there in the form that we know. It is freed by errors_free. */
struct sluice_errors;
struct sluice_errors *sluice_errors_find(struct sluice_api *api, void *o_ins, char *name);
void sluice_errors_set(struct sluice_errors *errors, double value, char *name);
void sluice_errors_free(struct sluice_errors *errors);

#endif
