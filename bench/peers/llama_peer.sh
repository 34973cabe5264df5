#!/bin/sh
# llama.cpp beside `bench engine`, on the same random model of 1.2 billion weights and the same
# processors, by turns. TYPE is Q8_0, Q4_0 or F16. LLAMA is a directory with
#   package/    of npm `@node-llama-cpp/linux-x64` 3.22.1, unpacked: llama.cpp v0.5.0, built by others
#   llama.cpp/  of npm `node-llama-cpp` 3.22.1, cloned from its llama/gitRelease.bundle: the headers
# which it makes when they are not there. Needs npm, git, gcc, and a build of this repository.
#
#   llama_peer.sh TYPE [PROMPT [ANSWER [THREADS]]]
set -eu
ROOT=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
LLAMA=${LLAMA:-${TMPDIR:-/tmp}/llama-peer}
TYPE=$1
PROMPT=${2:-512}
ANSWER=${3:-64}
THREADS=${4:-$(nproc)}
VERSION=3.22.1
LIBRARIES=$LLAMA/package/bins/linux-x64

mkdir -p "$LLAMA"
cd "$LLAMA"
if [ ! -d package ]; then
    npm pack --silent "@node-llama-cpp/linux-x64@$VERSION"
    tar xzf "node-llama-cpp-linux-x64-$VERSION.tgz"
fi
if [ ! -d llama.cpp ]; then
    npm pack --silent "node-llama-cpp@$VERSION"
    mkdir -p source
    tar xzf "node-llama-cpp-$VERSION.tgz" -C source package/llama
    git clone -q source/package/llama/gitRelease.bundle llama.cpp
fi
gcc -O1 -I llama.cpp/include -I llama.cpp/ggml/include "$ROOT/bench/peers/llama_peer.c" \
    -o llama_peer "$LIBRARIES"/libllama.v*.so "$LIBRARIES"/libggml.v*.so "$LIBRARIES/libggml-base.so" \
    -Wl,-rpath,"$LIBRARIES" -Wl,--allow-shlib-undefined
MODEL=$LLAMA/one-billion-$TYPE.gguf
if [ ! -f "$MODEL" ]; then
    APP=$ROOT/cli/target/dist/$(cat "$ROOT/cli/target/dist/current")
    "${JAVA_HOME:+$JAVA_HOME/bin/}java" --enable-native-access=ALL-UNNAMED \
        --add-modules=jdk.incubator.vector -cp "$APP/*" "$ROOT/bench/peers/OneBillion.java" \
        "$TYPE" "$MODEL.part"
    mv "$MODEL.part" "$MODEL"
fi
for turn in 1 2; do
    ./llama_peer "$LIBRARIES" "$MODEL" "$PROMPT" "$ANSWER" "$THREADS" 3
    "$ROOT/backplane" bench engine --model "$MODEL" --prompt "$PROMPT" --tokens "$ANSWER" \
        --threads "$THREADS" --row prompt --row one --row together --row crowd
done
