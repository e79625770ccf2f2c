# One place for the compiler's behaviour; presets choose SK_SANITIZE and the build type, nothing else.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")

set(SK_SANITIZE "" CACHE STRING "sanitizers of every target, for example address,undefined")
option(SK_FUZZ "build the libFuzzer targets (clang only)" OFF)
option(SK_MICRO "build the micro-benchmarks (they need Google Benchmark)" OFF)

find_program(SK_CCACHE ccache)
if(SK_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${SK_CCACHE}")
  set(CMAKE_C_COMPILER_LAUNCHER "${SK_CCACHE}")
endif()

add_compile_options(-Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion
                    "$<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor;-Woverloaded-virtual>"
                    -fno-strict-aliasing -fstack-protector-strong)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12's optimiser sees impossible lengths in std::string and std::vector (its bugs 105329 and 105651)
  add_compile_options(-Wno-restrict -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread)
  # No symbol of a static archive may stand in for a shared library's own: libcrypto.a, too, has a gf_mul, and ISA-L called that.
  add_link_options(-Wl,--exclude-libs,ALL)
  add_link_options(-Wl,--gc-sections)              # what nobody uses does not travel to hosts

  if(SK_SANITIZE)
    add_compile_options(-Wno-maybe-uninitialized)  # wrong where a sanitizer's checks split the flow
  endif()
endif()

# Warnings are errors in every plain build (quick, release, clang). Sanitizers move code about until GCC 12 warns of what is not
# there: their builds warn only.
if(NOT SK_SANITIZE)
  add_compile_options(-Werror)
endif()
add_compile_definitions(_FILE_OFFSET_BITS=64 _GLIBCXX_ASSERTIONS)
include_directories("${CMAKE_SOURCE_DIR}")

if(SK_SANITIZE MATCHES "thread")
  add_compile_definitions(BOOST_ASIO_DISABLE_FENCED_BLOCK)   # GCC's ThreadSanitizer does not see fences; Asio's mutexes order the same
endif()
if(SK_SANITIZE)
  add_compile_options("-fsanitize=${SK_SANITIZE}" -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options("-fsanitize=${SK_SANITIZE}")
else()
  add_link_options(-static-libstdc++ -static-libgcc)
endif()
if(SK_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_options(-D_FORTIFY_SOURCE=2)
  add_link_options(-Wl,-z,relro,-z,now)
endif()

find_program(SK_MOLD mold)
if(SK_MOLD AND NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_link_options(-fuse-ld=mold)
endif()
