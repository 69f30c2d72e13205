#!/bin/bash
# Builds the examples as a user would, against an installed library, and holds what they print
# against what they promise.
. "$(dirname "$0")/../testing.sh"
prefix=$scratch/prefix
"$root/bindings/install/install.sh" install "$build/lib" "$prefix"

mkdir "$scratch/folder"
printf 'The ferry leaves at nine.\n\nBread is baked on Mondays.\n\n\n\nThe mill stands by the river.\n' >"$scratch/folder/village.txt"
printf '# Rules\n\nNo swimming near the ferry.\n' >"$scratch/folder/rules.md"
echo "not text" >"$scratch/folder/image.png"

cmake_builds() { cmake -S "$root/examples/$1" -B "$scratch/$1" "-DCMAKE_PREFIX_PATH=$prefix" && cmake --build "$scratch/$1" -j 2; }

# chats LANGUAGE: what was said in one session is known in the next.
chats() {
  local chat=$scratch/$1/chat
  printf 'Bob is allergic to peanuts.\nThe train leaves at seven.\n' | "$chat" "$scratch/$1-chat" monday
  printf 'Who is allergic to peanuts?\n' | "$chat" "$scratch/$1-chat" tuesday | tee "$scratch/said"
  head -n 1 "$scratch/said" | grep -q '^1\. *Bob is allergic to peanuts\.$'
}

# loads LANGUAGE: twice, with the same outcome; other files are left alone.
loads() {
  for _ in 1 2; do "$scratch/$1/load" "$scratch/$1-load" "$scratch/folder" "When is bread baked?" >"$scratch/loaded"; done
  cat "$scratch/loaded"
  grep -q '^5 paragraphs$' "$scratch/loaded" && sed -n 2p "$scratch/loaded" | grep -q 'village.txt#1: Bread is baked on Mondays\.$'
}

embeds() { "$scratch/$1/embedder" "$scratch/$1-embedder" | tee /dev/stderr | grep -q '^The lighthouse burns at night\. (4 calls of the model)$'; }

for language in c cpp; do
  check "examples/$language builds" cmake_builds $language
  check "examples/$language/chat" chats $language
  check "examples/$language/load" loads $language
  check "examples/$language/embedder" embeds $language
done
finish
