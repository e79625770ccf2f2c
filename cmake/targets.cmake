# lib/base/precompiled.h for a target of ours; with GCC only
function(sk_precompile name)
  if(TARGET sk_precompiled)
    target_precompile_headers(${name} REUSE_FROM sk_precompiled)
  endif()
endfunction()

# sk_library(base SOURCES ... LINKS ...)    the static library of one folder, sk_base
function(sk_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
  add_library(sk_${name} STATIC ${ARG_SOURCES})
  sk_precompile(sk_${name})
  target_link_libraries(sk_${name} PUBLIC ${ARG_LINKS} PRIVATE ${ARG_PRIVATE_LINKS})
endfunction()

# What `./dev` builds by name: the programs with ISA-L's library beside them, the whole-run tests, the fuzz targets.
add_custom_target(programs)
add_custom_target(whole_tests)
add_custom_target(fuzzers)

get_filename_component(SK_ISAL_FILE "${SK_LIB_isal}" REALPATH)
add_custom_command(OUTPUT "${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/libisal.so.2"
  COMMAND "${CMAKE_COMMAND}" -E copy "${SK_ISAL_FILE}" "${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/libisal.so.2"
  DEPENDS "${SK_ISAL_FILE}")
add_custom_target(isal_beside DEPENDS "${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/libisal.so.2")
add_dependencies(programs isal_beside)

# sk_program(sparekeepd SOURCES main.cpp LINKS ...)
function(sk_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  sk_precompile(${name})
  target_link_libraries(${name} PRIVATE ${ARG_LINKS})
  set_target_properties(${name} PROPERTIES INSTALL_RPATH "$ORIGIN" BUILD_WITH_INSTALL_RPATH ON)  # the same bytes where it is installed
  add_dependencies(programs ${name})
  if(CMAKE_BUILD_TYPE STREQUAL "Release")  # it travels to hosts: its debug information stays here, beside it
    add_custom_command(TARGET ${name} POST_BUILD
      COMMAND "${CMAKE_OBJCOPY}" --only-keep-debug "$<TARGET_FILE:${name}>" "$<TARGET_FILE:${name}>.debug"
      COMMAND "${CMAKE_OBJCOPY}" --strip-unneeded "--add-gnu-debuglink=$<TARGET_FILE:${name}>.debug" "$<TARGET_FILE:${name}>"
      VERBATIM)
  endif()
endfunction()

# sk_test(base SOURCES ... LINKS ...)       a Catch2 program, test_base, run by CTest; exit 77 is a skip that printed its reason
# A test with LABELS whole drives the installed programs: `./dev test` runs it on the release build, all others on dev.
function(sk_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;LINKS;LABELS;DEPENDS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(test_${name} ${ARG_SOURCES})
  target_link_libraries(test_${name} PRIVATE sk_test_main ${ARG_LINKS})
  target_precompile_headers(test_${name} REUSE_FROM sk_test_main)
  if("whole" IN_LIST ARG_LABELS)
    add_dependencies(whole_tests test_${name})
    add_dependencies(test_${name} programs)
  endif()
  if(ARG_DEPENDS)
    add_dependencies(test_${name} ${ARG_DEPENDS})
  endif()
  add_test(NAME ${name} COMMAND test_${name} WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
  set_tests_properties(${name} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}")
endfunction()

# sk_fuzz(base_bytes SOURCES ... LINKS ...) a libFuzzer program, fuzz_base_bytes, where SK_FUZZ is on; elsewhere the same
# entry with a driver of our own, run by CTest on its seeds (test/fuzz/corpus/NAME) and a fixed number of their mutations
function(sk_fuzz name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  add_executable(fuzz_${name} ${ARG_SOURCES})
  target_link_libraries(fuzz_${name} PRIVATE ${ARG_LINKS})
  if(SK_FUZZ)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    add_dependencies(fuzzers fuzz_${name})
  else()
    target_link_libraries(fuzz_${name} PRIVATE sk_fuzz_driver)
    add_test(NAME fuzz_${name} COMMAND fuzz_${name} "${CMAKE_SOURCE_DIR}/test/fuzz/corpus/${name}")
    set_tests_properties(fuzz_${name} PROPERTIES TIMEOUT 120 LABELS "fuzz")
  endif()
endfunction()
