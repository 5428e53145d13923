/*
 * host.h is the map of flb-host: a program that loads a Fluent Bit output plugin written in Go exactly
 * as Fluent Bit v5.1.1 does, and feeds it chunks. See README.md for what it mirrors and what it leaves.
 *
 * Files of Fluent Bit that a comment cites are those of tag v5.1.1.
 */
#ifndef HOST_H
#define HOST_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct instance;
struct cmt;
struct metric;

/* ---- Fluent Bit's ABI, as plugins see it ---- */

enum { FLB_ERROR = 0, FLB_OK = 1, FLB_RETRY = 2 };                 /* flb_macros.h:30 */
enum { FLB_PROXY_OUTPUT_PLUGIN = 2, FLB_PROXY_GOLANG = 11 };       /* flb_plugin_proxy.h:30-34 */
enum { FLB_IO_TLS = 2, FLB_IO_OPT_TLS = 4 };                       /* flb_io.h:34-35 */
enum { FLB_OUTPUT_SYNCHRONOUS = 2048 };                            /* flb_output.h:86 */
enum { FLB_LOG_OFF, FLB_LOG_ERROR, FLB_LOG_WARN, FLB_LOG_INFO, FLB_LOG_DEBUG, FLB_LOG_TRACE, FLB_LOG_HELP };
enum { RETRY_NONE = 0, RETRY_UNLIMITED = -1 };                     /* flb_output.h:337-338 */

/* flb_plugin_proxy.h:36. The last two members came with v4.2.3 and v5.1.1: see abi.c. */
struct flb_plugin_proxy_def {
    int type, proxy, flags;
    char *name, *description;
    int event_type;
    struct flb_config_map *config_map;
};

/* flb_config_map.h: 104 bytes since v5.0.3. An array of them ends with a zero name. */
struct flb_config_map {
    int type;
    char *name, *def_value;
    int flags, set_property;
    uintptr_t offset;
    char *desc;
    uint64_t value[5]; /* the host's own, as is list: a plugin only leaves room for them */
    void *list[2];
};

/* flb_plugin_proxy.h:61 */
struct flb_plugin_proxy_context {
    void *remote_context;
    void *proxy;
};

/* flb_api.h:27. The two custom_ members came with v4.0.3. */
struct flb_api {
    const char *(*output_get_property)(const char *, struct instance *);
    const char *(*input_get_property)(const char *, void *);
    void *(*output_get_cmt_instance)(struct instance *);
    void *(*input_get_cmt_instance)(void *);
    void (*log_print)(int, const char *, int, const char *, ...);
    int (*input_log_check)(void *, int);
    int (*output_log_check)(struct instance *, int);
    const char *(*custom_get_property)(const char *, void *);
    int (*custom_log_check)(void *, int);
};

/* src/proxy/go/go.h:26. One for each loaded file, whatever the number of its instances. */
struct flbgo_output_plugin {
    char *name;
    struct flb_api *api;
    struct instance *o_ins;
    struct flb_plugin_proxy_context *context;
    int (*cb_init)(struct flbgo_output_plugin *);
    int (*cb_flush)(const void *, size_t, const char *);
    int (*cb_flush_ctx)(void *, const void *, size_t, char *);
    int (*cb_exit)(void);
    int (*cb_exit_ctx)(void *);
};

/* Visible to a plugin through dlsym, as in Fluent Bit (ENABLE_EXPORTS). */
const char *flb_output_name(struct instance *ins);
void flb_log_print(int level, const char *file, int line, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

struct metric *cmt_counter_create(struct cmt *, char *, char *, char *, char *, int, char **);
struct metric *cmt_gauge_create(struct cmt *, char *, char *, char *, char *, int, char **);
int cmt_counter_set(struct metric *, uint64_t, double, int, char **);
int cmt_gauge_set(struct metric *, uint64_t, double, int, char **);
void *cmt_histogram_buckets_create_size(double *, size_t);
struct metric *cmt_histogram_create(struct cmt *, char *, char *, char *, char *, void *, int, char **);
int cmt_histogram_set_default(struct metric *, uint64_t, uint64_t *, double, uint64_t, int, char **);

/* ---- abi.c: what each version allocates ---- */

struct abi {
    const char *name;
    size_t def_size;    /* of flb_plugin_proxy_def */
    bool def_zeroed;    /* calloc, rather than malloc */
    size_t api_size;    /* of flb_api */
    size_t stack;       /* of a coroutine */
    bool milliseconds;  /* in the time of a log line; nanoseconds before */
};

const struct abi *abi_find(const char *name); /* NULL when there is none */
const struct abi *abi_newest(void);
struct flb_plugin_proxy_def *abi_def_new(const struct abi *abi);
bool abi_def_intact(const struct abi *abi, const struct flb_plugin_proxy_def *def);
void abi_def_free(struct flb_plugin_proxy_def *def);
struct flb_api *abi_api_new(const struct abi *abi);
bool abi_has_config_map(const struct abi *abi);
bool allocator_is_exact(void);

/* ---- options.c: the command line ---- */

enum kind { LINES, MSGPACK, GENERATE };

struct spec { /* one --lines, --msgpack or --generate */
    enum kind kind;
    char *tag, *what;
};

struct pair { /* one -p */
    char *key, *value;
};

struct section { /* one -o */
    char *name;
    struct pair *pairs;
    size_t n_pairs;
};

struct options {
    const struct abi *abi;
    char **plugins; /* every -e */
    size_t n_plugins;
    struct section *sections;
    size_t n_sections;
    struct spec *specs;
    size_t n_specs;
    size_t stack, chunk_size, chunks_up;
    double rate, grace, retry_base, tick;
    int workers, reloads, log_level;
    int64_t time; /* of the first record; 0: now */
    bool guard, stay, help;
    const char *storage, *program;
};

int options_parse(struct options *opt, int argc, char **argv); /* 0, or what to exit with, plus 1 */
void options_free(struct options *opt);

/* ---- log.c ---- */

void log_setup(int level, bool milliseconds);
bool log_check(int level);
#define LOG(level, ...) (log_check(level) ? flb_log_print(level, NULL, 0, __VA_ARGS__) : (void) 0)
#define ERROR(...) LOG(FLB_LOG_ERROR, __VA_ARGS__)
#define WARN(...) LOG(FLB_LOG_WARN, __VA_ARGS__)
#define INFO(...) LOG(FLB_LOG_INFO, __VA_ARGS__)
#define DEBUG(...) LOG(FLB_LOG_DEBUG, __VA_ARGS__)
int log_level(const char *name); /* -1 when it is none */

/* ---- loader.c: one .so ---- */

struct proxy {
    void *dso;
    char *name; /* NULL unless the plugin has registered */
    const struct abi *abi;
    struct flb_plugin_proxy_def *def;
    struct flb_api *api;
    struct flbgo_output_plugin *data;
    struct proxy *next;
};

struct proxy *proxy_load(const char *path, const struct abi *abi, int hot_reloading);
struct proxy *proxy_find(struct proxy *list, const char *name);
int proxy_init(struct proxy *p, struct instance *ins);
void proxy_pre_run(struct proxy *p);
int proxy_flush(struct instance *ins, const void *data, size_t size, char *tag);
void proxy_exit(struct instance *ins, bool hot_reloading);
bool proxy_unload_all(struct proxy *list); /* false when a plugin wrote past its definition */

/* ---- instance.c: one [OUTPUT] section at work ---- */

struct property {
    char *key, *value; /* value is NULL when it is empty: flb_output.c:947-953 */
    struct property *next;
};

struct task;
struct queue { /* a list of tasks in order */
    struct task *head, **tail;
};

struct instance {
    struct flb_plugin_proxy_context *context;
    struct proxy *proxy;
    char name[64];
    char *alias, *match;
    struct property *properties, **last_property;
    int log_level, n_workers, retry_limit, flags;
    struct cmt *cmt;

    /* The engine's, touched by its thread only. */
    struct worker *workers;
    int turn;             /* whose turn among the workers it is */
    struct queue waiting; /* FLB_OUTPUT_SYNCHRONOUS: tasks behind the one that is out */
    bool busy;

    struct instance *next;
};

struct instance *instance_new(struct proxy *proxy, int id, const struct options *opt);
int instance_set(struct instance *ins, const char *key, const char *value);
bool instance_matches(const struct instance *ins, const char *tag);
void instance_free(struct instance *ins);
void instances_free(struct instance *list);
int instances_new(struct instance **list, struct proxy *proxies, const struct options *opt);
const char *output_get_property(const char *key, struct instance *ins);
int output_log_check(struct instance *ins, int level);

/* ---- metrics.c: what a plugin finds of cmetrics ---- */

struct cmt *metrics_new(void);
void metrics_initialised(struct cmt *cmt); /* Init has returned */
void metrics_end(struct cmt *cmt);

/* ---- consumed.c: the properties that the core keeps for itself ---- */

enum { NOT_CONSUMED, CONSUMED, CONSUMED_BADLY };
int consume_property(struct instance *ins, const char *key, const char *value);

/* ---- configmap.c ---- */

int configmap_check(const struct instance *ins, const char *program);
void configmap_help(const struct proxy *p, FILE *out);

/* ---- coro.c: a small stack ---- */

struct coro_result {
    size_t used;  /* bytes of the stack that were touched */
    bool overrun; /* ... and more than there were */
};

int coro_run(size_t size, bool guard, void (*fn)(void *), void *arg, struct coro_result *result);

/* ---- buffer.c: memory that tells who keeps it ---- */

struct buffer {
    char *data;
    size_t size;
    void *map; /* with a guard: the pages around data */
    size_t map_size;
};

int buffer_new(struct buffer *b, const void *data, size_t size, bool guard);
void buffer_poison(struct buffer *b); /* ends the buffer */
void poison(void *p, size_t size);

/* ---- msgpack.c ---- */

size_t msgpack_skip(const uint8_t *data, size_t size); /* the first object's size, 0: not whole */
int msgpack_group(const uint8_t *data, size_t size);   /* 1 opens a group, -1 closes one, 0 a record */
size_t msgpack_time(uint8_t *out, int64_t sec, uint32_t nsec); /* the head of a record: 13 bytes */
size_t msgpack_str(uint8_t *out, const char *s, size_t len);   /* at most len + 5 bytes */
size_t msgpack_map(uint8_t *out, unsigned count);              /* up to 15 */

/* ---- feed.c: where chunks come from ---- */

struct chunk {
    char *tag;
    uint8_t *data;
    size_t size, cap;
    uint64_t records;
    size_t source;    /* which spec it came from */
    uint64_t end;     /* where the source stands behind it */
    char *path;       /* its file, with --storage */
    int users;        /* tasks that still need it */
};

struct source {
    enum kind kind;
    const char *tag;
    const uint8_t *file;  /* LINES and MSGPACK */
    uint64_t pos, total;  /* bytes of the file, or records to generate */
};

struct feed {
    const struct options *opt;
    struct source *sources;
    size_t n_sources, turn;
    uint64_t records;     /* fed since the start */
    int64_t sec;
    uint64_t ticks;       /* microseconds since sec of the last record */
};

int feed_open(struct feed *f, const struct options *opt);
struct chunk *feed_next(struct feed *f); /* NULL at the end */
double feed_progress(const struct feed *f);
void feed_close(struct feed *f);
void chunk_append(struct chunk *c, const void *data, size_t size);
void chunk_free(struct chunk *c);

/* ---- storage.c: chunks that outlive the process ---- */

struct storage {
    const char *dir;
    char **backlog; /* files found at the start, in order */
    size_t n_backlog, next;
    uint64_t sequence;
};

int storage_open(struct storage *s, const char *dir, struct feed *f);
struct chunk *storage_next(struct storage *s);
int storage_put(struct storage *s, struct chunk *c, const struct feed *f);
void storage_remove(struct chunk *c);
void storage_close(struct storage *s);

/* ---- task.c: one chunk on its way to one instance ---- */

struct task {
    struct chunk *chunk;
    struct instance *ins;
    int attempts;
    double due;         /* when it is to be tried again */
    int answer;
    double took;        /* seconds in the callback */
    struct coro_result stack;
    struct task *next;
};

void queue_init(struct queue *q);
void queue_push(struct queue *q, struct task *t);
struct task *queue_pop(struct queue *q);
void queue_sort_in(struct queue *q, struct task *t); /* by due */
void task_flush(struct task *t, const struct options *opt); /* calls the plugin */

/* ---- worker.c: the threads of one instance ---- */

struct engine;
struct worker {
    struct engine *engine;
    struct instance *ins;
    int id;
    pthread_t thread;
    pthread_cond_t wake;
    struct queue inbox; /* guarded by the engine's lock, as is stop */
    bool stop;
};

int workers_start(struct engine *e, struct instance *ins);
void workers_give(struct instance *ins, struct task *t);
void workers_stop(struct instance *ins); /* after all that they have been given */

/* ---- measure.c: times, and what they come to ---- */

struct samples { /* microseconds */
    uint32_t *values;
    size_t n, room;
};

void samples_add(struct samples *s, double seconds);
void samples_print(struct samples *s, const char *name, FILE *out); /* a member of a JSON object; sorts them */
void samples_free(struct samples *s);

struct tick { /* a timer of the engine; every is 0 when there is none */
    double every, due;
    double busy;  /* when the engine last ended a piece of work */
    struct samples *late, *beyond;
};

void tick_fire(struct tick *t); /* if it is due */

/* ---- engine.c: the thread flb-pipeline ---- */

struct stats {
    uint64_t flushes, records, ok, retry, error, dropped_records;
    uint64_t bytes, late, unanswered, max_stack, faults;
    int instances, reloads;
    struct samples callbacks, tick_late, tick_beyond;
    double engine_cpu; /* seconds of the engine's thread */
};

enum stop { RUN, STOP_GRACEFULLY, STOP_FOR_RELOAD };
enum state { STARTING, STARTED, FAILED, ENDED };

struct engine {
    const struct options *opt;
    struct instance *instances;
    struct feed *feed;
    struct storage *storage;
    struct stats *stats;
    pthread_t thread;

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t wake;  /* the engine */
    pthread_cond_t news;  /* of the state */
    struct queue answered;
    enum stop stop;
    enum state state;

    /* The engine thread's own. */
    struct queue ready;   /* flushes of instances without workers */
    struct queue retries; /* by due */
    size_t chunks;        /* that are not finished */
    double deadline;      /* of the grace period; 0: none */
    double next_feed;
    struct tick tick;
    bool reload_asked;
    bool stopping;
};

int engine_start(struct engine *e);            /* waits for the inits */
void engine_stop(struct engine *e, enum stop); /* does not wait */
void engine_join(struct engine *e);

/* ---- dispatch.c: what becomes of a chunk ---- */

void dispatch_chunk(struct engine *e, struct chunk *c);
void dispatch_task(struct engine *e, struct task *t);
void dispatch_answer(struct engine *e, struct task *t);
void dispatch_late(struct engine *e, struct task *t);
void dispatch_abandon(struct engine *e, struct queue *q);

/* ---- signals.c ---- */

void signals_install(void);
void signals_ignore_pipe(void);
int signals_open(void);                    /* the pipe that wakes main */
void signals_wake(char what);              /* async-signal-safe */
enum { WAKE_SIGNAL = 'S', WAKE_ENDED = 'E', WAKE_RELOAD = 'R' };
int signals_wait(void);                    /* the next of them */
int signals_exit(void);                    /* the signal that asks to end, or 0 */
bool signals_reload(void);                 /* SIGHUP came; forgets it */

/* ---- util.c ---- */

void *must(void *p); /* ends the process when there is no memory */
double seconds(void);
double thread_cpu(void);
double process_cpu(void);
char *expand(const char *value);

#endif
