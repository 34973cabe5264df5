#!/bin/sh
# Measures LiteLLM's proxy with the load and the model server of `backplane bench gateway`.
#
#   LITELLM=DIRECTORY_OF_A_VENV litellm_peer.sh [options of bench gateway]
#
# Settings are those that LiteLLM recommends for production (its documentation, "Best Practices for
# Production"): a worker a core, logs of errors only, no database. Nothing is recorded: no callback,
# no spend log, no key. That is in its favour: Backplane beside it records every call.
set -eu

LITELLM=${LITELLM:?set LITELLM to a virtual environment with litellm[proxy]}
PORT=${PORT:-4000}
UPSTREAM=${UPSTREAM:-7790}
WORKERS=${WORKERS:-$(nproc)}
ROOT=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
HOME_OF_RUN=$(mktemp -d)

cat >"$HOME_OF_RUN/config.yaml" <<CONFIG
model_list:
  - model_name: mock
    litellm_params:
      model: openai/mock
      api_base: http://127.0.0.1:$UPSTREAM/v1
      api_key: none
litellm_settings:
  set_verbose: false
  json_logs: true
  num_retries: 0
general_settings:
  disable_spend_logs: true
  disable_error_logs: true
CONFIG

# Newer versions do not start without a key unless told that this is wanted.
export LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY=true
export LITELLM_LOG=ERROR LITELLM_MODE=PRODUCTION LITELLM_LOCAL_MODEL_COST_MAP=True
PATH=$LITELLM/bin:$PATH setsid "$LITELLM/bin/litellm" --config "$HOME_OF_RUN/config.yaml" \
    --host 127.0.0.1 --port "$PORT" --num_workers "$WORKERS" --telemetry False \
    >"$HOME_OF_RUN/log" 2>&1 &
proxy=$!
# Its workers are processes of their own in its group.
trap 'kill -- -$proxy 2>/dev/null; rm -rf "$HOME_OF_RUN"' EXIT

tries=0
until curl -fs "http://127.0.0.1:$PORT/health/liveliness" >/dev/null 2>&1; do
    tries=$((tries + 1))
    if [ $tries -gt 300 ] || ! kill -0 $proxy 2>/dev/null; then
        tail -n 20 "$HOME_OF_RUN/log" >&2
        exit 1
    fi
    sleep 0.2
done
"$LITELLM/bin/litellm" --version >&2 || true
"$ROOT/backplane" bench gateway --gateway "http://127.0.0.1:$PORT" --model mock \
    --upstream-port "$UPSTREAM" "$@"
