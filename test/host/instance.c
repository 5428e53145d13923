//go:build ignore

/* instance.c is one -o at work: its properties as the plugin may ask for them, its name and its match. */
#include "host.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* flb_output_new, flb_output.c:677 */
struct instance *instance_new(struct proxy *proxy, int id, const struct options *opt)
{
    struct instance *ins = must(calloc(1, sizeof(*ins)));

    ins->context = must(calloc(1, sizeof(*ins->context)));
    ins->context->proxy = proxy;
    ins->proxy = proxy;
    snprintf(ins->name, sizeof(ins->name), "%.40s.%i", proxy->name, id);
    ins->last_property = &ins->properties;
    ins->log_level = opt->log_level;
    ins->n_workers = opt->workers;
    ins->retry_limit = 1; /* flb_output.c:819 */
    ins->flags = proxy->def->flags;
    if (ins->flags & FLB_IO_OPT_TLS) {
        ins->flags |= FLB_IO_TLS;
    }
    ins->cmt = metrics_new();
    queue_init(&ins->waiting);
    return ins;
}

const char *flb_output_name(struct instance *ins)
{
    return ins->alias ? ins->alias : ins->name;
}

/* flb_output_set_property, flb_output.c:936. value may be NULL; returns -1 when it is refused. */
int instance_set(struct instance *ins, const char *key, const char *value)
{
    struct property *p;

    switch (consume_property(ins, key, value)) {
    case CONSUMED:
        return 0;
    case CONSUMED_BADLY:
        return -1;
    }
    p = must(calloc(1, sizeof(*p)));
    p->key = must(strdup(key));
    p->value = value ? must(strdup(value)) : NULL;
    *ins->last_property = p;
    ins->last_property = &p->next;
    return 0;
}

/* flb_kv.c:135: the first that fits, whatever its case; its text lives as long as the instance. */
const char *output_get_property(const char *key, struct instance *ins)
{
    for (struct property *p = ins->properties; key && p; p = p->next) {
        if (strcasecmp(p->key, key) == 0) {
            return p->value;
        }
    }
    return NULL;
}

/* flb_output.c:1853 */
int output_log_check(struct instance *ins, int level)
{
    return ins->log_level >= level;
}

/* A '*' stands for any text: flb_router.c:38. */
static bool matches(const char *pattern, const char *tag)
{
    const char *star = NULL, *resume = NULL;

    while (*tag) {
        if (*pattern == '*') {
            star = pattern++;
            resume = tag;
        }
        else if (*pattern == *tag) {
            pattern++;
            tag++;
        }
        else if (star) {
            pattern = star + 1;
            tag = ++resume;
        }
        else {
            return false;
        }
    }
    while (*pattern == '*') {
        pattern++;
    }
    return *pattern == '\0';
}

bool instance_matches(const struct instance *ins, const char *tag)
{
    return !ins->match || matches(ins->match, tag);
}

/* Poisoned first, so that a plugin which kept its context or its instance is caught. */
void instance_free(struct instance *ins)
{
    struct property *p = ins->properties, *next;

    for (; p; p = next) {
        next = p->next;
        free(p->key);
        free(p->value);
        free(p);
    }
    metrics_end(ins->cmt);
    free(ins->alias);
    free(ins->match);
    poison(ins->context, sizeof(*ins->context));
    free(ins->context);
    poison(ins, sizeof(*ins));
    free(ins);
}

void instances_free(struct instance *list)
{
    while (list) {
        struct instance *next = list->next;

        instance_free(list);
        list = next;
    }
}

static int set_all(struct instance *ins, const struct section *s)
{
    for (size_t i = 0; i < s->n_pairs; i++) {
        char *value = expand(s->pairs[i].value);
        int ret = instance_set(ins, s->pairs[i].key, *value ? value : NULL);

        free(value);
        if (ret != 0) {
            ERROR("[config] could not configure property '%s' on output plugin with section name '%s'",
                  s->pairs[i].key, s->name);
            return -1;
        }
    }
    return 0;
}

/*
 * Makes an instance of every section, in order (flb_config.c, flb_config_load_config_format). When one
 * fails those before it are in *list, and are to be exited without ever having been initialized.
 */
int instances_new(struct instance **list, struct proxy *proxies, const struct options *opt)
{
    struct instance **tail = list;

    for (size_t i = 0; i < opt->n_sections; i++) {
        struct proxy *proxy = proxy_find(proxies, opt->sections[i].name);
        struct instance *ins;

        if (!proxy) {
            ERROR("[config] section '%s' tried to instance a plugin name that doesn't exist", opt->sections[i].name);
            return -1;
        }
        ins = instance_new(proxy, (int) i, opt);
        if (set_all(ins, &opt->sections[i]) != 0) {
            instance_free(ins);
            return -1;
        }
        *tail = ins;
        tail = &ins->next;
    }
    return 0;
}
