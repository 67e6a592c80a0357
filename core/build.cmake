# What every target of the project shares: language, warnings, sanitizers, and the functions that declare targets.

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 14)
    message(FATAL_ERROR
        "g++ before 14 miscompiles coroutines (temporaries of a co_await are destroyed twice). "
        "Install clang-19 and configure with a preset of CMakePresets.json, which uses it.")
elseif(CMAKE_CXX_COMPILER_ID MATCHES "Clang" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 19)
    message(FATAL_ERROR "Grove needs clang 19 or later (Debian 12: apt-get install clang-19 lld-19).")
endif()

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
# With clang's predefines moc 6.4 reads the standard library's concepts, which it cannot parse. Without them some of its
# headers open `namespace std _GLIBCXX_VISIBILITY(default)` before moc has met that macro, so it meets it first.
set(CMAKE_AUTOMOC_COMPILER_PREDEFINES OFF)
file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/moc_first.h CONTENT "#include <bits/c++config.h>\n")
set(CMAKE_AUTOMOC_MOC_OPTIONS --include ${PROJECT_BINARY_DIR}/moc_first.h)
find_package(Threads REQUIRED)

find_program(GROVE_CCACHE ccache)
if(GROVE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    # ccache takes a precompiled header into account only when told that its date and macros do not matter.
    set(launcher ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${GROVE_CCACHE})
    set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
    set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
endif()
include(${CMAKE_CURRENT_LIST_DIR}/pch.cmake)

add_library(grove_options INTERFACE)
target_compile_options(grove_options INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wthread-safety
    -Wnon-virtual-dtor -Woverloaded-virtual -Wno-missing-field-initializers
    $<$<NOT:$<CONFIG:Release>>:-fno-omit-frame-pointer>)
if(GROVE_WERROR)
    target_compile_options(grove_options INTERFACE -Werror)
endif()
if(GROVE_SANITIZE)
    target_compile_options(grove_options INTERFACE -fsanitize=${GROVE_SANITIZE} -fno-sanitize-recover=all -g1)
    target_link_options(grove_options INTERFACE -fsanitize=${GROVE_SANITIZE})
endif()
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    target_link_options(grove_options INTERFACE -fuse-ld=lld)
endif()

# grove_core_room(NAME SOURCES … [DEPENDS rooms…] [LIBS libraries…])
# A room of core: static library grove_NAME. Its public headers are core/NAME/include/grove/NAME, its private
# ones lie beside the sources in core/NAME/src, so an include against the arrows does not compile.
function(grove_core_room name)
    cmake_parse_arguments(ROOM "" "" "SOURCES;DEPENDS;LIBS;PRIVATE_LIBS" ${ARGN})
    add_library(grove_${name} STATIC ${ROOM_SOURCES})
    add_library(grove::${name} ALIAS grove_${name})
    target_include_directories(grove_${name} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR}/include
                                             PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/src)
    foreach(room IN LISTS ROOM_DEPENDS)
        target_link_libraries(grove_${name} PUBLIC grove_${room})
    endforeach()
    target_link_libraries(grove_${name} PUBLIC Threads::Threads ${ROOM_LIBS} PRIVATE grove_options ${ROOM_PRIVATE_LIBS})
    # Asserts stay. Without the least optimization, what simulates a system spends its time in accessors.
    target_compile_options(grove_${name} PRIVATE $<$<CONFIG:Debug>:-O1>)
    grove_precompile(std grove_${name})
endfunction()

# grove_malloc(PROGRAM): links jemalloc as its malloc. A change passes through four threads, and each frees what another
# has allocated, which glibc's arenas lock for: with jemalloc the to-do system writes a quarter more in the same time.
# Sanitizers bring their own.
function(grove_malloc program)
    if(NOT GROVE_SANITIZE)
        find_library(GROVE_JEMALLOC jemalloc REQUIRED)
        target_sources(${program} PRIVATE ${PROJECT_SOURCE_DIR}/app/malloc_conf.cpp)
        target_link_libraries(${program} PRIVATE ${GROVE_JEMALLOC})
    endif()
endfunction()

# What distinguishes the tests of a sanitized build in a list that holds several builds' tests.
set(GROVE_TEST_SUFFIX "")
set(GROVE_TEST_EXTRA_LABEL "")
set(GROVE_TEST_SLOWDOWN 1)
set(GROVE_TEST_ENVIRONMENT "")
find_program(GROVE_SYMBOLIZER NAMES llvm-symbolizer-19 llvm-symbolizer)
if(GROVE_SANITIZE STREQUAL "thread")
    set(GROVE_TEST_SUFFIX ".tsan")
    set(GROVE_TEST_EXTRA_LABEL tsan)
    set(GROVE_TEST_SLOWDOWN 4)
    set(GROVE_TEST_ENVIRONMENT
        "TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1:suppressions=${PROJECT_SOURCE_DIR}/tests/support/tsan.supp:external_symbolizer_path=${GROVE_SYMBOLIZER}")
elseif(GROVE_SANITIZE)
    set(GROVE_TEST_SUFFIX ".asan")
    set(GROVE_TEST_EXTRA_LABEL asan)
    set(GROVE_TEST_SLOWDOWN 3)
    set(GROVE_TEST_ENVIRONMENT
        "ASAN_OPTIONS=detect_stack_use_after_return=1:external_symbolizer_path=${GROVE_SYMBOLIZER}"
        "LSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/support/lsan.supp:print_suppressions=0"
        "UBSAN_OPTIONS=print_stacktrace=1")
endif()

# `grove_tests` builds all QtTest executables, `grove_tests_LABEL` those of one label.
add_custom_target(grove_tests)
foreach(label term conformance runtime otp ets storage observe todo ui lint)
    add_custom_target(grove_tests_${label})
endforeach()

# grove_test(NAME LABEL label SOURCES … LIBS …  [GUI] [SERIAL] [TIMEOUT seconds])
# One QtTest executable and its ctest of the same name. GUI tests run on the offscreen platform; SERIAL ones measure
# time and run with nothing beside them. One whose name GROVE_TEST_FILTER does not match is neither built by the targets
# above nor a ctest.
function(grove_test name)
    cmake_parse_arguments(TEST "GUI;SERIAL" "LABEL;TIMEOUT" "SOURCES;LIBS" ${ARGN})
    if(NOT TEST_SOURCES)
        set(TEST_SOURCES ${name}.cpp)
    endif()
    add_executable(${name} ${TEST_SOURCES})
    set_target_properties(${name} PROPERTIES AUTOMOC ON)
    target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
    target_link_libraries(${name} PRIVATE grove_options Qt6::Test ${TEST_LIBS})
    if(TEST_GUI)
        grove_precompile(gui_test ${name})
    else()
        grove_precompile(test ${name})
    endif()
    if(GROVE_TEST_FILTER AND NOT name MATCHES "${GROVE_TEST_FILTER}")
        return()
    endif()
    add_dependencies(grove_tests ${name})
    foreach(label IN LISTS TEST_LABEL)
        if(TARGET grove_tests_${label})
            add_dependencies(grove_tests_${label} ${name})
        endif()
    endforeach()
    if(NOT TEST_TIMEOUT)
        set(TEST_TIMEOUT 120)
    endif()
    math(EXPR timeout "${TEST_TIMEOUT} * ${GROVE_TEST_SLOWDOWN}")
    set(test ${name}${GROVE_TEST_SUFFIX})
    add_test(NAME ${test} COMMAND ${name})
    set(environment ${GROVE_TEST_ENVIRONMENT})
    if(TEST_GUI)
        list(APPEND environment "QT_QPA_PLATFORM=offscreen")
    endif()
    set_tests_properties(${test} PROPERTIES LABELS "${TEST_LABEL};${GROVE_TEST_EXTRA_LABEL}" TIMEOUT ${timeout}
                                            ENVIRONMENT "${environment}")
    if(TEST_SERIAL)
        set_tests_properties(${test} PROPERTIES RUN_SERIAL ON)
    endif()
endfunction()
