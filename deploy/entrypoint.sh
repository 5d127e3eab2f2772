#!/bin/sh
# Makes the lab on the first start, brings its database to this version, and runs rsplab with the arguments.
set -eu
if [ ! -f "$RSPLAB_LAB/lab.toml" ]; then
    rsplab init --address "${RSPLAB_ADDRESS:-localhost:8443}"
fi
rsplab db upgrade
exec rsplab "$@"
