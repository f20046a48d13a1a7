/*
 * The command line: defaults, valid and invalid values, options that only Wireshark knows, and that
 * the dialog's lines and --help agree with the parser.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "option.h"

enum {
    ARGUMENTS_MAX = 12,
    LINE_SIZE = 512,
    DEFAULT_SNAPSHOT_LENGTH = 262000,
    DEFAULT_IN_BUFFER = 16777216,
    DEFAULT_OUT_BUFFER = 1048576,
};

struct parsed {
    bool good;
    struct settings settings;
    struct failure failure;
};

/* Parses a command line of arguments that end with NULL; the program's name is put in front. */
static struct parsed parse(const char *const *arguments)
{
    struct parsed parsed;
    char *argv[ARGUMENTS_MAX + 2] = {(char *)(uintptr_t) "ipmon"};
    int argc = 1;

    memset(&parsed, 0, sizeof parsed);
    memset(&parsed.settings, 0xA5, sizeof parsed.settings);
    for (; arguments[argc - 1]; argc++)
        argv[argc] = (char *)(uintptr_t)arguments[argc - 1];
    assert_true(argc <= ARGUMENTS_MAX);
    parsed.good = option_parse(&parsed.settings, argc, argv, &parsed.failure);
    row_equal("result", parsed.good, parsed.failure.text[0] == '\0');
    if (!parsed.good)
        row_contains("code", parsed.failure.text, "error 10022: ");
    return parsed;
}

static struct parsed parse_two(const char *first, const char *second)
{
    const char *const arguments[] = {first, second, NULL};

    return parse(arguments);
}

static void test_defaults(void **state)
{
    struct parsed p = parse_two(NULL, NULL);

    (void)state;
    assert_true(p.good);
    assert_int_equal(p.settings.action, ACTION_NONE);
    assert_null(p.settings.interface);
    assert_null(p.settings.fifo);
    assert_null(p.settings.capture_filter);
    assert_null(p.settings.version);
    assert_int_equal(p.settings.receive_all_mode, 1);
    assert_int_equal(p.settings.snapshot_length, DEFAULT_SNAPSHOT_LENGTH);
    assert_int_equal(p.settings.packet_count, 0);
    assert_int_equal(p.settings.in_buffer_size, DEFAULT_IN_BUFFER);
    assert_int_equal(p.settings.out_buffer_size, DEFAULT_OUT_BUFFER);
}

static void test_actions(void **state)
{
    static const struct {
        const char *option;
        enum action action;
    } rows[] = {
        {"--extcap-interfaces", ACTION_INTERFACES},
        {"--extcap-dlts", ACTION_DLTS},
        {"--extcap-config", ACTION_CONFIG},
        {"--capture", ACTION_CAPTURE},
        {"--list-addresses", ACTION_ADDRESSES},
        {"--list-interfaces", ACTION_DEVICES},
        {"--list-errors", ACTION_ERRORS},
        {"--list-events", ACTION_EVENTS},
        {"--version", ACTION_VERSION},
        {"--help", ACTION_HELP},
        {"-h", ACTION_HELP},
        {"-D", ACTION_SOURCES},
        {"--list-sources", ACTION_SOURCES},
        {"--print-completion", ACTION_COMPLETION},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct parsed once = parse_two(rows[i].option, NULL);
        struct parsed twice = parse_two(rows[i].option, rows[i].option);

        row_true(rows[i].option, once.good);
        row_equal(rows[i].option, once.settings.action, rows[i].action);
        row_true(rows[i].option, twice.good);
        row_equal(rows[i].option, twice.settings.action, rows[i].action);
    }
    for (size_t i = 0; i < ROWS(rows); i++) {
        for (size_t j = 0; j < ROWS(rows); j++) {
            struct parsed both = parse_two(rows[i].option, rows[j].option);

            row_equal(rows[i].option, both.good, rows[i].action == rows[j].action);
            row_equal(rows[i].option, both.settings.action, rows[i].action);
        }
    }
}

static void test_strings(void **state)
{
    static const struct {
        const char *option;
        size_t member;
    } rows[] = {
        {"--extcap-interface", offsetof(struct settings, interface)},
        {"--extcap-version", offsetof(struct settings, version)},
        {"--extcap-capture-filter", offsetof(struct settings, capture_filter)},
        {"--fifo", offsetof(struct settings, fifo)},
        {"--record", offsetof(struct settings, record)},
        {"--remote-host", offsetof(struct settings, remote_hosts)},
        {"--remote-source", offsetof(struct settings, remote_source)},
        {"--remote-command", offsetof(struct settings, remote_command)},
    };
    static const char *const values[] = {"x",         "",   " a b ", "ipmon:fe80::1%eth0",
                                         "--capture", "a=b"};

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        for (size_t j = 0; j < ROWS(values); j++) {
            char joined[64];
            struct parsed p = parse_two(rows[i].option, values[j]);
            const char *value;

            memcpy(&value, (const char *)&p.settings + rows[i].member, sizeof value);
            row_true(rows[i].option, p.good);
            row_text(rows[i].option, value, values[j]);
            row_equal(rows[i].option, p.settings.action, ACTION_NONE);

            snprintf(joined, sizeof joined, "%s=%s", rows[i].option, values[j]);
            p = parse_two(joined, NULL);
            memcpy(&value, (const char *)&p.settings + rows[i].member, sizeof value);
            row_true(joined, p.good);
            row_text(joined, value, values[j]);
        }
    }
}

static const struct number_option {
    const char *option;
    size_t member;
    uint32_t default_value;
} number_options[] = {
    {"--receive-all-mode", offsetof(struct settings, receive_all_mode), 1},
    {"--snapshot-length", offsetof(struct settings, snapshot_length), DEFAULT_SNAPSHOT_LENGTH},
    {"--packet-count", offsetof(struct settings, packet_count), 0},
    {"--in-buffer-size", offsetof(struct settings, in_buffer_size), DEFAULT_IN_BUFFER},
    {"--out-buffer-size", offsetof(struct settings, out_buffer_size), DEFAULT_OUT_BUFFER},
    {"--selected-interface", offsetof(struct settings, selected_interface), 0},
    {"--timeout", offsetof(struct settings, timeout), 0},
    {"--statistics", offsetof(struct settings, statistics), 0},
    {"--on-full", offsetof(struct settings, on_full), ON_FULL_STOP},
    {"--process-information", offsetof(struct settings, process_information), 0},
};

static uint32_t number_in(const struct parsed *p, const struct number_option *option)
{
    uint32_t number;

    memcpy(&number, (const char *)&p->settings + option->member, sizeof number);
    return number;
}

static const struct number_option *number_option(const char *name)
{
    for (size_t i = 0; i < ROWS(number_options); i++)
        if (strcmp(number_options[i].option, name) == 0)
            return &number_options[i];
    fail_msg("no such row: %s", name);
    return NULL;
}

static void test_numbers_good(void **state)
{
    static const struct {
        const char *option;
        const char *text;
        uint32_t value;
    } rows[] = {
        {"--receive-all-mode", "0", 0},
        {"--receive-all-mode", "1", 1},
        {"--receive-all-mode", "2", 2},
        {"--receive-all-mode", "3", 3},
        {"--snapshot-length", "0", DEFAULT_SNAPSHOT_LENGTH},
        {"--snapshot-length", "1", 1},
        {"--snapshot-length", "261999", 261999},
        {"--snapshot-length", "262000", 262000},
        {"--packet-count", "0", 0},
        {"--packet-count", "1", 1},
        {"--packet-count", "010", 10}, /* decimal, not octal */
        {"--packet-count", "4294967295", 4294967295},
        {"--in-buffer-size", "1048576", 1048576},
        {"--in-buffer-size", "268435456", 268435456},
        {"--out-buffer-size", "4096", 4096},
        {"--out-buffer-size", "268435456", 268435456},
        {"--on-full", "stop", ON_FULL_STOP},
        {"--on-full", "wait", ON_FULL_WAIT},
        {"--process-information", "none", PROCESS_INFORMATION_NONE},
        {"--process-information", "name", PROCESS_INFORMATION_NAME},
        {"--process-information", "command-line", PROCESS_INFORMATION_COMMAND_LINE},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        const struct number_option *option = number_option(rows[i].option);
        struct parsed p = parse_two(rows[i].option, rows[i].text);
        char joined[64];

        row_true(rows[i].option, p.good);
        row_equal(rows[i].option, number_in(&p, option), rows[i].value);
        snprintf(joined, sizeof joined, "%s=%s", rows[i].option, rows[i].text);
        p = parse_two(joined, NULL);
        row_true(joined, p.good);
        row_equal(joined, number_in(&p, option), rows[i].value);
    }
}

/* `shown` is the text as the failure's one line shows it. */
static void check_refused(const char *option, const char *text, const char *shown)
{
    struct parsed p = parse_two(option, text);
    char row[96];
    char quoted[64];

    snprintf(row, sizeof row, "%s '%s'", option, text);
    snprintf(quoted, sizeof quoted, "not '%s'", shown);
    row_true(row, !p.good);
    row_contains(row, p.failure.text, option);
    row_contains(row, p.failure.text, quoted);
    row_equal(row, number_in(&p, number_option(option)), number_option(option)->default_value);
}

static void test_numbers_bad(void **state)
{
    static const char *const everywhere[] = {
        "",
        " ",
        " 1",
        "1 ",
        "+1",
        "-1",
        "-0",
        "0x1",
        "1x",
        "x",
        "1.0",
        "1e3",
        "1,000",
        "one",
        "1 1",
        "--1",
        "%s",
        "4294967296",
        "4294967297",
        "18446744073709551616",
        "18446744073709551617",
        "99999999999999999999999999999999",
    };
    static const struct {
        const char *option;
        const char *text;
    } ends[] = {
        {"--receive-all-mode", "4"},         {"--receive-all-mode", "13"},
        {"--snapshot-length", "262001"},     {"--snapshot-length", "4294967295"},
        {"--in-buffer-size", "0"},           {"--in-buffer-size", "1048575"},
        {"--in-buffer-size", "268435457"},   {"--out-buffer-size", "0"},
        {"--out-buffer-size", "4095"},       {"--out-buffer-size", "268435457"},
        {"--out-buffer-size", "4294967295"},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(number_options); i++) {
        for (size_t j = 0; j < ROWS(everywhere); j++)
            check_refused(number_options[i].option, everywhere[j], everywhere[j]);
        check_refused(number_options[i].option, "\t1", "?1");
        check_refused(number_options[i].option, "1\n", "1?");
    }
    for (size_t i = 0; i < ROWS(ends); i++)
        check_refused(ends[i].option, ends[i].text, ends[i].text);
}

static void test_last_value_counts(void **state)
{
    const char *const arguments[] = {"--packet-count", "5", "--fifo=a", "--packet-count=7",
                                     "--fifo",         "b", NULL};
    struct parsed p = parse(arguments);

    (void)state;
    assert_true(p.good);
    assert_int_equal(p.settings.packet_count, 7);
    assert_string_equal(p.settings.fifo, "b");
}

/* Rows that must fail, with a word that the failure must hold. */
static void test_refused(void **state)
{
    static const struct {
        const char *arguments[4];
        const char *word;
    } rows[] = {
        {{"--nonsense"}, "--nonsense"},
        {{"--nonsense=1"}, "--nonsense=1"},
        {{"--nonsense", "--version"}, "--nonsense"},
        {{"-x"}, "-x"},
        {{"-extcap-foo"}, "-extcap-foo"},
        {{"--extcap"}, "--extcap"},
        {{"--capture=yes"}, "--capture"},
        {{"--version=1"}, "--version"},
        /* abbreviations */
        {{"--fif", "x"}, "--fif"},
        {{"--fif=x"}, "--fif"},
        {{"--cap"}, "--cap"},
        {{"--packet-coun", "3"}, "--packet-coun"},
        {{"--list-a"}, "--list-a"},
        {{"--list"}, "--list"},
        {{"--v"}, "--v"},
        /* positional arguments */
        {{"word"}, "word"},
        {{"-"}, "'-'"},
        {{""}, "''"},
        {{"--capture", "word"}, "word"},
        {{"word", "--capture"}, "word"},
        {{"--", "word"}, "word"},
        {{"--fifo", "a", "word"}, "word"},
        /* missing values */
        {{"--fifo"}, "--fifo"},
        {{"--capture", "--fifo"}, "--fifo"},
        {{"--packet-count"}, "--packet-count"},
        {{"--extcap-interface"}, "--extcap-interface"},
        {{"--extcap-capture-filter"}, "--extcap-capture-filter"},
        /* values where none belongs */
        {{"--extcap-interfaces=x"}, "--extcap-interfaces=x"},
        {{"--extcap-config="}, "--extcap-config="},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct parsed p = parse(rows[i].arguments);

        row_true(rows[i].word, !p.good);
        row_contains(rows[i].word, p.failure.text, rows[i].word);
        row_true(rows[i].word, p.settings.fifo == NULL || strcmp(p.settings.fifo, "x") != 0);
        row_equal(rows[i].word, p.settings.packet_count, 0);
    }
}

static void test_abbreviated_action_does_nothing(void **state)
{
    static const char *const rows[] = {"--cap",      "--v",           "--hel",
                                       "--list-add", "--extcap-conf", "--extcap-dlt"};

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++)
        row_equal(rows[i], parse_two(rows[i], NULL).settings.action, ACTION_NONE);
}

/* What a newer Wireshark might add is passed over, and what follows still counts. */
static void test_foreign(void **state)
{
    static const char *const rows[][3] = {
        {"--extcap-foo"},
        {"--extcap-foo=bar"},
        {"--extcap-foo", "bar"},
        {"--extcap-foo", ""},
        {"--extcap-foo="},
        {"--extcap-foo", "--extcap-bar"},
        {"--extcap-foo", "bar", "--extcap-baz"},
        {"--extcap-"},
        /* beginnings of known names */
        {"--extcap-interfac", "bar"},
        {"--extcap-interfac=bar"},
        {"--extcap-interfac"},
        {"--extcap-conf"},
        {"--extcap-conf", "bar"},
        {"--extcap-conf=bar"},
        {"--extcap-vers", "bar"},
        {"--extcap-vers=bar"},
        {"--extcap-capture", "bar"},
        /* known names with more behind */
        {"--extcap-interfaces2"},
        {"--extcap-configs", "bar"},
        {"--extcap-version-string", "bar"},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        const char *arguments[ARGUMENTS_MAX] = {"--extcap-interface", "ipmon:all"};
        size_t n = 2;
        struct parsed p;

        for (size_t j = 0; j < ROWS(rows[i]) && rows[i][j]; j++)
            arguments[n++] = rows[i][j];
        arguments[n++] = "--capture";
        arguments[n++] = "--fifo";
        arguments[n++] = "pipe";
        arguments[n++] = "--packet-count=9";
        p = parse(arguments);
        row_text(rows[i][0], p.failure.text, "");
        row_true(rows[i][0], p.good);
        row_equal(rows[i][0], p.settings.action, ACTION_CAPTURE);
        row_text(rows[i][0], p.settings.interface, "ipmon:all");
        row_text(rows[i][0], p.settings.fifo, "pipe");
        row_equal(rows[i][0], p.settings.packet_count, 9);
        row_text(rows[i][0], p.settings.version, NULL);
        row_text(rows[i][0], p.settings.capture_filter, NULL);
    }
}

/* The beginning of a known name, as the last word: nothing may wait for a value. */
static void test_foreign_at_the_end(void **state)
{
    static const char *const rows[] = {"--extcap-vers", "--extcap-capt", "--extcap-foo"};

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++)
        row_true(rows[i], parse_two(rows[i], NULL).good);
}

/* Only one word is the unknown option's value; a value joined with = leaves none. */
static void test_foreign_takes_one_word(void **state)
{
    static const char *const rows[][4] = {
        {"--extcap-foo", "bar", "word"},       {"--extcap-foo=bar", "word"},
        {"--extcap-vers", "bar", "word"},      {"--extcap-vers=bar", "word"},
        {"--extcap-foo", "--capture", "word"}, {"--extcap-foo", "--fifo=x", "word"},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct parsed p = parse(rows[i]);

        row_true(rows[i][0], !p.good);
        row_contains(rows[i][0], p.failure.text, "'word'");
    }
}

/* The caller reports through --fifo and the pipes, so they are parsed in spite of errors. */
static void test_after_errors(void **state)
{
    static const struct {
        const char *wrong[3];
        const char *word; /* of the first failure */
    } rows[] = {
        {{"--nonsense"}, "--nonsense"},
        {{"word"}, "word"},
        {{"--packet-count", "x"}, "--packet-count"},
        {{"--receive-all-mode", "4"}, "--receive-all-mode"},
        {{"--packet-count=x", "--nonsense"}, "--packet-count"},
        {{"word", "--packet-count=x"}, "word"},
        {{"-q"}, "-q"},
        {{"--capture=no"}, "--capture=no"},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        const char *arguments[ARGUMENTS_MAX] = {NULL};
        size_t n = 0;
        struct parsed p;

        for (size_t j = 0; j < ROWS(rows[i].wrong) && rows[i].wrong[j]; j++)
            arguments[n++] = rows[i].wrong[j];
        arguments[n++] = "--capture";
        arguments[n++] = "--extcap-interface";
        arguments[n++] = "ipmon:all";
        arguments[n++] = "--fifo";
        arguments[n++] = "pipe";
        arguments[n++] = "--snapshot-length=64";
        p = parse(arguments);
        row_true(rows[i].word, !p.good);
        row_contains(rows[i].word, p.failure.text, rows[i].word);
        row_equal(rows[i].word, p.settings.action, ACTION_CAPTURE);
        row_text(rows[i].word, p.settings.interface, "ipmon:all");
        row_text(rows[i].word, p.settings.fifo, "pipe");
        row_equal(rows[i].word, p.settings.snapshot_length, 64);
    }
}

static void test_called_again(void **state)
{
    static const char *const full[] = {"--capture", "--fifo", "p", "--packet-count", "4", NULL};

    (void)state;
    for (int round = 0; round < 3; round++) {
        struct parsed p = parse(full);

        assert_true(p.good);
        assert_int_equal(p.settings.packet_count, 4);
        assert_false(parse_two("--packet-count=x", "word").good);
        assert_false(parse_two("-xyz", "--").good); /* ends in the middle of getopt's word */
        p = parse_two("--version", NULL);
        assert_true(p.good);
        assert_int_equal(p.settings.action, ACTION_VERSION);
        assert_int_equal(p.settings.packet_count, 0);
        assert_null(p.settings.fifo);
    }
}

/* Commands */

/* What a line of words that are separated by single blanks is parsed to. */
static struct parsed parse_line(const char *line)
{
    static char copy[LINE_SIZE]; /* the settings point into it */
    const char *arguments[ARGUMENTS_MAX + 1] = {NULL};
    size_t n = 0;

    snprintf(copy, sizeof copy, "%s", line);
    for (char *rest = copy, *word; n < ARGUMENTS_MAX && (word = strsep(&rest, " ")) != NULL;)
        arguments[n++] = word;
    return parse(arguments);
}

static void test_commands(void **state)
{
    static const struct {
        const char *line;
        const char *source;
        const char *output;
        const char *filter;
        enum record_format format;
    } rows[] = {
        {"-i lo", "ipmon:lo", NULL, NULL, RECORD_FORMAT_TEXT},
        {"-ilo", "ipmon:lo", NULL, NULL, RECORD_FORMAT_TEXT},
        {"--interface lo", "ipmon:lo", NULL, NULL, RECORD_FORMAT_TEXT},
        {"-i ipmon:lo", "ipmon:lo", NULL, NULL, RECORD_FORMAT_TEXT},
        {"-i any", "ipmon:all", NULL, NULL, RECORD_FORMAT_TEXT},
        {"-i -w", "ipmon:-w", NULL, NULL, RECORD_FORMAT_TEXT},
        {"--capture -i lo -w x", "ipmon:lo", "x", NULL, RECORD_FORMAT_NONE},
        {"-i lo -w -", "ipmon:lo", "-", NULL, RECORD_FORMAT_NONE},
        {"-i lo -V", "ipmon:lo", NULL, NULL, RECORD_FORMAT_DETAILS},
        {"-V -i lo --json", "ipmon:lo", NULL, NULL, RECORD_FORMAT_JSON},
        {"-r x", "ipmon:file", NULL, NULL, RECORD_FORMAT_TEXT},
        {"-r x --json", "ipmon:file", NULL, NULL, RECORD_FORMAT_JSON},
        {"--file x -w y", "ipmon:file", "y", NULL, RECORD_FORMAT_NONE},
        {"-i lo udp port 53", "ipmon:lo", NULL, "udp port 53", RECORD_FORMAT_TEXT},
        {"udp -i lo port -n 53", "ipmon:lo", NULL, "udp port 53", RECORD_FORMAT_TEXT},
        {"-i lo -- -w x", "ipmon:lo", NULL, "-w x", RECORD_FORMAT_TEXT},
        {"-r x -f udp", "ipmon:file", NULL, "udp", RECORD_FORMAT_TEXT},
        {"-nnlUi lo -wx", "ipmon:lo", "x", NULL, RECORD_FORMAT_NONE},
        {"-i lo -b packets:1 -w x", "ipmon:lo", "x", NULL, RECORD_FORMAT_NONE},
        {"-i lo --record x", "ipmon:lo", NULL, NULL, RECORD_FORMAT_TEXT},
        {"-i lo --record x --json", "ipmon:lo", NULL, NULL, RECORD_FORMAT_JSON},
        {"-i lo --record x -w -", "ipmon:lo", "-", NULL, RECORD_FORMAT_NONE},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct parsed p = parse_line(rows[i].line);

        row_text(rows[i].line, p.failure.text, "");
        row_equal(rows[i].line, p.settings.action, ACTION_CAPTURE);
        row_true(rows[i].line, p.settings.is_command);
        row_text(rows[i].line, p.settings.interface, rows[i].source);
        row_text(rows[i].line, p.settings.fifo, rows[i].output);
        row_text(rows[i].line, p.settings.capture_filter, rows[i].filter);
        row_equal(rows[i].line, p.settings.record_format, rows[i].format);
    }
}

/* The nearest lines that are no command. */
static void test_no_commands(void **state)
{
    static const struct {
        const char *line;
        enum action action;
        bool is_command; /* a letter was used */
    } rows[] = {
        {"-D", ACTION_SOURCES, true},
        {"-D -i lo", ACTION_SOURCES, true},
        {"--list-addresses --file x", ACTION_ADDRESSES, false},
        {"--extcap-interface ipmon:file --file x", ACTION_NONE, false},
        {"--capture --extcap-interface ipmon:file --file x --fifo y", ACTION_CAPTURE, false},
        {"--extcap-capture-filter udp --extcap-interface ipmon:all", ACTION_NONE, false},
        {"--fifo x", ACTION_NONE, false},
        {"-w x", ACTION_NONE, true},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct parsed p = parse_line(rows[i].line);

        row_text(rows[i].line, p.failure.text, "");
        row_equal(rows[i].line, p.settings.action, rows[i].action);
        row_equal(rows[i].line, p.settings.is_command, rows[i].is_command);
        row_equal(rows[i].line, p.settings.record_format, RECORD_FORMAT_NONE);
    }
}

static void test_conditions(void **state)
{
    static const struct {
        const char *line;
        uint64_t duration;  /* milliseconds */
        uint64_t file_size; /* bytes */
        uint32_t packets;
        uint32_t files;
    } rows[] = {
        {"-i lo -w x -a duration:60", 60000, 0, 0, 0},
        {"-i lo -w x -a duration:0.5", 500, 0, 0, 0},
        {"-i lo -w x -a duration:1.0259", 1025, 0, 0, 0},
        {"-i lo -w x -a duration:1.", 1000, 0, 0, 0},
        {"-i lo -w x -a duration:4294967295", UINT64_C(4294967295000), 0, 0, 0},
        {"-i lo -w x -a filesize:1", 0, 1000, 0, 0},
        {"-i lo -w x -a filesize:4294967295", 0, UINT64_C(4294967295000), 0, 0},
        {"-i lo --record x -a filesize:1", 0, 1000, 0, 0},
        {"-i lo -w x -a packets:7", 0, 0, 7, 0},
        {"-i lo -w x -aduration:1 -apackets:2 --autostop=filesize:3", 1000, 3000, 2, 0},
        {"-i lo -w x -a duration:1,packets:2,filesize:3", 1000, 3000, 2, 0},
        {"-i lo -w x -b packets:9 -a files:4", 0, 0, 0, 4},
        {"-i lo -w x -a files:99999,packets:1 -b duration:1", 0, 0, 1, 99999},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct parsed p = parse_line(rows[i].line);

        row_text(rows[i].line, p.failure.text, "");
        row_equal(rows[i].line, p.settings.duration, rows[i].duration);
        row_equal(rows[i].line, p.settings.file_size, rows[i].file_size);
        row_equal(rows[i].line, p.settings.packet_count, rows[i].packets);
        row_equal(rows[i].line, p.settings.file_count, rows[i].files);
    }
}

static void test_rings(void **state)
{
    static const struct {
        const char *line;
        uint64_t file_size; /* bytes */
        uint64_t duration;  /* milliseconds */
        uint32_t packets;
        uint32_t files;
    } rows[] = {
        {"-i lo -w x", 0, 0, 0, 0},
        {"-i lo -w x -b filesize:1", 1000, 0, 0, 0},
        {"-i lo -w x -b filesize:4294967295", UINT64_C(4294967295000), 0, 0, 0},
        {"-i lo -w x -b duration:60", 0, 60000, 0, 0},
        {"-i lo -w x -b duration:0.25", 0, 250, 0, 0},
        {"-i lo -w x -bpackets:1", 0, 0, 1, 0},
        {"-i lo -w x --ring-buffer packets:4294967295", 0, 0, UINT32_MAX, 0},
        {"-i lo -w x -b packets:1 -b files:1", 0, 0, 1, 1},
        {"-i lo -w x -b files:99999 --ring-buffer=packets:1", 0, 0, 1, 99999},
        {"-i lo -w x -b filesize:100000,files:10", 100000000, 0, 0, 10},
        {"-i lo -w x -b files:2,packets:3,duration:1.5,filesize:4", 4000, 1500, 3, 2},
        {"-i lo -w x -b packets:1,packets:2 -b packets:3", 0, 0, 3, 0}, /* the last one counts */
        {"-i lo --record x -b packets:1", 0, 0, 1, 0},
        {"-i lo --record x -w - -b packets:1", 0, 0, 1, 0},
        {"-r y -w x -b packets:1000", 0, 0, 1000, 0},
        {"--capture --extcap-interface ipmon:all --fifo p --record x --ring-buffer packets:1", 0, 0,
         1, 0},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct parsed p = parse_line(rows[i].line);

        row_text(rows[i].line, p.failure.text, "");
        row_equal(rows[i].line, p.settings.ring.file_size, rows[i].file_size);
        row_equal(rows[i].line, p.settings.ring.duration, rows[i].duration);
        row_equal(rows[i].line, p.settings.ring.packets, rows[i].packets);
        row_equal(rows[i].line, p.settings.ring.files, rows[i].files);
        row_equal(rows[i].line, settings_has_ring(&p.settings), i != 0);
        row_equal(rows[i].line, p.settings.packet_count + p.settings.file_size, 0);
    }
}

/* What Wireshark passes for a dialog in which nothing was entered. */
static void test_empty_dialog(void **state)
{
    static const char *const line[] = {
        "--capture", "--extcap-interface", "ipmon:all", "--fifo",    "pipe", "--record",
        "",          "--ring-buffer",      "",          "--on-full", "stop", NULL};
    struct parsed p = parse(line);

    (void)state;
    assert_string_equal(p.failure.text, "");
    assert_false(settings_has_record(&p.settings));
    assert_false(settings_has_ring(&p.settings));
    p = parse_two(NULL, NULL);
    assert_false(settings_has_record(&p.settings));
    p = parse_two("--record", "x");
    assert_true(settings_has_record(&p.settings));
}

/* Command lines that are refused, with a part of the line that says why. */
static void test_refused_commands(void **state)
{
    static const struct {
        const char *line;
        const char *reason;
    } rows[] = {
        {"-i lo -i lo", "-i is given twice"},
        {"-i lo --interface lo", "--interface is given twice"},
        {"-i lo -r x", "-i captures and -r reads a file"},
        {"-i lo --extcap-interface ipmon:lo", "both name the source"},
        {"-i lo -p --receive-all-mode 1", "-p is the same as --receive-all-mode 3"},
        {"-i lo -w x -V", "-V prints the packets"},
        {"-i lo --json -w x", "--json prints the packets"},
        {"-i lo -f udp tcp", "given twice: by -f and by the words 'tcp'"},
        {"-i lo -a files:2", "-a files:N counts ring files: give -b"},
        {"-i lo -w x -a files:2 -b files:2", "-b files:N needs"},
        {"-i lo -w x -b packets:1 -a files:0", "'files:0'; N is a whole number from 1 to 99999"},
        {"-i lo -w x -a packets:1,", "not ''"},
        {"-i lo -w x -a size:1", "-a takes duration:S|filesize:KB|packets:N|files:N, not 'size:1'"},
        {"-i lo -w x -a filesize:0", "not 'filesize:0'"},
        {"-i lo -w x -a filesize:x", "not 'filesize:x'"},
        {"-i lo -a duration:", "not 'duration:'"},
        {"-i lo -a duration:.5", "not 'duration:.5'"},
        {"-i lo -a duration:1.x", "not 'duration:1.x'"},
        {"-i lo -a duration:0.0001", "not 'duration:0.0001'"},
        {"-i lo -a duration:12345678901234567890", "not 'duration:1234"},
        {"-i lo -a packets:0", "not 'packets:0'"},
        {"-i lo -a filesize:1", "-a filesize:KB needs -w FILE"},
        {"-i lo -w x -b size:1", "-b takes filesize:KB|duration:S|packets:N|files:N, not 'size:1'"},
        {"-i lo -w x -b 5", "not '5' (EINVAL)"},
        {"-i lo -w x -b packets", "not 'packets' (EINVAL)"},
        {"-i lo -w x -b interval:1", "not 'interval:1' (EINVAL)"},
        {"-i lo -w x -b packets:", "not 'packets:'; N is a whole number from 1 to 4294967295"},
        {"-i lo -w x -b packets:0", "not 'packets:0'; N is"},
        {"-i lo -w x -b packets:-1", "not 'packets:-1'"},
        {"-i lo -w x -b packets:4294967296", "not 'packets:4294967296'"},
        {"-i lo -w x -b filesize:0", "not 'filesize:0'; KB is a whole number from 1 to 4294967295"},
        {"-i lo -w x -b filesize:1.5", "not 'filesize:1.5'"},
        {"-i lo -w x -b filesize:18446744073709551617", "not 'filesize:18446744073709551617'"},
        {"-i lo -w x -b duration:0", "not 'duration:0'; S is a number from 0.001 to 4294967295"},
        {"-i lo -w x -b duration:0.0009", "not 'duration:0.0009'"},
        {"-i lo -w x -b duration:4294967296", "not 'duration:4294967296'"},
        {"-i lo -w x -b files:0", "not 'files:0'; N is a whole number from 1 to 99999"},
        {"-i lo -w x -b files:100000", "not 'files:100000'; N is a whole number from 1 to 99999"},
        {"-i lo -w x -b packets:1,,files:2", "not ''"},
        {"-i lo -w x -b ,packets:1", "not ''"},
        {"-i lo -w x -b packets:1,files:x", "not 'files:x'"},
        {"-i lo -w x -b "
         "packets:0000000000000000000000000000000000000000000000000000000000000000000000000000001",
         "not 'packets:0000"},
        {"-i lo -w x -b files:2", "-b files:N needs filesize:KB, duration:S or packets:N"},
        {"-i lo -b packets:1", "-b needs -w FILE or --record FILE"},
        {"-i lo -w - -b packets:1", "-w - is standard output: give -w FILE or --record FILE"},
        {"-r x -b packets:1", "-b needs -w FILE"},
        {"-i lo -w x -b packets:1 -a filesize:1", "for ring files give -b filesize:KB"},
        {"-i lo -w - --record -", "--record - would be standard output"},
        {"-i lo --on-full wait", "--on-full needs -w FILE or --record FILE"},
        {"-i lo --on-full stop -w -", "--on-full needs -w FILE or --record FILE"},
        {"-i lo -w x --on-full never", "--on-full takes one of stop, wait, not 'never'"},
        {"-r -", "-r reads no standard input"},
        {"-i", "-i needs a value: -i ADDRESS|INTERFACE|all"},
        {"-nc", "-c needs a value: -c N"},
        {"-i lo -c x", "-c takes a whole number"},
        {"-D --list-addresses", "--list-addresses cannot be combined"},
        {"-i lo -D --version", "--version cannot be combined"},
        {"127.0.0.1", "to capture there: ipmon -i 127.0.0.1"},
        {"fe80::1%x", "to capture there: ipmon -i fe80::1%x"},
        {"any", "to capture there: ipmon -i any"},
        {"ipmon:all", "to capture there: ipmon -i ipmon:all"},
        {"/", "to read this file: ipmon -r /"},
        {"udp port 53", "'udp' is not an option, and no source is given"},
        {"-D udp", "'udp' is not an option, see"},
        {"--capture --extcap-interface ipmon:lo -w x udp", "'udp' is not an option, see"},
        {"--packet-cuont 5", "'--packet-cuont', perhaps --packet-count"},
        {"--pakcet-count=5", "perhaps --packet-count"},
        {"--jsn", "perhaps --json"},
        {"--packet-b", "perhaps --packet-buffered"},
        {"--list", "see 'ipmon --help'"}, /* of several */
        {"--nonsense", "see 'ipmon --help'"},
        {"--print-completio", "see 'ipmon --help'"}, /* not for users */
        {"-json", "write --json"},
        {"-nx", "unknown option '-nx'"},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct parsed p = parse_line(rows[i].line);

        row_true(rows[i].line, !p.good);
        row_contains(rows[i].line, p.failure.text, rows[i].reason);
    }
}

/* The dialog */

/* What a print function writes, as one string to be freed. */
static char *printed(void (*print)(FILE *out, const char *argument), const char *argument)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    print(out, argument);
    fclose(out);
    assert_non_null(text);
    assert_int_equal(strlen(text), size);
    return text;
}

/* What a text field of the dialog accepts: that of the ring files, which is the only one. */
static const struct {
    const char *text;
    bool good;
} text_fields[] = {
    {"filesize:1", true},          {"duration:1.5,files:2", true}, {"packets:3,duration:1", true},
    {"files:1,packets:3", true},   {"duration:1.", true},          {"x", false},
    {"packets:", false},           {"packets:1,", false},          {",packets:1", false},
    {"packets:1 files:2", false},  {"filesize:1.5", false},        {"duration:.5", false},
    {"packets:1,,files:2", false}, {"interval:1", false},          {"packets:-1", false},
};

/* Takes "{key=value}" from the front of *at; false when no such thing stands there. */
static bool take_pair(const char **at, char *key, char *value)
{
    const char *equals;
    const char *end;

    if (**at != '{')
        return false;
    equals = strchr(*at, '=');
    end = strchr(*at, '}');
    if (!equals || !end || equals > end || end - *at >= LINE_SIZE)
        return false;
    snprintf(key, LINE_SIZE, "%.*s", (int)(equals - *at - 1), *at + 1);
    snprintf(value, LINE_SIZE, "%.*s", (int)(end - equals - 1), equals + 1);
    *at = end + 1;
    return true;
}

/* The line's value for a key; fails when the line is not "kind {key=value}..." with sane values. */
static void value_of(const char *line, const char *kind, const char *wanted, char *found)
{
    const char *at = line + strlen(kind);
    char key[LINE_SIZE];
    char value[LINE_SIZE];
    unsigned times = 0;

    row_true(line, strncmp(line, kind, strlen(kind)) == 0 && *at == ' ');
    at++;
    while (*at != '\0') {
        row_true(line, take_pair(&at, key, value));
        row_true(line, key[0] != '\0' && value[0] != '\0');
        row_true(line, strspn(key, "abcdefghijklmnopqrstuvwxyz") == strlen(key));
        row_true(line, strpbrk(value, "{}") == NULL);
        if (strcmp(key, wanted) == 0) {
            strcpy(found, value);
            times++;
        }
    }
    row_equal(line, times, 1);
}

static void check_range(const char *line, const struct number_option *option)
{
    char range[LINE_SIZE];
    char text[32];
    char *comma;
    unsigned long long ends[2];

    value_of(line, "arg", "range", range);
    row_true(line, strspn(range, "0123456789,") == strlen(range));
    comma = strchr(range, ',');
    row_true(line, comma != NULL && strchr(comma + 1, ',') == NULL);
    ends[0] = strtoull(range, NULL, 10);
    ends[1] = strtoull(comma + 1, NULL, 10);
    row_true(line, ends[0] < ends[1]);
    for (int i = 0; i < 2; i++) {
        snprintf(text, sizeof text, "%llu", ends[i]);
        row_true(line, parse_two(option->option, text).good);
    }
    snprintf(text, sizeof text, "%llu", ends[1] + 1);
    row_true(line, !parse_two(option->option, text).good);
    if (ends[0] > 0) {
        snprintf(text, sizeof text, "%llu", ends[0] - 1);
        row_true(line, !parse_two(option->option, text).good);
    }
}

/* The declared default is the built-in one, both as a number and through the parser. */
static void check_default(const char *line, const struct number_option *option)
{
    struct parsed none = parse_two(NULL, NULL);
    char default_value[LINE_SIZE];
    struct parsed declared;

    value_of(line, "arg", "default", default_value);
    declared = parse_two(option->option, default_value);
    row_true(line, declared.good);
    row_equal(line, strtoull(default_value, NULL, 10), option->default_value);
    row_equal(line, number_in(&none, option), option->default_value);
    declared.settings.given = 0;
    row_equal(line, memcmp(&none.settings, &declared.settings, sizeof none.settings), 0);
}

static bool is_one_of(const char *value, const char *const *allowed, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(value, allowed[i]) == 0)
            return true;
    return false;
}

/* The example in the field is valid, for Wireshark and for the parser, and so is an empty field. */
static void check_text_field(const char *line, const char *call)
{
    char value[LINE_SIZE];
    regex_t validation;

    if (!strstr(line, "{validation="))
        return; /* any text */
    value_of(line, "arg", "validation", value);
    row_equal(line, regcomp(&validation, value, REG_EXTENDED | REG_NOSUB), 0);
    for (size_t i = 0; i < ROWS(text_fields); i++) {
        struct parsed p = parse_two(call, text_fields[i].text);

        row_equal(text_fields[i].text, p.good, text_fields[i].good);
        row_equal(text_fields[i].text, regexec(&validation, text_fields[i].text, 0, NULL, 0) == 0,
                  p.good);
    }
    value_of(line, "arg", "placeholder", value);
    row_true(line, parse_two(call, value).good);
    row_equal(line, regexec(&validation, value, 0, NULL, 0), 0);
    row_true(line, parse_two(call, "").good);
    regfree(&validation);
}

/* Writes the option's name into `call`. */
static void check_arg(const char *line, unsigned number, char *call)
{
    static const char *const groups[] = {"Capture", "Processes", "Stop",  "Record",
                                         "Buffers", "Log",       "Replay"};
    static const char *const types[] = {"unsigned", "selector", "boolflag", "fileselect", "string"};
    char value[LINE_SIZE];
    char expected[16];

    value_of(line, "arg", "number", value);
    snprintf(expected, sizeof expected, "%u", number);
    row_text(line, value, expected);
    value_of(line, "arg", "call", call);
    value_of(line, "arg", "display", value);
    value_of(line, "arg", "tooltip", value);
    value_of(line, "arg", "group", value);
    row_true(line, is_one_of(value, groups, ROWS(groups)));
    value_of(line, "arg", "type", value);
    row_true(line, is_one_of(value, types, ROWS(types)));
    if (strcmp(value, "unsigned") == 0) {
        check_default(line, number_option(call));
        check_range(line, number_option(call));
    } else if (strcmp(value, "boolflag") == 0) {
        value_of(line, "arg", "default", value);
        row_text(line, value, "false");
        row_true(line, parse_two(call, NULL).good);
    } else if (strcmp(value, "string") == 0) {
        check_text_field(line, call);
    } else {
        row_true(line, parse_two(call, "x").good ==
                           (strcmp(value, "selector") != 0 || strcmp(call, "--local-host") == 0 ||
                            strcmp(call, "--remote-source") == 0));
    }
}

/* A choice of the selector in the arg line before; returns whether it is the default one. */
static bool check_value(const char *line, const char *call, unsigned number)
{
    struct parsed none = parse_two(NULL, NULL);
    char value[LINE_SIZE];
    char default_value[LINE_SIZE];
    char expected[16];
    struct parsed p;

    value_of(line, "value", "arg", value);
    snprintf(expected, sizeof expected, "%u", number);
    row_text(line, value, expected);
    value_of(line, "value", "display", value);
    value_of(line, "value", "default", default_value);
    row_true(line, strcmp(default_value, "true") == 0 || strcmp(default_value, "false") == 0);
    value_of(line, "value", "value", value);
    p = parse_two(call, value);
    row_true(line, p.good);
    p.settings.given = 0;
    if (strcmp(call, "--local-host") == 0) {
        row_text(line, p.settings.local_host, value);
        row_equal(line, strcmp(default_value, "true") == 0, strcmp(value, "all") == 0);
    } else if (strcmp(call, "--remote-source") == 0) {
        row_text(line, p.settings.remote_source, value);
        row_equal(line, strcmp(default_value, "true") == 0, strcmp(value, "all") == 0);
    } else {
        row_equal(line, strcmp(default_value, "true") == 0,
                  memcmp(&none.settings, &p.settings, sizeof p.settings) == 0);
    }
    return strcmp(default_value, "true") == 0;
}

static struct host_interface interfaces[] = {
    {.index = 2, .name = "eth0", .shown = "eth0"},
    {.index = 3, .name = "a}\xFF", .shown = "a}?"},
};
static struct host_address addresses[] = {
    {.family = AF_INET, .interface_index = 2, .text = "192.0.2.10"},
    {.family = AF_INET6, .interface_index = 2, .text = "fe80::1%eth0"},
    {.family = AF_INET6, .interface_index = 3, .text = "fe80::1%3"},
    {.family = AF_INET, .interface_index = 9, .text = "192.0.2.99"},
};
static const struct host_addresses machine = {interfaces, ROWS(interfaces), addresses,
                                              ROWS(addresses)};

static void print_config(FILE *out, const char *kind)
{
    option_print_config(out, (enum source_kind)atoi(kind), &machine, NULL, NULL);
}

static void print_reloaded(FILE *out, const char *option)
{
    option_print_config(out, SOURCE_KIND_ALL, &machine, NULL, option);
}

static void print_help(FILE *out, const char *unused)
{
    (void)unused;
    option_print_help(out);
}

static void check_config(enum source_kind kind, unsigned arg_count, unsigned value_count,
                         unsigned selector_count)
{
    char name[16];
    char call[LINE_SIZE] = "";
    unsigned args = 0;
    unsigned values = 0;
    unsigned defaults = 0;
    char *text;
    char *rest;

    snprintf(name, sizeof name, "%u", kind);
    text = rest = printed(print_config, name);
    assert_true(strlen(text) > 0 && text[strlen(text) - 1] == '\n');
    for (char *line; (line = strsep(&rest, "\n")) != NULL && rest;) {
        row_true(line, strlen(line) < LINE_SIZE);
        if (strncmp(line, "value", strlen("value")) == 0) {
            row_true(line, args > 0);
            defaults += check_value(line, call, args - 1);
            values++;
        } else {
            check_arg(line, args++, call);
        }
    }
    row_equal(name, args, arg_count);
    row_equal(name, values, value_count);
    row_equal(name, defaults, selector_count);
    free(text);
}

/* Modes 4, processes 3, log levels 4, on-full 2, paces 2, addresses with "all" 4, "all" there. */
static void test_config(void **state)
{
    (void)state;
    check_config(SOURCE_KIND_ADDRESS, 17, 13, 4);
    check_config(SOURCE_KIND_ALL, 18, 17, 5);
    check_config(SOURCE_KIND_FILE, 11, 6, 2);
    check_config(SOURCE_KIND_REMOTE, 18, 14, 5);
}

/* The values of one option, numbered as in the whole dialog. */
static void test_reload(void **state)
{
    static const char *const options[] = {"local-host", "--local-host"};

    (void)state;
    for (size_t i = 0; i < ROWS(options); i++) {
        char *text = printed(print_reloaded, options[i]);

        row_text(options[i], text,
                 "value {arg=0}{value=all}{display=all interfaces}{default=true}\n"
                 "value {arg=0}{value=192.0.2.10}{display=192.0.2.10 on eth0}{default=false}\n"
                 "value {arg=0}{value=fe80::1%eth0}{display=fe80::1%eth0 on eth0}"
                 "{default=false}\n"
                 "value {arg=0}{value=fe80::1%3}{display=fe80::1%3 on a)?}{default=false}\n");
        free(text);
    }
}

static void test_options_of_sources(void **state)
{
    static const struct {
        const char *source;
        const char *option;
        const char *value;
        bool good;
    } rows[] = {
        {"ipmon:all", "--local-host", "192.0.2.10", true},
        {"ipmon:192.0.2.10", "--local-host", "192.0.2.10", false},
        {"ipmon:file", "--local-host", "all", false},
        {"ipmon:file", "--file", "x", true},
        {"ipmon:ALL", "--file", "x", false},
        {"ipmon:192.0.2.10", "--pace", "fast", false},
        {"ipmon:FILE", "--pace", "original", true},
        {"ipmon:file", "--receive-all-mode", "1", false},
        {"ipmon:192.0.2.10", "--receive-all-mode", "1", true},
        {"ipmon:file", "--packet-count", "1", true},
        {"ipmon:all", "--record", "x", true},
        {"ipmon:all", "--process-information", "name", true},
        {"ipmon:file", "--process-information", "name", false},
        {"ipmon:file", "--record", "x", false},
        {"ipmon:file", "--ring-buffer", "packets:1", true}, /* splits it */
        {"ipmon:file", "--on-full", "wait", true},
        {"ipmon:remote", "--remote-host", "x", true},
        {"ipmon:REMOTE", "--remote-source", "x", true},
        {"ipmon:remote", "--remote-command", "x", true},
        {"ipmon:remote", "--receive-all-mode", "0", true},
        {"ipmon:remote", "--record", "x", true},
        {"ipmon:remote", "--local-host", "all", false},
        {"ipmon:remote", "--selected-interface", "1", false},
        {"ipmon:all", "--remote-host", "x", false},
        {"ipmon:file", "--remote-source", "x", false},
        {"ipmon:192.0.2.10", "--remote-command", "x", false},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        const char *const line[] = {"--extcap-interface", rows[i].source, rows[i].option,
                                    rows[i].value, NULL};
        struct parsed p = parse(line);

        row_true(rows[i].option, p.good);
        row_equal(rows[i].option, option_check_source(&p.settings, &p.failure), rows[i].good);
        row_equal(rows[i].option, p.failure.text[0] == '\0', rows[i].good);
    }
}

static void test_help(void **state)
{
    static const char *const names[] = {
        "--extcap-interfaces", "--extcap-dlts",      "--extcap-config", "--capture",
        "--list-addresses",    "--list-interfaces",  "--version",       "--help",
        "--extcap-interface ", "--extcap-version ",  "--fifo ",         "--extcap-capture-filter ",
        "--receive-all-mode ", "--snapshot-length ", "--packet-count ", "--in-buffer-size ",
        "--out-buffer-size ",
    };
    static const char *const facts[] = {"0..262000, default 262000", "0..4294967295, default 0",
                                        "1048576..268435456, default 16777216",
                                        "4096..268435456, default 1048576"};
    char *text = printed(print_help, NULL);

    (void)state;
    for (size_t i = 0; i < ROWS(names); i++) {
        char line[64];

        snprintf(line, sizeof line, "\n  %s", names[i]);
        row_contains("help", text, line);
    }
    for (size_t i = 0; i < ROWS(facts); i++)
        row_contains("help", text, facts[i]);
    assert_int_equal(text[strlen(text) - 1], '\n');
    free(text);
}

static void print_completion(FILE *out, const char *unused)
{
    (void)unused;
    option_print_completion(out);
}

static void test_completion(void **state)
{
    static const char *const parts[] = {
        "\n        -i|--interface) _ipmon_sources '' interfaces ;;\n",
        "\n        --log-level) _ipmon_reply '' error warning info debug ;;\n",
        "\n        -c|--packet-count) : ;;\n",
        "\n        -b|--ring-buffer) _ipmon_conditions filesize: duration: packets: files: ;;\n",
        "\n        --on-full) _ipmon_reply '' stop wait ;;\n",
        " \\\n                --json",
        "\ncomplete -F _ipmon ipmon\n",
    };
    char *text = printed(print_completion, NULL);

    (void)state;
    for (size_t i = 0; i < ROWS(parts); i++)
        row_contains("completion", text, parts[i]);
    assert_null(strstr(text, "--print-completion"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_actions),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_numbers_good),
        cmocka_unit_test(test_numbers_bad),
        cmocka_unit_test(test_last_value_counts),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_abbreviated_action_does_nothing),
        cmocka_unit_test(test_foreign),
        cmocka_unit_test(test_foreign_takes_one_word),
        cmocka_unit_test(test_foreign_at_the_end),
        cmocka_unit_test(test_after_errors),
        cmocka_unit_test(test_called_again),
        cmocka_unit_test(test_commands),
        cmocka_unit_test(test_no_commands),
        cmocka_unit_test(test_conditions),
        cmocka_unit_test(test_rings),
        cmocka_unit_test(test_empty_dialog),
        cmocka_unit_test(test_refused_commands),
        cmocka_unit_test(test_config),
        cmocka_unit_test(test_reload),
        cmocka_unit_test(test_options_of_sources),
        cmocka_unit_test(test_help),
        cmocka_unit_test(test_completion),
    };

    return cmocka_run_group_tests_name("option", tests, NULL, NULL);
}
