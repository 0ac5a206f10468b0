#!/usr/bin/env bash
# Builds the addon with AddressSanitizer beside the tree and runs its tests and its fuzzer with it. Needs root, as they do.
# `UDEVNS_FUZZ_SECONDS=600 native/asan.sh` fuzzes for ten minutes.
set -euo pipefail
cd "$(dirname "$0")/.."
place=$(mktemp -d)
chmod 755 "$place"  # a user-namespaced root reads there too
trap 'rm -rf "$place"' EXIT
cp -a native jest.config.js package.json "$place"
rm -rf "$place/native/build"
ln -s "$PWD/node_modules" "$place/node_modules"
export CXXFLAGS="-fsanitize=address -fno-omit-frame-pointer -g" LDFLAGS=-fsanitize=address
(cd "$place/native" && npm run -s build >&2)
# What Node itself keeps to its end is not ours; what is ours is freed by the finalizers that a process's end leaves out.
export ASAN_OPTIONS=detect_leaks=0:abort_on_error=1:handle_segv=1
LD_PRELOAD=$("${CXX:-c++}" -print-file-name=libasan.so)
export LD_PRELOAD NODE_OPTIONS="--experimental-vm-modules --disable-warning=ExperimentalWarning"
cd "$place"
node node_modules/jest/bin/jest.js --selectProjects native --runInBand --forceExit --testTimeout 120000 "$@"
