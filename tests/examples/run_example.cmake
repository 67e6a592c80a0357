# Runs PROGRAM and compares what it prints with the file EXPECTED; its status must be 0.
execute_process(COMMAND ${PROGRAM} OUTPUT_VARIABLE printed ERROR_VARIABLE errors RESULT_VARIABLE status)
file(READ ${EXPECTED} expected)
if(NOT status EQUAL 0 OR NOT printed STREQUAL expected)
    message(FATAL_ERROR "status ${status}, printed:\n${printed}\nexpected:\n${expected}\nerrors:\n${errors}")
endif()
