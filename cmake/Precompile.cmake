# tacho_precompile(TARGET OWNER HEADER): what most files include is parsed once a build, for OWNER, and reused by the other targets; GCC
# alone. It takes half of the time off a test's compilation and a quarter off a room's.
# Rooms have it with the sanitizers only: the release build proves that each of their files includes what it needs.
function(tacho_precompile target owner header)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    return()
  elseif(target STREQUAL owner)
    target_precompile_headers(${target} PRIVATE ${header})
  else()
    target_precompile_headers(${target} REUSE_FROM ${owner})
  endif()
  # Of libstdc++'s std::string, and false; GCC 12 keeps them to itself only while it parses the header as a system's.
  target_compile_options(${target} PRIVATE -Wno-array-bounds -Wno-stringop-overflow)
endfunction()
