# The .deb: `tools/dev package`, or `cmake --build build --target package`. What goes where, and what dpkg is told of it.
set(TACHO_DOC share/doc/tacho)
set(TACHO_PACKAGING ${CMAKE_CURRENT_LIST_DIR}/..)

install(TARGETS tacho DESTINATION bin)
# Absolute: Debian 12's place for units, and /etc, are not below /usr.
install(FILES ${CMAKE_CURRENT_LIST_DIR}/tacho.service DESTINATION /lib/systemd/system)
install(FILES ${CMAKE_CURRENT_LIST_DIR}/tacho.yaml DESTINATION /etc/tacho)
install(FILES README.md ARCHITECTURE.md ${CMAKE_CURRENT_LIST_DIR}/copyright DESTINATION ${TACHO_DOC})
install(DIRECTORY docs DESTINATION ${TACHO_DOC} FILES_MATCHING PATTERN "*.md")
install(FILES store/FORMAT.md DESTINATION ${TACHO_DOC}/store)
install(FILES ${CMAKE_CURRENT_LIST_DIR}/nvidia-profiling.conf ${CMAKE_CURRENT_LIST_DIR}/driver-as-root.conf
  DESTINATION ${TACHO_DOC}/examples/systemd)
install(DIRECTORY ${TACHO_PACKAGING}/alerts ${TACHO_PACKAGING}/grafana ${TACHO_PACKAGING}/kubernetes
  DESTINATION ${TACHO_DOC}/examples FILES_MATCHING PATTERN "*.yaml" PATTERN "*.json")
install(FILES ${CMAKE_CURRENT_LIST_DIR}/lintian-overrides DESTINATION share/lintian/overrides RENAME tacho)

# The same bytes from the same source, whenever it is packed.
find_program(GZIP gzip REQUIRED)
configure_file(${CMAKE_CURRENT_LIST_DIR}/changelog.in ${CMAKE_BINARY_DIR}/package/changelog @ONLY)
execute_process(COMMAND ${GZIP} -9nf -k ${CMAKE_BINARY_DIR}/package/changelog COMMAND_ERROR_IS_FATAL ANY)
install(FILES ${CMAKE_BINARY_DIR}/package/changelog.gz DESTINATION ${TACHO_DOC})

# What the program says of its own command line: the manual's page, and completion for each shell where its package looks for it.
function(tacho_says words file destination)
  add_custom_command(TARGET tacho POST_BUILD VERBATIM
    COMMAND sh -c "\"$1\" ${words} >\"$2\"" sh $<TARGET_FILE:tacho> ${CMAKE_BINARY_DIR}/package/${file})
  install(FILES ${CMAKE_BINARY_DIR}/package/${file} DESTINATION ${destination} ${ARGN})
endfunction()
tacho_says("man | ${GZIP} -9n" tacho.1.gz share/man/man1)
tacho_says("completion bash" tacho.bash share/bash-completion/completions RENAME tacho)
tacho_says("completion zsh" _tacho share/zsh/vendor-completions)
tacho_says("completion fish" tacho.fish share/fish/vendor_completions.d)

# The program holds these libraries' code; their licences ask that their notices go with it (tests/packaging/licences.py compares them
# with what is linked, and with the page's files).
foreach(library IN ITEMS libboost1.81-dev libfmt-dev libspdlog-dev libyaml-cpp-dev libre2-dev libprotozero-dev libsnappy-dev liblz4-dev
                         zlib1g-dev libxxhash-dev libssl-dev libnghttp2-dev libncurses-dev libcli11-dev libflatbuffers-dev libstdc++-12-dev libjs-dygraphs)
  file(REAL_PATH /usr/share/doc/${library}/copyright notice)
  if(EXISTS ${notice})
    install(FILES ${notice} DESTINATION ${TACHO_DOC}/licences RENAME ${library})
  endif()
endforeach()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME tacho)
set(CPACK_PACKAGE_CONTACT "tacho's maintainers <maintainers@tacho.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "every second of a training node, kept on the node")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"Samples a node and its accelerators once a second, keeps every second of
the last hours or days in a ring of fixed size on the node, answers PromQL
over them, and sends minute rollups with their peaks to Prometheus by
remote write.

As installed it listens on the loopback alone and sends nothing.")
set(CPACK_SET_DESTDIR ON)  # as some paths are absolute
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR}/package)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)  # what the program itself asks for: libc6
set(CPACK_DEBIAN_PACKAGE_DEPENDS adduser)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${CMAKE_CURRENT_LIST_DIR}/postinst ${CMAKE_CURRENT_LIST_DIR}/prerm
  ${CMAKE_CURRENT_LIST_DIR}/postrm ${CMAKE_CURRENT_LIST_DIR}/conffiles)
include(CPack)
