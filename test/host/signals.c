//go:build ignore

/*
 * signals.c handles signals as fluent-bit.c does (:553-720): installed before the plugin is loaded and
 * without SA_ONSTACK; installed anew by the handler itself on SIGHUP, SIGCONT, SIGSEGV and SIGFPE, which
 * takes them from whoever has changed them in between, the Go runtime above all.
 */
#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int wake_pipe[2] = {-1, -1};
static volatile sig_atomic_t exit_signal, reload_wanted;

void signals_wake(char what)
{
    int saved = errno;

    if (write(wake_pipe[1], &what, 1) < 0) {
        /* Full: main has enough to wake for. */
    }
    errno = saved;
}

static void say(const char *text)
{
    if (write(STDERR_FILENO, text, strlen(text)) < 0) {
        /* nowhere left to say so */
    }
}

static void caught(int sig)
{
    static const struct {
        int sig;
        const char *text;
    } names[] = {
        {SIGHUP, "[engine] caught signal (SIGHUP)\n"},   {SIGCONT, "[engine] caught signal (SIGCONT)\n"},
        {SIGSEGV, "[engine] caught signal (SIGSEGV)\n"}, {SIGFPE, "[engine] caught signal (SIGFPE)\n"},
        {SIGINT, "[engine] caught signal (SIGINT)\n"},   {SIGTERM, "[engine] caught signal (SIGTERM)\n"},
        {SIGQUIT, "[engine] caught signal (SIGQUIT)\n"},
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (names[i].sig == sig) {
            say(names[i].text);
        }
    }
}

static void handle_exit(int sig)
{
    exit_signal = sig;
    signals_wake(WAKE_SIGNAL);
}

static void handle(int sig)
{
    caught(sig);
    signals_install();
    if (sig == SIGSEGV || sig == SIGFPE) {
        abort();
    }
    if (sig == SIGHUP) {
        reload_wanted = 1;
        signals_wake(WAKE_SIGNAL);
    }
}

/* fluent-bit.c:705. signal(2), not sigaction: no SA_ONSTACK. */
void signals_install(void)
{
    signal(SIGINT, handle_exit);
    signal(SIGQUIT, handle_exit);
    signal(SIGHUP, handle);
    signal(SIGCONT, handle);
    signal(SIGTERM, handle_exit);
    signal(SIGSEGV, handle);
    signal(SIGFPE, handle);
}

/* flb_config.c:568: for each configuration, hence once more in every hot reload. */
void signals_ignore_pipe(void)
{
    signal(SIGPIPE, SIG_IGN);
}

int signals_open(void)
{
    return pipe2(wake_pipe, O_CLOEXEC);
}

int signals_wait(void)
{
    char what;
    ssize_t n;

    do {
        n = read(wake_pipe[0], &what, 1);
    } while (n < 0 && errno == EINTR);
    return n == 1 ? what : WAKE_ENDED;
}

int signals_exit(void)
{
    static bool said;

    if (exit_signal && !said) {
        said = true;
        caught(exit_signal);
    }
    return exit_signal;
}

bool signals_reload(void)
{
    bool wanted = reload_wanted;

    reload_wanted = 0;
    return wanted;
}
