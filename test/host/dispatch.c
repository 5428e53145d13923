//go:build ignore

/*
 * dispatch.c decides what becomes of a chunk: which instances get it, in which thread, what an answer
 * means (handle_output_event, flb_engine.c:545), and when it is tried again. Engine thread only.
 */
#include "host.h"

#include <stdlib.h>

/* ---- on the way out ---- */

static void start(struct engine *e, struct task *t)
{
    if (t->ins->n_workers == 0) {
        queue_push(&e->ready, t);
        return;
    }
    pthread_mutex_lock(&e->lock);
    workers_give(t->ins, t);
    pthread_mutex_unlock(&e->lock);
}

/* flb_output_task_singleplex_enqueue, flb_output.c:351: with the flag one task is out at a time. */
void dispatch_task(struct engine *e, struct task *t)
{
    if (!(t->ins->flags & FLB_OUTPUT_SYNCHRONOUS)) {
        start(e, t);
        return;
    }
    queue_push(&t->ins->waiting, t);
    if (!t->ins->busy) {
        t->ins->busy = true;
        start(e, queue_pop(&t->ins->waiting));
    }
}

static void next_synchronous(struct engine *e, struct instance *ins)
{
    struct task *t;

    if (!(ins->flags & FLB_OUTPUT_SYNCHRONOUS)) {
        return;
    }
    t = queue_pop(&ins->waiting);
    ins->busy = t != NULL;
    if (t) {
        start(e, t);
    }
}

/* A chunk is done, and its file with it, when no task needs it any more. */
static void chunk_release(struct engine *e, struct chunk *c, bool answered)
{
    if (--c->users > 0) {
        return;
    }
    if (answered) {
        storage_remove(c);
    }
    chunk_free(c);
    e->chunks--;
}

void dispatch_chunk(struct engine *e, struct chunk *c)
{
    e->chunks++;
    c->users = 1; /* while its tasks are made */
    for (struct instance *ins = e->instances; ins; ins = ins->next) {
        struct task *t;

        if (!instance_matches(ins, c->tag)) {
            continue;
        }
        t = must(calloc(1, sizeof(*t)));
        t->chunk = c;
        t->ins = ins;
        c->users++;
        dispatch_task(e, t);
    }
    if (c->users == 1) {
        DEBUG("[router] no output matches the tag '%s'", c->tag);
    }
    chunk_release(e, c, true);
}

/* ---- on the way back ---- */

static void count(struct engine *e, const struct task *t)
{
    struct stats *s = e->stats;

    s->flushes++;
    s->ok += t->answer == FLB_OK;
    s->retry += t->answer == FLB_RETRY;
    s->error += t->answer == FLB_ERROR;
    s->records += t->answer == FLB_OK ? t->chunk->records : 0;
    s->bytes += t->answer == FLB_OK ? t->chunk->size : 0;
    samples_add(&s->callbacks, t->took);
    s->max_stack = t->stack.used > s->max_stack ? t->stack.used : s->max_stack;
    if (t->stack.overrun) {
        s->faults++;
        ERROR("[host] a flush of '%s' ran over the end of its stack of %zu bytes", flb_output_name(t->ins),
              e->opt->stack);
    }
}

static void finish(struct engine *e, struct task *t)
{
    chunk_release(e, t->chunk, true);
    free(t);
}

static void drop(struct engine *e, struct task *t)
{
    e->stats->dropped_records += t->chunk->records;
    finish(e, t);
}

/*
 * Full jitter: between base and base * 2^attempts, at most 400 times base, and a fifth of base more
 * (flb_scheduler.c:259, with base 5, cap 2000 and 1 s). In a shutdown only that fifth.
 */
static double backoff(const struct engine *e, int attempts)
{
    double base = e->opt->retry_base, span = base;

    for (int i = 0; i < attempts && span < 400 * base; i++) {
        span *= 2;
    }
    span = span < 400 * base ? span : 400 * base;
    return base / 5 + (e->stopping ? 0 : base + (span - base) * drand48());
}

/* flb_task_retry_create, flb_task.c:315 */
static void retry(struct engine *e, struct task *t)
{
    int limit = t->ins->retry_limit;

    if (limit == RETRY_NONE) {
        INFO("[engine] chunk is not retried (no retry config): output=%s", flb_output_name(t->ins));
        drop(e, t);
    }
    else if (limit != RETRY_UNLIMITED && t->attempts >= limit) {
        ERROR("[engine] chunk cannot be retried: output=%s", flb_output_name(t->ins));
        drop(e, t);
    }
    else {
        double wait = backoff(e, ++t->attempts);

        WARN("[engine] failed to flush chunk, retry in %.2f seconds: output=%s", wait, flb_output_name(t->ins));
        t->due = seconds() + wait;
        queue_sort_in(&e->retries, t);
    }
}

/* An error is dropped without a word in the log: flb_engine.c:835. */
void dispatch_answer(struct engine *e, struct task *t)
{
    count(e, t);
    next_synchronous(e, t->ins);
    switch (t->answer) {
    case FLB_OK:
        finish(e, t);
        break;
    case FLB_RETRY:
        retry(e, t);
        break;
    default:
        drop(e, t);
    }
}

/*
 * An answer that came after the end of the grace period: nobody listens any more, so a stored chunk
 * keeps its file and is delivered once more by the next process (flb_engine.c:1505).
 */
void dispatch_late(struct engine *e, struct task *t)
{
    count(e, t);
    e->stats->late++;
    chunk_release(e, t->chunk, false);
    free(t);
}

/* Tasks that are given up: a stored chunk stays, one in memory is lost. */
void dispatch_abandon(struct engine *e, struct queue *q)
{
    struct task *t;

    while ((t = queue_pop(q))) {
        e->stats->unanswered++;
        chunk_release(e, t->chunk, false);
        free(t);
    }
}
