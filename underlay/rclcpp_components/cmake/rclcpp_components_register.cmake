# SPDX-License-Identifier: Apache-2.0

# Remember one component of a library for the package's resource file.
function(_rclcpp_components_remember target plugin resource_index)
  get_property(_seen GLOBAL PROPERTY _rclcpp_components_${PROJECT_NAME}_INDICES)
  if(NOT resource_index IN_LIST _seen)
    set_property(GLOBAL APPEND PROPERTY _rclcpp_components_${PROJECT_NAME}_INDICES "${resource_index}")
  endif()
  set_property(GLOBAL APPEND_STRING PROPERTY _rclcpp_components_${PROJECT_NAME}_${resource_index}
    "${plugin};lib/$<TARGET_FILE_NAME:${target}>\n")
endfunction()

# Called by ament_package(): write and install the resource files.
function(_rclcpp_components_write)
  get_property(_indices GLOBAL PROPERTY _rclcpp_components_${PROJECT_NAME}_INDICES)
  foreach(_index IN LISTS _indices)
    get_property(_content GLOBAL PROPERTY _rclcpp_components_${PROJECT_NAME}_${_index})
    set(_file "${CMAKE_CURRENT_BINARY_DIR}/rclcpp_components/$<CONFIG>/${_index}/${PROJECT_NAME}")
    file(GENERATE OUTPUT "${_file}" CONTENT "${_content}")
    install(FILES "${_file}" DESTINATION "share/ament_index/resource_index/${_index}")
  endforeach()
endfunction()

set(_rclcpp_components_HOOK "${CMAKE_CURRENT_LIST_DIR}/rclcpp_components_package_hook.cmake")

macro(_rclcpp_components_register_hook)
  get_property(_hooked GLOBAL PROPERTY _rclcpp_components_${PROJECT_NAME}_HOOKED)
  if(NOT _hooked)
    set_property(GLOBAL PROPERTY _rclcpp_components_${PROJECT_NAME}_HOOKED TRUE)
    find_package(ament_cmake_core QUIET REQUIRED)
    ament_register_extension("ament_package" "rclcpp_components" "rclcpp_components_package_hook.cmake")
  endif()
endmacro()

#
# Register components of a shared library, without executables of their own.
#
# usage: rclcpp_components_register_nodes(<target> <ns::Class>... [RESOURCE_INDEX <index>])
#
macro(rclcpp_components_register_nodes target)
  cmake_parse_arguments(_RCRN "" "RESOURCE_INDEX" "" ${ARGN})
  if(NOT TARGET ${target})
    message(FATAL_ERROR "rclcpp_components_register_nodes() first argument '${target}' is not a target")
  endif()
  if(NOT _RCRN_RESOURCE_INDEX)
    set(_RCRN_RESOURCE_INDEX ${RCLCPP_COMPONENTS_RESOURCE_INDEX})
  endif()
  foreach(_plugin ${_RCRN_UNPARSED_ARGUMENTS})
    _rclcpp_components_remember(${target} "${_plugin}" "${_RCRN_RESOURCE_INDEX}")
  endforeach()
  _rclcpp_components_register_hook()
endmacro()

#
# Register a component of a shared library and make an executable that runs it alone.
#
# usage: rclcpp_components_register_node(<target> PLUGIN <ns::Class> EXECUTABLE <name>
#          [EXECUTOR <class in rclcpp::executors>] [RESOURCE_INDEX <index>] [NO_UNDEFINED_SYMBOLS])
#
macro(rclcpp_components_register_node target)
  cmake_parse_arguments(_RCRN "NO_UNDEFINED_SYMBOLS" "PLUGIN;EXECUTABLE;EXECUTOR;RESOURCE_INDEX" "" ${ARGN})
  if(_RCRN_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR
      "rclcpp_components_register_node() called with unused arguments: ${_RCRN_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT TARGET ${target})
    message(FATAL_ERROR "rclcpp_components_register_node() first argument '${target}' is not a target")
  endif()
  if("${_RCRN_PLUGIN}" STREQUAL "" OR "${_RCRN_EXECUTABLE}" STREQUAL "")
    message(FATAL_ERROR "rclcpp_components_register_node() needs PLUGIN <ns::Class> and EXECUTABLE <name>")
  endif()
  if(NOT _RCRN_RESOURCE_INDEX)
    set(_RCRN_RESOURCE_INDEX ${RCLCPP_COMPONENTS_RESOURCE_INDEX})
  endif()
  if(_RCRN_NO_UNDEFINED_SYMBOLS)
    target_link_options(${target} PRIVATE "-Wl,--no-undefined")
  endif()
  set(executor "SingleThreadedExecutor")
  if(_RCRN_EXECUTOR)
    set(executor "${_RCRN_EXECUTOR}")
  endif()
  set(component "${_RCRN_PLUGIN}")
  set(node "${_RCRN_EXECUTABLE}")
  _rclcpp_components_remember(${target} "${component}" "${_RCRN_RESOURCE_INDEX}")
  _rclcpp_components_register_hook()

  set(_rcrn_library "$<TARGET_FILE_NAME:${target}>")
  configure_file("${rclcpp_components_NODE_TEMPLATE}"
    "${CMAKE_CURRENT_BINARY_DIR}/rclcpp_components/node_main_configured_${node}.cpp.in" @ONLY)
  # The library's file name is known at generation only.
  file(GENERATE
    OUTPUT "${CMAKE_CURRENT_BINARY_DIR}/rclcpp_components/node_main_${node}.cpp"
    INPUT "${CMAKE_CURRENT_BINARY_DIR}/rclcpp_components/node_main_configured_${node}.cpp.in"
    TARGET ${target})
  add_executable(${node} "${CMAKE_CURRENT_BINARY_DIR}/rclcpp_components/node_main_${node}.cpp")
  target_link_libraries(${node} rclcpp_components::component)
  # The library is loaded by name: found beside its executable, in the build tree and installed.
  add_dependencies(${node} ${target})
  set_target_properties(${node} PROPERTIES
    BUILD_RPATH "$<TARGET_FILE_DIR:${target}>" INSTALL_RPATH "$ORIGIN/..")
  install(TARGETS ${node} DESTINATION lib/${PROJECT_NAME})
endmacro()
