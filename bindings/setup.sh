#!/bin/sh
# Installs what the native side's tests need and is not there.
set -eu
missing=""
# need COMMAND_OR_FILE PACKAGE
need() { command -v "$1" >/dev/null 2>&1 || [ -e "$1" ] || missing="$missing $2"; }
need gcc gcc
need g++ g++
need make make
need cmake cmake
need pkg-config pkg-config
need clang clang
need musl-gcc musl-tools
need /usr/include/cjson/cJSON.h libcjson-dev
need /usr/include/nlohmann/json.hpp nlohmann-json3-dev
[ -n "$missing" ] || exit 0
echo "installing$missing"
sudo=$(command -v sudo || true)
# shellcheck disable=SC2086
$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq $missing >/dev/null
