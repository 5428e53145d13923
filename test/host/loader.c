//go:build ignore

/*
 * loader.c loads a plugin's .so, makes the calls that belong to the file rather than to an instance,
 * and translates the others (flb_plugin_proxy.c and proxy/go/go.c).
 */
#include "host.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

static void *symbol(struct proxy *p, const char *name)
{
    return dlsym(p->dso, name);
}

/* Looks a function up; ISO C knows no conversion from an object pointer, hence the detour. */
#define LOOKUP(fn, p, name) (*(void **) (&(fn)) = symbol(p, name))

/* proxy/go/go.c:57. A plugin without any flush would crash the real host at its first chunk. */
static int go_register(struct proxy *p)
{
    struct flbgo_output_plugin *data = must(calloc(1, sizeof(*data)));

    LOOKUP(data->cb_init, p, "FLBPluginInit");
    LOOKUP(data->cb_flush, p, "FLBPluginFlush");
    LOOKUP(data->cb_flush_ctx, p, "FLBPluginFlushCtx");
    LOOKUP(data->cb_exit, p, "FLBPluginExit");
    LOOKUP(data->cb_exit_ctx, p, "FLBPluginExitCtx");
    p->data = data;
    if (!data->cb_init) {
        ERROR("[go proxy]: could not load FLBPluginInit symbol");
        return -1;
    }
    if (!data->cb_flush && !data->cb_flush_ctx) {
        ERROR("[go proxy]: could not load FLBPluginFlushCtx or FLBPluginFlush symbol");
        return -1;
    }
    data->name = must(strdup(p->def->name));
    return 0;
}

/* flb_plugin_proxy.c:480. Main thread; before the old instances' exit in a hot reload. */
static int proxy_register(struct proxy *p, int hot_reloading)
{
    int (*pre_register)(int);
    int (*cb_register)(struct flb_plugin_proxy_def *);

    LOOKUP(pre_register, p, "FLBPluginPreRegister");
    if (pre_register && pre_register(hot_reloading) == -1) {
        return -1;
    }
    LOOKUP(cb_register, p, "FLBPluginRegister");
    if (!cb_register || cb_register(p->def) == -1) {
        return -1;
    }
    if (p->def->proxy != FLB_PROXY_GOLANG || p->def->type != FLB_PROXY_OUTPUT_PLUGIN || !p->def->name) {
        ERROR("[proxy] the plugin has not registered itself as a Go output");
        return -1;
    }
    if (go_register(p) != 0) {
        return -1;
    }
    p->name = must(strdup(p->def->name)); /* out->name, flb_plugin_proxy.c:363 */
    return 0;
}

/*
 * flb_plugin_proxy_create, flb_plugin_proxy.c:598. Like there a plugin that fails to register is kept,
 * without a name: the first section that asks for it fails.
 */
struct proxy *proxy_load(const char *path, const struct abi *abi, int hot_reloading)
{
    void *dso = dlopen(path, RTLD_LAZY);
    struct proxy *p;

    if (!dso) {
        ERROR("[proxy] error opening plugin %s: '%s'", path, dlerror());
        ERROR("[plugin] error loading proxy plugin: %s", path);
        return NULL;
    }
    p = must(calloc(1, sizeof(*p)));
    p->dso = dso;
    p->abi = abi;
    p->api = abi_api_new(abi);
    p->def = abi_def_new(abi);
    proxy_register(p, hot_reloading);
    return p;
}

struct proxy *proxy_find(struct proxy *list, const char *name)
{
    for (; list; list = list->next) {
        if (list->name && strcmp(list->name, name) == 0) {
            return list;
        }
    }
    return NULL;
}

/*
 * proxy/go/go.c:98. The one structure of the file is lent to the instance for the time of the call. In
 * the real host it then shows the last instance; here it is poisoned, so that a plugin which kept the
 * pointer falls over at once.
 */
int proxy_init(struct proxy *p, struct instance *ins)
{
    struct flbgo_output_plugin *data = p->data;
    int (*init)(struct flbgo_output_plugin *) = data->cb_init;
    char *name = data->name;
    int ret;

    data->api = p->api;
    data->o_ins = ins;
    data->context = ins->context;
    ret = init(data);
    metrics_initialised(ins->cmt);
    poison(data, offsetof(struct flbgo_output_plugin, cb_init));
    data->name = name; /* the one field that it frees itself */
    if (ret <= 0) {
        ERROR("[go proxy]: plugin '%s' failed to initialize", name);
        ERROR("[output] could not initialize '%s' plugin", p->name);
        return -1;
    }
    return 0;
}

/* flb_plugin_proxy.c:323. Hot reload is always possible in this host. */
void proxy_pre_run(struct proxy *p)
{
    int (*pre_run)(int);

    LOOKUP(pre_run, p, "FLBPluginOutputPreRun");
    if (pre_run) {
        pre_run(1);
    }
}

/* proxy/go/go.c:120 and flb_plugin_proxy.c:67: an unknown answer is an error. */
int proxy_flush(struct instance *ins, const void *data, size_t size, char *tag)
{
    struct flbgo_output_plugin *go = ins->proxy->data;
    int ret = go->cb_flush_ctx ? go->cb_flush_ctx(ins->context->remote_context, data, size, tag)
                               : go->cb_flush(data, size, tag);

    return ret == FLB_OK || ret == FLB_RETRY ? ret : FLB_ERROR;
}

/*
 * flb_plugin_proxy.c:198. Also for an instance whose init was never reached, because one before it
 * failed: its remote_context is NULL then.
 */
void proxy_exit(struct instance *ins, bool hot_reloading)
{
    struct flbgo_output_plugin *go = ins->proxy->data;
    void (*pre_exit)(int);

    LOOKUP(pre_exit, ins->proxy, "FLBPluginOutputPreExit");
    if (pre_exit) {
        pre_exit(hot_reloading);
    }
    if (go->cb_exit_ctx) {
        go->cb_exit_ctx(ins->context->remote_context);
    }
    else if (go->cb_exit) {
        go->cb_exit();
    }
}

/* flb_plugin_proxy.c:224. Main thread, after the last instance is gone. */
static bool proxy_unload(struct proxy *p)
{
    void (*unregister)(struct flb_plugin_proxy_def *);
    bool intact = abi_def_intact(p->abi, p->def);

    LOOKUP(unregister, p, "FLBPluginUnregister");
    if (unregister && p->name) {
        unregister(p->def);
    }
    intact = intact && abi_def_intact(p->abi, p->def);
    if (!intact) {
        ERROR("[host] plugin '%s' wrote past its definition, which has %zu bytes with ABI %s", p->name ? p->name : "",
              p->abi->def_size, p->abi->name);
    }
    free(p->name);
    if (p->data) {
        free(p->data->name);
        free(p->data);
    }
    abi_def_free(p->def);
    free(p->api);
    dlclose(p->dso);
    free(p);
    return intact;
}

bool proxy_unload_all(struct proxy *list)
{
    bool intact = true;

    while (list) {
        struct proxy *next = list->next;

        intact = proxy_unload(list) && intact;
        list = next;
    }
    return intact;
}
