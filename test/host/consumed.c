//go:build ignore

/*
 * consumed.c knows the properties that Fluent Bit's core keeps for itself; a plugin cannot read them
 * (flb_output_set_property, flb_output.c:956-1181). What this host has no use for it swallows.
 */
#include "host.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef int (*setter)(struct instance *ins, const char *value);

static int swallow(struct instance *ins, const char *value)
{
    (void) ins;
    (void) value;
    return CONSUMED;
}

static int set_match(struct instance *ins, const char *value)
{
    free(ins->match);
    ins->match = value ? must(strdup(value)) : NULL;
    return CONSUMED;
}

static int refuse_match_regex(struct instance *ins, const char *value)
{
    (void) ins;
    ERROR("[host] match_regex %s: this host knows match only", value);
    return CONSUMED_BADLY;
}

static int set_alias(struct instance *ins, const char *value)
{
    free(ins->alias);
    ins->alias = must(strdup(value));
    return CONSUMED;
}

static int set_log_level(struct instance *ins, const char *value)
{
    ins->log_level = log_level(value);
    return ins->log_level < 0 ? CONSUMED_BADLY : CONSUMED;
}

static int set_retry_limit(struct instance *ins, const char *value)
{
    ins->retry_limit = 1;
    if (!value) {
        return CONSUMED;
    }
    if (strcasecmp(value, "no_limits") == 0 || strcasecmp(value, "false") == 0 || strcasecmp(value, "off") == 0) {
        ins->retry_limit = RETRY_UNLIMITED;
    }
    else if (strcasecmp(value, "no_retries") == 0) {
        ins->retry_limit = RETRY_NONE;
    }
    else if (atoi(value) > 0) {
        ins->retry_limit = atoi(value);
    }
    else {
        WARN("[config] invalid retry_limit. set default.");
    }
    return CONSUMED;
}

static int set_tls(struct instance *ins, const char *value)
{
    bool on = strcasecmp(value, "true") == 0 || strcasecmp(value, "on") == 0 || strcasecmp(value, "yes") == 0;

    if (on && !(ins->flags & FLB_IO_TLS)) {
        ERROR("[config] %s does not support TLS", ins->name);
        return CONSUMED_BADLY;
    }
    return CONSUMED;
}

static int set_workers(struct instance *ins, const char *value)
{
    ins->n_workers = atoi(value);
    return CONSUMED;
}

/* A key that wants a value and has none goes through to the plugin, as in Fluent Bit. */
static const struct {
    const char *key;
    bool prefix, wants_value;
    setter set;
} consumed[] = {
    {"match", false, false, set_match},
    {"match_regex", false, true, refuse_match_regex},
    {"alias", false, true, set_alias},
    {"log_level", false, true, set_log_level},
    {"log_suppress_interval", false, true, swallow},
    {"host", false, false, swallow},
    {"port", false, false, swallow},
    {"ipv6", false, true, swallow},
    {"retry_limit", false, false, set_retry_limit},
    {"net.", true, true, swallow},
    {"oauth2", true, true, swallow},
    {"tls", false, true, set_tls},
    {"tls.verify", false, true, swallow},
    {"tls.verify_hostname", false, true, swallow},
    {"tls.debug", false, true, swallow},
    {"tls.vhost", false, false, swallow},
    {"tls.ca_path", false, false, swallow},
    {"tls.ca_file", false, false, swallow},
    {"tls.crt_file", false, false, swallow},
    {"tls.key_file", false, false, swallow},
    {"tls.key_passwd", false, false, swallow},
    {"tls.min_version", false, false, swallow},
    {"tls.max_version", false, false, swallow},
    {"tls.ciphers", false, false, swallow},
    {"tls.proxy.verify", false, true, swallow},
    {"tls.proxy.verify_hostname", false, true, swallow},
    {"tls.proxy.ca_path", false, false, swallow},
    {"tls.proxy.ca_file", false, false, swallow},
    {"storage.total_limit_size", false, true, swallow},
    {"workers", false, true, set_workers},
};

int consume_property(struct instance *ins, const char *key, const char *value)
{
    for (size_t i = 0; i < sizeof(consumed) / sizeof(consumed[0]); i++) {
        bool same = consumed[i].prefix ? strncasecmp(key, consumed[i].key, strlen(consumed[i].key)) == 0
                                       : strcasecmp(key, consumed[i].key) == 0;

        if (same && (value || !consumed[i].wants_value)) {
            return consumed[i].set(ins, value);
        }
    }
    return NOT_CONSUMED;
}
