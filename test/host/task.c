//go:build ignore

/*
 * task.c hands one chunk to one instance: the call of the plugin, with memory that lives no longer than
 * it (proxy_cb_flush, flb_plugin_proxy.c:43, and proxy/go/go.c:120).
 */
#include "host.h"

#include <stdlib.h>
#include <string.h>

void queue_init(struct queue *q)
{
    q->head = NULL;
    q->tail = &q->head;
}

void queue_push(struct queue *q, struct task *t)
{
    t->next = NULL;
    *q->tail = t;
    q->tail = &t->next;
}

struct task *queue_pop(struct queue *q)
{
    struct task *t = q->head;

    if (t) {
        q->head = t->next;
        if (!q->head) {
            q->tail = &q->head;
        }
        t->next = NULL;
    }
    return t;
}

/* Puts a task behind those that are due before it. */
void queue_sort_in(struct queue *q, struct task *t)
{
    struct task **at = &q->head;

    while (*at && (*at)->due <= t->due) {
        at = &(*at)->next;
    }
    t->next = *at;
    *at = t;
    if (!t->next) {
        q->tail = &t->next;
    }
}

/* What crosses to the coroutine. */
struct call {
    struct task *task;
    const void *data;
    char *tag;
};

static void call_plugin(void *arg)
{
    struct call *call = arg;
    struct task *t = call->task;
    double start = seconds();

    t->answer = proxy_flush(t->ins, call->data, t->chunk->size, call->tag);
    t->took = seconds() - start;
}

/*
 * The plugin gets copies: of the tag as in Fluent Bit, of the data because several instances may look
 * at the same chunk while one of them has returned already, and its view must end with its call.
 */
void task_flush(struct task *t, const struct options *opt)
{
    struct buffer data, tag;
    struct call call = {.task = t};

    t->answer = FLB_RETRY;
    t->took = 0;
    if (buffer_new(&data, t->chunk->data, t->chunk->size, opt->guard) != 0) {
        return;
    }
    buffer_new(&tag, t->chunk->tag, strlen(t->chunk->tag) + 1, false);
    call.data = data.data;
    call.tag = tag.data;
    if (coro_run(opt->stack, opt->guard, call_plugin, &call, &t->stack) != 0) {
        ERROR("[host] no stack of %zu bytes for a flush", opt->stack);
    }
    buffer_poison(&tag);
    buffer_poison(&data);
}
