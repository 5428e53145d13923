/* probe.h is what the trace plugin knows of Fluent Bit's proxy ABI, as of v5.1.1. */
#ifndef PROBE_H
#define PROBE_H

#include <stddef.h>
#include <stdint.h>

/* include/fluent-bit/flb_plugin_proxy.h:36; the last two fields exist only on newer hosts. */
struct def {
    int type, proxy, flags;
    char *name, *description;
    int event_type;
    void *config_map;
};

/* include/fluent-bit/flb_plugin_proxy.h:61 */
struct context {
    void *remote_context;
    void *proxy;
};

/* include/fluent-bit/flb_api.h:27; only the members that every version has. */
struct api {
    const char *(*output_get_property)(const char *, void *);
    const char *(*input_get_property)(const char *, void *);
    void *(*output_get_cmt_instance)(void *);
    void *(*input_get_cmt_instance)(void *);
    void (*log_print)(int, const char *, int, const char *, ...);
    int (*input_log_check)(void *, int);
    int (*output_log_check)(void *, int);
};

/* src/proxy/go/go.h:26; the host's own function pointers follow. */
struct plugin {
    char *name;
    struct api *api;
    void *o_ins;
    struct context *context;
};

/* include/fluent-bit/flb_config_map.h: 104 bytes since v5.0.3, the array ends with a zero entry. */
struct map_entry {
    int type;
    char *name, *def_value;
    int flags, set_property;
    uintptr_t offset;
    char *desc;
    uint64_t value[5], list[2];
};

const char *trace_property(struct plugin *p, const char *key);
const char *trace_instance_name(struct plugin *p);
void trace_log(struct plugin *p, int level, const char *message);
int trace_log_check(struct plugin *p, int level);
void trace_thread_name(char buf[16]);
int trace_on_thread_stack(void);
size_t trace_room(void *p);
int trace_write_past(void *p, size_t offset);
int trace_deep(size_t bytes);
int trace_peek(const volatile char *p);
struct map_entry *trace_config_map(void);
void *trace_signal_flags(int sig, int *flags);

#endif
