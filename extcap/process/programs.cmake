# The programs in the kernel, from C to a skeleton that libbpf loads, and the module that does so.
set(IPMON_PROCESS_FOLDER ${CMAKE_INSTALL_FULL_LIBDIR}/ipmon)
string(REGEX REPLACE "^(x86_64|i[3-6]86)$" "x86" IPMON_BPF_MACHINE "${CMAKE_SYSTEM_PROCESSOR}")
string(REPLACE "aarch64" "arm64" IPMON_BPF_MACHINE "${IPMON_BPF_MACHINE}")
set(programs ${CMAKE_CURRENT_SOURCE_DIR}/process)
set(skeletons ${CMAKE_CURRENT_BINARY_DIR}/process)
file(MAKE_DIRECTORY ${skeletons})
set(strict "")
if(IPMON_WERROR)
    set(strict -Werror)
endif()
# Made while configuring: a command of the build must not have a # < > in the path of what it makes.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
    ${programs}/function_programs.bpf.c
    ${programs}/trace_programs.bpf.c
    ${programs}/kernel_types.h
    ${programs}/process_event.h
    ${programs}/process_reports.h
    ${programs}/raw_packets.h
    ${programs}/socket_programs.h
)

# ipmon_kernel_programs(NAME): NAME.bpf.c becomes NAME.skel.h.
function(ipmon_kernel_programs name)
    execute_process(
        COMMAND ${IPMON_CLANG} -g -O2 -target bpf -D__TARGET_ARCH_${IPMON_BPF_MACHINE}
            -idirafter /usr/include/${CMAKE_LIBRARY_ARCHITECTURE} -Wall -Wextra -Wno-unused-parameter ${strict}
            -fdebug-prefix-map=${programs}=. -c ${programs}/${name}.bpf.c -o ${name}.bpf.o
        WORKING_DIRECTORY ${skeletons}
        RESULT_VARIABLE status
    )
    if(NOT status EQUAL 0)
        message(FATAL_ERROR "${IPMON_CLANG} could not compile ${name}.bpf.c")
    endif()
    execute_process(
        COMMAND ${IPMON_BPFTOOL} gen skeleton ${name}.bpf.o name ${name}
        WORKING_DIRECTORY ${skeletons}
        OUTPUT_VARIABLE skeleton
        RESULT_VARIABLE status
    )
    if(NOT status EQUAL 0)
        message(FATAL_ERROR "${IPMON_BPFTOOL} could not make the skeleton of ${name}.bpf.o")
    endif()
    # What is generated is not checked by clang-tidy, and not compiled again when it is the same.
    file(WRITE ${skeletons}/${name}.new "/* NOLINTBEGIN */\n${skeleton}/* NOLINTEND */\n")
    execute_process(COMMAND ${CMAKE_COMMAND} -E copy_if_different
        ${skeletons}/${name}.new ${skeletons}/${name}.skel.h)
endfunction()
ipmon_kernel_programs(trace_programs)
ipmon_kernel_programs(function_programs)

add_library(ipmon_process_module MODULE
    process/process_programs.c
    process/process_refusal.c
    ${skeletons}/function_programs.skel.h
    ${skeletons}/trace_programs.skel.h
)
set_target_properties(ipmon_process_module PROPERTIES
    PREFIX ""
    OUTPUT_NAME ipmon-process
    # Not beside the program, where Wireshark would run it, were this its extcap folder.
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/process_module
)
target_compile_definitions(ipmon_process_module PRIVATE _GNU_SOURCE)
target_include_directories(ipmon_process_module PRIVATE process system ${PROJECT_SOURCE_DIR}/common)
target_include_directories(ipmon_process_module SYSTEM PRIVATE ${skeletons})
target_link_libraries(ipmon_process_module PRIVATE PkgConfig::BPF)
target_compile_definitions(ipmon_process PRIVATE
    IPMON_PROCESS_MODULE="${IPMON_PROCESS_FOLDER}/ipmon-process.so"
    IPMON_INSTALLED_PROGRAM="${CMAKE_INSTALL_FULL_BINDIR}/ipmon")
ipmon_install_folder(${IPMON_PROCESS_FOLDER})
install(TARGETS ipmon_process_module LIBRARY DESTINATION ${IPMON_PROCESS_FOLDER})
