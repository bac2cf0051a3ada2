# What is installed, and `cpack -G DEB`.
include(GNUInstallDirs)

# The program tells its own words, so that they are never behind.
set(documents ${PROJECT_BINARY_DIR}/documents)
file(MAKE_DIRECTORY ${documents})
function(osc_document name)
  add_custom_command(OUTPUT ${documents}/${name}
                     COMMAND $<TARGET_FILE:osc> ${ARGN} > ${documents}/${name}
                     DEPENDS osc VERBATIM)
  set_property(GLOBAL APPEND PROPERTY osc_documents ${documents}/${name})
endfunction()
osc_document(osc.bash completion bash)
osc_document(_osc completion zsh)
osc_document(osc.fish completion fish)
osc_document(osc.1 manual)
add_custom_command(OUTPUT ${documents}/osc.1.gz
                   COMMAND gzip --best --no-name --force --keep ${documents}/osc.1
                   DEPENDS ${documents}/osc.1 VERBATIM)
get_property(all GLOBAL PROPERTY osc_documents)
add_custom_target(documents ALL DEPENDS ${all} ${documents}/osc.1.gz)

install(FILES ${documents}/osc.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${documents}/osc.bash RENAME osc
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${documents}/_osc DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
install(FILES ${documents}/osc.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
install(FILES ${CMAKE_CURRENT_LIST_DIR}/osc.service DESTINATION lib/systemd/system)
install(FILES README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR})

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT "osc <osc@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY
    "schema changes of live MySQL and MariaDB tables that can be taken back")
set(CPACK_PACKAGE_DESCRIPTION
    "osc changes the schema of a table while applications write to it, and can take the change
back at once, keeping every write made since.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION database)
set(CPACK_DEBIAN_PACKAGE_DEPENDS passwd)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${CMAKE_CURRENT_LIST_DIR}/postinst
                                       ${CMAKE_CURRENT_LIST_DIR}/prerm)
include(CPack)
