//go:build ignore

/*
 * abi.c allocates what a version of Fluent Bit allocates for a plugin, and not one byte more.
 *
 *   --abi   versions          flb_plugin_proxy_def    flb_api    coroutine
 *   2.2     2.2.0 ... 4.2.2   malloc(32)              56 bytes   24 KiB     (72 bytes since 4.0.3)
 *   4.2.3   4.2.3 ... 5.1.0   calloc(40)              72 bytes   24 KiB     (64 KiB in 5.1.0)
 *   5.1.1   5.1.1 ...         calloc(48)              72 bytes   64 KiB
 *
 * A plugin that writes event_type or config_map to an older host writes past its definition. A heap
 * checker (valgrind, AddressSanitizer) sees that by itself: there the allocation is exact. glibc rounds
 * sizes up and would swallow it: there a canary follows the definition, and malloc_usable_size, which a
 * plugin may ask how much room it has, tells the exact size.
 */
#include "host.h"

#include <dlfcn.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

enum { CANARY = 0xC5, CANARY_SIZE = 64, GARBAGE = 0xA5 };

static const struct abi abis[] = {
    {"2.2", offsetof(struct flb_plugin_proxy_def, event_type), false, offsetof(struct flb_api, custom_get_property),
     24 * 1024, false},
    {"4.2.3", offsetof(struct flb_plugin_proxy_def, config_map), true, sizeof(struct flb_api), 24 * 1024, false},
    {"5.1.1", sizeof(struct flb_plugin_proxy_def), true, sizeof(struct flb_api), 64 * 1024, true},
};

enum { N_ABIS = sizeof(abis) / sizeof(abis[0]) };

const struct abi *abi_find(const char *name)
{
    for (int i = 0; i < N_ABIS; i++) {
        if (strcmp(abis[i].name, name) == 0) {
            return &abis[i];
        }
    }
    return NULL;
}

const struct abi *abi_newest(void)
{
    return &abis[N_ABIS - 1];
}

bool abi_has_config_map(const struct abi *abi)
{
    return abi->def_size >= sizeof(struct flb_plugin_proxy_def);
}

/* Definitions with a canary behind them. Two live at once during a hot reload of one plugin. */
static struct {
    const void *def;
    size_t size;
} guarded[64];

enum { N_GUARDED = sizeof(guarded) / sizeof(guarded[0]) };

static int guarded_index(const void *def)
{
    for (int i = 0; i < N_GUARDED; i++) {
        if (guarded[i].def == def) {
            return i;
        }
    }
    return -1;
}

#ifndef __SANITIZE_ADDRESS__
/* Takes the place of the C library's for a plugin too, because the executable is searched first. */
size_t malloc_usable_size(void *p)
{
    static size_t (*real)(void *);
    int i = p ? guarded_index(p) : -1;

    if (i >= 0) {
        return guarded[i].size;
    }
    if (!real) {
        *(void **) &real = dlsym(RTLD_NEXT, "malloc_usable_size");
    }
    return real(p);
}
#endif

/* Whether the allocator keeps to the byte, as heap checkers do. */
bool allocator_is_exact(void)
{
    void *p = must(malloc(33));
    bool exact = malloc_usable_size(p) == 33;

    free(p);
    return exact;
}

static void *guarded_new(size_t size)
{
    char *def = must(malloc(size + CANARY_SIZE));
    int i = guarded_index(NULL);

    memset(def + size, CANARY, CANARY_SIZE);
    if (i >= 0) {
        guarded[i].def = def;
        guarded[i].size = size;
    }
    return def;
}

/* flb_plugin_proxy.c:628 (calloc), v2.2.0 flb_plugin_proxy.c:569 (malloc); only type is set. */
struct flb_plugin_proxy_def *abi_def_new(const struct abi *abi)
{
    void *def = allocator_is_exact() ? must(malloc(abi->def_size)) : guarded_new(abi->def_size);

    memset(def, abi->def_zeroed ? 0 : GARBAGE, abi->def_size);
    ((struct flb_plugin_proxy_def *) def)->type = FLB_PROXY_OUTPUT_PLUGIN;
    return def;
}

/* Whether nobody has written past the definition. */
bool abi_def_intact(const struct abi *abi, const struct flb_plugin_proxy_def *def)
{
    const unsigned char *canary = (const unsigned char *) def + abi->def_size;

    if (guarded_index(def) < 0) {
        return true; /* a heap checker watches */
    }
    for (int i = 0; i < CANARY_SIZE; i++) {
        if (canary[i] != CANARY) {
            return false;
        }
    }
    return true;
}

void abi_def_free(struct flb_plugin_proxy_def *def)
{
    int i = guarded_index(def);

    if (i >= 0) {
        guarded[i].def = NULL;
    }
    free(def);
}

/* This host has no inputs or customs, so those members answer "none". */
static const char *no_property(const char *key, void *ins)
{
    (void) key;
    (void) ins;
    return NULL;
}

static void *no_cmt(void *ins)
{
    (void) ins;
    return NULL;
}

static void *output_cmt(struct instance *ins)
{
    return ins->cmt;
}

static int no_log(void *ins, int level)
{
    (void) ins;
    (void) level;
    return 0;
}

/* flb_api.c:29 */
struct flb_api *abi_api_new(const struct abi *abi)
{
    const struct flb_api whole = {
        .output_get_property = output_get_property,
        .input_get_property = no_property,
        .output_get_cmt_instance = output_cmt,
        .input_get_cmt_instance = no_cmt,
        .log_print = flb_log_print,
        .input_log_check = no_log,
        .output_log_check = output_log_check,
        .custom_get_property = no_property,
        .custom_log_check = no_log,
    };
    struct flb_api *api = must(malloc(abi->api_size));

    memcpy(api, &whole, abi->api_size);
    return api;
}
