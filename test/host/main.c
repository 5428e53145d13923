//go:build ignore

/*
 * main.c is the main thread: it loads plugins, starts an engine, waits for signals, and makes hot
 * reloads (fluent-bit.c:1501, flb_reload.c:461).
 */
#include "host.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* All that is loaded at one time; a hot reload has two of them for a while. */
struct context {
    struct proxy *proxies;
    struct instance *instances; /* until the engine has them */
    struct engine engine;
};

struct host {
    struct options opt;
    struct feed feed;
    struct storage storage;
    struct stats stats;
    struct context *context;
    bool refused; /* a reload of --reload */
};

/* ---- one context ---- */

static int load_plugins(struct context *c, const struct options *opt, int hot_reloading)
{
    struct proxy **tail = &c->proxies;

    for (size_t i = 0; i < opt->n_plugins; i++) {
        *tail = proxy_load(opt->plugins[i], opt->abi, hot_reloading);
        if (!*tail) {
            return -1;
        }
        tail = &(*tail)->next;
    }
    return 0;
}

/* flb_destroy, main thread: instances that no engine ever had are exited here, then the plugins go. */
static void context_free(struct host *h, struct context *c)
{
    for (struct instance *ins = c->instances; ins; ins = ins->next) {
        proxy_exit(ins, false);
    }
    instances_free(c->instances);
    if (!proxy_unload_all(c->proxies)) {
        h->stats.faults++;
    }
    free(c);
}

/* Up to the point where nothing runs yet; NULL when the configuration is refused. */
static struct context *context_new(struct host *h, int hot_reloading)
{
    struct context *c = must(calloc(1, sizeof(*c)));

    signals_ignore_pipe();
    if (load_plugins(c, &h->opt, hot_reloading) != 0 || instances_new(&c->instances, c->proxies, &h->opt) != 0) {
        ERROR("configuration file contains errors, aborting.");
        context_free(h, c);
        return NULL;
    }
    return c;
}

static int context_start(struct host *h, struct context *c)
{
    c->engine = (struct engine){
        .opt = &h->opt,
        .instances = c->instances,
        .feed = &h->feed,
        .storage = &h->storage,
        .stats = &h->stats,
    };
    c->instances = NULL;
    return engine_start(&c->engine);
}

static int check_properties(const struct context *c, const char *program)
{
    for (const struct instance *ins = c->instances; ins; ins = ins->next) {
        if (configmap_check(ins, program) != 0) {
            return -1;
        }
    }
    return 0;
}

/* ---- hot reload ---- */

/*
 * The new plugins are registered while the old instances still run; then the old ones end, down to
 * dlclose, and only then the new ones are initialized. Returns -1 when that leaves nothing running.
 */
static int reload(struct host *h)
{
    struct context *new, *old = h->context;

    INFO("reloading instance pid=%d", (int) getpid());
    new = context_new(h, 1);
    if (!new) {
        ERROR("[reload] reloaded config is invalid. Reloading is halted");
        return 0;
    }
    if (check_properties(new, h->opt.program) != 0) {
        ERROR("[reload] reloaded config is invalid. Reloading is halted");
        context_free(h, new);
        return 0;
    }
    INFO("[reload] stop everything of the old context");
    engine_stop(&old->engine, STOP_FOR_RELOAD);
    engine_join(&old->engine);
    context_free(h, old);
    INFO("[reload] start everything");
    h->stats.reloads++;
    h->context = new;
    if (context_start(h, new) != 0) {
        ERROR("[reload] loaded configuration contains error(s). Reloading is aborted");
        h->stats.faults++;
        return -1;
    }
    return 0;
}

/* ---- the whole ---- */

/*
 * After a refused reload Fluent Bit goes on as before, and so does this host after a SIGHUP. A load that
 * was to be reloaded so many times has failed, though.
 */
static bool give_up_reloads(struct host *h, int what)
{
    if (what != WAKE_RELOAD) {
        return false;
    }
    h->refused = true;
    engine_stop(&h->context->engine, STOP_GRACEFULLY);
    return true;
}

/* Handles what the pipe tells until the engine has ended. A WAKE_ENDED of a reloaded engine is old. */
static void serve(struct host *h)
{
    bool ended = false, stopped = false;
    int stale = 0;

    while (!ended) {
        int what = signals_wait();

        if (what == WAKE_ENDED) {
            ended = stale-- == 0;
            stale = stale < 0 ? 0 : stale;
        }
        if (!ended && !stopped && signals_exit()) {
            engine_stop(&h->context->engine, STOP_GRACEFULLY);
            stopped = true;
        }
        if (!ended && !stopped && (signals_reload() || what == WAKE_RELOAD)) {
            int before = h->stats.reloads;

            if (reload(h) != 0) {
                return;
            }
            stale += h->stats.reloads > before;
            stopped = h->stats.reloads == before && give_up_reloads(h, what);
        }
    }
    engine_join(&h->context->engine);
}

static void print_stats(struct host *h)
{
    struct stats *s = &h->stats;

    printf("{\"flushes\":%llu,\"records\":%llu,\"ok\":%llu,\"retry\":%llu,\"error\":%llu,\"dropped_records\":%llu,"
           "\"instances\":%d,\"reloads\":%d,\"bytes\":%llu,\"fed_records\":%llu,"
           "\"late\":%llu,\"unanswered\":%llu,\"faults\":%llu,\"max_stack\":%llu",
           (unsigned long long) s->flushes, (unsigned long long) s->records, (unsigned long long) s->ok,
           (unsigned long long) s->retry, (unsigned long long) s->error, (unsigned long long) s->dropped_records,
           s->instances, s->reloads, (unsigned long long) s->bytes, (unsigned long long) h->feed.records,
           (unsigned long long) s->late, (unsigned long long) s->unanswered, (unsigned long long) s->faults,
           (unsigned long long) s->max_stack);
    samples_print(&s->callbacks, "callback_us", stdout);
    samples_print(&s->tick_late, "tick_late_us", stdout);
    samples_print(&s->tick_beyond, "tick_beyond_us", stdout);
    printf(",\"cpu\":%.3f,\"engine_cpu\":%.3f}\n", process_cpu(), s->engine_cpu);
    fflush(stdout); /* a leak checker ends the process before stdio would */
}

static void stats_free(struct stats *s)
{
    samples_free(&s->callbacks);
    samples_free(&s->tick_late);
    samples_free(&s->tick_beyond);
}

/* Ends the process from here, as fluent-bit.c:546 does: the plugin is not told. */
static void help(struct host *h)
{
    const struct proxy *p = NULL;

    h->context = must(calloc(1, sizeof(*h->context)));
    if (load_plugins(h->context, &h->opt, 0) == 0) {
        p = proxy_find(h->context->proxies, h->opt.sections[h->opt.n_sections - 1].name);
    }
    if (!p) {
        ERROR("invalid output plugin '%s'", h->opt.sections[h->opt.n_sections - 1].name);
        exit(1);
    }
    configmap_help(p, stdout);
    exit(0);
}

/* 0 when every chunk has been answered with FLB_OK at last, and the plugin kept to its memory. */
static int verdict(const struct stats *s)
{
    return s->error || s->dropped_records || s->unanswered || s->faults ? 1 : 0;
}

static int load_and_serve(struct host *h)
{
    int ret;

    if (feed_open(&h->feed, &h->opt) != 0 || storage_open(&h->storage, h->opt.storage, &h->feed) != 0) {
        return -1;
    }
    h->context = context_new(h, 0);
    if (!h->context) {
        return -1;
    }
    ret = context_start(h, h->context);
    if (ret == 0) {
        serve(h);
    }
    context_free(h, h->context);
    return ret;
}

static int run(struct host *h)
{
    int ret;

    h->stats.instances = (int) h->opt.n_sections;
    ret = load_and_serve(h);
    print_stats(h);
    return ret || h->refused ? 1 : verdict(&h->stats);
}

int main(int argc, char **argv)
{
    struct host h = {0};
    int ret = options_parse(&h.opt, argc, argv);

    if (ret != 0) {
        options_free(&h.opt);
        return ret - 1;
    }
    log_setup(h.opt.log_level, h.opt.abi->milliseconds);
    srand48((long) time(NULL) ^ getpid());
    if (signals_open() != 0) {
        return 1;
    }
    signals_install();
    if (h.opt.help) {
        help(&h);
    }
    ret = run(&h);
    stats_free(&h.stats);
    storage_close(&h.storage);
    feed_close(&h.feed);
    options_free(&h.opt);
    return ret;
}
