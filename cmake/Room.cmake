# tacho_room(NAME FLOOR_BELOW targets... [EXCEPT files...]): the static library tacho_NAME of all .cc files in the folder
# NAME (and NAME/*/), and the headers that flatc makes of the schemas (*.fbs) in it.
function(tacho_room name)
  cmake_parse_arguments(room "" "" "FLOOR_BELOW;EXCEPT" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${name}/*.cc)
  foreach(file IN LISTS room_EXCEPT)
    list(REMOVE_ITEM sources ${CMAKE_SOURCE_DIR}/${name}/${file})
  endforeach()
  file(GLOB_RECURSE schemas CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${name}/*.fbs)
  foreach(schema IN LISTS schemas)
    cmake_path(GET schema STEM stem)
    cmake_path(RELATIVE_PATH schema BASE_DIRECTORY ${CMAKE_SOURCE_DIR} OUTPUT_VARIABLE relative)
    cmake_path(GET relative PARENT_PATH folder)
    set(header ${CMAKE_BINARY_DIR}/generated/${folder}/${stem}_generated.h)
    add_custom_command(OUTPUT ${header}
      COMMAND ${FLATC} --cpp --cpp-std c++17 --scoped-enums -o ${CMAKE_BINARY_DIR}/generated/${folder} ${schema}
      DEPENDS ${schema} VERBATIM)
    list(APPEND headers ${header})
  endforeach()
  add_library(tacho_${name} STATIC ${sources} ${headers})
  target_link_libraries(tacho_${name} PUBLIC ${room_FLOOR_BELOW} PRIVATE tacho_flags)
  if(TACHO_SANITIZE AND name MATCHES "^(proto|store)$")
    tacho_precompile(tacho_${name} tacho_proto ${CMAKE_SOURCE_DIR}/cmake/precompiled.h)
  elseif(TACHO_SANITIZE)
    # Half of the time of compiling them; the rooms below have the loops that the tests spend their time in.
    target_compile_options(tacho_${name} PRIVATE -O0)
    tacho_precompile(tacho_${name} tacho_sampler ${CMAKE_SOURCE_DIR}/cmake/precompiled.h)
  endif()
endfunction()
