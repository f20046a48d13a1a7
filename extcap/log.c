/*
 * Lines into the log file.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "mask.h"
#include "network_event.h"

static FILE *file;
static enum log_level limit;

bool log_open(const char *path, enum log_level level, struct failure *failure)
{
    int descriptor;

    if (!path || !*path)
        return true;
    descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0600);
    file = descriptor >= 0 ? fdopen(descriptor, "a") : NULL;
    limit = level;
    if (file) {
        setvbuf(file, NULL, _IOLBF, BUFSIZ);
        return true;
    }
    failure_set_errno(failure, errno, "cannot open --log-file '%s': %s", path, strerror(errno));
    if (descriptor >= 0)
        close(descriptor);
    return false;
}

void log_line(enum log_level level, const char *format, ...)
{
    static const char *const names[] = {"error", "warning", "info", "debug"};
    char text[FAILURE_TEXT_SIZE];
    char date[32];
    struct timespec now;
    struct tm utc;
    va_list arguments;

    if (!file || level > limit)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    mask_text(text, sizeof text);
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &utc);
    fprintf(file, "%s.%06ldZ %s: %s\n", date, now.tv_nsec / 1000, names[level], text);
}

static const struct network_event *find_event(const char *name)
{
    size_t count;
    const struct network_event *events = network_events(&count);

    for (size_t i = 0; i < count; i++)
        if (strcmp(events[i].name, name) == 0)
            return &events[i];
    return NULL;
}

void log_event(const char *name, const char *format, ...)
{
    const struct network_event *event = find_event(name);
    char text[FAILURE_TEXT_SIZE];
    va_list arguments;

    if (!file || !event)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    log_line(event->level <= NETWORK_EVENT_ERROR ? IPMON_LOG_ERROR : IPMON_LOG_WARNING,
             "network event %s (%s, %s): %s", name, network_event_level_name(event->level),
             network_event_class_name(event->class), text);
}

void log_close(void)
{
    if (file)
        fclose(file);
    file = NULL;
}
