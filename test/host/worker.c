//go:build ignore

/*
 * worker.c is the pool of threads of one instance (flb_output_thread.c). A worker takes what it has been
 * given in order, one flush at a time, because a Go flush never yields; whoever waits behind a slow one
 * waits, even when the other workers are idle.
 */
#include "host.h"

#include <stdlib.h>
#include <sys/prctl.h>

/* The next task, or NULL when the stop message has been reached: it queues behind all tasks. */
static struct task *take(struct worker *w)
{
    struct task *t;

    pthread_mutex_lock(&w->engine->lock);
    while (!(t = queue_pop(&w->inbox)) && !w->stop) {
        pthread_cond_wait(&w->wake, &w->engine->lock);
    }
    pthread_mutex_unlock(&w->engine->lock);
    return t;
}

static void give_back(struct worker *w, struct task *t)
{
    pthread_mutex_lock(&w->engine->lock);
    queue_push(&w->engine->answered, t);
    pthread_cond_signal(&w->engine->wake);
    pthread_mutex_unlock(&w->engine->lock);
}

static void log_worker(struct worker *w, const char *kind, const char *what)
{
    INFO("[output:%s:%s] %s #%i %s", w->ins->proxy->name, flb_output_name(w->ins), kind, w->id, what);
}

/* flb_output_thread.c:168. The kernel keeps 15 bytes of the name: flb-out-sluice. */
static void *run(void *arg)
{
    struct worker *w = arg;
    struct task *t;
    char name[128];

    snprintf(name, sizeof(name), "flb-out-%s-w%i", w->ins->name, w->id);
    prctl(PR_SET_NAME, name);
    log_worker(w, "worker", "started");
    while ((t = take(w))) {
        task_flush(t, w->engine->opt);
        give_back(w, t);
    }
    log_worker(w, "thread worker", "stopped");
    return NULL;
}

/* flb_output_enable_multi_threading. The real host makes a second pool that never works; this one not. */
int workers_start(struct engine *e, struct instance *ins)
{
    ins->workers = must(calloc((size_t) ins->n_workers, sizeof(*ins->workers)));
    for (int i = 0; i < ins->n_workers; i++) {
        struct worker *w = &ins->workers[i];

        w->engine = e;
        w->ins = ins;
        w->id = i;
        queue_init(&w->inbox);
        pthread_cond_init(&w->wake, NULL);
        if (pthread_create(&w->thread, NULL, run, w) != 0) {
            ERROR("[output] could not start thread pool for '%s' plugin", flb_output_name(ins));
            ins->n_workers = i;
            return -1;
        }
    }
    return 0;
}

/* Round robin, whatever each of them has to do: flb_thread_pool.c:101. The engine's lock is held. */
void workers_give(struct instance *ins, struct task *t)
{
    struct worker *w = &ins->workers[ins->turn];

    ins->turn = (ins->turn + 1) % ins->n_workers;
    queue_push(&w->inbox, t);
    pthread_cond_signal(&w->wake);
}

/* flb_output_thread_pool_destroy: one worker after the other. */
void workers_stop(struct instance *ins)
{
    for (int i = 0; i < ins->n_workers; i++) {
        struct worker *w = &ins->workers[i];

        pthread_mutex_lock(&w->engine->lock);
        w->stop = true;
        pthread_cond_signal(&w->wake);
        pthread_mutex_unlock(&w->engine->lock);
        pthread_join(w->thread, NULL);
        pthread_cond_destroy(&w->wake);
    }
    free(ins->workers);
    ins->workers = NULL;
}
