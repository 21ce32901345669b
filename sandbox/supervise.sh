# Runs one PostgreSQL server for sandbox/server.ts, as the server's account; never called by hand.
#
# Standard input is a pipe held by the process that started the server. A line on it names the signal to stop
# with; its end means that the process is gone (kill -9 included), and stops the server all the same.
# File descriptor 3 closes when the server and all its backends have ended.
#
# Environment: BIN (folder of the binaries), DATA, PASSWORD_FILE (empty: the data is there already), SYNC (a flag
#   for initdb, or empty), INITIALISED (file to make once initdb is through), LIFETIME (process or detached),
#   LAST_SIGNAL (sent when the pipe ends), REMOVE (folder to remove at the end, or empty).
# Arguments: those of postgres.
set -u

if [ -n "$PASSWORD_FILE" ]; then
  "$BIN/initdb" -D "$DATA" -U postgres --pwfile="$PASSWORD_FILE" -A scram-sha-256 -E UTF8 \
    --locale=C $SYNC || exit 1
  : >"$INITIALISED"
fi

[ "$LIFETIME" = detached ] && exec "$BIN/postgres" "$@"

"$BIN/postgres" "$@" &
server=$!
exec 3>&-
read -r signal || signal=$LAST_SIGNAL
kill -s "$signal" "$server" 2>/dev/null
wait "$server"
[ -n "$REMOVE" ] && rm -rf -- "$REMOVE"
exit 0
