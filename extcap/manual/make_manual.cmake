# Puts what mandoc makes of the manual pages into the frame of the HTML manual.
#   cmake -DMANDOC=... -DPAGES=... -DFRAME=... -DVERSION=... -DOUTPUT=... -P make_manual.cmake

# The text of a page, between mandoc's own head and foot lines.
function(read_page page result)
    execute_process(
        COMMAND ${MANDOC} -Thtml -O fragment ${page}
        OUTPUT_VARIABLE html
        RESULT_VARIABLE status
    )
    string(FIND "${html}" "<div class=\"manual-text\">" begin)
    string(FIND "${html}" "<table class=\"foot\">" end REVERSE)
    # Style remarks give mandoc the status 1 to 2; from 3 on the page is broken.
    if(NOT status MATCHES "^[012]$" OR begin EQUAL -1 OR end LESS begin)
        message(FATAL_ERROR "mandoc made no HTML of ${page} (${status})")
    endif()
    math(EXPR length "${end} - ${begin}")
    string(SUBSTRING "${html}" ${begin} ${length} html)
    set(${result} "${html}" PARENT_SCOPE)
endfunction()

# Both pages have sections of the same names: each gets links of its own.
function(separate_links html prefix result)
    string(REPLACE " id=\"" " id=\"${prefix}" html "${html}")
    string(REPLACE " href=\"#" " href=\"#${prefix}" html "${html}")
    set(${result} "${html}" PARENT_SCOPE)
endfunction()

# The frame has the headings of the first two levels.
function(lower_headings html result)
    string(REGEX REPLACE "(</?h)2" "\\14" html "${html}")
    string(REGEX REPLACE "(</?h)1" "\\13" html "${html}")
    set(${result} "${html}" PARENT_SCOPE)
endfunction()

# An item for each section, from its heading.
function(list_sections html result)
    string(REGEX MATCHALL "<a class=\"permalink\" href=\"#[^\"]*\">[^<]*</a></h3>" headings "${html}")
    set(items "")
    foreach(heading IN LISTS headings)
        string(REGEX REPLACE "<a class=\"permalink\" (.*)</h3>" "<li><a \\1</li>\n" item "${heading}")
        string(APPEND items "${item}")
    endforeach()
    set(${result} "${items}" PARENT_SCOPE)
endfunction()

foreach(page IN LISTS PAGES)
    get_filename_component(section ${page} LAST_EXT)
    string(REPLACE "." "" section ${section})
    read_page(${page} html)
    separate_links("${html}" "ipmon${section}-" html)
    lower_headings("${html}" html)
    list_sections("${html}" CONTENTS_${section})
    set(PAGE_${section} "${html}")
endforeach()
configure_file(${FRAME} ${OUTPUT} @ONLY)
