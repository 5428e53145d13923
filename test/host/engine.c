//go:build ignore

/*
 * engine.c is the thread flb-pipeline: it initializes the instances, feeds them, and exits them
 * (flb_engine.c, flb_lib.c:917). A hot reload ends one engine and starts another.
 */
#include "host.h"

#include <stdlib.h>
#include <sys/prctl.h>

/* ---- beginning: flb_output_init_all, flb_output.c:1441 ---- */

static int init_one(struct engine *e, struct instance *ins)
{
    if (configmap_check(ins, e->opt->program) != 0) {
        return -1;
    }
    if (proxy_init(ins->proxy, ins) != 0) {
        ERROR("[output] failed to initialize '%s' plugin", ins->proxy->name);
        return -1;
    }
    return ins->n_workers > 0 ? workers_start(e, ins) : 0;
}

/* An instance that fails is gone at once, without an exit. */
static int init_all(struct engine *e)
{
    for (struct instance **at = &e->instances; *at; at = &(*at)->next) {
        struct instance *ins = *at;

        if (init_one(e, ins) != 0) {
            ERROR("[engine] output initialization failed");
            *at = ins->next;
            instance_free(ins);
            return -1;
        }
    }
    for (struct instance *ins = e->instances; ins; ins = ins->next) {
        proxy_pre_run(ins->proxy);
    }
    return 0;
}

/* ---- end: flb_output_exit, flb_output.c:566 ---- */

static struct task *pop_answered(struct engine *e)
{
    struct task *t;

    pthread_mutex_lock(&e->lock);
    t = queue_pop(&e->answered);
    pthread_mutex_unlock(&e->lock);
    return t;
}

static enum stop stop_wanted(struct engine *e)
{
    enum stop stop;

    pthread_mutex_lock(&e->lock);
    stop = e->stop;
    pthread_mutex_unlock(&e->lock);
    return stop;
}

/*
 * Stopping the workers makes them empty their inboxes first, so an instance with workers still works
 * here though the grace period is over.
 */
static void exit_all(struct engine *e)
{
    bool reload = stop_wanted(e) == STOP_FOR_RELOAD;
    struct task *t;

    dispatch_abandon(e, &e->ready);
    dispatch_abandon(e, &e->retries);
    while (e->instances) {
        struct instance *ins = e->instances;

        dispatch_abandon(e, &ins->waiting);
        if (ins->workers) {
            workers_stop(ins);
        }
        while ((t = pop_answered(e))) {
            dispatch_late(e, t);
        }
        proxy_exit(ins, reload);
        e->instances = ins->next;
        instance_free(ins);
    }
}

/* ---- between ---- */

static bool feed_is_due(const struct engine *e)
{
    return !e->stopping && !e->reload_asked && e->chunks < e->opt->chunks_up && seconds() >= e->next_feed;
}

/* --rate counts from when a chunk was due, so that a late one is made up for; by a second at most. */
static void pace(struct engine *e, const struct chunk *c)
{
    if (e->opt->rate > 0) {
        double now = seconds();

        e->next_feed = (e->next_feed > now - 1 ? e->next_feed : now) + (double) c->records / e->opt->rate;
    }
}

/* What an earlier process left comes first. */
static struct chunk *next_chunk(struct engine *e)
{
    struct chunk *c = storage_next(e->storage);

    if (c) {
        INFO("[storage] backlog chunk %s", c->path);
        return c;
    }
    c = feed_next(e->feed);
    if (c && e->storage->dir && storage_put(e->storage, c, e->feed) != 0) {
        e->stats->faults++;
        e->stats->unanswered++;
        chunk_free(c);
        return NULL;
    }
    return c;
}

static bool feed_one(struct engine *e)
{
    struct chunk *c = feed_is_due(e) ? next_chunk(e) : NULL;

    if (!c) {
        return false;
    }
    pace(e, c);
    dispatch_chunk(e, c);
    return true;
}

/* --reload N: evenly over the load, by what has been fed. Main does it; nothing is fed until then. */
static void ask_for_reload(struct engine *e)
{
    int n = e->stats->reloads + 1;

    if (!e->reload_asked && !e->stopping && n <= e->opt->reloads &&
        feed_progress(e->feed) * (e->opt->reloads + 1) >= n) {
        e->reload_asked = true;
        signals_wake(WAKE_RELOAD);
    }
}

/* flb_engine_reschedule_retries: nobody waits for a back-off any longer. */
static void hurry(struct engine *e)
{
    for (struct task *t = e->retries.head; t; t = t->next) {
        t->due = seconds() + e->opt->retry_base / 5;
    }
}

/* flb_engine.c:1409: from here on nothing new comes in. */
static void notice_stop(struct engine *e)
{
    enum stop stop = stop_wanted(e);

    if (e->stopping || stop == RUN) {
        return;
    }
    e->stopping = true;
    if (stop == STOP_GRACEFULLY) {
        WARN("[engine] service will shutdown in max %g seconds", e->opt->grace);
        e->deadline = seconds() + e->opt->grace;
    }
    else {
        WARN("[engine] service will shutdown when all remaining tasks are flushed");
    }
    hurry(e);
}

/* One piece of work, if there is any. A flush without workers blocks all else, as in Fluent Bit. */
static bool step(struct engine *e)
{
    struct task *t = pop_answered(e);

    if (t) {
        dispatch_answer(e, t);
        return true;
    }
    if (e->retries.head && e->retries.head->due <= seconds()) {
        dispatch_task(e, queue_pop(&e->retries));
        return true;
    }
    if (feed_one(e)) {
        return true;
    }
    t = queue_pop(&e->ready);
    if (t) {
        task_flush(t, e->opt);
        dispatch_answer(e, t);
        return true;
    }
    return false;
}

static bool feed_is_empty(const struct engine *e)
{
    return e->storage->next == e->storage->n_backlog && feed_progress(e->feed) >= 1;
}

static bool is_over(const struct engine *e)
{
    if (e->deadline && seconds() >= e->deadline) {
        return true;
    }
    if (e->chunks > 0) {
        return false;
    }
    return e->stopping || (!e->opt->stay && !e->reload_asked && feed_is_empty(e));
}

static void sooner(double *when, double other)
{
    if (other > 0 && (*when == 0 || other < *when)) {
        *when = other;
    }
}

/* Sleeps until an answer, a stop, or the next thing that is due. */
static void rest(struct engine *e)
{
    double when = e->deadline, wait;
    struct timespec until;

    sooner(&when, e->tick.due);
    sooner(&when, e->retries.head ? e->retries.head->due : 0);
    if (!e->stopping && !e->reload_asked && e->chunks < e->opt->chunks_up && !feed_is_empty(e)) {
        sooner(&when, e->next_feed);
    }
    wait = when ? when : seconds() + 3600;
    until.tv_sec = (time_t) wait;
    until.tv_nsec = (long) ((wait - (double) until.tv_sec) * 1e9);
    pthread_mutex_lock(&e->lock);
    if (!e->answered.head && (e->stopping || e->stop == RUN)) {
        pthread_cond_timedwait(&e->wake, &e->lock, &until);
    }
    pthread_mutex_unlock(&e->lock);
}

static void loop(struct engine *e)
{
    while (true) {
        notice_stop(e);
        ask_for_reload(e);
        tick_fire(&e->tick);
        if (is_over(e)) {
            return;
        }
        if (step(e)) {
            e->tick.busy = seconds();
        }
        else {
            rest(e);
        }
    }
}

static void set_state(struct engine *e, enum state state)
{
    pthread_mutex_lock(&e->lock);
    e->state = state;
    pthread_cond_signal(&e->news);
    pthread_mutex_unlock(&e->lock);
}

static void *run(void *arg)
{
    struct engine *e = arg;

    prctl(PR_SET_NAME, "flb-pipeline");
    if (init_all(e) != 0) {
        exit_all(e);
        set_state(e, FAILED);
        return NULL;
    }
    set_state(e, STARTED);
    loop(e);
    INFO("[engine] service has stopped (%zu pending chunks)", e->chunks);
    exit_all(e);
    e->stats->engine_cpu += thread_cpu();
    signals_wake(WAKE_ENDED);
    return NULL;
}

/* ---- called by main ---- */

static void wakeable(pthread_cond_t *cond)
{
    pthread_condattr_t attr;

    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &attr);
    pthread_condattr_destroy(&attr);
}

int engine_start(struct engine *e)
{
    pthread_mutex_init(&e->lock, NULL);
    wakeable(&e->wake);
    wakeable(&e->news);
    queue_init(&e->answered);
    queue_init(&e->ready);
    queue_init(&e->retries);
    e->next_feed = seconds();
    e->tick = (struct tick){.every = e->opt->tick, .due = e->opt->tick > 0 ? seconds() + e->opt->tick : 0,
                            .late = &e->stats->tick_late, .beyond = &e->stats->tick_beyond};
    if (pthread_create(&e->thread, NULL, run, e) != 0) {
        ERROR("[engine] no thread for the pipeline");
        return -1;
    }
    pthread_mutex_lock(&e->lock);
    while (e->state == STARTING) {
        pthread_cond_wait(&e->news, &e->lock);
    }
    pthread_mutex_unlock(&e->lock);
    if (e->state == FAILED) {
        engine_join(e);
        return -1;
    }
    return 0;
}

void engine_stop(struct engine *e, enum stop how)
{
    pthread_mutex_lock(&e->lock);
    e->stop = how;
    pthread_cond_signal(&e->wake);
    pthread_mutex_unlock(&e->lock);
}

void engine_join(struct engine *e)
{
    pthread_join(e->thread, NULL);
    pthread_cond_destroy(&e->wake);
    pthread_cond_destroy(&e->news);
    pthread_mutex_destroy(&e->lock);
}
