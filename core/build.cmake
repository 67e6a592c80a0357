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
find_package(Threads REQUIRED)

find_program(GROVE_CCACHE ccache)
if(GROVE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${GROVE_CCACHE})
    set(CMAKE_C_COMPILER_LAUNCHER ${GROVE_CCACHE})
endif()

add_library(grove_options INTERFACE)
target_compile_options(grove_options INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wthread-safety
    -Wnon-virtual-dtor -Woverloaded-virtual -Wno-missing-field-initializers -fno-omit-frame-pointer)
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
endfunction()

# grove_test(NAME LABEL label SOURCES … LIBS …  [GUI] [TIMEOUT seconds])
# One QtTest executable and its ctest of the same name. GUI tests run on the offscreen platform.
function(grove_test name)
    cmake_parse_arguments(TEST "GUI" "LABEL;TIMEOUT" "SOURCES;LIBS" ${ARGN})
    if(NOT TEST_SOURCES)
        set(TEST_SOURCES ${name}.cpp)
    endif()
    if(NOT TEST_TIMEOUT)
        set(TEST_TIMEOUT 120)
    endif()
    add_executable(${name} ${TEST_SOURCES})
    set_target_properties(${name} PROPERTIES AUTOMOC ON)
    target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
    target_link_libraries(${name} PRIVATE grove_options Qt6::Test ${TEST_LIBS})
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES LABELS "${TEST_LABEL}" TIMEOUT ${TEST_TIMEOUT})
    if(TEST_GUI)
        set_tests_properties(${name} PROPERTIES ENVIRONMENT "QT_QPA_PLATFORM=offscreen")
    endif()
endfunction()
