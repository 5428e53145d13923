/*
 * The boundary between Fluent Bit (C) and the plugin (Go). The structures are those of
 * Fluent Bit v5.1.1; what earlier versions do not have is written only where the
 * allocation has room for it.
 */
#ifndef SLUICE_BRIDGE_H
#define SLUICE_BRIDGE_H

#include <stddef.h>
#include <stdint.h>

/* include/fluent-bit/flb_plugin_proxy.h:36 */
struct sluice_def {
    int type;
    int proxy;
    int flags;
    char *name;
    char *description;
    int event_type;   /* since v4.2.3 */
    void *config_map; /* since v5.1.1 */
};

/* include/fluent-bit/flb_config_map.h; 104 bytes since v5.0.3 */
struct sluice_property {
    int type;
    const char *name;
    const char *def_value;
    int flags;
    int set_property;
    uintptr_t offset;
    const char *desc;
    char host[56]; /* value and list node, the host's own */
};

/* include/fluent-bit/flb_api.h; what follows is not used */
struct sluice_api {
    const char *(*output_get_property)(const char *key, void *o_ins);
    const char *(*input_get_property)(const char *key, void *i_ins);
    void *(*output_get_cmt_instance)(void *o_ins);
    void *(*input_get_cmt_instance)(void *i_ins);
    void (*log_print)(int level, const char *file, int line, const char *fmt, ...);
    int (*input_log_check)(void *i_ins, int level);
    int (*output_log_check)(void *o_ins, int level);
};

/* include/fluent-bit/flb_plugin_proxy.h:61 */
struct sluice_context {
    void *remote_context;
    void *proxy;
};

/* src/proxy/go/go.h:27 */
struct sluice_plugin {
    char *name;
    struct sluice_api *api;
    void *o_ins;
    struct sluice_context *context;
};

/* Fills a definition. properties ends with an entry whose name is NULL; the host keeps
 * pointers to it and to the texts, so none of it is ever freed. */
void sluice_register(struct sluice_def *def, const char *name, const char *description,
                     struct sluice_property *properties);

/* The value of a property, NULL if it is not set; valid as long as the instance. */
const char *sluice_property_get(struct sluice_api *api, void *o_ins, const char *key);

/* Whether the instance logs at a level. */
int sluice_log_check(struct sluice_api *api, void *o_ins, int level);

/* Logs through the host. Only from a thread of the host. */
void sluice_log(struct sluice_api *api, int level, const char *line);

/* What identifies the calling thread of the host to its logger, NULL if this host does that in
 * a way that we do not know. */
void *sluice_log_thread(void);

/* Logs through the host from any thread, as that thread of the host, which must still run. */
void sluice_log_as(void *thread, struct sluice_api *api, int level, const char *line);

/* The name or alias of an instance, NULL if the host has no such function. */
const char *sluice_instance_name(void *o_ins);

/* The instance's metrics in Prometheus' text format, NULL if the host has none; the caller
 * frees them. Only when the engine has stopped, since nothing locks them. */
char *sluice_metrics(struct sluice_api *api, void *o_ins);

/* Makes handle the first argument of the instance's further calls. */
void sluice_set_context(struct sluice_context *context, uintptr_t handle);

/* Whether the calling thread is one of an output's workers. */
int sluice_on_worker(void);

/* Whether the file system of path is kept in memory. */
int sluice_in_memory(const char *path);

/* Records that this process loaded the plugin; see guard.c. */
void sluice_guard_loaded(void);

/* Remembers the signal handlers of Go's runtime. Only the first call does, when the host
 * has just loaded the plugin. */
void sluice_signals_remember(void);

/* Restores those that the host has replaced. */
void sluice_signals_repair(void);

#endif
