# Debian's packages, linked statically where they are not header-only. Each becomes a target lib_NAME.
function(tacho_static_library name)
  foreach(file IN LISTS ARGN)
    find_library(lib_file_${file} NAMES lib${file}.a REQUIRED)
    list(APPEND files ${lib_file_${file}})
  endforeach()
  add_library(lib_${name} INTERFACE)
  target_link_libraries(lib_${name} INTERFACE ${files})
endfunction()

tacho_static_library(xxhash xxhash)
tacho_static_library(lz4 lz4)
tacho_static_library(flatbuffers flatbuffers)
tacho_static_library(snappy snappy)
tacho_static_library(re2 re2)
tacho_static_library(yaml yaml-cpp)
tacho_static_library(ssl ssl crypto)
tacho_static_library(zlib z)
tacho_static_library(nghttp2 nghttp2)
tacho_static_library(ncurses ncursesw tinfo)
tacho_static_library(boost_json boost_json boost_container)

find_package(Threads REQUIRED)
find_program(FLATC flatc REQUIRED)

# fmt and spdlog come from Debian without static libraries. fmt is compiled once (proto/base/fmt_library.cc); spdlog is used
# header-only, in proto/base/log.cc alone.
add_library(base_libs INTERFACE)
target_compile_definitions(base_libs INTERFACE SPDLOG_FMT_EXTERNAL)
target_link_libraries(base_libs INTERFACE Threads::Threads lib_xxhash lib_flatbuffers lib_snappy lib_re2 lib_yaml lib_ssl
  lib_ncurses lib_boost_json lib_lz4 lib_zlib lib_nghttp2)
