/*
 * Decides what a command line requests when all of it was read.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "option_form.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "option_session.h"
#include "option_source.h"
#include "option_value.h"
#include "source_name.h"

/* The words with blanks between them, as tcpdump joins them; a new command line begins anew. */
static char *joined;

bool option_words_add(struct option_words *words, const char *word, const struct failure *failure)
{
    char *longer;

    if (asprintf(&longer, "%s%s%s", words->first ? joined : "", words->first ? " " : "", word) < 0)
        return false;
    free(joined);
    joined = longer;
    if (!words->first)
        *words = (struct option_words){word, !failure_is_set(failure)};
    return true;
}

/* Options of which one excludes the other, by the names in the table. */
static const struct {
    const char *first;
    const char *second;
    const char *reason;
} exclusive[] = {
    {"interface", "file", "-i captures and -r reads a file: give one of them"},
    {"interface", "extcap-interface", "-i and --extcap-interface both name the source"},
    {"no-promiscuous-mode", "receive-all-mode",
     "-p is the same as --receive-all-mode 3: give one of them"},
    {"fifo", "print-details", "-V prints the packets and -w writes a capture: give one of them"},
    {"fifo", "json", "--json prints the packets and -w writes a capture: give one of them"},
};

static void check_exclusive(const struct settings *settings, struct failure *failure)
{
    for (size_t i = 0; i < sizeof exclusive / sizeof *exclusive; i++)
        if (option_is_given(settings, exclusive[i].first) &&
            option_is_given(settings, exclusive[i].second))
            failure_set_errno(failure, EINVAL, "%s", exclusive[i].reason);
}

/* What one option needs of others. */
static void check_needed(const struct settings *settings, struct failure *failure)
{
    if (settings->file_size != 0 && !settings->fifo && !settings_has_record(settings))
        failure_set_errno(failure, EINVAL, "-a filesize:KB needs -w FILE or --record FILE");
    if (settings->is_command && settings->file && strcmp(settings->file, "-") == 0)
        failure_set_errno(failure, EINVAL,
                          "-r reads no standard input, give it the name of a file");
    if (option_source_names_host(settings) &&
        (option_is_given(settings, "remote-host") || option_is_given(settings, "remote-source")))
        failure_set_errno(failure, EINVAL,
                          "-i HOST:SOURCE is the same as --remote-host and --remote-source: give "
                          "one of them");
    if ((settings->action == ACTION_ADDRESSES || settings->action == ACTION_DEVICES) &&
        option_is_given(settings, "remote-host"))
        failure_set_errno(failure, EINVAL,
                          "this list is of this machine; that of others is printed by -D "
                          "--remote-host HOST");
}

/* Whether -w, as far as it tells by its name, is a file. */
static bool has_output_file(const struct settings *settings)
{
    return settings->fifo && strcmp(settings->fifo, "-") != 0;
}

/* What is wrong with the options of ring files; NULL: nothing. */
static const char *ring_fault(const struct settings *settings)
{
    const bool has_file = has_output_file(settings) || settings_has_record(settings);

    if (!settings_has_ring(settings) && settings->ring.files != 0)
        return "-b files:N needs filesize:KB, duration:S or packets:N, after which the next file "
               "begins";
    if (!settings_has_ring(settings) && settings->file_count != 0)
        return "-a files:N counts ring files: give -b filesize:KB, duration:S or packets:N, too";
    if (settings_has_ring(settings) && !has_file)
        return settings->fifo ? "-b writes files, and -w - is standard output: give -w FILE or "
                                "--record FILE"
                              : "-b needs -w FILE or --record FILE";
    if (settings_has_ring(settings) && settings->file_size != 0)
        return "-a filesize:KB is the size of a single file: for ring files give -b filesize:KB";
    return NULL;
}

/* The same of the other options of a recorder. From its dialog Wireshark passes every selector. */
static const char *record_fault(const struct settings *settings)
{
    if (settings->record && strcmp(settings->record, "-") == 0)
        return "--record - would be standard output, give it the name of a file; -w - writes a "
               "capture there";
    if (settings->is_command && option_is_given(settings, "on-full") &&
        !has_output_file(settings) && !settings_has_record(settings))
        return "--on-full needs -w FILE or --record FILE";
    return NULL;
}

static void check_recorder(const struct settings *settings, struct failure *failure)
{
    const char *const faults[] = {ring_fault(settings), record_fault(settings)};

    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        if (faults[i])
            failure_set_errno(failure, EINVAL, "%s", faults[i]);
}

static bool is_source(const char *word)
{
    return option_source_is_address(word) || if_nametoindex(word) != 0 ||
           strcasecmp(word, SOURCE_ALL) == 0 || strcasecmp(word, "any") == 0 ||
           strncasecmp(word, SOURCE_PREFIX, strlen(SOURCE_PREFIX)) == 0;
}

static bool is_file(const char *word)
{
    return access(word, F_OK) == 0;
}

/* What a word without a source was probably meant to be. */
static void refuse_word(const struct settings *settings, const char *word, struct failure *failure)
{
    if (settings->action != ACTION_NONE || option_is_given(settings, "extcap-interface"))
        failure_set_errno(failure, EINVAL, "'%s' is not an option, see 'ipmon --help'", word);
    else if (is_source(word))
        failure_set_errno(failure, EINVAL, "'%s' is not an option; to capture there: ipmon -i %s",
                          word, word);
    else if (is_file(word))
        failure_set_errno(failure, EINVAL, "'%s' is not an option; to read this file: ipmon -r %s",
                          word, word);
    else
        failure_set_errno(failure, EINVAL,
                          "'%s' is not an option, and no source is given; to capture: ipmon -i "
                          "ADDRESS|INTERFACE|all, to read: ipmon -r FILE",
                          word);
}

/* Whether -i or -r name the source. */
static bool has_source(const struct settings *settings)
{
    return option_is_given(settings, "interface") ||
           (option_is_given(settings, "file") && !option_is_given(settings, "extcap-interface"));
}

static bool may_capture(const struct settings *settings)
{
    return settings->action == ACTION_NONE || settings->action == ACTION_CAPTURE;
}

static void take_words(struct settings *settings, const struct option_words *words,
                       struct failure *failure)
{
    if (!words->first)
        return;
    if (!may_capture(settings) || !has_source(settings)) {
        if (words->first_mistake)
            *failure = (struct failure){""};
        refuse_word(settings, words->first, failure);
    } else if (settings->capture_filter) {
        failure_set_errno(failure, EINVAL,
                          "the capture filter is given twice: by -f and by the words '%s'", joined);
    } else {
        settings->capture_filter = joined;
    }
}

/* With a source, --capture need not be given. */
static void take_source(struct settings *settings)
{
    if (!may_capture(settings) || !has_source(settings))
        return;
    settings->is_command = true;
    settings->action = ACTION_CAPTURE;
    if (!settings->interface)
        settings->interface = SOURCE_PREFIX SOURCE_FILE;
}

void option_form_complete(struct settings *settings, const struct option_words *words,
                          struct failure *failure)
{
    take_words(settings, words, failure);
    take_source(settings);
    check_exclusive(settings, failure);
    check_needed(settings, failure);
    if (settings->action == ACTION_CAPTURE)
        check_recorder(settings, failure);
    if (settings->action == ACTION_CAPTURE && settings->is_command && !settings->fifo &&
        settings->record_format == RECORD_FORMAT_NONE)
        settings->record_format = RECORD_FORMAT_TEXT;
    if (settings->action == ACTION_CAPTURE)
        option_session_exclude(settings);
}
