/*
 * The command line: defaults, values good and bad, options that only Wireshark knows, and that the
 * dialog's lines and --help say what the parser does.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

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
        {"--list-addresses", ACTION_LIST_ADDRESSES},
        {"--list-interfaces", ACTION_LIST_INTERFACES},
        {"--version", ACTION_VERSION},
        {"--help", ACTION_HELP},
        {"-h", ACTION_HELP},
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
    uint32_t preset;
} number_options[] = {
    {"--receive-all-mode", offsetof(struct settings, receive_all_mode), 1},
    {"--snapshot-length", offsetof(struct settings, snapshot_length), DEFAULT_SNAPSHOT_LENGTH},
    {"--packet-count", offsetof(struct settings, packet_count), 0},
    {"--in-buffer-size", offsetof(struct settings, in_buffer_size), DEFAULT_IN_BUFFER},
    {"--out-buffer-size", offsetof(struct settings, out_buffer_size), DEFAULT_OUT_BUFFER},
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
        {"--receive-all-mode", "1", 1},
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
    row_equal(row, number_in(&p, number_option(option)), number_option(option)->preset);
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
        {"--receive-all-mode", "0"},         {"--receive-all-mode", "2"},
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

/* The caller reports through what the line says, so errors must not hide it. */
static void test_after_errors(void **state)
{
    static const struct {
        const char *wrong[3];
        const char *word; /* of the first failure */
    } rows[] = {
        {{"--nonsense"}, "--nonsense"},
        {{"word"}, "word"},
        {{"--packet-count", "x"}, "--packet-count"},
        {{"--receive-all-mode", "2"}, "--receive-all-mode"},
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

/* The dialog */

/* What a print function writes, as one string to be freed. */
static char *printed(void (*print)(FILE *out))
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    print(out);
    fclose(out);
    assert_non_null(text);
    assert_int_equal(strlen(text), size);
    return text;
}

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
    char preset[LINE_SIZE];
    struct parsed declared;

    value_of(line, "arg", "default", preset);
    declared = parse_two(option->option, preset);
    row_true(line, declared.good);
    row_equal(line, strtoull(preset, NULL, 10), option->preset);
    row_equal(line, number_in(&none, option), option->preset);
    row_equal(line, memcmp(&none.settings, &declared.settings, sizeof none.settings), 0);
}

static const struct number_option *check_arg(const char *line, unsigned number)
{
    static const char *const groups[] = {"Capture", "Stop", "Buffers", "Log", "Replay"};
    const struct number_option *option;
    char value[LINE_SIZE];
    char expected[16];
    bool known = false;

    value_of(line, "arg", "number", value);
    snprintf(expected, sizeof expected, "%u", number);
    row_text(line, value, expected);
    value_of(line, "arg", "call", value);
    option = number_option(value);
    value_of(line, "arg", "display", value);
    value_of(line, "arg", "tooltip", value);
    value_of(line, "arg", "group", value);
    for (size_t i = 0; i < ROWS(groups); i++)
        known = known || strcmp(value, groups[i]) == 0;
    row_true(line, known);
    check_default(line, option);
    value_of(line, "arg", "type", value);
    if (strcmp(value, "unsigned") == 0)
        check_range(line, option);
    else
        row_text(line, value, "selector");
    return option;
}

/* A choice of the selector in the arg line before; returns whether it is the default one. */
static bool check_value(const char *line, const struct number_option *option, unsigned number)
{
    char value[LINE_SIZE];
    char preset[LINE_SIZE];
    char expected[16];
    struct parsed p;

    value_of(line, "value", "arg", value);
    snprintf(expected, sizeof expected, "%u", number);
    row_text(line, value, expected);
    value_of(line, "value", "display", value);
    value_of(line, "value", "default", preset);
    row_true(line, strcmp(preset, "true") == 0 || strcmp(preset, "false") == 0);
    value_of(line, "value", "value", value);
    p = parse_two(option->option, value);
    row_true(line, p.good);
    row_equal(line, number_in(&p, option), strtoull(value, NULL, 10));
    row_equal(line, strcmp(preset, "true") == 0, number_in(&p, option) == option->preset);
    return strcmp(preset, "true") == 0;
}

static void test_config(void **state)
{
    char *text = printed(option_print_config);
    const struct number_option *option = NULL;
    unsigned args = 0;
    unsigned values = 0;
    unsigned presets = 0;
    char *rest = text;

    (void)state;
    assert_true(strlen(text) > 0 && text[strlen(text) - 1] == '\n');
    for (char *line; (line = strsep(&rest, "\n")) != NULL && rest;) {
        row_true(line, strlen(line) < LINE_SIZE);
        if (strncmp(line, "value", strlen("value")) == 0) {
            row_true(line, option != NULL);
            presets += check_value(line, option, args - 1);
            values++;
        } else {
            option = check_arg(line, args++);
        }
    }
    assert_int_equal(args, ROWS(number_options));
    assert_int_equal(values, 2);  /* modes 1 and 3 */
    assert_int_equal(presets, 1); /* one selector, one default */
    free(text);
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
    char *text = printed(option_print_help);

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
        cmocka_unit_test(test_config),
        cmocka_unit_test(test_help),
    };

    return cmocka_run_group_tests_name("option", tests, NULL, NULL);
}
