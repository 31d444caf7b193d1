# Sourced by the scripts beside it: makes a virtual environment that holds exactly what a lock file names.

find_python() {
  local candidate
  for candidate in "${PYTHON:-}" python3.13 python3.12 python3.11 python3; do
    [ -n "$candidate" ] && command -v "$candidate" >/dev/null 2>&1 || continue
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      echo "$candidate"
      return
    fi
  done
  echo "Python 3.11 or newer is needed; on Debian: apt install python3 python3-venv" >&2
  return 1
}

# prepare_environment FOLDER LOCK: installs when the lock has changed since the last time.
prepare_environment() {
  local folder=$1 lock=$2 python stamp
  stamp=$(sha256sum "$lock" | cut -d' ' -f1)
  [ "$(cat "$folder/lock.sha256" 2>/dev/null)" = "$stamp" ] && return
  python=$(find_python)
  echo "Preparing $folder from $lock (once; a minute or two)…" >&2
  if [ ! -x "$folder/bin/python" ] && ! "$python" -m venv "$folder" >/dev/null 2>&1; then
    echo "Python's venv module is incomplete; on Debian: apt install python3-venv" >&2
    return 1
  fi
  "$folder/bin/python" -m pip install -qq --disable-pip-version-check --require-hashes -r "$lock" >&2
  echo "$stamp" > "$folder/lock.sha256"
}
