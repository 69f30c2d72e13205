# Targets Nexus::nexus (shared) and Nexus::nexus_static, relative to this file's place.
include(CMakeFindDependencyMacro)
find_dependency(Threads)

get_filename_component(_nexus_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)

if(NOT TARGET Nexus::nexus)
  add_library(Nexus::nexus SHARED IMPORTED)
  set_target_properties(Nexus::nexus PROPERTIES
    IMPORTED_LOCATION "${_nexus_prefix}/lib/libnexus.so.1"
    IMPORTED_SONAME "libnexus.so.1"
    INTERFACE_INCLUDE_DIRECTORIES "${_nexus_prefix}/include")

  add_library(Nexus::nexus_static STATIC IMPORTED)
  set_target_properties(Nexus::nexus_static PROPERTIES
    IMPORTED_LOCATION "${_nexus_prefix}/lib/libnexus.a"
    INTERFACE_LINK_LIBRARIES Threads::Threads
    INTERFACE_INCLUDE_DIRECTORIES "${_nexus_prefix}/include")
endif()

unset(_nexus_prefix)
