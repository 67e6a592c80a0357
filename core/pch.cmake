# Precompiled headers: the standard library's, Qt's and QtTest's, each compiled once for all targets of a kind. They cost
# two thirds of a file's compile time otherwise. Sources still include what they use: the asan preset builds without.

set(GROVE_PCH_STD
    <algorithm> <array> <atomic> <chrono> <concepts> <coroutine> <cstdint> <deque> <expected> <functional> <map>
    <memory> <mutex> <optional> <set> <span> <string> <string_view> <tuple> <type_traits> <unordered_map> <utility>
    <variant> <vector>)

# grove_precompile(KIND TARGET...)
# KIND: std, test (std and QtTest), gui (std and QtWidgets) or gui_test. The targets link grove_options, and, except for
# std, Qt: a precompiled header fits only what is compiled with the same options.
function(grove_precompile kind)
    if(NOT TARGET grove_pch_${kind})
        set(headers ${GROVE_PCH_STD})
        set(libraries grove_options)
        if(kind MATCHES "gui")
            list(APPEND headers <QtWidgets/QtWidgets>)
            list(APPEND libraries Qt6::Widgets)
        endif()
        if(kind MATCHES "test")
            list(APPEND headers <QtTest/QtTest>)
            list(APPEND libraries Qt6::Core)
        endif()
        file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/pch_${kind}.cpp CONTENT "// Holds the precompiled header.\n")
        add_library(grove_pch_${kind} OBJECT ${CMAKE_CURRENT_BINARY_DIR}/pch_${kind}.cpp)
        target_link_libraries(grove_pch_${kind} PRIVATE ${libraries})
        if(kind MATCHES "test") # not its macros that name a test's folders: those differ from target to target
            target_include_directories(grove_pch_${kind} SYSTEM PRIVATE
                $<TARGET_PROPERTY:Qt6::Test,INTERFACE_INCLUDE_DIRECTORIES>)
        endif()
        if(CMAKE_CXX_COMPILER_ID MATCHES "Clang") # without it ccache never meets the same header twice
            target_compile_options(grove_pch_${kind} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
        endif()
        if(kind STREQUAL "std") # as the rooms of core, see grove_core_room
            target_compile_options(grove_pch_${kind} PRIVATE $<$<CONFIG:Debug>:-O1>)
        endif()
        target_precompile_headers(grove_pch_${kind} PRIVATE ${headers})
    endif()
    foreach(target IN LISTS ARGN)
        target_precompile_headers(${target} REUSE_FROM grove_pch_${kind})
    endforeach()
endfunction()
