# The page's files, packed with gzip and put into the program: FILES, NAME=PATH each. Run by itself (cmake -P) it makes the source of
# page_assets() (assets.h); included, it adds that source to tacho_tools.
if(CMAKE_SCRIPT_MODE_FILE)
  set(types html "text/html\; charset=utf-8" css "text/css\; charset=utf-8" js "text/javascript\; charset=utf-8" svg "image/svg+xml")
  list(SORT FILES)
  set(bytes "")
  set(table "")
  foreach(file IN LISTS FILES)
    string(REGEX MATCH "^([^=]+)=(.+)$" matched "${file}")
    set(name ${CMAKE_MATCH_1})
    set(path ${CMAKE_MATCH_2})
    execute_process(COMMAND ${GZIP} -9nc ${path} OUTPUT_FILE ${OUT}.gz COMMAND_ERROR_IS_FATAL ANY)
    file(READ ${OUT}.gz hex HEX)
    file(SHA256 ${OUT}.gz hash)
    file(SIZE ${path} size)
    string(SUBSTRING ${hash} 0 20 hash)
    string(REGEX REPLACE "(..)" "0x\\1," hex "${hex}")
    string(MAKE_C_IDENTIFIER ${name} id)
    string(REGEX MATCH "[a-z]+$" suffix ${name})
    list(FIND types ${suffix} at)
    math(EXPR at "${at} + 1")
    list(GET types ${at} type)
    string(APPEND bytes "constexpr unsigned char k_${id}[] = {${hex}};\n")
    string(APPEND table "    {\"${name}\", \"${type}\", \"\\\"${hash}\\\"\", text(k_${id}), ${size}},\n")
  endforeach()
  file(REMOVE ${OUT}.gz)
  file(WRITE ${OUT} "// Made by tools/page/assets.cmake.
#include \"tools/page/assets.h\"

namespace tacho::tools {
namespace {

${bytes}
template <std::size_t N>
std::string_view text(const unsigned char (&bytes)[N]) {
  return {reinterpret_cast<const char*>(bytes), N};
}

}  // namespace

std::span<const PageAsset> page_assets() {
  static const PageAsset kAll[] = {
${table}  };
  return kAll;
}

}  // namespace tacho::tools
")
  return()
endif()

find_program(GZIP gzip REQUIRED)
find_file(DYGRAPHS dygraph.min.js PATHS /usr/share/javascript/dygraphs NO_DEFAULT_PATH)
if(NOT DYGRAPHS)
  message(FATAL_ERROR "/usr/share/javascript/dygraphs/dygraph.min.js is missing, which draws the page's charts: install Debian's package libjs-dygraphs")
endif()
file(GLOB_RECURSE page_files CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/assets/*)
set(page_list dygraph.min.js=${DYGRAPHS})
foreach(file IN LISTS page_files)
  file(RELATIVE_PATH name ${CMAKE_CURRENT_LIST_DIR}/assets ${file})
  list(APPEND page_list ${name}=${file})
endforeach()
set(page_source ${CMAKE_BINARY_DIR}/generated/tools/page/assets.cc)
add_custom_command(OUTPUT ${page_source}
  COMMAND ${CMAKE_COMMAND} -DGZIP=${GZIP} -DOUT=${page_source} "-DFILES=${page_list}" -P ${CMAKE_CURRENT_LIST_DIR}/assets.cmake
  DEPENDS ${page_files} ${DYGRAPHS} ${CMAKE_CURRENT_LIST_DIR}/assets.cmake VERBATIM)
target_sources(tacho_tools PRIVATE ${page_source})
