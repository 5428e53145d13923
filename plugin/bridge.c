#define _GNU_SOURCE
#include "bridge.h"

#include <assert.h>
#include <dlfcn.h>
#include <malloc.h>
#include <pthread.h>
#include <string.h>
#include <sys/vfs.h>

#define PROXY_OUTPUT_PLUGIN 2
#define PROXY_GOLANG 11
/* FLB_OUTPUT_SYNCHRONOUS: one flush at a time and in order, whatever the number
 * of workers, so that the chunks of a tag stay in order (flb_output.h:86).
 * FLB_IO_OPT_TLS: "tls on" is accepted (flb_io.h). */
#define OUTPUT_FLAGS (2048 | 4)
#define EVENT_LOGS 1

static_assert(sizeof(struct sluice_property) == 104, "flb_config_map has 104 bytes");
static_assert(offsetof(struct sluice_def, event_type) == 32, "flb_plugin_proxy_def");
static_assert(sizeof(struct sluice_def) == 48, "flb_plugin_proxy_def");

void sluice_register(struct sluice_def *def, const char *name, const char *description,
                     struct sluice_property *properties)
{
    /* The host allocates the structure as its version knows it; only the allocator
     * knows how large that is (flb_plugin_proxy.c:628). */
    size_t room = malloc_usable_size(def);

    def->type = PROXY_OUTPUT_PLUGIN;
    def->proxy = PROXY_GOLANG;
    def->flags = OUTPUT_FLAGS;
    def->name = (char *) name;
    def->description = (char *) description;
    if (room >= offsetof(struct sluice_def, event_type) + sizeof(def->event_type)) {
        def->event_type = EVENT_LOGS;
    }
    if (room >= sizeof(*def)) {
        def->config_map = properties;
    }
}

const char *sluice_property_get(struct sluice_api *api, void *o_ins, const char *key)
{
    return api->output_get_property(key, o_ins);
}

int sluice_log_check(struct sluice_api *api, void *o_ins, int level)
{
    return api->output_log_check(o_ins, level);
}

void sluice_log(struct sluice_api *api, int level, const char *line)
{
    api->log_print(level, NULL, 0, "%s", line);
}

/* The host's logger finds its queue (before v5: a pipe, to which a line is written at once)
 * through a thread-local variable that its own threads have set (src/flb_worker.c:28,
 * src/flb_log.c:1226). Any other thread's lines go to stderr, whatever log_file says. */
static void **log_variable(void)
{
    return (void **) dlsym(RTLD_DEFAULT, "flb_worker_ctx");
}

void *sluice_log_thread(void)
{
    void *(*get)(void) = (void *(*)(void)) dlsym(RTLD_DEFAULT, "flb_worker_get");
    void **variable = log_variable();

    /* A host built without thread-local variables has a key of that name. */
    if (!get || !variable || !get() || *variable != get()) {
        return NULL;
    }
    return *variable;
}

void sluice_log_as(void *thread, struct sluice_api *api, int level, const char *line)
{
    void **variable = log_variable();
    void *own = *variable;

    *variable = thread;
    api->log_print(level, NULL, 0, "%s", line);
    *variable = own;
}

const char *sluice_instance_name(void *o_ins)
{
    const char *(*name)(void *) = (const char *(*)(void *)) dlsym(RTLD_DEFAULT, "flb_output_name");

    return name ? name(o_ins) : NULL;
}

char *sluice_metrics(struct sluice_api *api, void *o_ins)
{
    /* lib/cmetrics/include/cmetrics/cmt_encode_prometheus.h:26 */
    char *(*create)(void *, int) = (char *(*)(void *, int)) dlsym(RTLD_DEFAULT, "cmt_encode_prometheus_create");
    void (*destroy)(char *) = (void (*)(char *)) dlsym(RTLD_DEFAULT, "cmt_encode_prometheus_destroy");
    void *cmt = api->output_get_cmt_instance ? api->output_get_cmt_instance(o_ins) : NULL;
    char *text, *copy;

    if (!create || !destroy || !cmt || !(text = create(cmt, 0))) {
        return NULL;
    }
    copy = strdup(text);
    destroy(text);
    return copy;
}

void sluice_set_context(struct sluice_context *context, uintptr_t handle)
{
    context->remote_context = (void *) handle;
}

int sluice_on_worker(void)
{
    char name[16] = "";

    pthread_getname_np(pthread_self(), name, sizeof(name));
    return strncmp(name, "flb-out-", 8) == 0;
}

int sluice_in_memory(const char *path)
{
    enum { TMPFS = 0x01021994, RAMFS = (int) 0x858458f6 };
    struct statfs fs;

    return statfs(path, &fs) == 0 && ((int) fs.f_type == TMPFS || (int) fs.f_type == RAMFS);
}
