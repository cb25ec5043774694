# Flags that every target of ours is built with.
add_library(tacho_flags INTERFACE)
target_compile_options(tacho_flags INTERFACE
  -Wall -Wextra -Wpedantic -Werror -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-align
  -Wno-missing-field-initializers -fno-math-errno -ffunction-sections -fdata-sections)
# GCC is the compiler; clang builds the fuzz targets, and its other opinions do not stop it.
target_compile_options(tacho_flags INTERFACE $<$<CXX_COMPILER_ID:Clang>:-Wno-error>)
target_include_directories(tacho_flags INTERFACE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}/generated)
target_compile_definitions(tacho_flags INTERFACE TACHO_VERSION="${PROJECT_VERSION}")
set(CMAKE_CXX_FLAGS_RELEASE "-O2")
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1 -DTACHO_DCHECK")
if(TACHO_SANITIZE)
  # GCC 12 reports false maybe-uninitialized under the sanitizers; the release build keeps the warning.
  target_compile_options(tacho_flags INTERFACE -fsanitize=${TACHO_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  target_link_options(tacho_flags INTERFACE -fsanitize=${TACHO_SANITIZE})
  # Third-party static libraries are not instrumented; that is fine, they are trusted.
endif()
