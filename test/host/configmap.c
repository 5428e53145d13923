//go:build ignore

/*
 * configmap.c checks properties against the list of options that a plugin may register since v5.1.1
 * (flb_config_map.c:476), and prints that list for -h (flb_help.c, fluent-bit.c:314).
 */
#include "host.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { TYPE_PREFIX = 1, TYPE_DEPRECATED = 7, FLAG_MULT = 1 }; /* flb_config_map.h:33-56 */

static bool is_core_property(const char *key)
{
    return strncasecmp(key, "_debug.", 7) == 0 || strcasecmp(key, "active") == 0 || strcasecmp(key, "condition") == 0;
}

static const struct flb_config_map *find(const struct flb_config_map *map, const char *key)
{
    for (; map->name; map++) {
        bool same = map->type == TYPE_PREFIX ? strncasecmp(key, map->name, strlen(map->name)) == 0
                                             : strcasecmp(key, map->name) == 0;

        if (same) {
            return map;
        }
    }
    return NULL;
}

/* "The following properties are allowed: a, b, and c." flb_config_map.c:219 */
static char *allowed(const struct flb_config_map *map)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = must(open_memstream(&text, &size));
    bool only = !map[0].name || !map[1].name;

    fputs("The following properties are allowed: ", out);
    for (; map->name; map++) {
        bool last = !map[1].name;

        fprintf(out, "%s%s%s", last && !only ? "and " : "", map->name, last ? "." : ", ");
    }
    fclose(out);
    return must(text);
}

static int unknown(const struct instance *ins, const char *key)
{
    char *list = allowed(ins->proxy->def->config_map);

    ERROR("[config] %s: unknown configuration property '%s'. %s", ins->proxy->name, key, list);
    free(list);
    return -1;
}

static int times(const struct instance *ins, const char *key)
{
    int n = 0;

    for (const struct property *p = ins->properties; p; p = p->next) {
        n += strcasecmp(p->key, key) == 0;
    }
    return n;
}

static int check_one(const struct instance *ins, const char *key)
{
    const struct flb_config_map *m = find(ins->proxy->def->config_map, key);

    if (!m) {
        return unknown(ins, key);
    }
    if (m->type == TYPE_PREFIX && strlen(key) <= strlen(m->name)) {
        ERROR("[config] incomplete prefixed key '%s'", key);
        return unknown(ins, key);
    }
    if (m->type == TYPE_DEPRECATED) {
        WARN("[config] %s: '%s' is deprecated", ins->proxy->name, key);
    }
    if (!(m->flags & FLAG_MULT) && times(ins, key) > 1) {
        ERROR("[config] %s: configuration property '%s' is set %i times", ins->proxy->name, key, times(ins, key));
        return -1;
    }
    return 0;
}

int configmap_check(const struct instance *ins, const char *program)
{
    const struct proxy *proxy = ins->proxy;

    if (!abi_has_config_map(proxy->abi) || !proxy->def->config_map) {
        return 0;
    }
    for (const struct property *p = ins->properties; p; p = p->next) {
        if (!is_core_property(p->key) && check_one(ins, p->key) != 0) {
            flb_log_print(FLB_LOG_HELP, NULL, 0, "try the command: %s -o %s -h", program, proxy->name);
            return -1;
        }
    }
    return 0;
}

/* flb_help.c:88-140 */
static const char *type_name(int type)
{
    static const char *const names[] = {"string", "prefixed string", "integer", "boolean",
                                        "double", "size",            "time",    "deprecated"};

    if (type >= 0 && type < (int) (sizeof(names) / sizeof(names[0]))) {
        return names[type];
    }
    return type < 40 ? "multiple comma delimited strings" : "multiple space delimited strings";
}

/* Without a list of options Fluent Bit prints nothing either. */
void configmap_help(const struct proxy *p, FILE *out)
{
    const struct flb_config_map *m = abi_has_config_map(p->abi) ? p->def->config_map : NULL;
    int width = 0;

    if (!m) {
        return;
    }
    for (const struct flb_config_map *i = m; i->name; i++) {
        width = (int) strlen(i->name) > width ? (int) strlen(i->name) : width;
    }
    width += 2;
    fprintf(out, "HELP\n%s output plugin\n\nDESCRIPTION\n%s\n\nOPTIONS\n", p->name,
            p->def->description ? p->def->description : "");
    for (; m->name; m++) {
        fprintf(out, "%-*s%s\n", width, m->name, m->desc ? m->desc : "no description available");
        fprintf(out, "%*s> default: %s, type: %s\n\n", width, "", m->def_value ? m->def_value : "default",
                type_name(m->type));
    }
}
