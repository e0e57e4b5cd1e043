# Complete `ros2` commands in bash. What argcomplete's own registration would say, without starting Python for it.
_ros2_complete() {
  local IFS=$'\013'
  COMPREPLY=($(
    IFS="$IFS" COMP_LINE="$COMP_LINE" COMP_POINT="$COMP_POINT" COMP_TYPE="$COMP_TYPE" \
      _ARGCOMPLETE_COMP_WORDBREAKS="$COMP_WORDBREAKS" _ARGCOMPLETE=1 _ARGCOMPLETE_SHELL=bash \
      ros2 8>&1 9>&2 > /dev/null 2>&1
  ))
}
complete -o nospace -o default -F _ros2_complete ros2
