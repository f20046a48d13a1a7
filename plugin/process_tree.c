/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "process_tree.h"

#include "demand.h"

static int hf_process = -1;
static int hf_numbers[PROCESS_NUMBERS] = {-1, -1, -1};
static int hf_strings[PROCESS_STRINGS] = {-1, -1, -1, -1, -1};
static int hf_words[PROCESS_WORDS] = {-1, -1, -1, -1};

static gint ett_process = -1;

/* They are in no bytes of the packet. */
static proto_item *add_string(proto_tree *tree, const struct header_place *place, int field,
                              const char *text)
{
    proto_item *item =
        proto_tree_add_string(tree, field, place->source, (gint)place->start, 0, text);

    proto_item_set_generated(item);
    return item;
}

static void add_number(proto_tree *tree, const struct header_place *place,
                       const struct process *process, enum process_number number)
{
    if (process_has(process, number))
        proto_item_set_generated(proto_tree_add_uint(tree, hf_numbers[number], place->source,
                                                     (gint)place->start, 0,
                                                     process->numbers[number]));
}

static void add_text(proto_tree *tree, const struct header_place *place,
                     const struct process *process, enum process_string string)
{
    char text[PROCESS_TEXT_SIZE];

    if (process_text(text, process, string))
        add_string(tree, place, hf_strings[string], text);
}

static void add_word(proto_tree *tree, const struct header_place *place,
                     const struct process *process, enum process_word word)
{
    const char *name = process_word_name(process, word);

    if (name)
        add_string(tree, place, hf_words[word], name);
}

static void add_process(proto_tree *parent, const struct header_place *place,
                        const struct process *process)
{
    const char *role = process_word_name(process, PROCESS_ROLE);
    char title[PROCESS_TITLE_SIZE];
    proto_item *item;
    proto_tree *tree;

    process_title(title, process);
    item = add_string(parent, place, hf_process, title);
    if (role)
        proto_item_append_text(item, ", %s", role);
    tree = proto_item_add_subtree(item, ett_process);
    add_number(tree, place, process, PROCESS_ID);
    add_number(tree, place, process, PROCESS_THREAD);
    add_text(tree, place, process, PROCESS_NAME);
    add_text(tree, place, process, PROCESS_EXECUTABLE);
    add_text(tree, place, process, PROCESS_COMMAND_LINE);
    add_number(tree, place, process, PROCESS_USER);
    add_text(tree, place, process, PROCESS_USER_NAME);
    add_text(tree, place, process, PROCESS_CONTAINER);
    for (enum process_word i = 0; i < PROCESS_WORDS; i++)
        add_word(tree, place, process, i);
}

void process_tree_add(proto_tree *tree, const struct header_place *place,
                      const struct process_list *processes)
{
    for (size_t i = 0; i < processes->count; i++)
        add_process(tree, place, &processes->processes[i]);
}

const char *process_tree_title(wmem_allocator_t *pool, const struct process_list *processes)
{
    char title[PROCESS_LIST_TITLE_SIZE];

    if (processes->count == 0)
        return NULL;
    process_list_title(title, processes);
    return wmem_strdup(pool, title);
}

void process_tree_register(int proto)
{
    static hf_register_info hf[] = {
        {&hf_process,
         {"Process", "ipmon.process", FT_STRING, BASE_NONE, NULL, 0,
          "Who sends or receives the packet, in a few words", HFILL}},
        {&hf_numbers[PROCESS_ID],
         {"Process ID", "ipmon.process.id", FT_UINT32, BASE_DEC, NULL, 0,
          "On the host that captured", HFILL}},
        {&hf_numbers[PROCESS_THREAD],
         {"Thread ID", "ipmon.process.thread", FT_UINT32, BASE_DEC, NULL, 0, NULL, HFILL}},
        {&hf_strings[PROCESS_NAME],
         {"Name", "ipmon.process.name", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_strings[PROCESS_EXECUTABLE],
         {"Executable", "ipmon.process.executable", FT_STRING, BASE_NONE, NULL, 0,
          "Path of the program", HFILL}},
        {&hf_strings[PROCESS_COMMAND_LINE],
         {"Command Line", "ipmon.process.command_line", FT_STRING, BASE_NONE, NULL, 0, NULL,
          HFILL}},
        {&hf_numbers[PROCESS_USER],
         {"User ID", "ipmon.process.user", FT_UINT32, BASE_DEC, NULL, 0,
          "On the host that captured", HFILL}},
        {&hf_strings[PROCESS_USER_NAME],
         {"User Name", "ipmon.process.user_name", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_strings[PROCESS_CONTAINER],
         {"Container", "ipmon.process.container", FT_STRING, BASE_NONE, NULL, 0,
          "Container or service that the process runs in", HFILL}},
        {&hf_words[PROCESS_ROLE],
         {"Role", "ipmon.process.role", FT_STRING, BASE_NONE, NULL, 0,
          "sender, receiver, or listener of a connection that is not accepted yet", HFILL}},
        {&hf_words[PROCESS_HOW],
         {"How", "ipmon.process.how", FT_STRING, BASE_NONE, NULL, 0,
          "By what the process came to be known", HFILL}},
        {&hf_words[PROCESS_CERTAINTY],
         {"Certainty", "ipmon.process.certainty", FT_STRING, BASE_NONE, NULL, 0,
          "exact, listener, uncertain, or unknown", HFILL}},
        {&hf_words[PROCESS_SOURCE],
         {"Source", "ipmon.process.source", FT_STRING, BASE_NONE, NULL, 0,
          "Who wrote it, or where it is in the file", HFILL}},
    };
    static gint *ett[] = {&ett_process};

    proto_register_field_array(proto, hf, array_length(hf));
    demand_add_fields(DEMAND_PROCESSES, hf, array_length(hf));
    proto_register_subtree_array(ett, array_length(ett));
}
