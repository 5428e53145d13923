//go:build ignore

/*
 * log.c prints log lines as Fluent Bit does (flb_log.c:168-260, 1202): one write to stderr each.
 *
 * As in Fluent Bit, flb_log_print does not look at the level: its caller does.
 */
#include "host.h"

#include <stdarg.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

enum { LINE_SIZE = 4096 - sizeof(size_t) }; /* struct log_message, flb_log.c:54 */

static int host_level = FLB_LOG_INFO;
static bool host_milliseconds = true;

void log_setup(int level, bool milliseconds)
{
    host_level = level;
    host_milliseconds = milliseconds;
}

bool log_check(int level)
{
    return level <= host_level;
}

static const char *level_title(int level)
{
    static const char *const titles[] = {"", "error", "warn", "info", "debug", "trace", "help"};

    return level > 0 && level <= FLB_LOG_HELP ? titles[level] : "";
}

static int header(char *buf, size_t size, int level)
{
    struct timespec now;
    struct tm tm;

    clock_gettime(CLOCK_REALTIME, &now);
    localtime_r(&now.tv_sec, &tm);
    return snprintf(buf, size, "[%i/%02i/%02i %02i:%02i:%02i.%03ld] [%5s] ", tm.tm_year + 1900, tm.tm_mon + 1,
                    tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
                    host_milliseconds ? now.tv_nsec / 1000000 : now.tv_nsec, level_title(level));
}

void flb_log_print(int level, const char *file, int line, const char *fmt, ...)
{
    char buf[LINE_SIZE];
    int head = header(buf, sizeof(buf), level);
    size_t room = sizeof(buf) - (size_t) head - 1;
    va_list args;
    int len;

    (void) file;
    (void) line;
    va_start(args, fmt);
    len = vsnprintf(buf + head, room, fmt, args);
    va_end(args);
    if (len < 0) {
        return;
    }
    len = head + ((size_t) len < room ? len : (int) room - 1);
    buf[len++] = '\n';
    if (write(STDERR_FILENO, buf, (size_t) len) < 0) {
        return; /* nowhere left to say so */
    }
}

/* flb_log.c:770 */
int log_level(const char *name)
{
    static const char *const names[] = {"off", "error", "warn", "info", "debug", "trace"};

    for (int i = 0; i < (int) (sizeof(names) / sizeof(names[0])); i++) {
        if (strcasecmp(name, names[i]) == 0) {
            return i;
        }
    }
    return strcasecmp(name, "warning") == 0 ? FLB_LOG_WARN : -1;
}
