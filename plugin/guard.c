/*
 * All calls of Fluent Bit but FLBPluginRegister come through here: the process may be
 * another one than the one that loaded the plugin. "daemon on" forks in between, and of
 * Go's threads only the one that forked is left. Whatever needs another, such as a
 * garbage collection that was under way, hangs forever: so Go is not called then.
 */
#define _GNU_SOURCE
#include "bridge.h"
#include "_cgo_export.h"

#include <stdio.h>
#include <sys/types.h>
#include <unistd.h>

/* include/fluent-bit/flb_output.h:71, flb_log.h:38 */
enum { FLB_ERROR = 0, FLB_RETRY = 2, LOG_ERROR = 1 };

static pid_t loaded_by;

void sluice_guard_loaded(void)
{
    loaded_by = getpid();
}

static int forked(void)
{
    return getpid() != loaded_by;
}

/* Logs why an instance is refused. */
static void refuse(struct sluice_plugin *plugin)
{
    char line[512];
    const char *name = sluice_instance_name(plugin->o_ins);

    snprintf(line, sizeof(line),
             "[output:sluice:%s] remove 'daemon on' (-d) and let systemd or --supervisor run Fluent Bit: it went into "
             "the background after loading the plugin, which Go plugins do not survive", name ? name : "sluice");
    if (sluice_log_check(plugin->api, plugin->o_ins, LOG_ERROR)) {
        sluice_log(plugin->api, LOG_ERROR, line);
    }
}

int FLBPluginInit(struct sluice_plugin *plugin)
{
    if (forked()) {
        refuse(plugin);
        return FLB_ERROR;
    }
    return sluiceInit(plugin);
}

int FLBPluginOutputPreRun(int hot_reload)
{
    return forked() ? 0 : sluicePreRun(hot_reload);
}

int FLBPluginFlushCtx(void *handle, void *data, size_t size, char *tag)
{
    return forked() ? FLB_RETRY : sluiceFlush(handle, data, size, tag);
}

void FLBPluginOutputPreExit(int hot_reload)
{
    if (!forked()) {
        sluicePreExit(hot_reload);
    }
}

int FLBPluginExitCtx(void *handle)
{
    return forked() ? FLB_ERROR : sluiceExit(handle);
}
