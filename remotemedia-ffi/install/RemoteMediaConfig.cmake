# find_package(RemoteMedia) gives the targets RemoteMedia::remotemedia (shared) and RemoteMedia::static for C, and
# RemoteMedia::cpp and RemoteMedia::cpp-static for C++, which ask for C++17.
get_filename_component(_remotemedia_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
set(_remotemedia_shared "${CMAKE_SHARED_LIBRARY_PREFIX}remotemedia${CMAKE_SHARED_LIBRARY_SUFFIX}")

if(NOT TARGET RemoteMedia::remotemedia)
  add_library(RemoteMedia::remotemedia SHARED IMPORTED)
  set_target_properties(RemoteMedia::remotemedia PROPERTIES
    IMPORTED_LOCATION "${_remotemedia_prefix}/lib/${_remotemedia_shared}"
    INTERFACE_INCLUDE_DIRECTORIES "${_remotemedia_prefix}/include")
endif()

if(NOT TARGET RemoteMedia::static AND EXISTS "${_remotemedia_prefix}/lib/libremotemedia.a")
  add_library(RemoteMedia::static STATIC IMPORTED)
  set_target_properties(RemoteMedia::static PROPERTIES
    IMPORTED_LOCATION "${_remotemedia_prefix}/lib/libremotemedia.a"
    INTERFACE_INCLUDE_DIRECTORIES "${_remotemedia_prefix}/include"
    INTERFACE_LINK_LIBRARIES "@SYSTEM_LIBRARIES@")
endif()

if(NOT TARGET RemoteMedia::cpp)
  add_library(RemoteMedia::cpp INTERFACE IMPORTED)
  target_compile_features(RemoteMedia::cpp INTERFACE cxx_std_17)
  target_link_libraries(RemoteMedia::cpp INTERFACE RemoteMedia::remotemedia)
endif()

if(NOT TARGET RemoteMedia::cpp-static AND TARGET RemoteMedia::static)
  add_library(RemoteMedia::cpp-static INTERFACE IMPORTED)
  target_compile_features(RemoteMedia::cpp-static INTERFACE cxx_std_17)
  target_link_libraries(RemoteMedia::cpp-static INTERFACE RemoteMedia::static)
endif()

unset(_remotemedia_prefix)
unset(_remotemedia_shared)
