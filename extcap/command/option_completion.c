/*
 * The script that completes command lines in bash: the same for all options, with the names,
 * choices and kinds of values that the table has.
 * Source: bash(1), Programmable Completion.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stddef.h>

#include "option.h"
#include "option_table.h"

/*
 * Names of interfaces are any bytes: they are compared and quoted, and never pass `compgen -W`,
 * which would expand them.
 */
static const char beginning[] =
    "# Completion of ipmon(1) for bash, made from the program's options.\n"
    "# SPDX-License-Identifier: GPL-2.0-or-later\n"
    "\n"
    "# Replies with those of the words that begin with $current; $1: what stands in front of "
    "each.\n"
    "_ipmon_reply()\n"
    "{\n"
    "    local prefix=$1 word\n"
    "    shift\n"
    "    for word; do\n"
    "        word=$prefix$word\n"
    "        [[ $word == \"$current\"* ]] || continue\n"
    "        word=${word#\"$completed\"}\n"
    "        [[ $word != *[^a-zA-Z0-9.,:%/_=-]* ]] || printf -v word %q \"$word\"\n"
    "        COMPREPLY+=(\"$before$word\")\n"
    "    done\n"
    "}\n"
    "\n"
    "# Replies with addresses, and with names of interfaces if there is a $2.\n"
    "_ipmon_sources()\n"
    "{\n"
    "    local address interface\n"
    "    _ipmon_reply \"$1\" all\n"
    "    while IFS=$'\\t' read -r address interface; do\n"
    "        _ipmon_reply \"$1\" \"$address\"\n"
    "    done < <(\"$program\" --list-addresses 2>/dev/null)\n"
    "    [[ -n ${2-} ]] || return 0\n"
    "    for interface in /sys/class/net/*/; do\n"
    "        interface=${interface%/}\n"
    "        _ipmon_reply \"$1\" \"${interface##*/}\"\n"
    "    done\n"
    "}\n"
    "\n"
    "# Replies with names of conditions, of which several may be given with commas between them.\n"
    "_ipmon_conditions()\n"
    "{\n"
    "    local front=''\n"
    "    [[ $current != *,* ]] || front=${current%,*},\n"
    "    compopt -o nospace 2>/dev/null\n"
    "    _ipmon_reply \"$front\" \"$@\"\n"
    "}\n"
    "\n"
    "_ipmon()\n"
    "{\n"
    "    local program=$1 words=() current option completed='' before=''\n"
    "    # Not COMP_WORDS, in which addresses are split at their colons.\n"
    "    read -r -a words <<<\"${COMP_LINE:0:COMP_POINT}\"\n"
    "    [[ ${COMP_LINE:0:COMP_POINT} != *[[:space:]] ]] || words+=('')\n"
    "    current=${words[-1]} option=${words[-2]-}\n"
    "    COMPREPLY=()\n"
    "    if [[ $current == --*=* ]]; then\n"
    "        option=${current%%=*} current=${current#*=}\n"
    "        [[ $COMP_WORDBREAKS == *=* ]] || before=$option=\n"
    "    fi\n"
    "    [[ $COMP_WORDBREAKS != *:* || $current != *:* ]] || completed=${current%:*}:\n"
    "    case $option in\n";

static const char ending[] = "    esac\n"
                             "}\n"
                             "complete -F _ipmon ipmon\n";

/* What completes a value: commands of the script, for the types of the table. */
static const char *const values[] = {
    [OPTION_ADDRESS] = "_ipmon_sources ''",
    [OPTION_SOURCE] = "_ipmon_sources '' interfaces",
    [OPTION_REMOTE] = "_ipmon_reply '' all",
    [OPTION_FILE] = "compopt -o default 2>/dev/null",
    [OPTION_NEW_FILE] = "compopt -o default 2>/dev/null",
};

/* Those of which the type does not tell. */
static const struct {
    size_t member;
    const char *value;
} members[] = {
    {offsetof(struct settings, interface),
     "_ipmon_reply 'ipmon:' file remote; _ipmon_sources 'ipmon:'"},
    {offsetof(struct settings, fifo), "compopt -o default 2>/dev/null"},
    {offsetof(struct settings, control_in), "compopt -o default 2>/dev/null"},
    {offsetof(struct settings, control_out), "compopt -o default 2>/dev/null"},
};

static void print_choices(FILE *out, const struct option_row *row)
{
    char number[16];

    fputs("_ipmon_reply ''", out);
    for (const struct option_choice *choice = row->choices; choice->display; choice++)
        fprintf(out, " %s", option_choice_name(choice, number, sizeof number));
}

static void print_conditions(FILE *out, const struct option_row *row)
{
    fputs("_ipmon_conditions", out);
    for (const struct option_condition *condition = row->conditions; condition->name; condition++)
        fprintf(out, " %s", condition->name);
}

static const char *string_value(const struct option_row *row)
{
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (members[i].member == row->member)
            return members[i].value;
    return ":";
}

static void print_value(FILE *out, const struct option_row *row)
{
    if (row->choices)
        print_choices(out, row);
    else if (row->conditions)
        print_conditions(out, row);
    else if (row->type == OPTION_STRING || row->type == OPTION_UNSIGNED)
        fputs(row->type == OPTION_STRING ? string_value(row) : ":", out);
    else
        fputs(values[row->type], out);
}

static void print_case(FILE *out, const struct option_row *row)
{
    fputs("        ", out);
    if (row->letter != '\0')
        fprintf(out, "-%c|", row->letter);
    fprintf(out, "--%s) ", row->name);
    print_value(out, row);
    fputs(" ;;\n", out);
}

/* Letters only behind a single hyphen, where the names would not fit. */
static void print_names(FILE *out)
{
    fputs("        *)\n"
          "            [[ $current != - ]] || _ipmon_reply ''",
          out);
    for (const struct option_row *row = option_table; row->name; row++)
        if (row->help && row->letter != '\0')
            fprintf(out, " -%c", row->letter);
    fputs("\n            [[ $current != -* ]] || _ipmon_reply ''", out);
    for (const struct option_row *row = option_table; row->name; row++)
        if (row->help)
            fprintf(out, " \\\n                --%s", row->name);
    fputs("\n            ;;\n", out);
}

void option_print_completion(FILE *out)
{
    fputs(beginning, out);
    for (const struct option_row *row = option_table; row->name; row++)
        if (row->help && option_takes_value(row))
            print_case(out, row);
    print_names(out);
    fputs(ending, out);
}
