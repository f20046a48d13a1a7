/*
 * Lines for the log file and the listener.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "mask.h"
#include "open_error.h"
#include "printable.h"

enum {
    LINE_EXTRA = 64, /* bytes of a line beside its text */
};

static FILE *file;
static bool incomplete; /* a line could not be written */
static bool on_standard_error;
static enum log_level limit;
static const struct log_listener *listener;

/* A socket has no path that could be opened: systemd's journal, for one. */
static bool is_standard_error(const char *path)
{
    struct stat named;
    struct stat own;

    return strcmp(path, "-") == 0 ||
           (stat(path, &named) == 0 && S_ISSOCK(named.st_mode) && fstat(STDERR_FILENO, &own) == 0 &&
            named.st_dev == own.st_dev && named.st_ino == own.st_ino);
}

bool log_open(const char *path, enum log_level level, struct failure *failure)
{
    int descriptor;

    limit = level;
    on_standard_error = path && is_standard_error(path);
    if (!path || !*path || on_standard_error)
        return true;
    /* Without blocking: should it be a pipe, a capture does not wait for its reader. */
    descriptor =
        open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
    file = descriptor >= 0 ? fdopen(descriptor, "a") : NULL;
    if (file) {
        setvbuf(file, NULL, _IOLBF, BUFSIZ);
        return true;
    }
    failure_set_errno(failure, errno, "cannot open --log-file '%s': %s", path,
                      open_error_text(path, errno));
    if (descriptor >= 0)
        close(descriptor);
    return false;
}

bool log_is_on_standard_error(void)
{
    return on_standard_error;
}

void log_to_standard_error(enum log_level level)
{
    limit = level;
    on_standard_error = true;
}

enum log_level log_limit(void)
{
    return limit;
}

void log_listen(const struct log_listener *new_listener)
{
    listener = new_listener;
}

/* Once, and not in the log itself. */
static void report_incomplete(int error)
{
    char text[FAILURE_TEXT_SIZE];

    snprintf(text, sizeof text, "the log is incomplete: %s", strerror(error));
    if (listener)
        listener->status(listener->context, text);
}

static void write_line(uint64_t time, enum log_level level, const char *text)
{
    static const char *const names[] = {"error", "warning", "info", "debug"};
    char line[FAILURE_TEXT_SIZE + LINE_EXTRA];
    char date[32];
    const time_t seconds = (time_t)(time / CLOCK_SECOND);
    const unsigned microseconds = (unsigned)(time % CLOCK_SECOND / 1000);
    struct tm utc;

    gmtime_r(&seconds, &utc);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(line, sizeof line, "%s.%06uZ %s: %s\n", date, microseconds, names[level], text);
    if (file && fputs(line, file) < 0 && !incomplete) {
        incomplete = true;
        report_incomplete(errno);
    }
    if (listener)
        listener->line(listener->context, level, line);
}

typedef void notify_function(void *context, const char *text);

static notify_function *status_function(bool status)
{
    return status && listener ? listener->status : NULL;
}

/* notify: of the listener; NULL: not to be notified. */
static void log_text(uint64_t time, enum log_level level, notify_function *notify,
                     const char *format, va_list arguments)
{
    char formatted[FAILURE_TEXT_SIZE];
    char text[FAILURE_TEXT_SIZE];
    bool taken = level <= limit && (file || listener);

    if (!taken && !notify)
        return;
    vsnprintf(formatted, sizeof formatted, format, arguments);
    printable_copy(text, sizeof text, formatted);
    mask_text(text, sizeof text);
    if (taken)
        write_line(time, level, text);
    if (notify)
        notify(listener->context, text);
}

void log_line(enum log_level level, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    log_text(clock_now(CLOCK_REALTIME), level, status_function(level <= IPMON_LOG_WARNING), format,
             arguments);
    va_end(arguments);
}

void log_failure(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    log_text(clock_now(CLOCK_REALTIME), IPMON_LOG_ERROR, listener ? listener->failure : NULL,
             format, arguments);
    va_end(arguments);
}

void log_command(uint64_t time, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    log_text(time, IPMON_LOG_INFO, status_function(true), format, arguments);
    va_end(arguments);
}

void log_event(enum network_event_id id, const char *format, ...)
{
    const struct network_event *event = network_event_of(id);
    char text[FAILURE_TEXT_SIZE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (listener)
        listener->event(listener->context, id);
    log_line(event->level <= NETWORK_EVENT_ERROR ? IPMON_LOG_ERROR : IPMON_LOG_WARNING,
             "network event %s (%s, %s): %s", event->name, network_event_level_name(event->level),
             network_event_class_name(event->class), text);
}

int log_descriptor(void)
{
    return file ? fileno(file) : -1;
}

void log_close(void)
{
    if (file)
        fclose(file);
    file = NULL;
    on_standard_error = false;
    listener = NULL;
}
