#!/usr/bin/env bash
# Everything that should be known on a GPU, in one table: docs/gpu.md. PYTHON says which interpreter.
#   benchmarks/gpu_check.sh [--wheels FOLDER] [--output FOLDER] [--parts PART ...] [--device cpu --small] [--list]
#   benchmarks/gpu_check.sh --collect FOLDER
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
python=${PYTHON:-python3}
export PYTHONPATH="$root:$root/benchmarks" HF_HUB_OFFLINE=1 PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1

wheels=
arguments=("$@")
while [ $# -gt 0 ]; do
  case $1 in
    --collect) exec "$python" "$root/benchmarks/gpu_wheels.py" "${2:?--collect needs a folder}" ;;
    --wheels) wheels=${2:?--wheels needs a folder}; shift ;;
  esac
  shift
done

if [ -n "$wheels" ]; then
  site=$(mktemp -d)
  trap 'rm -rf "$site"' EXIT
  # without them each part says what it lacks, so a failure here ends nothing
  "$python" -m pip install --quiet --no-index --no-deps --no-compile --no-cache-dir --target "$site" "$wheels"/*.whl \
    || echo "The wheels in $wheels cannot be installed." >&2
  export PYTHONPATH="$PYTHONPATH:$site"
fi

"$python" "$root/benchmarks/gpu_check.py" --spent "$SECONDS" "${arguments[@]}"
