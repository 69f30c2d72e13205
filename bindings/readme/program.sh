#!/bin/sh
# Prints the README's program in a language: bindings/readme/program.sh go|python|js|cpp|c.
set -eu
awk -v fence='```'"$1" '$0 == "```" { inside = 0 } inside { print } $0 == fence { inside = 1 }' "$(dirname "$0")/../../README.md"
