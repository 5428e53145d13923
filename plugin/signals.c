/*
 * Go needs signal handlers of its own, to turn a nil dereference into a panic and to
 * stop threads for its garbage collector. Fluent Bit installs its handlers before it
 * loads plugins, and again at each SIGHUP and SIGCONT (fluent-bit.c:631): SIGSEGV then
 * aborts instead of panicking, and handlers without SA_ONSTACK run on the small stacks
 * of goroutines.
 */
#define _GNU_SOURCE
#include "bridge.h"

#include <signal.h>

/* used by Go's runtime, and restored to it */
static const int go_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGPIPE, SIGURG};
/* left to Fluent Bit, on the alternate stack */
static const int host_signals[] = {SIGINT, SIGQUIT, SIGHUP, SIGCONT, SIGTERM};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct sigaction remembered[COUNT(go_signals)];

void sluice_signals_remember(void)
{
    static int done;

    /* Fluent Bit registers plugins again at each hot reload, just after it has
     * installed its own handlers: only the first time they are Go's. */
    if (done) {
        return;
    }
    done = 1;
    for (size_t i = 0; i < COUNT(go_signals); i++) {
        sigaction(go_signals[i], NULL, &remembered[i]);
    }
}

void sluice_signals_repair(void)
{
    struct sigaction now;

    for (size_t i = 0; i < COUNT(go_signals); i++) {
        if (sigaction(go_signals[i], NULL, &now) != 0 || now.sa_sigaction == remembered[i].sa_sigaction) {
            continue;
        }
        /* An ignored SIGPIPE (flb_config.c:568) is harmless. */
        if (go_signals[i] == SIGPIPE && now.sa_handler == SIG_IGN) {
            continue;
        }
        sigaction(go_signals[i], &remembered[i], NULL);
    }
    for (size_t i = 0; i < COUNT(host_signals); i++) {
        if (sigaction(host_signals[i], NULL, &now) != 0 || (now.sa_flags & SA_ONSTACK) ||
            now.sa_handler == SIG_DFL || now.sa_handler == SIG_IGN) {
            continue;
        }
        now.sa_flags |= SA_ONSTACK;
        sigaction(host_signals[i], &now, NULL);
    }
}
