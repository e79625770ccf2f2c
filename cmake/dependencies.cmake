# Each library that is not ours stands here once, behind a target of its own, with the folder that may include it
# (cmake/layers.txt holds that). Static where Debian has an archive: hosts need nothing but glibc.
find_package(Threads REQUIRED)

function(sk_external name)
  cmake_parse_arguments(ARG "" "" "LIBS;DEFINES" ${ARGN})
  add_library(ext_${name} INTERFACE)
  foreach(lib IN LISTS ARG_LIBS)
    find_library(SK_LIB_${lib} NAMES lib${lib}.a ${lib} REQUIRED)
    target_link_libraries(ext_${name} INTERFACE "${SK_LIB_${lib}}")
  endforeach()
  target_compile_definitions(ext_${name} INTERFACE ${ARG_DEFINES})
endfunction()

sk_external(openssl LIBS ssl crypto)
target_link_libraries(ext_openssl INTERFACE Threads::Threads ${CMAKE_DL_LIBS})
sk_external(zstd LIBS zstd)
sk_external(xxhash LIBS xxhash)
sk_external(isal LIBS isal)  # Debian has no static archive: the library travels beside the programs
sk_external(sqlite LIBS sqlite3)
target_link_libraries(ext_sqlite INTERFACE Threads::Threads ${CMAKE_DL_LIBS} m)
sk_external(boost_json LIBS boost_json)
sk_external(boost_url LIBS boost_url)
sk_external(boost_program_options LIBS boost_program_options)
sk_external(archive LIBS archive acl lzma bz2 lz4 zstd z nettle xml2 icuuc icudata)
target_link_libraries(ext_archive INTERFACE ext_openssl)

# Its archive wants Kerberos' libraries, too: installer/ssh/no_kerberos.cpp stands for them.
find_library(SK_LIB_ssh_archive NAMES libssh.a ssh REQUIRED)
add_library(ext_ssh INTERFACE)
target_link_libraries(ext_ssh INTERFACE "${SK_LIB_ssh_archive}")
if(SK_LIB_ssh_archive MATCHES "\\.a$")
  target_link_libraries(ext_ssh INTERFACE sk_no_kerberos ext_openssl "${SK_LIB_z}")
else()
  message(WARNING "no archive of libssh: sparekeep is linked with ${SK_LIB_ssh_archive}, which has to be wherever it runs")
endif()
